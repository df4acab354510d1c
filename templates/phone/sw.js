/* Keeps the page of the phone and every file it needs, so that it opens without a network. Data is never kept here: the page itself
   keeps it, encrypted. Rendered by the server with the list of files; the version changes with any of them. */
'use strict';
const CACHE = 'loanwatch-phone-{{ version }}';
const OWN = 'loanwatch-phone-';
const CHOICE = 'loanwatch-choice';
const SCOPE = '{{ scope }}';
const SHELLS = {{ shells|safe }};
const FILES = {{ files|safe }};
const KEPT = new Set(FILES);

async function keep(cache, address) {
  const answer = await fetch(new Request(address, { cache: 'reload', credentials: 'same-origin' }));
  if (!answer.ok || answer.redirected) { throw new Error(address + ' ' + answer.status); }
  await cache.put(address, answer);
}
async function language() {
  const kept = await (await caches.open(CHOICE)).match(SCOPE + 'language');
  const code = kept ? await kept.text() : '';
  return code in SHELLS ? code : '{{ first_language }}';
}

self.addEventListener('install', event => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await Promise.all([...Object.values(SHELLS), ...FILES].map(address => keep(cache, address)));
    await self.skipWaiting();
  })());
});

self.addEventListener('activate', event => {
  event.waitUntil((async () => {
    const names = await caches.keys();
    await Promise.all(names.filter(name => name.startsWith(OWN) && name !== CACHE).map(name => caches.delete(name)));
    await self.clients.claim();
  })());
});

async function shell(request) {
  const kept = await (await caches.open(CACHE)).match(SHELLS[await language()]);
  return kept || fetch(request);
}
async function file(request, path) {
  const kept = await (await caches.open(CACHE)).match(path);
  return kept || fetch(request);
}

self.addEventListener('fetch', event => {
  const request = event.request;
  if (request.method !== 'GET') { return; }
  const address = new URL(request.url);
  if (address.origin !== self.location.origin) { return; }
  if (request.mode === 'navigate') {
    if (address.pathname === SCOPE && !address.search) { event.respondWith(shell(request)); }
    return;
  }
  if (KEPT.has(address.pathname)) { event.respondWith(file(request, address.pathname)); }
});

self.addEventListener('message', event => {
  if (event.data && event.data.language in SHELLS) {
    event.waitUntil((async () => {
      await (await caches.open(CHOICE)).put(SCOPE + 'language', new Response(event.data.language));
      await self.clients.claim(); // a page that was opened while this worker became active
      if (event.ports[0]) { event.ports[0].postMessage('kept'); }
    })());
  }
});
