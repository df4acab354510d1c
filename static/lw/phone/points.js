/* One checkpoint on the screen: its control by kind, what the last visit said, what the answer asks for, its note and pictures. */
import { h, icon, show } from './dom.js';
import { oneByOne } from './boxes.js';
import { shots } from './camera.js';
import { BadAnswer, readAnswer } from './figures.js';
import { itemsTable } from './items.js';
import { facts as positionFacts, locate, withDistance } from './position.js';
import { pad } from './signature.js';
import { answered, fails, jump, lacking, moves, needs } from './rules.js';
import { day, number, of, t } from './words.js';

const FIGURES = ['number', 'money', 'percent'];
const QUIET = ['photo', 'document', 'signature', 'position', 'text']; // kinds that say all themselves
const LONG_OPTION = 22; // signs beyond which options stand below each other

/** What was said to each point, as the rules read it. */
export function saidOf(sheet) {
  const said = {};
  Object.entries(sheet.answers).forEach(([code, given]) => { said[code] = { value: given.value, note: given.note, photos: 0, documents: 0, signatures: 0 }; });
  const count = (code, what, more) => {
    said[code] ||= { value: null, note: '', photos: 0, documents: 0, signatures: 0 };
    said[code][`${what}s`] = (said[code][`${what}s`] || 0) + more;
  };
  sheet.files.forEach(file => count(file.code, file.what, 1));
  Object.entries(sheet.carried || {}).forEach(([code, counts]) => Object.entries(counts).forEach(([what, more]) => count(code, what, more)));
  return said;
}

/** An answer in words, for "last visit …" and the like. */
export function inWords(point, value) {
  if (value === null || value === undefined) { return '–'; }
  const option = (point.options || []).find(one => one.value === value);
  if (option) { return option.label; }
  if (point.kind === 'date') { return day(value); }
  if (point.kind === 'percent') { return `${number(value)}%`; }
  if (point.kind === 'money' || point.kind === 'number') { return number(value) + (point.unit ? ` ${point.unit}` : ''); }
  if (point.kind === 'signature') { return value.name || ''; }
  if (point.kind === 'items') { return t('items_count', { count: value.length }); }
  return typeof value === 'string' ? value : '';
}

/* Controls: each gives {node, update(sheet)}; field says which element a label may point to. --------- */
function choices(point, save) {
  const name = `a-${point.code}`;
  const options = point.kind === 'yes_no' && !(point.options || []).length
    ? ['yes', 'no', 'not_seen'].map(value => ({ value, label: t(`answer_${value}`) })) : point.options;
  const long = options.some(option => option.label.length > LONG_OPTION);
  const inputs = options.map(option => h('input', { type: 'radio', name, value: option.value, onchange: () => save({ value: option.value }) }));
  const boxes = options.map((option, place) => {
    const tone = point.kind !== 'yes_no' ? '' : { yes: '.y', no: '.nn' }[option.value] || '';
    const sign = point.kind === 'yes_no' ? { yes: 'check', no: 'x' }[option.value] : '';
    return h(`label${tone}`, {}, inputs[place], sign ? icon(sign) : null, h('span', {}, option.label));
  });
  return {
    node: h(`div.ans${point.kind === 'yes_no' ? '' : long ? '.one' : '.two'}`, {}, boxes),
    update(sheet) { const given = (sheet.answers[point.code] || {}).value; inputs.forEach(input => { input.checked = input.value === given; }); },
  };
}

function typing(point, save, fault) {
  const id = `a-${point.code}`, figure = FIGURES.includes(point.kind);
  const attributes = { id, 'aria-describedby': `e-${point.code}`, autocomplete: 'off' };
  const field = point.kind === 'text' ? h('textarea.in.t16', { ...attributes, rows: '3', maxlength: '4000' })
    : point.kind === 'date' ? h('input.in.t16', { ...attributes, type: 'date' })
      : h('input.in.t16.num', { ...attributes, inputmode: 'decimal', maxlength: '40' });
  const read = () => {
    try { return { value: readAnswer(point, field.value), typed: figure ? field.value : undefined }; } catch (error) {
      if (!(error instanceof BadAnswer)) { throw error; }
      return { value: null, typed: field.value, bad: error.code };
    }
  };
  const judge = () => { const { bad } = read(); fault(bad ? of('bad', bad) : ''); field.toggleAttribute('aria-invalid', Boolean(bad)); };
  field.addEventListener('input', () => { const { value, typed, bad } = read(); if (!bad) { judge(); } save({ value, typed }); });
  field.addEventListener('change', judge);
  const unit = point.kind === 'percent' ? '%' : point.unit;
  return {
    field: id, node: unit ? h('div.row-f', {}, h('div.grow', {}, field), h('span.ink2', {}, unit)) : field, judge,
    update(sheet) {
      if (document.activeElement === field) { return; }
      const given = sheet.answers[point.code] || {};
      field.value = sheet.typed[point.code] ?? given.value ?? '';
    },
  };
}

