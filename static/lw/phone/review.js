/* The last page of a form: what is missing, day, conclusion, summary, the inspector's own signature. */
import { alarm, h, icon, show } from './dom.js';
import { banner, frame, notice, oneByOne } from './boxes.js';
import { barLine, keepPlace, moreButton, pills, pointsOf, standing, warnings } from './form.js';
import { inWords, saidOf } from './points.js';
import { positionCard } from './position.js';
import { pad } from './signature.js';
import { missing, positionDoubt, shown } from './rules.js';
import { isoDay, many, of, t } from './words.js';

export const INSPECTOR = 'inspector'; // code of the signature of the one who records
const CONCLUSIONS = ['no_problem', 'concern', 'problem'];

/** What a sheet still lacks: [{code, label, text, section}]; fields of this page have section "review". */
export function faultsOf(sheet) {
  const points = pointsOf(sheet), faults = missing(points, saidOf(sheet), sheet.before);
  const found = points.filter(point => point.code in faults).map(point => ({
    code: point.code, label: point.label, text: of('faults', faults[point.code]), section: sheet.sections.findIndex(one => one.points.includes(point)) + 1,
  }));
  const own = (code, label, kind) => found.push({ code, label, text: of('faults', kind), section: 'review' });
  if (positionDoubt(sheet.position) && !sheet.position_reason.trim()) { own('position', t('position'), 'position'); }
  if (!sheet.visited_on || sheet.visited_on > isoDay() || (sheet.task.opened_on && sheet.visited_on < sheet.task.opened_on)) { own('visited_on', t('visited_on'), 'date'); }
  if (sheet.concludes && !CONCLUSIONS.includes(sheet.conclusion)) { own('conclusion', t('conclusion'), 'answer'); }
  if (!sheet.summary.trim()) { own('summary', t('summary'), 'answer'); }
  if (!sheet.signed && !sheet.files.some(file => file.code === INSPECTOR)) { own('signature', t('own_signature'), 'signature'); }
  return found;
}

function list(sheet, faults) {
  const base = `#/form/${sheet.client_id}`;
  return notice('orange', [h('b', {}, many('missing', faults.length)), h('ul.m-0.mt4.faults', {}, faults.map(one => h('li', {},
    h('a', { href: one.section === 'review' ? `${base}/review/${one.code}` : `${base}/${one.section}/${one.code}` }, one.label), ': ', one.text)))]);
}

function answers(sheet) {
  const said = saidOf(sheet), visible = new Set(shown(pointsOf(sheet), said).map(point => point.code));
  return h('details.cd', {}, h('summary.vc.strong', {}, t('all_answers')), sheet.sections.map((section, place) => h('div.bd', {},
    h('h2.t14.mb-2', {}, `${place + 1} ${section.title}`),
    h('dl.kv', {}, section.points.filter(point => visible.has(point.code)).map(point => {
      const own = said[point.code] || {}, pictures = (own.photos || 0) + (own.documents || 0) + (own.signatures || 0);
      const value = own.value === null || own.value === undefined ? (pictures ? '' : '–') : inWords(point, own.value);
      return [h('dt', {}, point.label), h('dd', {}, value, pictures ? h('span.muted', {}, ` ${many('pictures', pictures)}`) : null, own.note ? h('div.t13.ink2', {}, own.note) : null)];
    })))));
}

