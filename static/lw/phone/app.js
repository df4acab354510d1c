/* The phone's page: opens what is kept for the person, shows the screen the address names, asks the server beside it. */
import { alarm, show } from './dom.js';
import { ask, banner } from './boxes.js';
import { firstParcel, LoginNeeded, NotTaken, OtherPerson, Session, Unreachable } from './parcel.js';
import { formScreen } from './form.js';
import { reviewScreen } from './review.js';
import { blockedScreen, clientsScreen, firstScreen, stayScreen, tasksScreen } from './screens.js';
import { Sender } from './send.js';
import { Sheets } from './sheets.js';
import { currentPerson, forget, openStore, room, setCurrentPerson } from './store.js';
import { syncScreen } from './sync.js';
import { todayScreen } from './today.js';
import { facts, language, t } from './words.js';

const EVERY = 300000; // milliseconds between two looks for new tasks while the page is open
let ctx = null;      // who uses the page, and with what
let live = null;     // what the screen on show does when something changed
let blocked = false;
let drawing = 0;

async function count() {
  const unsent = await ctx.sheets.unsent();
  ctx.counts = { unsent: unsent.length, tasks: ctx.session.parcel ? ctx.session.parcel.tasks.length : 0 };
}
async function render() {
  if (blocked || !ctx) { return; }
  const turn = ++drawing;
  await count();
  if (turn !== drawing) { return; }
  const [, name = 'today', ...rest] = location.hash.split('/').map(decodeURIComponent);
  live = null;
  const screens = {
    today: () => todayScreen(ctx), tasks: () => tasksScreen(ctx), clients: () => clientsScreen(ctx), sync: () => syncScreen(ctx),
    form: () => (rest[1] === 'review' ? reviewScreen(ctx, rest[0], rest[2]) : formScreen(ctx, rest[0], rest[1], rest[2])),
  };
  const made = await (screens[name] || screens.today)();
  if (turn === drawing) { live = made; }
  if (!ctx.session.parcel && name !== 'sync' && name !== 'form') { firstScreen({ kind: ctx.session.online ? 'login' : 'offline' }, refresh); }
}
async function changed(id) {
  if (blocked || !ctx) { return; }
  if (live && document.querySelector('.act')) { await live(id); return; } // a form shows no counts
  await count();
  const badge = document.querySelector('.nav5 a[href="#/sync"] .bdg');
  if (badge) { badge.textContent = ctx.counts.unsent; badge.hidden = !ctx.counts.unsent; }
  if (live) { await live(id); } else { bannerOnly(); }
}
function bannerOnly() {
  const place = document.getElementById('banner');
  if (place) { show(place, banner(ctx)); }
}
/* A form that can't be changed here: said at once, and what is on the screen goes back to what is kept. */
async function elsewhere() {
  if (document.querySelector('dialog')) { return; }
  await ask({ title: t('full_title'), text: t('elsewhere') });
  await render();
}
/** Draws anew and puts the focus back on the element with the same words. */
async function keepFocus(draw) {
  const focused = document.activeElement, words = focused && focused !== document.body ? focused.textContent : '', top = window.scrollY;
  await draw();
  if (words) { const same = [...document.querySelectorAll('a,button')].find(one => one.textContent === words); if (same) { same.focus({ preventScroll: true }); } }
  window.scrollTo(0, top);
}
function go(hash) {
  if (location.hash === hash) { render(); } else { location.hash = hash; }
}

async function use(person) {
  const store = await openStore(person.id);
  const sheets = new Sheets(store), session = new Session(store, person);
  await session.open();
  const sender = new Sender({ store, sheets, session });
  ctx = { person, store, sheets, session, sender, counts: { unsent: 0, tasks: 0 }, go, render, refresh, askRoom, logOut, useLanguage, keepFocus };
  store.addEventListener('full', () => { alarm(t('full_title')); changed(); });
  store.addEventListener('room', () => render());
  sheets.addEventListener('changed', event => changed(event.detail));
  sheets.addEventListener('elsewhere', elsewhere);
  session.addEventListener('changed', () => { if (!document.querySelector('.act')) { render(); } else { changed(); } });
  sender.addEventListener('progress', () => changed());
  sender.addEventListener('other', event => block(event.detail));
  sender.addEventListener('received', () => refresh());
  await sheets.sweep();
}

