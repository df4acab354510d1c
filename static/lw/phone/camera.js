/* Photos and documents of a point: on the device before anything else, shown with their time and whether the server has them. */
import { h, icon, say, show } from './dom.js';
import { ask } from './boxes.js';
import { latest, locate, allowed } from './position.js';
import { clock, megabytes, t } from './words.js';

const PHOTOS = 'image/jpeg,image/png,image/webp';
const DOCUMENTS = `application/pdf,${PHOTOS}`;
const MOST = { photo: 12582912, document: 20971520 }; // bytes
const MOST_FILES = 40;

/* Addresses of decrypted pictures, made once and given back when the picture goes. */
const addresses = new Map();
export async function addressOf(ctx, file) {
  if (!addresses.has(file.id)) {
    const bytes = await ctx.store.get('files', file.id);
    if (!bytes) { return ''; }
    addresses.set(file.id, URL.createObjectURL(new Blob([bytes], { type: file.type })));
  }
  return addresses.get(file.id);
}
export function giveBack(id) {
  if (addresses.has(id)) { URL.revokeObjectURL(addresses.get(id)); addresses.delete(id); }
}

function whyNot(sheet, file, what) {
  const type = file.type || '';
  if (!(what === 'document' ? DOCUMENTS : PHOTOS).split(',').includes(type)) { return t(what === 'document' ? 'document_type' : 'photo_type'); }
  if (!file.size) { return t('file_empty'); }
  const most = type === 'application/pdf' ? sheet.limits.document_bytes || MOST.document : Math.min(MOST.photo, sheet.limits.photo_bytes || MOST.photo);
  if (file.size > most) { return t('file_large', { size: megabytes(file.size), most: megabytes(most) }); }
  const signatures = 1 + sheet.sections.flatMap(section => section.points).filter(point => point.kind === 'signature').length;
  const room = (sheet.limits.photos || MOST_FILES) - signatures; // signatures keep their place among the files
  return sheet.files.filter(one => one.what !== 'signature').length >= room ? t('file_many', { most: room }) : '';
}

/** Keeps one picture at once; the place is added when the phone has found it. */
async function keep(ctx, id, point, what, file) {
  const bytes = await file.arrayBuffer();
  const taken = file.lastModified && Math.abs(Date.now() - file.lastModified) > 60000 ? new Date(file.lastModified) : new Date();
  const kept = await ctx.sheets.addFile(id, { code: point.code, what, type: file.type, bytes, taken_at: taken.toISOString(), place: latest() });
  if (!kept) { return; }
  if (what === 'photo' && kept.latitude === null && await allowed()) {
    locate({ wait: 15000, age: 60000 }).then(place => ctx.sheets.change(id, sheet => {
      const own = sheet.files.find(one => one.id === kept.id);
      if (!own || sheet.finished) { return false; }
      Object.assign(own, { latitude: place.latitude, longitude: place.longitude, accuracy: place.accuracy });
      return true;
    })).catch(() => {});
  }
  say(t(what === 'document' ? 'document_kept' : 'photo_kept', { at: clock(kept.taken_at) }));
}

async function look(ctx, sheet, file, label) {
  const there = sheet.whole[file.id];
  const picture = file.type === 'application/pdf' ? h('p', {}, icon('file-text', 40)) : h('img.look', { src: await addressOf(ctx, file), alt: label });
  const wanted = await ask({
    title: label, danger: true, yes: sheet.finished ? null : t('file_remove'),
    text: there ? t('file_taken_sent', { at: clock(file.taken_at), server: clock(there) }) : t('file_taken', { at: clock(file.taken_at) }),
    more: [picture],
  });
  if (wanted) { giveBack(file.id); await ctx.sheets.removeFile(sheet.client_id, file.id); say(t('file_removed')); }
}

/** The tiles of a point; what = photo or document. */
export function shots(ctx, first, point, what) {
  let sheet = first, drawn = '';
  const own = () => sheet.files.filter(file => file.code === point.code && file.what === what);
  const place = h('div.shots', {});
  const fault = h('p.errmsg.mt4', { role: 'alert', hidden: true });
  const add = what === 'document' ? 'document_add' : 'photo_add';
  const input = h('input.visually-hidden', {
    type: 'file', accept: what === 'document' ? DOCUMENTS : PHOTOS, capture: what === 'photo' ? 'environment' : null,
    'aria-label': t(`${add}_to`, { point: point.label }), 'data-point': point.code, 'data-what': what,
  });
  input.addEventListener('change', async () => {
    const files = [...input.files];
    fault.hidden = true;
    for (const file of files) {
      sheet = await ctx.sheets.get(sheet.client_id) || sheet;
      const sentence = whyNot(sheet, file, what);
      if (sentence) { fault.textContent = sentence; fault.hidden = false; continue; }
      await keep(ctx, sheet.client_id, point, what, file);
    }
    input.value = '';
  });
  const plus = h('label.addp', {}, h('span.in-add', {}, icon(what === 'document' ? 'file-import' : 'camera-plus', 24), t(add)), input);

  function tile(file, number) {
    const label = t(what === 'document' ? 'document_number' : 'photo_number', { number, point: point.label });
    const there = sheet.whole[file.id];
    const state = h('span.st.num', {}, icon(there ? 'check' : 'cloud-off'), clock(file.taken_at));
    const picture = file.type === 'application/pdf' ? h('span.ph-img.pdf', {}, icon('file-text', 40)) : h('img.ph-img', { alt: '' });
    if (picture.tagName === 'IMG') { addressOf(ctx, file).then(address => { picture.src = address; }); }
    const words = there ? t('tile_sent', { label, at: clock(file.taken_at) }) : t('tile_here', { label, at: clock(file.taken_at) });
    return h('button.shot', { type: 'button', 'aria-label': words, onclick: () => look(ctx, sheet, file, label) }, picture, state);
  }
  function update(now) {
    sheet = now;
    const state = JSON.stringify(own().map(file => [file.id, sheet.whole[file.id] || '']));
    if (state === drawn) { return; }
    drawn = state;
    const focused = place.contains(document.activeElement);
    show(place, own().map((file, place_) => tile(file, place_ + 1)), sheet.finished ? null : plus);
    if (focused) { input.focus({ preventScroll: true }); }
  }
  update(first);
  return { node: h('div', {}, place, fault), update, count: () => own().length };
}