export async function reviewScreen(ctx, id, code) {
  let sheet = await ctx.sheets.get(id), pressed = false;
  if (!sheet || !sheet.sections.length || sheet.finished) { ctx.go('#/sync'); return null; }
  await keepPlace(ctx, sheet, 'review');
  const base = `#/form/${id}`, stand = standing(sheet);
  const keepWords = name => oneByOne(text => ctx.sheets.change(id, kept => { kept[name] = text; }));
  const keepDay = keepWords('visited_on'), keepEnd = keepWords('conclusion'), keepSummary = keepWords('summary');
  const visited = h('input.in.t16', { id: 'f-visited_on', type: 'date', value: sheet.visited_on || '', max: isoDay(), min: sheet.task.opened_on || null, oninput: event => keepDay(event.target.value) });
  const summary = h('textarea.in.t16', { id: 'f-summary', rows: '4', maxlength: '4000', oninput: event => keepSummary(event.target.value) });
  summary.value = sheet.summary;
  const ends = CONCLUSIONS.map(value => h('label', {}, h('input', {
    type: 'radio', name: 'conclusion', value, checked: sheet.conclusion === value, onchange: () => keepEnd(value),
  }), h('span', {}, t(`conclusion_${value}`))));
  const signature = pad(ctx, sheet, {
    code: INSPECTOR, label: t('own_signature'), name: now => now.signed, setName: (now, text) => { now.signed = text; },
  });
  const position = positionCard(ctx, sheet);
  const place = h('div.stack', {}), extra = h('div.stack', {});
  const button = h('button.bt.p.lg.grow', { type: 'button', onclick: () => finish() }, icon('send'), h('span', {}, t('finish')));

  frame({
    title: sheet.task.borrower.name, line: barLine(sheet, stand), back: { href: `${base}/${sheet.sections.length}`, text: t('back_form') },
    buttons: [moreButton(ctx, sheet)], sections: pills(sheet, stand, 'review'), banner: h('div', { id: 'banner' }, banner(ctx, sheet)),
    heading: t('check'),
    content: [extra, place, position.node,
      h('section.cd', {},
        h('div.q', { id: 'r-visited_on', tabindex: '-1' }, h('label.qt', { for: 'f-visited_on' }, t('visited_on')), visited),
        sheet.concludes ? h('fieldset.q', { id: 'r-conclusion', tabindex: '-1' }, h('legend.qt', {}, t('conclusion')), h('div.ans.one', {}, ends)) : null,
        h('div.q', { id: 'r-summary', tabindex: '-1' }, h('label.qt', { for: 'f-summary' }, t('summary')), summary)),
      h('section.cd', {}, h('div.q', { id: 'r-signature', tabindex: '-1' }, h('div.qt', {}, t('own_signature_of', { name: sheet.person.name })), signature.node)),
      answers(sheet),
      h('p.muted.t13.px-2', {}, icon('lock', 14), ' ', t('finish_text'))],
    foot: h('nav.act', { 'aria-label': t('next_step') },
      h('a.bt.lg', { href: `${base}/${sheet.sections.length}`, 'aria-label': t('back_form') }, icon('arrow-left')), button),
  });

  function update(kept) {
    sheet = kept;
    show(document.getElementById('banner'), banner(ctx, sheet));
    const faults = faultsOf(sheet), words = JSON.stringify(faults);
    if (place.dataset.words !== words) { place.dataset.words = words; show(place, faults.length ? list(sheet, faults) : notice('green', t('complete'))); }
    if (!pressed || !faults.length) { pressed = false; }
    const said = JSON.stringify(warnings(ctx, sheet).map(one => one.textContent));
    if (extra.dataset.said !== said) { extra.dataset.said = said; show(extra, warnings(ctx, sheet)); extra.hidden = !extra.childElementCount; }
    signature.update(sheet);
    position.update(sheet);
  }
  async function finish() {
    sheet = await ctx.sheets.get(id) || sheet;
    const faults = faultsOf(sheet);
    if (faults.length) {
      pressed = true;
      update(sheet);
      alarm(many('missing', faults.length));
      place.setAttribute('tabindex', '-1');
      place.scrollIntoView({ block: 'center' });
      place.focus({ preventScroll: true });
      return;
    }
    button.disabled = true;
    await ctx.sheets.finish(id);
    ctx.sender.kick();
    ctx.go('#/sync');
  }
  update(sheet);
  window.scrollTo(0, 0);
  const target = code && (document.getElementById(`r-${code}`) || document.getElementById(code));
  if (target) { target.scrollIntoView({ block: 'center' }); target.focus({ preventScroll: true }); }
  return async changed => {
    if (changed && changed !== id) { return; }
    const kept = await ctx.sheets.get(id);
    if (!kept || kept.finished) { ctx.render(); return; }
    update(kept);
  };
}
