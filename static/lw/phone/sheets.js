/* The inspections on this phone. Each change is read, made and written under a lock, so two tabs never lose each other's answers. */
import { isoDay } from './words.js';
import { sha256 } from './dom.js';

const OPEN = 'open', WAITING = 'waiting', RECEIVED = 'received', REFUSED = 'refused';
const KEPT_DAYS = 7; // a received inspection stays in the list so long
export const STATES = { OPEN, WAITING, RECEIVED, REFUSED };

const now = () => new Date().toISOString();

/* After a return the form begins with what was recorded before. */
function earlierAnswers(answers) {
  return Object.fromEntries(Object.entries(answers || {}).map(([code, given]) => [code, { value: given.value, note: given.note || '', at: now() }]));
}

/** Events: "changed" with detail = client_id, from this tab or another one; "elsewhere" when a form can't be changed here, because another
    tab has its last entries in memory only. */
export class Sheets extends EventTarget {
  constructor(store) {
    super();
    this.store = store;
    this.channel = new BroadcastChannel(`lw-sheets-${store.person}`);
    this.channel.onmessage = event => this.tell(event.data);
    this.holding = new Map(); // client_id -> what gives the form free for other tabs; the browser does so when this tab dies
    store.addEventListener('written', () => this.giveFree());
    store.addEventListener('room', () => this.giveFree());
  }
  tell(id) { this.dispatchEvent(new CustomEvent('changed', { detail: id })); }
  announce(id) { this.channel.postMessage(id); this.tell(id); }
  locked(id, work) {
    return navigator.locks.request(`lw-sheet-${this.store.person}-${id}`, work);
  }

  /* What no room was left for is in the memory of one tab. Until it is written no other tab may change the form: it would begin
     from an older state, and the later one of the two would be lost. */
  async holdIfHeld(id) {
    if (!this.store.held.has(`sheets/${id}`) || this.holding.has(id)) { return; }
    await new Promise(held => navigator.locks.request(this.heldName(id), () => new Promise(free => { this.holding.set(id, free); held(); })));
  }
  giveFree() {
    this.holding.forEach((free, id) => { if (!this.store.held.has(`sheets/${id}`)) { this.holding.delete(id); free(); } });
  }
  heldName(id) { return `lw-held-${this.store.person}-${id}`; }
  /** Whether another tab has the last entries of this form in memory only. */
  async heldElsewhere(id) {
    if (this.holding.has(id)) { return false; }
    return navigator.locks.request(this.heldName(id), { ifAvailable: true }, lock => lock === null);
  }
  async refuseIfElsewhere(id) {
    const elsewhere = await this.heldElsewhere(id);
    if (elsewhere) { this.dispatchEvent(new Event('elsewhere')); }
    return elsewhere;
  }

  async get(id) { return this.store.get('sheets', id); }
  async all() {
    const found = await this.store.all('sheets');
    return found.sort((a, b) => (a.started_at < b.started_at ? -1 : 1));
  }
  async unsent() { return (await this.all()).filter(sheet => sheet.state !== RECEIVED); }
  async ofTask(task) {
    const own = (await this.all()).filter(sheet => sheet.task.id === task && !sheet.put_aside);
    return own.find(sheet => sheet.state !== RECEIVED) || own.pop();
  }

  /** Begins the form of a task, or goes on with the one that is there. What the form needs is copied: it stays usable
      when the task goes to another person or the template changes meanwhile. */
  begin(task, parcel) {
    return this.locked(`task-${task.id}`, async () => {
      const there = await this.ofTask(task.id);
      if (there && there.state !== RECEIVED) { return there; }
      const template = parcel.templates[task.template];
      const extra = task.extra_sections || [];
      const earlier = task.earlier || {};
      const sheet = {
        client_id: crypto.randomUUID(),
        revision: 1,
        task: { id: task.id, number: task.number, kind: task.kind, kind_words: task.kind_words, due_on: task.due_on, why: task.why,
          conditions: task.conditions ?? null, opened_on: task.opened_on || null, returned: task.returned || null, borrower: task.borrower, loan: task.loan || null },
        template: { id: template.id ?? task.template, code: template.code, version: template.version, name: template.name },
        sections: [...template.sections, ...extra],
        before: task.before || {}, before_visit: task.before_visit ?? null, prefill: task.prefill || {},
        person: parcel.person, limits: parcel.limits || {}, concludes: parcel.concludes !== false,
        started_at: now(), saved_at: now(), visited_on: isoDay(), conclusion: earlier.conclusion || '', summary: earlier.summary || '',
        answers: earlierAnswers(earlier.answers), carried: earlier.photos || {}, typed: {}, signed: '', files: [],
        position: null, position_reason: '', finished: false, state: OPEN, sent_revision: 0, whole: {}, refusal: null,
      };
      return this.keep(sheet, []);
    });
  }

