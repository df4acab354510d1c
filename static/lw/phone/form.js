/* The form of one inspection, section by section. Every answer is on the phone before anything else happens with it. */
import { h, icon, show } from './dom.js';
import { ask, banner, frame, fullNotice, notice } from './boxes.js';
import { pointBox, saidOf } from './points.js';
import { hasPlace, positionCard } from './position.js';
import { answered, shown } from './rules.js';
import { day, t } from './words.js';

export const pointsOf = sheet => sheet.sections.flatMap(section => section.points);

/** Of each section: {title, number, answered, total, done}, counted over the points that are shown. */
export function standing(sheet) {
  const said = saidOf(sheet), visible = new Set(shown(pointsOf(sheet), said).map(point => point.code));
  const sections = sheet.sections.map((section, place) => {
    const own = section.points.filter(point => visible.has(point.code));
    const given = own.filter(point => answered(point, said[point.code] || {})).length;
    return { title: section.title, number: place + 1, answered: given, total: own.length,
      done: own.length > 0 && own.every(point => point.required === false || answered(point, said[point.code] || {})) };
  });
  const add = name => sections.reduce((all, one) => all + one[name], 0);
  return { said, visible, sections, answered: add('answered'), total: add('total') };
}
export function barLine(sheet, stand) {
  return t('bar_line', { kind: sheet.task.kind_words, answered: stand.answered, total: stand.total });
}
export function pills(sheet, stand, current) {
  const base = `#/form/${sheet.client_id}`;
  return h('nav.secs', { 'aria-label': t('sections') },
    stand.sections.map(one => h('a', { href: `${base}/${one.number}`, 'aria-current': one.number === current ? 'step' : null },
      one.done ? icon('circle-check', 16, one.number === current ? '' : 'dn') : null, one.title,
      one.done && one.answered === one.total && one.number !== current ? null : h('span.num', {}, `${one.answered}/${one.total}`))),
    h('a', { href: `${base}/review`, 'aria-current': current === 'review' ? 'step' : null }, t('sign_pill')));
}

/** Everything the bar's dots offer: who is visited, and throwing the form away. */
async function more(ctx, sheet) {
  const { borrower, loan } = sheet.task;
  const line = (sign, text, href) => (text ? h('p.row-f.m-0.mt8', {}, icon(sign), href ? h('a.touch', { href }, text) : h('span', {}, text)) : null);
  const throwAway = await ask({
    title: borrower.name, text: sheet.task.why || '', yes: t('discard'), danger: true,
    more: [line('map-pin', borrower.address), line('user', borrower.contact), line('phone', borrower.phone, `tel:${borrower.phone}`),
      line('navigation', hasPlace(borrower) ? t('find_way') : '', `geo:${borrower.latitude},${borrower.longitude}`),
      loan ? line('file-dollar', `${loan.number} · ${loan.amount_words}`) : null,
      line('clipboard-list', t('template_line', { name: sheet.template.name, version: sheet.template.version })),
      line('calendar-time', t('due_line', { day: day(sheet.task.due_on) }))],
  });
  if (!throwAway) { return; }
  if (await ask({ title: t('discard_title'), text: t('discard_text'), yes: t('discard'), danger: true })) {
    await ctx.sheets.remove(sheet.client_id);
    ctx.go('#/today');
  }
}
export const moreButton = (ctx, sheet) => h('button.icb', { type: 'button', 'aria-label': t('more_menu'), onclick: () => more(ctx, sheet) }, icon('dots-vertical', 24));

export function warnings(ctx, sheet) {
  const task = ctx.session.parcel && ctx.session.parcel.tasks.find(one => one.id === sheet.task.id);
  const found = [];
  if (ctx.store.full) { found.push(fullNotice(ctx)); }
  if (sheet.refusal && sheet.refusal.sentence) { found.push(notice('orange', sheet.refusal.sentence)); }
  if (sheet.task.returned) { found.push(notice('orange', [h('b', {}, t('returned', { reason: sheet.task.returned.reason })), ' ', sheet.task.returned.explanation || ''])); }
  if (ctx.session.parcel && !task && ctx.session.parcel.fetched_at > sheet.started_at && !sheet.refusal) { found.push(notice('yellow', t('task_gone'))); }
  if (task && task.template !== sheet.template.id) { found.push(notice('blue', t('template_changed', { version: sheet.template.version }))); }
  return found;
}