function placing(ctx, point, save, fault) {
  const place = h('div', {}), button = h('button.bt.lg.w.mt12', { type: 'button' });
  let sheet = null;
  button.addEventListener('click', async () => {
    button.disabled = true;
    show(button, icon('target'), t('position_looking'));
    try { await save({ value: withDistance(await locate(), sheet.task.borrower) }); fault(''); } catch (error) { fault(t(`position_${error.code || 'none'}_fault`)); }
    button.disabled = false;
    update(await ctx.sheets.get(sheet.client_id) || sheet);
  });
  function update(now) {
    sheet = now;
    const given = (now.answers[point.code] || {}).value || null;
    show(place, given ? positionFacts(given) : null);
    show(button, icon('target'), t(given ? 'position_again' : 'position_take'));
  }
  return { node: h('div', {}, place, button), update };
}

function counting(point, first, save, fault) {
  const table = itemsTable(point, first.typed[point.code] || (first.answers[point.code] || {}).value, async rows => {
    try { const value = readAnswer(point, rows); fault(''); await save({ value, typed: rows }); } catch (error) {
      if (!(error instanceof BadAnswer)) { throw error; }
      fault(of('bad', error.code));
      await save({ value: null, typed: rows });
    }
  });
  return { node: table.node, update: sheet => table.update((sheet.answers[point.code] || {}).value) };
}

function control(ctx, sheet, point, save, fault) {
  if (point.kind === 'yes_no' || point.kind === 'choice') { return choices(point, save); }
  if (point.kind === 'photo' || point.kind === 'document') { return shots(ctx, sheet, point, point.kind); }
  if (point.kind === 'position') { return placing(ctx, point, save, fault); }
  if (point.kind === 'items') { return counting(point, sheet, save, fault); }
  if (point.kind === 'signature') {
    return pad(ctx, sheet, {
      code: point.code, label: point.label, name: now => ((now.answers[point.code] || {}).value || {}).name,
      setName: (now, text) => { now.answers[point.code] = { ...(now.answers[point.code] || { note: '' }), value: text.length > 1 ? { name: text } : null, at: new Date().toISOString() }; },
    });
  }
  return typing(point, save, fault);
}

/* What the answer asks for, in sentences. ------------------------------------------------------------ */
function sentences(point, own, before, lacks, byCode) {
  const found = [];
  const moved = moves(point, own.value, before);
  const asks = needs(point, own, before);
  const large = FIGURES.includes(point.kind) && jump(own.value, before) !== null;
  if (moved !== null && moved !== 0 && (large || asks.size)) {
    const counted = point.kind === 'number' || point.kind === 'items';
    found.push(t(moved < 0 ? (counted ? 'fewer' : 'less') : 'more', { percent: Math.abs(moved) }));
  }
  const failing = fails(point, own.value); // the label of the note says then what is wanted
  lacks.filter(what => what !== 'note' || !failing).forEach(what => {
    const rule = (point.evidence || []).find(one => (one.needs || []).includes('list') && byCode.has(one.list_code));
    found.push(what === 'list' && rule ? t('need_list_of', { point: byCode.get(rule.list_code).label }) : t(`need_${what}`));
  });
  if (large && !lacks.length && !own.note.trim() && !own.photos) { found.push(t('need_jump')); }
  return found;
}

