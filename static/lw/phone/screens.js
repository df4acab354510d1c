/* Tasks and clients as far as the phone carries them, and the screens that stand in place of everything else. */
import { h, icon } from './dom.js';
import { banner, empty, frame, loginAddress, nav, notice, switchAddress } from './boxes.js';
import { reach } from './today.js';
import { STATES } from './sheets.js';
import { day, facts, many, t } from './words.js';

export async function tasksScreen(ctx) {
  const parcel = ctx.session.parcel;
  if (!parcel) { return null; }
  const sheets = new Map((await ctx.sheets.all()).map(sheet => [sheet.task.id, sheet]));
  const open = task => async () => {
    const sheet = sheets.get(task.id) || await ctx.sheets.begin(task, parcel);
    ctx.go(sheet.finished ? '#/sync' : `#/form/${sheet.client_id}/${sheet.place || 1}`);
  };
  const row = task => h('li', {}, h('button.bt.g.lg.w.task', { type: 'button', onclick: open(task) },
    h('span.grow.ell', {}, h('span.strong.ell', {}, task.borrower.name), h('span.t13.ink2.ell', {}, `${task.kind_words} · ${task.number}`)),
    h(`span.t13.num.nowrap${task.days_late > 0 ? '.sla.late' : ''}`, {}, task.days_late > 0 ? many('late', task.days_late) : day(task.due_on)),
    sheets.has(task.id) ? icon(sheets.get(task.id).state === STATES.RECEIVED ? 'check' : 'pencil') : null));
  const tasks = [...parcel.tasks].sort((a, b) => (a.due_on < b.due_on ? -1 : 1));
  frame({
    title: t('tasks'), line: many('tasks_here', tasks.length), banner: h('div', { id: 'banner' }, banner(ctx)), heading: t('tasks'),
    content: [
      tasks.length ? h('section.cd', {}, h('ul.bare', {}, tasks.map(row))) : empty('circle-check', t('no_tasks'), '', 'sev-green'),
      parcel.later ? h('p.muted.t13.px-2', {}, many('later', parcel.later)) : null,
      ctx.session.online ? h('a.bt.lg.w', { href: facts.tasks }, icon('external-link'), t('tasks_desk')) : null],
    foot: nav('tasks', ctx.counts),
  });
  return null;
}

export async function clientsScreen(ctx) {
  const parcel = ctx.session.parcel;
  if (!parcel) { return null; }
  const clients = new Map();
  parcel.tasks.forEach(task => {
    const known = clients.get(task.borrower.name) || { ...task.borrower, tasks: [] };
    known.tasks.push(task);
    clients.set(task.borrower.name, known);
  });
  const named = [...clients.values()].sort((a, b) => a.name.localeCompare(b.name));
  const box = one => h('section.cd.vc', { 'aria-label': one.name }, h('h2', {}, one.name),
    one.address ? h('div.muted.t13.mt4', {}, icon('map-pin', 14), ' ', one.address) : null,
    one.contact ? h('div.muted.t13.mt4', {}, icon('user', 14), ' ', one.contact) : null,
    h('div.t14.ink2.mt4', {}, one.tasks.map(task => `${task.kind_words}, ${day(task.due_on)}`).join(' · ')),
    h('div.row-f.mt8', {}, reach(one, { wide: true })));
  frame({
    title: t('clients'), line: many('clients_here', named.length), banner: h('div', { id: 'banner' }, banner(ctx)), heading: t('clients'),
    content: named.length ? named.map(box) : [empty('building-factory-2', t('no_clients'), '')], foot: nav('clients', ctx.counts),
  });
  return null;
}

/** The phone before anybody has used it: a network or a log-in is needed once. */
export function firstScreen(state, again) {
  const words = { offline: ['cloud-off', 'first_offline'], login: ['key', 'first_login'], refused: ['lock', 'first_refused'], fault: ['f-alert-triangle', 'first_fault'], insecure: ['lock-open', 'first_insecure'] }[state.kind];
  frame({
    title: 'LoanWatch', line: t('visits_title'), heading: t('visits_title'),
    content: [h('section.cd', {}, h('div.empty', {}, icon(words[0], 40), h('h2.t16.mt8', {}, t(words[1])), h('p', {}, state.sentence || t(`${words[1]}_text`)),
      state.kind === 'insecure' ? h('a.bt.p.lg.w', { href: facts.list }, t('open_list'))
        : state.kind === 'login' ? h('a.bt.p.lg.w', { href: loginAddress() }, icon('key'), t('login')) : h('button.bt.p.lg.w', { type: 'button', onclick: again }, icon('refresh'), t('try_again')),
      state.kind === 'refused' ? h('a.bt.lg.w.mt8', { href: facts.desk }, t('to_desk')) : null))],
  });
}

/** Somebody else is logged in while the first person's inspections are not sent: nothing of theirs is shown but what waits. */
export function blockedScreen(first, other, sheets) {
  frame({
    title: 'LoanWatch', line: other.name, heading: t('blocked_title', { name: first.name }),
    content: [
      notice('orange', [h('b', {}, t('blocked_title', { name: first.name })), h('p.m-0.mt4', {}, t('blocked_text', { name: first.name, other: other.name }))], { alert: true }),
      h('section.cd.vc', {}, h('h2', {}, many('blocked_list', sheets.length)), h('ul.bare.mt4', {}, sheets.map(sheet => h('li.row-f.between.line', {},
        h('span', {}, `${sheet.task.number} · ${sheet.task.kind_words}`), h('span.muted.t13', {}, t(sheet.finished ? 'state_waiting' : 'state_here')))))),
      h('a.bt.p.lg.w', { href: switchAddress() }, icon('key'), t('blocked_login', { name: first.name })),
      h('a.bt.lg.w', { href: facts.list }, icon('external-link'), t('blocked_list_page'))],
  });
}

/** Logging out is refused while something is not sent. */
export function stayScreen(ctx, sheets) {
  frame({
    title: t('log_out'), line: ctx.person.name, back: { href: '#/sync', text: t('back_sync') }, banner: h('div', { id: 'banner' }, banner(ctx)), heading: t('stay_title'),
    content: [
      notice('orange', [h('b', {}, t('stay_title')), h('p.m-0.mt4', {}, t('stay_text'))], { alert: true }),
      h('section.cd.vc', {}, h('h2', {}, many('blocked_list', sheets.length)), h('ul.bare.mt4', {}, sheets.map(sheet => h('li.row-f.between.line', {},
        h('span', {}, `${sheet.task.borrower.name} · ${sheet.task.number}`), h('span.muted.t13', {}, t(sheet.finished ? 'state_waiting' : 'state_here'))))))],
    foot: nav('sync', ctx.counts),
  });
}