/** Where a form is gone on with after the page was closed: the section that was last on show, or "review". */
export async function keepPlace(ctx, sheet, place) {
  if (sheet.place !== place) { await ctx.sheets.mark(sheet.client_id, kept => { kept.place = place; }); }
}

/** Draws section `number`; `code` is a point to go to. Answers what the app must call when the sheet changes. */
export async function formScreen(ctx, id, number, code) {
  let sheet = await ctx.sheets.get(id);
  if (!sheet || !sheet.sections.length || sheet.finished) { ctx.go('#/sync'); return null; }
  const place = Math.min(Math.max(Number(number) || 1, 1), sheet.sections.length);
  await keepPlace(ctx, sheet, String(place));
  const section = sheet.sections[place - 1], byCode = new Map(pointsOf(sheet).map(point => [point.code, point]));
  const own = { ...ctx, changed: kept => update(kept), ahead, redraw: () => ctx.render() };
  const position = positionCard(own, sheet, { brief: place > 1 });
  const boxes = section.points.map((point, line) => pointBox(own, sheet, point, `${place}.${line + 1}`, byCode));
  const extra = h('div.stack', {});
  const next = sheet.sections[place];
  const base = `#/form/${id}`;
  const foot = h('nav.act', { 'aria-label': t('next_step') },
    h('a.bt.lg', { href: place > 1 ? `${base}/${place - 1}` : '#/today', 'aria-label': t(place > 1 ? 'previous' : 'back_today') }, icon('arrow-left')),
    h('a.bt.p.lg.grow', { href: next ? `${base}/${place + 1}` : `${base}/review` }, h('span.ell', {}, next ? t('next', { section: next.title }) : t('check')), icon('arrow-right')));
  let stand = standing(sheet);
  frame({
    title: sheet.task.borrower.name, line: barLine(sheet, stand), back: { href: '#/today', text: t('back_today') },
    buttons: [moreButton(ctx, sheet)], sections: pills(sheet, stand, place), banner: h('div', { id: 'banner' }, banner(ctx, sheet)),
    heading: `${sheet.template.name}: ${section.title}`,
    content: [extra, position.node, h('section.cd', {}, boxes.map(box => box.node))], foot,
  });
  const current = document.querySelector('.secs [aria-current]');
  if (current) { current.scrollIntoView({ block: 'nearest', inline: 'center' }); }

  /* Which points hang on an answer is shown while the answer is still being written. */
  function ahead(point, value) {
    const { visible } = standing({ ...sheet, answers: { ...sheet.answers, [point]: { note: '', ...sheet.answers[point], value } } });
    boxes.forEach(box => { box.node.hidden = !visible.has(box.point.code); });
  }
  function update(kept) {
    sheet = kept;
    stand = standing(sheet);
    document.getElementById('bar-line').textContent = barLine(sheet, stand);
    const bar = document.querySelector('.secs'), scrolled = bar.scrollLeft;
    if (!bar.contains(document.activeElement)) { bar.replaceWith(pills(sheet, stand, place)); document.querySelector('.secs').scrollLeft = scrolled; }
    show(document.getElementById('banner'), banner(ctx, sheet));
    const said = JSON.stringify(warnings(ctx, sheet).map(one => one.textContent));
    if (extra.dataset.said !== said) { extra.dataset.said = said; show(extra, warnings(ctx, sheet)); extra.hidden = !extra.childElementCount; }
    boxes.forEach(box => {
      box.node.hidden = !stand.visible.has(box.point.code);
      box.update(sheet, stand.said);
    });
    position.update(sheet);
  }
  update(sheet);
  if (code) {
    const target = document.getElementById(`q-${code}`);
    if (target) { target.scrollIntoView({ block: 'center' }); target.focus({ preventScroll: true }); }
  } else { window.scrollTo(0, 0); }
  return async changed => {
    if (changed && changed !== id) { return; }
    const kept = await ctx.sheets.get(id);
    if (!kept || kept.finished) { ctx.render(); return; }
    update(kept);
  };
}
