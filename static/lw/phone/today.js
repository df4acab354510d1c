/* Today: a card for each visit in the order of the day, with how far its form is; what follows this week below. */
import { h, icon, show } from './dom.js';
import { banner, empty, frame, fullNotice, nav, notice } from './boxes.js';
import { standing } from './form.js';
import { hasPlace, latest } from './position.js';
import { metresBetween } from './rules.js';
import { STATES } from './sheets.js';
import { day, isoDay, kilometres, many, t, weekday } from './words.js';

const LATER = 12;

/** Tasks of today in the order of the day: those with a time first, then by due date. The rest is what follows. */
export function ordered(parcel) {
  const today = isoDay() > parcel.as_of ? isoDay() : parcel.as_of;
  const now = task => ['started', 'returned'].includes(task.state) || task.due_on <= today || (task.planned_on && task.planned_on <= today);
  const key = task => [task.planned_at && (!task.planned_on || task.planned_on === today) ? `0${task.planned_at}` : '1', task.due_on, task.number].join(' ');
  const sort = tasks => tasks.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return { now: sort(parcel.tasks.filter(now)), later: sort(parcel.tasks.filter(task => !now(task))) };
}
/** Metres in a straight line from stop to stop; to the first one from where the phone is, when it is known. */
function legs(tasks) {
  let from = latest();
  const found = new Map();
  tasks.forEach(task => {
    if (!hasPlace(task.borrower)) { return; }
    if (from) { found.set(task.id, metresBetween(from, task.borrower)); }
    from = task.borrower;
  });
  return found;
}

function chip(task, sheet, stand) {
  if (sheet && sheet.state === STATES.RECEIVED) { return h('span.ch.green', {}, icon('check'), t('chip_received')); }
  if (sheet && sheet.state === STATES.REFUSED) { return h('span.ch.orange', {}, icon('f-alert-triangle'), t('chip_refused')); }
  if (sheet && sheet.finished) { return h('span.ch.blue', {}, icon('cloud-up'), t('chip_waiting')); }
  if (stand) { return h('span.ch.acc', {}, icon('pencil'), t('chip_done', { percent: stand.total ? Math.floor(stand.answered * 100 / stand.total) : 0 })); }
  if (task.state === 'returned') { return h('span.ch.orange', {}, icon('arrow-back-up'), t('chip_returned')); }
  return h('span.ch.out', {}, task.kind_words);
}
function when(task) {
  const late = task.days_late > 0;
  if (late && !task.planned_at) { return h('span.row-f.gap4.strong.sla.late', {}, icon('clock-exclamation'), many('late', task.days_late)); }
  return h('span.row-f.gap4.strong.num', {}, icon('clock'), task.planned_at || day(task.due_on), late ? h('span.sla.late.t13', {}, many('late', task.days_late)) : null);
}
export function reach(borrower, { wide = false } = {}) {
  const named = borrower.name;
  return [
    hasPlace(borrower) ? h('a.bt.lg', { href: `geo:${borrower.latitude},${borrower.longitude}?q=${borrower.latitude},${borrower.longitude}`, 'aria-label': t('navigate', { name: named }) }, icon('navigation', 20), wide ? t('navigate_short') : null) : null,
    borrower.phone ? h('a.bt.lg', { href: `tel:${borrower.phone.replace(/[^\d+*#]/g, '')}`, 'aria-label': t('call', { name: borrower.contact || named }) }, icon('phone', 20), wide ? t('call_short') : null) : null,
  ];
}

function card(ctx, task, sheet, leg) {
  if (sheet && sheet.state === STATES.RECEIVED && task.state === 'returned') { sheet = null; } // a new attempt is asked for
  const open = sheet && sheet.state !== STATES.RECEIVED && sheet.sections.length;
  const stand = open && !sheet.finished ? standing(sheet) : null;
  const { borrower } = task;
  const amount = task.loan ? task.loan.amount_words : '';
  const form = (ctx.session.parcel.templates[task.template] || {}).name;
  const line = task.why && task.why !== task.kind_words ? task.why : [form || task.kind_words, amount].filter(Boolean).join(' · ');
  const whereabouts = [borrower.address, leg === undefined ? '' : kilometres(leg), borrower.contact].filter(Boolean).join(' · ');
  const words = !sheet ? (task.state === 'returned' ? 'correct' : 'start') : sheet.finished ? 'see_sync' : 'continue';
  const sign = { correct: 'pencil', start: 'clipboard-check', see_sync: 'cloud-upload', continue: 'player-play' }[words];
  const begin = async () => {
    const found = sheet || await ctx.sheets.begin(task, ctx.session.parcel);
    ctx.askRoom();
    ctx.go(found.finished ? '#/sync' : `#/form/${found.client_id}/${found.place || 1}`);
  };
  const main = stand
    ? h('a.bt.p.lg.grow', { href: `#/form/${sheet.client_id}/${sheet.place || 1}` }, icon(sign), t(words))
    : h('button.bt.lg.grow', { type: 'button', onclick: begin }, icon(sign), t(words));
  return h('section.cd.vc', { 'aria-label': `${borrower.name} ${task.number}`, 'data-task': task.id },
    h('div.row-f.between', {}, when(task), chip(task, sheet, stand)),
    h('h2.mt8', {}, borrower.name), h('div.ink2.t14', {}, line),
    whereabouts ? h('div.muted.t13.mt4', {}, icon('map-pin', 14), ' ', whereabouts) : null,
    stand ? h('progress.mt12', { max: String(stand.total), value: String(stand.answered), 'aria-label': t('answered_of', { answered: stand.answered, total: stand.total }) }) : null,
    h('div.row-f.mt12', {}, main, reach(borrower)));
}

