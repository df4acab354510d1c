/* The rule editor: colours the text, numbers its lines, underlines what is wrong and suggests what may come next.
   The field works as a plain one without it. */
const KEYWORDS = /^(red|orange|yellow|when|and|or|not|in|between|contains|is|empty|days?|months?|was|true|false)$/i;
const PIECES = /(#[^\n]*)|("[^"\n]*"?|“[^”\n]*”?)|(\d{4}-\d{1,2}-\d{1,2}|\d+(?:\.\d+)?(?:[ \t]*%)?)|([^\W\d][\w.]*|[\u0080-\uffff]+)|([^#"“\d\w\u0080-\uffff]+)/gu;

class Editor {
  constructor(box) {
    this.box = box;
    this.field = box.querySelector('textarea');
    this.under = box.querySelector('.ed-under');
    this.gutter = box.querySelector('.gut');
    this.popup = box.querySelector('.ac');
    this.list = this.popup.querySelector('ul');
    this.more = this.popup.querySelector('.ac-more');
    this.found = [];
    this.chosen = -1;
    this.asked = 0;
    this.timer = 0;
    box.classList.add('ed-on');
    this.field.addEventListener('input', () => { this.draw(); this.later(); });
    this.field.addEventListener('scroll', () => this.follow());
    this.field.addEventListener('keydown', (event) => this.key(event));
    this.field.addEventListener('blur', () => window.setTimeout(() => this.close(), 150));
    this.field.addEventListener('click', () => this.close());
    this.list.addEventListener('mousedown', (event) => {
      const item = event.target.closest('li');
      if (item) { event.preventDefault(); this.take(Number(item.dataset.at)); }
    });
    document.addEventListener('click', (event) => {
      const error = event.target.closest && event.target.closest('#rule-errors li');
      if (error) { this.go(Number(error.dataset.line), Number(error.dataset.column), Number(error.dataset.length)); }
    });
    new MutationObserver(() => this.draw()).observe(document.getElementById('rule-form'), { childList: true, subtree: true, attributeFilter: ['data-line'] });
    this.draw();
  }

  errors() {
    return Array.from(document.querySelectorAll('#rule-errors li'), (item) => item.dataset);
  }

  /* Colours ---------------------------------------------------------------------------------------- */
  draw() {
    const text = this.field.value;
    const told = this.errors();
    const starts = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) { starts.push(at + 1); }
    const wrong = told.map((error) => {
      const from = (starts[error.line - 1] ?? text.length) + Number(error.column) - 1;
      return [from, from + Math.max(1, Number(error.length))];
    });
    const drawn = `${text}\u0000${JSON.stringify(wrong)}`;
    if (drawn === this.drawn) { return; }
    this.drawn = drawn;
    const made = document.createDocumentFragment();
    for (const piece of text.matchAll(PIECES)) {
      const [whole, comment, string, number, word] = piece;
      let kind = comment ? 'cm' : string || number ? 'nm' : '';
      if (word) { kind = KEYWORDS.test(word) ? 'kw' : /^limit\./i.test(word) ? 'lim' : 'fld'; }
      const bad = wrong.some(([from, to]) => piece.index < to && piece.index + whole.length > from && !/^\s+$/.test(whole));
      const span = document.createElement('span');
      span.className = bad ? `${kind} wrong` : kind;
      span.textContent = whole;
      made.append(span);
    }
    made.append('\n');
    this.under.replaceChildren(made);
    const lines = new Set(told.map((error) => Number(error.line)));
    this.gutter.replaceChildren(...starts.flatMap((_, at) => {
      const number = document.createElement(lines.has(at + 1) ? 'b' : 'span');
      number.textContent = String(at + 1);
      return [number, '\n'];
    }));
    this.field.setAttribute('aria-invalid', String(told.length > 0));
    this.follow();
  }

  follow() {
    this.under.scrollTop = this.field.scrollTop;
    this.under.scrollLeft = this.field.scrollLeft;
    this.gutter.scrollTop = this.field.scrollTop;
  }

  go(line, column, length) {
    const lines = this.field.value.split('\n');
    const from = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
    this.field.focus();
    this.field.setSelectionRange(from, from + length);
  }

  /* Suggestions ------------------------------------------------------------------------------------- */
  later() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask(false), 150);
  }

  async ask(wanted) {
    window.clearTimeout(this.timer);
    const place = this.field.selectionStart;
    const before = this.field.value.slice(0, place);
    this.word = /[^\W\d][\w.]*$/u.exec(before)?.[0] ?? '';
    if (!wanted && !this.word) { this.close(); return; }
    const turn = ++this.asked;
    const form = this.field.form;
    const body = new URLSearchParams({ text: this.field.value, position: String(place), grain: form.elements.grain?.value ?? this.box.dataset.grain ?? 'loan' });
    let told;
    try {
      const answer = await fetch(this.box.dataset.complete, {
        method: 'POST', body, headers: { 'X-CSRFToken': form.elements.csrfmiddlewaretoken.value },
      });
      told = answer.ok ? (await answer.json()).suggestions : [];
    } catch { told = []; }
    if (turn !== this.asked || document.activeElement !== this.field) { return; }
    this.found = told.filter((one) => one.text.toLowerCase() !== this.word.toLowerCase());
    if (this.found.length) { this.show(); } else { this.close(); }
  }

  show() {
    this.list.replaceChildren(...this.found.map((one, at) => {
      const item = document.createElement('li');
      item.id = `rule-suggestion-${at}`;
      item.dataset.at = String(at);
      item.setAttribute('role', 'option');
      const code = document.createElement('code');
      code.textContent = one.text;
      const label = document.createElement('span');
      label.className = 'muted t12 grow ell';
      label.textContent = [one.label, one.unit].filter(Boolean).join(', ');
      const sample = document.createElement('span');
      sample.className = 't12 ink2 num nowrap';
      sample.textContent = one.sample;
      item.append(code, label, sample);
      return item;
    }));
    this.popup.hidden = false;
    this.field.setAttribute('aria-expanded', 'true');
    this.choose(0);
    const caret = this.caret();
    const room = this.box.clientWidth - this.popup.offsetWidth - 8;
    this.popup.style.left = `${Math.max(8, Math.min(caret.left, room))}px`;
    this.popup.style.top = `${caret.top + 24}px`;
  }

  caret() {
    const range = document.createRange();
    let rest = this.field.selectionStart;
    for (const span of this.under.children) {
      if (rest <= span.textContent.length) { range.setStart(span.firstChild, rest); break; }
      rest -= span.textContent.length;
    }
    const box = this.box.getBoundingClientRect();
    const at = range.startContainer === document ? this.under.getBoundingClientRect() : range.getClientRects()[0] ?? this.under.getBoundingClientRect();
    return { left: at.left - box.left, top: at.top - box.top };
  }

  choose(at) {
    this.chosen = (at + this.found.length) % this.found.length;
    Array.from(this.list.children).forEach((item, place) => item.setAttribute('aria-selected', String(place === this.chosen)));
    const item = this.list.children[this.chosen];
    item.scrollIntoView({ block: 'nearest' });
    this.field.setAttribute('aria-activedescendant', item.id);
    this.more.textContent = this.found[this.chosen].meaning;
    this.more.hidden = !this.found[this.chosen].meaning;
  }

  take(at) {
    const place = this.field.selectionStart;
    const one = this.found[at].text + (/^[\w.]/.test(this.found[at].text) ? ' ' : '');
    this.field.setRangeText(one, place - this.word.length, place, 'end');
    this.close();
    this.field.dispatchEvent(new Event('input', { bubbles: true }));
  }

  close() {
    this.asked++;
    this.popup.hidden = true;
    this.field.setAttribute('aria-expanded', 'false');
    this.field.removeAttribute('aria-activedescendant');
  }

  key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
      event.preventDefault();
      document.querySelector('[data-lw-editor-save]').click();
    } else if (event.ctrlKey && event.key === ' ') {
      event.preventDefault();
      this.ask(true);
    } else if (!this.popup.hidden) {
      const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 };
      if (event.key in moves) { event.preventDefault(); this.choose(this.chosen + moves[event.key]); }
      else if (event.key === 'Enter' || event.key === 'Tab') { event.preventDefault(); this.take(this.chosen); }
      else if (event.key === 'Escape') { event.preventDefault(); event.stopPropagation(); this.close(); }
      else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') { this.close(); }
    }
  }
}

document.querySelectorAll('[data-rule-editor]').forEach((box) => new Editor(box));