/** Somebody else is logged in: their own page where nothing waits, else a refusal with the list of what does. */
async function block(other) {
  const unsent = await ctx.sheets.unsent();
  if (unsent.length) {
    blocked = true;
    blockedScreen(ctx.person, other, unsent);
    return;
  }
  ctx.store.close();
  await forget(ctx.person.id);
  await setCurrentPerson(other);
  location.hash = '#/today';
  location.reload();
}

async function refresh() {
  try {
    const parcel = await ctx.session.refresh();
    if (blocked) { location.reload(); return; }
    if (parcel.language !== language && facts.languages.some(one => one.code === parcel.language)) { await useLanguage(parcel.language); return; }
    if (!document.querySelector('.act')) { await render(); } else { await changed(); }
  } catch (error) {
    if (error instanceof OtherPerson) { await block(error.person); return; }
    if (!(error instanceof Unreachable || error instanceof LoginNeeded || error instanceof NotTaken)) { throw error; }
    await changed();
  }
}

async function askRoom() {
  const found = await room(true);
  if (ctx) { ctx.roomKept = found.kept; }
}

/** Out, unless something is not sent: then the list of it. What is kept for the person leaves the phone first. */
async function logOut() {
  const unsent = await ctx.sheets.unsent();
  if (unsent.length) { stayScreen(ctx, unsent); live = null; return; }
  if (!ctx.session.online) { await ask({ title: t('log_out'), text: t('log_out_offline') }); return; }
  ctx.store.close();
  await forget(ctx.person.id);
  location.assign(`${facts.logout}?next=${facts.login}`);
}

/** The same page in another language; the worker has it in all of them. */
async function useLanguage(code) {
  if (code === language) { return; }
  const once = `lw-language-${code}`;
  if (Date.now() - Number(sessionStorage.getItem(once) || 0) < 5000) { return; } // no page in that language: stay
  sessionStorage.setItem(once, String(Date.now()));
  await tellWorker(code);
  location.reload();
}
async function tellWorker(code) {
  const worker = navigator.serviceWorker && (navigator.serviceWorker.controller || ((await navigator.serviceWorker.getRegistration(facts.shell)) || {}).active);
  if (!worker) { return; }
  await new Promise(done => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    setTimeout(done, 1500);
    worker.postMessage({ language: code }, [port2]);
  });
}

/** Sees to it that the page opens without a network. Where a file did not come through, once more a little later. */
async function keepPage(tries) {
  try {
    const registration = await navigator.serviceWorker.register(facts.worker, { scope: facts.shell, updateViaCache: 'none' });
    const worker = registration.installing;
    if (worker) {
      await new Promise((done, failed) => worker.addEventListener('statechange', () => {
        if (worker.state === 'activated') { done(); } else if (worker.state === 'redundant') { failed(new Error('worker')); }
      }));
    }
    await tellWorker(language);
  } catch (error) {
    if (tries > 1) { setTimeout(() => keepPage(tries - 1), 5000); } else { console.warn(error); }
  }
}

async function begin() {
  if (!window.isSecureContext || !crypto.subtle || !navigator.locks || !window.indexedDB) { firstScreen({ kind: 'insecure' }); return; }
  if (navigator.serviceWorker) {
    keepPage(5);
  }
  let person = await currentPerson();
  if (!person) {
    try {
      const parcel = await firstParcel();
      if (!parcel.person) { throw new NotTaken(403, {}); }
      person = parcel.person;
      await setCurrentPerson(person);
      await use(person);
      await ctx.store.put([{ kind: 'facts', key: 'parcel', value: parcel }]);
      await ctx.session.open();
      ctx.session.checked = Date.now();
    } catch (error) {
      const kind = error instanceof Unreachable ? 'offline' : error instanceof LoginNeeded ? 'login' : error instanceof NotTaken ? 'refused' : 'fault';
      if (kind === 'fault') { console.warn(error); }
      firstScreen({ kind, sentence: error.sentence }, () => location.reload());
      return;
    }
  } else { await use(person); }
  await render();
  document.documentElement.dataset.ready = 'yes';
  await refresh();
  ctx.sender.kick();
  setInterval(() => { if (!document.hidden) { refresh(); } }, EVERY);
}

window.addEventListener('hashchange', () => { if (!blocked) { render().then(() => document.getElementById('main').focus({ preventScroll: true })); } });
window.addEventListener('beforeunload', event => { if (ctx && ctx.store.full) { event.preventDefault(); } });
begin().catch(error => { console.warn(error); firstScreen({ kind: 'fault' }, () => location.reload()); });
