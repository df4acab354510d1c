"""What the phone's own modules promise of keeping and sending, on an empty page with a server made of words: one bad inspection stops no
other, a form is never on the disk without its pictures, and two tabs lose nobody's answers."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from inspections.sending.words import words

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2] / "static"
FACTS = {"language": "en", "base": "/m/"}
TYPES = {"js": "text/javascript", "html": "text/html"}
# A sheet as the form screen begins it, and a server that is asked by address; `told` keeps what it was asked.
TOOLS = """
window.tools = async () => {
  const [stores, { Sheets }, { Sender }, { NotTaken }, { sha256 }] = await Promise.all(
    ['store', 'sheets', 'send', 'parcel', 'dom'].map(name => import(`/lw/phone/${name}.js`)));
  const person = ++window.count;
  const open = async () => { const store = await stores.openStore(person); return { store, sheets: new Sheets(store) }; };
  const task = id => ({ id, number: `T-${id}`, kind: 'routine', kind_words: 'Routine', template: 1, borrower: {}, before: {} });
  const parcel = { person: { id: person }, templates: { 1: { id: 1, sections: [{ title: 'One', points: [{ code: 'gate', label: 'The gate', kind: 'photo' }] }] } } };
  const begin = (sheets, id) => sheets.begin(task(id), parcel);
  const bytes = text => new TextEncoder().encode(text).buffer;
  const sender = ({ store, sheets }, answer) => {
    const told = [];
    const ask = async (address, how = {}) => { told.push({ address, json: how.json }); return answer(address, how.json || {}, told); };
    const session = { parcel, login: true, checked: Date.now(), stand() {}, refresh: async () => parcel, ask };
    return Object.assign(new Sender({ store, sheets, session }), { told });
  };
  const taken = (address, json) => (address === 'sending/' ? { state: 'receiving', files: {}, server_time: 'now' }
    : address.includes('/files/') ? { received: 9, whole: true } : { state: 'received', files: {}, received_at: new Date().toISOString() });
  return { open, begin, bytes, sender, taken, NotTaken, stores, states: async sheets => Object.fromEntries((await sheets.all()).map(one => [one.task.id, one.state])) };
};
window.count = Date.now();
"""


@pytest.fixture
def page(browser: Browser) -> Page:
    context = browser.new_context()
    page = context.new_page()
    shell = f"""<!doctype html><title>Phone</title><script type="application/json" id="lw-phone-words">{json.dumps(words())}</script>
    <script type="application/json" id="lw-phone-facts">{json.dumps(FACTS)}</script><script src="/vendor/idb/idb.umd.js"></script>"""

    def serve(route):
        path = route.request.url.removeprefix("https://phone.test/")
        if path.endswith(".js"):
            route.fulfill(body=(ROOT / path).read_text(), content_type="text/javascript")
        else:
            route.fulfill(body=shell, content_type="text/html")

    page.route("**/*", serve)
    page.goto("https://phone.test/")
    page.evaluate(TOOLS)
    yield page
    context.close()


def test_a_form_is_never_on_the_disk_without_the_pictures_it_names(page):
    found = page.evaluate("""async () => {
      const { open, begin, bytes, stores } = await tools(), one = await open(), write = one.store.store;
      const sheet = await begin(one.sheets, 1);
      const small = sealed => (sealed.some(record => record.kind === 'files') ? new DOMException('full', 'QuotaExceededError') : write.call(one.store, sealed));
      one.store.store = async sealed => small(sealed);
      const file = await one.sheets.addFile(sheet.client_id, { code: 'gate', what: 'photo', type: 'image/jpeg', bytes: bytes('a picture') });
      await one.sheets.answer(sheet.client_id, 'gate', { note: 'seen' });
      await one.store.flush();
      const other = await open();
      const before = await other.store.get('sheets', sheet.client_id);
      one.store.store = write;
      await one.store.flush();
      const after = await other.store.get('sheets', sheet.client_id);
      return { before: before.files.length, here: (await one.sheets.get(sheet.client_id)).files.length, after: after.files.map(f => f.id), note: after.answers.gate.note,
        bytes: (await other.store.get('files', file.id)).byteLength, wanted: [file.id], full: one.store.full, batches: one.store.batches.length };
    }""")
    assert (found["before"], found["here"], found["after"], found["note"]) == (0, 1, found["wanted"], "seen")
    assert (found["bytes"], found["full"], found["batches"]) == (9, False, 0)


def test_a_form_that_one_tab_has_in_memory_only_is_changed_in_no_other(page):
    found = page.evaluate("""async () => {
      const { open, begin } = await tools(), one = await open(), other = await open(), write = one.store.store;
      const { client_id: id } = await begin(one.sheets, 1);
      let said = 0;
      other.sheets.addEventListener('elsewhere', () => { said += 1; });
      one.store.store = async () => new DOMException('full', 'QuotaExceededError');
      await one.sheets.answer(id, 'gate', { note: 'of the full tab' });
      await other.sheets.answer(id, 'gate', { note: 'of the other tab' });
      await other.sheets.remove(id);
      one.store.store = write;
      await one.store.flush();
      const kept = (await other.sheets.get(id)).answers.gate.note;
      await other.sheets.answer(id, 'gate', { note: 'of the other tab' });
      return { said, kept, later: (await other.sheets.get(id)).answers.gate.note, revision: (await one.sheets.get(id)).revision };
    }""")
    assert found == {"said": 2, "kept": "of the full tab", "later": "of the other tab", "revision": 3}


def test_a_picture_that_cannot_be_read_any_more_is_said_and_the_form_can_be_opened_again(page):
    found = page.evaluate("""async () => {
      const { open, begin, bytes, sender, taken } = await tools(), one = await open();
      const { client_id: id } = await begin(one.sheets, 1);
      const file = await one.sheets.addFile(id, { code: 'gate', what: 'photo', type: 'image/jpeg', bytes: bytes('a picture') });
      await one.sheets.finish(id);
      await one.store.remove([{ kind: 'files', key: file.id }]);
      await sender(one, taken).sendAll();
      const sheet = await one.sheets.get(id);
      return { state: sheet.state, code: (sheet.refusal || {}).code, sentence: (sheet.refusal || {}).sentence };
    }""")
    assert (found["state"], found["code"]) == ("refused", "PICTURE_LOST")
    assert "The gate" in found["sentence"]


def test_one_inspection_that_the_server_fails_on_stops_no_other(page):
    found = page.evaluate("""async () => {
      const { open, begin, sender, taken, states, NotTaken } = await tools(), one = await open(), ids = [];
      for (const task of [1, 2, 3]) { const { client_id: id } = await begin(one.sheets, task); await one.sheets.finish(id); ids.push(id); }
      const way = sender(one, (address, json) => {
        if (json.task === 1) { throw new NotTaken(500, {}); }
        if (json.task === 2) { throw new NotTaken(422, { code: 'MANIFEST_UNREADABLE', sentence: 'No.' }); }
        return taken(address, json);
      });
      let again = '';
      await way.sendAll().catch(error => { again = error.constructor.name; });
      return { states: await states(one.sheets), again };
    }""")
    assert found == {"states": {"1": "waiting", "2": "refused", "3": "received"}, "again": "NotTaken"}


@pytest.mark.parametrize("code", ["SENDING_UNKNOWN", "FILE_UNKNOWN"])
def test_a_server_that_was_restored_is_told_everything_anew(page, code):
    found = page.evaluate("""async code => {
      const { open, begin, bytes, sender, taken, states, NotTaken } = await tools(), one = await open();
      const { client_id: id } = await begin(one.sheets, 1);
      await one.sheets.addFile(id, { code: 'gate', what: 'photo', type: 'image/jpeg', bytes: bytes('a picture') });
      await one.sheets.finish(id);
      let failed = false;
      const way = sender(one, (address, json) => {
        if (address.includes('/files/') && !failed) { failed = true; throw new NotTaken(404, { code, sentence: 'Unknown.' }); }
        return taken(address, json);
      });
      await way.sendAll();
      return { states: await states(one.sheets), announced: way.told.filter(one => one.address === 'sending/').length };
    }""", code)
    assert found == {"states": {"1": "received"}, "announced": 2}


def test_the_server_is_told_when_the_form_was_finished_and_no_sign_that_it_cannot_keep(page):
    found = page.evaluate("""async () => {
      const { open, begin, sender, taken } = await tools(), one = await open();
      const { client_id: id } = await begin(one.sheets, 1);
      await one.sheets.answer(id, 'gate', { note: 'half \\ud83d and\\u0000 whole \\ud83d\\ude00' });
      await one.sheets.finish(id);
      const { finished_at } = await one.sheets.get(id), way = sender(one, taken);
      await new Promise(done => setTimeout(done, 20));
      await way.sendAll();
      const { json } = way.told[0];
      return { same: json.finished_at === finished_at, earlier: json.finished_at < json.device_time, note: json.answers.gate.note };
    }""")
    assert found == {"same": True, "earlier": True, "note": "half \ufffd and whole \U0001f600"}