  /** Lets `work` change the sheet and keeps it as a new revision, together with `files` ([{id, bytes}]). Answers the sheet as kept. */
  change(id, work, files = []) {
    return this.locked(id, async () => {
      const sheet = await this.get(id);
      if (!sheet || await this.refuseIfElsewhere(id) || work(sheet) === false) { return sheet; }
      sheet.revision += 1;
      sheet.saved_at = now();
      return this.keep(sheet, files);
    });
  }
  /** Notes how sending stands; that is no change of what was recorded. */
  mark(id, work) {
    return this.locked(id, async () => {
      const sheet = await this.get(id);
      if (!sheet || await this.heldElsewhere(id) || work(sheet) === false) { return sheet; }
      return this.keep(sheet, []);
    });
  }
  async keep(sheet, files) {
    await this.store.put([
      { kind: 'sheets', key: sheet.client_id, value: sheet },
      ...files.map(file => ({ kind: 'files', key: file.id, value: file.bytes })),
    ]);
    await this.holdIfHeld(sheet.client_id);
    this.announce(sheet.client_id);
    return sheet;
  }

  /** Keeps the answer to a point, its note, or both. typed: what stands in the field, also where it can't be read as an answer. */
  answer(id, code, { value, note, typed }) {
    return this.change(id, sheet => {
      const old = sheet.answers[code] || {};
      const next = { value: value === undefined ? old.value ?? null : value, note: note === undefined ? old.note || '' : note, at: now() };
      const state = JSON.stringify([old.value ?? null, old.note || '', sheet.typed[code]]);
      if (typed !== undefined) { sheet.typed[code] = typed; }
      if (state === JSON.stringify([next.value, next.note, sheet.typed[code]])) { return false; }
      sheet.answers[code] = next;
      return true;
    });
  }
  /** Keeps a photo, signature or document with its bytes as they came. `instead`: ids of files it takes the place of.
      Null where the form can't be changed. */
  async addFile(id, { code, what, type, bytes, taken_at, place, instead = [] }) {
    const file = {
      id: crypto.randomUUID(), code, what, type, size: bytes.byteLength, sha256: await sha256(bytes), taken_at: taken_at || now(),
      latitude: place ? place.latitude : null, longitude: place ? place.longitude : null, accuracy: place ? place.accuracy : null,
    };
    const kept = await this.change(id, sheet => {
      sheet.files = sheet.files.filter(old => !instead.includes(old.id));
      sheet.files.push(file);
    }, [{ id: file.id, bytes }]);
    if (!kept || !kept.files.some(one => one.id === file.id)) { return null; }
    if (instead.length) { await this.store.remove(instead.map(key => ({ kind: 'files', key }))); }
    return file;
  }
  async removeFile(id, file) {
    const kept = await this.change(id, sheet => { sheet.files = sheet.files.filter(old => old.id !== file); });
    if (!kept || !kept.files.some(one => one.id === file)) { await this.store.remove([{ kind: 'files', key: file }]); }
  }

  finish(id) { return this.change(id, sheet => { sheet.finished = true; sheet.state = WAITING; sheet.finished_at = now(); sheet.refusal = null; }); }
  /** Back to the form, after the server said that something is missing. */
  reopen(id) { return this.change(id, sheet => { sheet.finished = false; sheet.state = OPEN; sheet.refusal = null; }); }

  /** The server has confirmed the form and each file: their bytes leave the phone, the line in the list stays. */
  async received(id, answer) {
    const sheet = await this.mark(id, kept => {
      if (kept.state === RECEIVED) { return false; }
      Object.assign(kept, { state: RECEIVED, received_at: answer.received_at || answer.server_time || now(), visit: answer.visit || null,
        sentence: answer.sentence || '', refusal: null, answers: {}, summary: '', before: {}, prefill: {}, sections: [], position: null });
      return true;
    });
    if (sheet) { await this.store.remove(sheet.files.map(file => ({ kind: 'files', key: file.id }))); }
  }
  refused(id, refusal) {
    return this.mark(id, sheet => { sheet.refusal = refusal; if (sheet.finished && !refusal.passing) { sheet.state = REFUSED; } });
  }
  /** Sends once more what was refused; the same revision, which the server may now take. */
  again(id) { return this.mark(id, sheet => { sheet.refusal = null; sheet.state = sheet.finished ? WAITING : OPEN; }); }
  /** Removes a sheet with its files. Only what is received, or what its author throws away, may go. */
  async remove(id) {
    const sheet = await this.get(id);
    if (!sheet || await this.refuseIfElsewhere(id)) { return; }
    await this.store.remove([{ kind: 'sheets', key: id }, ...sheet.files.map(file => ({ kind: 'files', key: file.id }))]);
    this.announce(id);
  }
  async removeReceived(olderThanDays = 0) {
    const until = Date.now() - olderThanDays * 86400000;
    const gone = (await this.all()).filter(sheet => sheet.state === RECEIVED && Date.parse(sheet.received_at) <= until);
    for (const sheet of gone) { await this.remove(sheet.client_id); }
    return gone.length;
  }
  sweep() { return this.removeReceived(KEPT_DAYS); }
}