/** The box of one point. update(sheet, said) brings it in line with what is kept; tell(fault) shows what it lacks. */
export function pointBox(ctx, first, point, label, byCode) {
  const id = first.client_id, before = first.before[point.code], prefill = first.prefill[point.code];
  const fault = h('div.errmsg.mt4', { id: `e-${point.code}`, hidden: true });
  const tell = text => { fault.hidden = !text; show(fault, text ? [icon('alert-circle', 14), h('span', {}, text)] : []); };
  const store = oneByOne(async given => { const kept = await ctx.sheets.answer(id, point.code, given); if (kept) { ctx.changed(kept); } });
  const keep = given => { if ('value' in given) { ctx.ahead(point.code, given.value); } return store(given); };
  const body = control(ctx, first, point, keep, tell);
  const isGroup = !body.field;
  const earlier = before !== undefined && before !== null && point.kind !== 'text' && inWords(point, before);
  const head = [h('span.qn', {}, label), h('span', {}, point.label,
    earlier ? h('span.muted', {}, ` · ${t('last_visit', { value: earlier })}`) : null,
    point.required === false ? h('span.muted.t12', {}, ` ${t('optional')}`) : null)];
  const asked = h('div.asks', { 'aria-live': 'polite' });
  const offer = prefill ? h('button.bt.lg.w.mt8', { type: 'button', onclick: () => keep({ value: prefill.value, typed: FIGURES.includes(point.kind) || point.kind === 'items' ? prefill.value : undefined }).then(() => ctx.redraw()) },
    icon('history'), t('prefill', { value: inWords(point, prefill.value), from: prefill.from })) : null;
  const noted = noteBox(ctx, first, point, keep);
  const parts = [body.node, point.hint ? h('div.hint.mt4', {}, point.hint) : null, offer, fault, asked, noted.node];
  const box = isGroup
    ? h('fieldset.q', { id: `q-${point.code}`, tabindex: '-1', 'aria-describedby': `e-${point.code}` }, h('legend.qt', {}, head), parts)
    : h('div.q', { id: `q-${point.code}`, tabindex: '-1' }, h('label.qt', { for: body.field }, head), parts);

  function update(sheet, said) {
    const own = said[point.code] || { value: null, note: '', photos: 0, documents: 0, signatures: 0 };
    body.update(sheet);
    const given = answered(point, own);
    const lacks = given ? lacking(point, said, byCode, before) : [];
    const told = given ? sentences(point, own, before, lacks, byCode) : [];
    const words = told.join(' ');
    if (asked.dataset.words !== words) {
      asked.dataset.words = words;
      show(asked, told.length ? h('div.row-f.t13.mt8', {}, icon('f-alert-triangle', 16, 'sev-orange'), h('span', {}, told.map((one, place) => (place ? ` ${one}` : one)))) : []);
    }
    if (offer) { offer.hidden = given; }
    const large = FIGURES.includes(point.kind) && jump(own.value, before) !== null && !(point.evidence || []).length;
    noted.update(sheet, { own, given, lacks, large, failing: fails(point, own.value) });
  }
  return { node: box, update, tell, point };
}

/** Words and pictures to an answer: there where the answer asks for them or has them, else behind a button once it is answered. */
function noteBox(ctx, first, point, keep) {
  const id = `n-${point.code}`;
  const field = h('textarea.in.t16', { id, rows: '2', maxlength: '4000' });
  field.addEventListener('input', () => keep({ note: field.value }));
  const label = h('label.lb.mt12', { for: id });
  const words = h('div', { hidden: true }, label, field);
  const pictures = point.kind === 'photo' ? null : shots(ctx, first, point, 'photo');
  const wantsPaper = point.kind !== 'document' && (point.evidence || []).some(rule => (rule.needs || []).some(what => what === 'document' || what === 'list'));
  const papers = wantsPaper ? shots(ctx, first, point, 'document') : null;
  const proof = h('div.proof.mt12', { hidden: true }, pictures ? pictures.node : null, papers ? papers.node : null);
  const button = h('button.bt.g.lg.more', { type: 'button' }, icon('plus', 14), t('note_add'));
  let opened = false;
  button.addEventListener('click', () => { opened = true; stand(true, true, true); field.focus(); });
  function stand(noted, shown, given) {
    words.hidden = !noted;
    proof.hidden = !shown || !(pictures || papers);
    button.hidden = QUIET.includes(point.kind) || !given || (noted && shown);
  }
  return {
    node: h('div', {}, words, proof, button),
    update(sheet, { own, given, failing, lacks, large }) {
      if (document.activeElement !== field) { field.value = own.note || ''; }
      const chosen = (point.options || []).find(option => option.value === own.value);
      show(label, failing ? [t('note_different'), ' ', h('span.muted.t12', {}, t('note_needed', { answer: chosen ? chosen.label : t(`answer_${own.value}`) }))] : t('note'));
      if (pictures) { pictures.update(sheet); }
      if (papers) { papers.update(sheet); }
      const noted = opened || failing || large || lacks.includes('note') || Boolean(own.note) || document.activeElement === field;
      const seen = opened || failing || large || lacks.some(what => what !== 'note') || (pictures && pictures.count() > 0) || (papers && papers.count() > 0);
      stand(noted, Boolean(seen), given);
    },
  };
}
