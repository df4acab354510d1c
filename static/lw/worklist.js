/* Triage by keyboard: moves through the list of alerts, takes steps on the selection or on the current row, and takes them back. */
const list = document.querySelector('[data-lw-triage]');
if (list) { start(list); }

function start(list) {
  const form = list.querySelector('form');
  const pane = document.getElementById('pane');
  const said = document.getElementById('triage-said');
  const words = document.getElementById('triage-words').dataset;
  const token = form.elements.csrfmiddlewaretoken.value;
  const undoable = [];
  let following = 0;
  let busy = false;

  const fill = (text, n, m) => text.replace('%n', n).replace('%m', m);
  const rows = () => [...list.querySelectorAll('tr[data-lw-row]')];
  const boxes = () => [...list.querySelectorAll('tr[data-lw-row] .ck')];
  const current = () => list.querySelector('tr[data-lw-row].cur') || rows()[0];
  const linkOf = (row) => row.querySelector('.ttl');
  const numberOf = (row) => row.dataset.lwRow;
  const say = (text) => { said.textContent = ''; said.textContent = text; };
  const inField = (at) => at.closest && at.closest('input:not([type=checkbox]):not([type=radio]),textarea,select,[contenteditable]');
  const lettersAreOn = () => !/(?:^|; )lw_keys=off/.test(document.cookie);
  const chosen = () => boxes().filter((box) => box.checked).map((box) => box.value);

  /* Moving ------------------------------------------------------------------------------------------ */
  function go(row, focus = true) {
    rows().forEach((other) => other.classList.toggle('cur', other === row));
    row.scrollIntoView({ block: 'nearest' });
    if (focus) { linkOf(row).focus({ preventScroll: true }); }
  }
  function move(by) {
    const all = rows(), at = all.indexOf(current());
    const onIt = document.activeElement === linkOf(all[at]);
    const to = onIt || by < 0 || document.activeElement !== document.body ? at + by : at;
    if (to < 0) { say(words.first); return; }
    if (to >= all.length) { say(words.last); return; }
    go(all[to]);
    follow(all[to]);
  }
  /* The pane follows once the keys rest; the focus stays on the row. */
  function follow(row) {
    clearTimeout(following);
    following = setTimeout(() => show(row), 180);
  }
  function show(row) {
    if (pane && row.isConnected && window.htmx && row.classList.contains('cur')) {
      window.htmx.ajax('GET', row.dataset.lwPane + '?beside=1', { target: '#pane', swap: 'innerHTML' });
    }
  }
  function openPane(row) {
    clearTimeout(following);
    go(row, false);
    linkOf(row).click();
  }
  function toggle(row) {
    const box = row.querySelector('.ck');
    if (!box) { return; }
    box.checked = !box.checked;
    box.dispatchEvent(new Event('change', { bubbles: true }));
    say(fill(words.selected, chosen().length));
  }
  function toggleAll() {
    const box = list.querySelector('[data-lw-select-all]');
    if (!box) { return; }
    box.checked = !box.checked;
    box.dispatchEvent(new Event('change', { bubbles: true }));
    say(fill(words.selected, chosen().length));
  }

  /* Steps ------------------------------------------------------------------------------------------- */
  function begin(button) {
    const numbers = chosen().length ? chosen() : [numberOf(current())];
    const dialog = document.getElementById('ask-' + button.dataset.lwAct);
    if (!dialog) { post(button.formAction, numbers, new FormData()); return; }
    dialog.querySelector('[data-lw-for]').textContent = numbers.length > 1 ? fill(words.for, numbers.length) : fill(words.one, numbers[0]);
    dialog.querySelector('[data-lw-fault]').hidden = true;
    dialog.dataset.numbers = JSON.stringify(numbers);
    dialog.showModal();
    const first = dialog.querySelector(button.dataset.lwAct === 'close' ? 'select' : 'textarea') || dialog.querySelector('select');
    if (first) { first.focus(); }
  }
  async function ask(event) {
    const asked = event.target, dialog = asked.closest('dialog');
    event.preventDefault();
    const answer = await post(asked.action, JSON.parse(dialog.dataset.numbers), new FormData(asked));
    if (answer && answer.fault !== undefined) {
      const place = dialog.querySelector('[data-lw-fault]');
      place.textContent = answer.fault;
      place.hidden = false;
    } else if (answer) {
      dialog.close();
      asked.reset();
      linkOf(current()).focus({ preventScroll: true });
    }
  }
  async function post(address, numbers, data) {
    if (busy) { return null; }
    busy = true;
    numbers.forEach((number) => data.append('number', number));
    data.set('csrfmiddlewaretoken', token);
    try {
      const response = await fetch(address, { method: 'POST', body: data, headers: { Accept: 'application/json', 'X-CSRFToken': token } });
      const isJson = (response.headers.get('Content-Type') || '').startsWith('application/json');
      if (!isJson) { window.lw.say(document.getElementById('lw-words').dataset.failed); return null; }
      const answer = await response.json();
      if (answer.fault === undefined) { take(answer); }
      return answer;
    } catch {
      window.lw.say(document.getElementById('lw-words').dataset.offline);
      return null;
    } finally { busy = false; }
  }
  function take(answer) {
    const now = current(), held = numberOf(now), focused = list.contains(document.activeElement) || document.activeElement === document.body;
    for (const [number, html] of Object.entries(answer.rows)) {
      const old = rows().find((row) => numberOf(row) === number);
      if (!old) { continue; }
      const mould = document.createElement('template');
      mould.innerHTML = html.trim();
      const fresh = mould.content.firstElementChild;
      old.replaceWith(fresh);
      if (window.htmx) { window.htmx.process(fresh); }
    }
    const again = rows().find((row) => numberOf(row) === held);
    if (again) { go(again, focused); if (answer.rows[held]) { follow(again); } }
    const box = list.querySelector('[data-lw-select-all]');
    if (box) { box.checked = false; boxes().forEach((b) => { b.checked = false; }); }
    list.querySelectorAll('[data-lw-count]').forEach((place) => { place.textContent = 0; });
    if (answer.undo) { undoable.push(answer.undo); }
    toast(answer.said, answer.undo);
  }
  function undo(address) {
    const at = address ? undoable.indexOf(address) : undoable.length - 1;
    if (at < 0) { say(words.nothing); return; }
    post(undoable.splice(at, 1)[0], [], new FormData());
  }
  function toast(text, address) {
    const place = document.getElementById('lw-toasts');
    place.querySelectorAll('[data-lw-toast]').forEach((old) => old.remove());
    window.lw.say(text);
    if (!address) { return; }
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'u';
    button.textContent = words.undo;
    button.addEventListener('click', () => { button.closest('[data-lw-toast]').remove(); undo(address); });
    place.lastElementChild.querySelector('[data-lw-dismiss]').before(button);
  }

  /* Keys and buttons -------------------------------------------------------------------------------- */
  const letters = {
    j: () => move(1), k: () => move(-1), o: () => openPane(current()), x: () => toggle(current()), '*': toggleAll, u: () => undo(), z: () => undo(),
    a: () => press('acknowledge'), h: () => press('note'), s: () => press('submit'), g: () => press('assign'),
    '/': () => { const field = document.querySelector('[data-lw-filter]'); field.focus(); field.select(); },
  };
  function press(act) {
    const button = list.querySelector('[data-lw-act="' + act + '"]');
    if (button) { begin(button); }
  }
  function keyed(event) {
    const at = event.target;
    if (event.metaKey || event.ctrlKey || event.altKey || document.querySelector('dialog[open]')) { return false; }
    if (event.key === 'Escape' && (at.matches('[data-lw-filter]') || pane.contains(at))) { go(current()); return true; }
    if (inField(at)) { return false; }
    const onList = at === document.body || list.contains(at);
    if (event.key === 'ArrowDown' && onList) { move(1); return true; }
    if (event.key === 'ArrowUp' && onList) { move(-1); return true; }
    if (event.key === 'Enter' && at === document.body) { openPane(current()); return true; }
    if (lettersAreOn() && Object.hasOwn(letters, event.key)) { letters[event.key](); return true; }
    return false;
  }
  /* Before the keys of every page, which know less of this list. */
  document.addEventListener('keydown', (event) => {
    if (keyed(event)) { event.preventDefault(); event.stopImmediatePropagation(); }
  }, true);
  document.addEventListener('keydown', (event) => {
    const asked = event.target.closest && event.target.closest('form[data-lw-ask]');
    if (asked && event.key === 'Enter' && event.ctrlKey) { event.preventDefault(); asked.requestSubmit(); }
  });
  document.querySelectorAll('form[data-lw-ask]').forEach((asked) => asked.addEventListener('submit', ask));
  document.querySelectorAll('dialog[id^="ask-"]').forEach((dialog) => dialog.addEventListener('close', () => linkOf(current()).focus({ preventScroll: true })));
  list.querySelectorAll('[data-lw-act]').forEach((button) => button.addEventListener('click', (event) => { event.preventDefault(); begin(button); }));
}
