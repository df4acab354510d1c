/* The frame of a screen and the pieces that several screens share. */
import { h, icon, show } from './dom.js';
import { clock, facts, many, moment, t } from './words.js';

const root = () => document.getElementById('app');

/** Draws a whole screen. sections and foot are nodes or null; content is a list of nodes. */
export function frame({ title, line, back, buttons = [], sections, banner, heading, content, foot }) {
  const bar = h('header.ab', {},
    back ? h('a.icb', { href: back.href, 'aria-label': back.text }, icon('arrow-left', 24)) : null,
    h('div.grow.ell', {}, h('div.t.ell', {}, title), h('div.s.ell', { id: 'bar-line' }, line || '')), buttons);
  const main = h('main', { id: 'main', tabindex: '-1' }, h('h1.visually-hidden', {}, heading || title), banner,
    h('div.pad.stack', {}, content));
  show(root(), bar, sections, main, foot);
  document.title = `${title} · LoanWatch`;
  return main;
}

export function nav(current, counts) {
  const entries = [
    ['today', 'calendar', t('nav_today'), 0],
    ['tasks', 'list-check', t('nav_tasks'), counts.tasks],
    ['clients', 'building-factory-2', t('nav_clients'), 0],
    ['sync', 'cloud-upload', t('nav_sync'), counts.unsent],
  ];
  return h('nav.nav5', { 'aria-label': t('nav_label') }, entries.map(([name, sign, text, count]) => h('a', { href: `#/${name}`, 'aria-current': name === current ? 'page' : null },
    icon(sign, 24), text, count ? h('span.bdg', {}, String(count)) : null)));
}

/** A coloured box: tone red, orange, yellow, blue or green; `parts` are texts or nodes. */
export function notice(tone, parts, { alert = false } = {}) {
  const sign = { red: 'f-alert-octagon', orange: 'f-alert-triangle', yellow: 'f-alert-square-rounded', green: 'f-circle-check' }[tone] || 'f-info-circle';
  return h(`div.nt.${tone}`, { role: alert ? 'alert' : null }, icon(sign), h('div.grow', {}, parts));
}

export function empty(sign, title, text, tone = '') {
  return h('section.cd', {}, h('div.empty', {}, icon(sign, 40, tone), h('h2.t16.mt8', {}, title), text ? h('p', {}, text) : null));
}

/** A dialog that names what a step does; true when it was wanted. */
export function ask({ title, text, yes, danger = false, more = [] }) {
  return new Promise(done => {
    const box = h('dialog.sheet', { 'aria-labelledby': 'ask-title' });
    const close = answer => { box.close(); box.remove(); done(answer); };
    box.append(h('div', {}, h('h2.t16', { id: 'ask-title' }, title), h('p.mt8', {}, text), more,
      h('div.row-f.mt16.wrap', {},
        yes ? h(danger ? 'button.bt.lg.d' : 'button.bt.lg.p', { type: 'button', onclick: () => close(true) }, yes) : null,
        h('button.bt.lg', { type: 'button', onclick: () => close(false) }, yes ? t('cancel') : t('close')))));
    box.addEventListener('cancel', () => { box.remove(); done(false); });
    document.body.append(box);
    box.showModal();
  });
}

/** The line under the bar: no network, log-in needed, no room left, or what is saved here. */
export function banner(ctx, sheet) {
  const { session, store, sender } = ctx;
  const line = (sign, text, end, tone = '') => h(`div.off${tone}`, { role: 'status' }, icon(sign), h('span.grow', {}, text), end || null);
  if (store.full) {
    return line('f-alert-octagon', t('full_short'), h('a.bt.sm', { href: '#/sync' }, t('full_open')), '.red');
  }
  if (!session.login) {
    return line('lock', t('login_short'), h('a.bt.sm', { href: loginAddress() }, t('login')), '.red');
  }
  if (sheet) {
    const words = { at: clock(sheet.saved_at) };
    if (sheet.backed_up_at && sheet.sent_revision === sheet.revision && session.online) {
      return line('cloud-up', t('saved_and_copied', { ...words, server: clock(sheet.backed_up_at) }), null, '.calm');
    }
    return line('device-floppy', session.online ? t('saved_here_online', words) : t('saved_here', words));
  }
  const last = session.parcel ? h('span.t12.nowrap', {}, t('last_sync', { at: moment(session.parcel.fetched_at) })) : null;
  if (!session.online) { return line('cloud-off', ctx.counts.unsent ? many('no_network', ctx.counts.unsent) : t('no_network_none'), last); }
  if (sender.running && ctx.counts.unsent && sender.progress.size) { return line('cloud-upload', t('sending_now'), last, '.calm'); }
  return ctx.counts.unsent ? line('device-floppy', many('kept_here', ctx.counts.unsent), last, '.calm') : null;
}

export function loginAddress() {
  return `${facts.login}?next=${encodeURIComponent(facts.shell + location.hash)}`;
}
/** Log out first, then to the log-in and back here. */
export function switchAddress() {
  return `${facts.logout}?next=${encodeURIComponent(`${facts.login}?next=${facts.shell}`)}`;
}

/** What the phone says when it has no room left, with the two ways out. */
export function fullNotice(ctx) {
  const again = async () => {
    if (!await ctx.store.flush()) { await ask({ title: t('full_title'), text: t('full_still') }); }
    ctx.render();
  };
  return notice('red', [h('b', {}, t('full_title')), h('p.mb-2', {}, t('full_text')),
    h('div.row-f.wrap', {},
      h('button.bt.lg', { type: 'button', onclick: async () => { await ctx.sender.kick(); await again(); } }, icon('send'), t('full_send')),
      h('button.bt.lg', { type: 'button', onclick: async () => { await ctx.sheets.removeReceived(); await again(); } }, icon('trash'), t('full_remove')),
      h('button.bt.lg', { type: 'button', onclick: again }, icon('refresh'), t('full_again')))], { alert: true });
}

const isParts = value => value !== null && typeof value === 'object' && !Array.isArray(value);
/** Runs `work` for each new value, one at a time; what came meanwhile counts only with its newest value, of parts with the newest of each. */
export function oneByOne(work) {
  let busy = false, next = null;
  return async value => {
    next = { value: next && isParts(next.value) && isParts(value) ? { ...next.value, ...value } : value };
    if (busy) { return; }
    busy = true;
    try {
      while (next) {
        const now = next.value;
        next = null;
        await work(now);
      }
    } finally { busy = false; }
  };
}
