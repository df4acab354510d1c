/* What is on its way: each inspection with where it stands, and what the phone itself has room for. */
import { h, icon, show } from './dom.js';
import { ask, banner, empty, frame, fullNotice, loginAddress, nav, notice } from './boxes.js';
import { STATES } from './sheets.js';
import { room } from './store.js';
import { facts, language, many, megabytes, moment, of, t } from './words.js';

function state(ctx, sheet) {
  const sending = ctx.sender.progress.get(sheet.client_id);
  if (sheet.state === STATES.RECEIVED) { return ['green', 'check', t('state_received', { at: moment(sheet.received_at) })]; }
  if (sheet.state === STATES.REFUSED) { return ['orange', 'f-alert-triangle', t('state_refused')]; }
  if (sending) { return ['blue', 'cloud-upload', t('state_sending', { done: sending.done, total: sending.total })]; }
  if (sheet.finished) { return ['yellow', 'device-mobile', t(ctx.session.login ? 'state_waiting' : 'state_login')]; }
  if (sheet.sent_revision === sheet.revision) { return ['acc', 'cloud-up', t('state_copied', { at: moment(sheet.backed_up_at) })]; }
  return ['out', 'device-mobile', t('state_here')];
}

function faultLines(sheet) {
  const faults = Object.entries((sheet.refusal && sheet.refusal.faults) || {});
  if (!faults.length) { return null; }
  const points = sheet.sections.flatMap((section, place) => section.points.map(point => [point.code, point.label, place + 1]));
  return h('ul.m-0.mt4.faults', {}, faults.map(([code, kind]) => {
    const found = points.find(([own]) => own === code);
    return h('li', {}, found ? found[1] : t(code), ': ', of('faults', kind));
  }));
}

function item(ctx, sheet) {
  const [tone, sign, words] = state(ctx, sheet);
  const pictures = sheet.files.length;
  const sending = ctx.sender.progress.get(sheet.client_id);
  const fixable = sheet.state === STATES.REFUSED && !['TASK_REASSIGNED', 'TASK_CANCELLED', 'DONE_BY_OTHER', 'DONE_ALREADY'].includes(sheet.refusal.code);
  const reopen = async () => { await ctx.sheets.reopen(sheet.client_id); ctx.go(`#/form/${sheet.client_id}/review`); };
  const throwAway = async () => {
    if (await ask({ title: t('discard_title'), text: t('discard_sent_text'), yes: t('discard'), danger: true })) { await ctx.sheets.remove(sheet.client_id); ctx.render(); }
  };
  return h('section.cd.vc', { 'data-sheet': sheet.client_id, 'data-state': sheet.state },
    h('div.row-f.between.wrap', {}, h('h2', {}, sheet.task.borrower.name), h(`span.ch.${tone}`, {}, icon(sign), words)),
    h('div.ink2.t14', {}, `${sheet.task.kind_words} · ${sheet.task.number}`),
    h('div.muted.t13.mt4', {}, many('with_pictures', pictures)),
    sending ? h('progress.mt8', { max: String(sending.total), value: String(sending.done), 'aria-label': words }) : null,
    sheet.sentence ? h('p.t14.m-0.mt8', {}, sheet.sentence) : null,
    sheet.refusal && sheet.state !== STATES.RECEIVED ? h('div.mt8', {}, notice('orange', [sheet.refusal.sentence || t('refused_plain'), faultLines(sheet)])) : null,
    h('div.row-f.wrap.mt8', {},
      !sheet.finished && sheet.sections.length ? h('a.bt.lg', { href: `#/form/${sheet.client_id}/${sheet.place || 1}` }, icon('player-play'), t('continue')) : null,
      fixable ? h('button.bt.lg', { type: 'button', onclick: reopen }, icon('pencil'), t('open_form')) : null,
      sheet.state === STATES.REFUSED ? h('button.bt.lg', { type: 'button', onclick: async () => { await ctx.sheets.again(sheet.client_id); ctx.sender.kick(); } }, icon('refresh'), t('send_again')) : null,
      sheet.state === STATES.REFUSED && !fixable ? h('button.bt.lg.g', { type: 'button', onclick: throwAway }, icon('trash'), t('discard')) : null));
}

function phone(ctx) {
  const place = h('p.t13.ink2.m-0.mt4', {}, '');
  room(false).then(found => {
    const parts = [];
    if (found.used !== null && found.room) { parts.push(t('room', { used: megabytes(found.used), room: megabytes(found.room) })); }
    parts.push(found.kept ? t('room_kept') : t('room_not_kept'));
    show(place, parts.map((text, line) => h('span', {}, line ? ` ${text}` : text)));
  });
  const choose = code => async () => {
    document.cookie = `${facts.cookie}=${code};path=/;max-age=31536000;samesite=lax${location.protocol === 'https:' ? ';secure' : ''}`;
    await ctx.useLanguage(code);
  };
  return h('section.cd.vc', {}, h('h2', {}, t('this_phone')), place,
    h('div.row-f.wrap.mt12', { role: 'group', 'aria-label': t('language') }, facts.languages.map(one => h('button.bt.lg', {
      type: 'button', lang: one.code === 'zh-hans' ? 'zh-Hans' : one.code, 'aria-pressed': String(one.code === language), onclick: choose(one.code),
    }, one.name))),
    h('div.row-f.wrap.mt12', {},
      h('a.bt.lg', { href: facts.desk }, icon('home-2'), t('to_desk')),
      h('button.bt.lg', { type: 'button', onclick: () => ctx.logOut() }, icon('logout'), t('log_out'))));
}

export async function syncScreen(ctx) {
  async function draw() {
    const sheets = (await ctx.sheets.all()).reverse();
    const open = sheets.filter(sheet => sheet.state !== STATES.RECEIVED), done = sheets.filter(sheet => sheet.state === STATES.RECEIVED);
    const last = ctx.session.parcel ? moment(ctx.session.parcel.fetched_at) : '';
    frame({
      title: t('sync'), line: last ? t('last_sync', { at: last }) : '', banner: h('div', { id: 'banner' }, banner(ctx)), heading: t('sync'),
      content: [
        ctx.store.full ? fullNotice(ctx) : null,
        ctx.store.unreadable.size ? notice('red', t('unreadable')) : null,
        !ctx.session.login ? notice('orange', [h('b', {}, t('login_title')), ' ', t('login_text'), h('a.bt.p.lg.w.mt8', { href: loginAddress() }, icon('key'), t('login'))]) : null,
        ctx.sender.stopped === 'fault' ? notice('orange', t('fault_text')) : null,
        open.length ? open.map(sheet => item(ctx, sheet)) : empty('circle-check', t('all_sent'), t('all_sent_text'), 'sev-green'),
        open.some(sheet => sheet.state !== STATES.REFUSED) ? h('button.bt.p.lg.w', { type: 'button', onclick: () => ctx.refresh().then(() => ctx.sender.kick()) }, icon('send'), t('send_now')) : null,
        done.length ? h('h2.px-2.mt12', {}, t('received_heading')) : null, done.map(sheet => item(ctx, sheet)),
        done.length ? h('button.bt.lg.w', { type: 'button', onclick: async () => { await ctx.sheets.removeReceived(); ctx.render(); } }, icon('trash'), t('remove_received')) : null,
        phone(ctx)],
      foot: nav('sync', ctx.counts),
    });
  }
  await draw();
  let again = 0;
  return async () => { clearTimeout(again); again = setTimeout(() => { if (location.hash.startsWith('#/sync')) { ctx.keepFocus(draw); } }, 60); };
}