function laterList(ctx, later, sheets) {
  if (!later.length) { return null; }
  const row = task => h('div.row-f.between', {}, h('button.bt.g.lg.grow.row-start', {
    type: 'button', onclick: async () => { const sheet = sheets.get(task.id) || await ctx.sheets.begin(task, ctx.session.parcel); ctx.go(sheet.finished ? '#/sync' : `#/form/${sheet.client_id}/${sheet.place || 1}`); },
  }, h('span.ell', {}, `${task.borrower.name} · ${task.kind_words}`)), h('span.muted.nowrap.num', {}, task.planned_at ? `${day(task.planned_on)}, ${task.planned_at}` : day(task.due_on)));
  return h('section.cd.vc', {}, h('h2', {}, t('also_due')), h('div.mt4.t14', {}, later.slice(0, LATER).map(row)),
    later.length > LATER ? h('a.bt.lg.w.mt8', { href: '#/tasks' }, t('all_tasks')) : null);
}

export async function todayScreen(ctx) {
  const parcel = ctx.session.parcel;
  if (!parcel) { return null; }
  const { now, later } = ordered(parcel);
  const sheets = new Map();
  for (const sheet of await ctx.sheets.all()) { if (!sheets.has(sheet.task.id) || sheet.state !== STATES.RECEIVED) { sheets.set(sheet.task.id, sheet); } }
  const found = legs(now), far = [...found.values()].reduce((a, b) => a + b, 0);
  const line = [many('visits', now.length), far ? kilometres(far) : '', ctx.person.name].filter(Boolean).join(' · ');
  const gone = [...sheets.values()].filter(sheet => sheet.state !== STATES.RECEIVED && !parcel.tasks.some(task => task.id === sheet.task.id));
  const search = h('input.in.t16', { type: 'search', 'aria-label': t('search'), placeholder: t('search'), hidden: true, id: 'search' });
  const cards = h('div.stack', {}, now.map(task => card(ctx, task, sheets.get(task.id), found.get(task.id))));
  search.addEventListener('input', () => {
    const wanted = search.value.trim().toLowerCase();
    [...cards.children].forEach(one => { one.hidden = wanted !== '' && !one.textContent.toLowerCase().includes(wanted); });
  });
  const glass = h('button.icb', {
    type: 'button', 'aria-label': t('search'), 'aria-expanded': 'false', 'aria-controls': 'search',
    onclick: event => { search.hidden = !search.hidden; event.currentTarget.setAttribute('aria-expanded', String(!search.hidden)); if (!search.hidden) { search.focus(); } },
  }, icon('search', 24));
  const bannerPlace = h('div', { id: 'banner' }, banner(ctx));
  frame({
    title: t('today', { day: weekday() }), line, buttons: [glass], banner: bannerPlace, heading: t('visits_today'),
    content: [
      ctx.store.full ? fullNotice(ctx) : null, search,
      ctx.session.refusal ? notice('orange', ctx.session.refusal.sentence || t('refused_person')) : null,
      now.length ? cards : empty('circle-check', t('none_today'), t('none_today_text'), 'sev-green'),
      gone.length ? h('section.cd.vc', {}, h('h2', {}, t('not_in_list')), h('p.t14.ink2.m-0.mt4', {}, t('not_in_list_text')),
        gone.map(sheet => h('a.bt.lg.w.mt8', { href: sheet.finished ? '#/sync' : `#/form/${sheet.client_id}/${sheet.place || 1}` }, `${sheet.task.borrower.name} · ${sheet.task.number}`))) : null,
      laterList(ctx, later, sheets)],
    foot: nav('today', ctx.counts),
  });
  return async changed => {
    if (changed) { ctx.render(); return; }
    show(bannerPlace, banner(ctx));
  };
}
