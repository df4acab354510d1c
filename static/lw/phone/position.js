/* Where the phone is: with its accuracy, the distance to the address, and a reason where either is doubtful. */
import { h, icon, say, show } from './dom.js';
import { oneByOne } from './boxes.js';
import { metresBetween, positionDoubt } from './rules.js';
import { clock, metres, t } from './words.js';

const FRESH = 120000; // milliseconds for which a position also counts for a photo
let last = null;

/** The position now: {latitude, longitude} as text with six decimals, accuracy in metres, at. Throws with code denied, none or slow. */
export function locate({ wait = 20000, age = 0 } = {}) {
  return new Promise((done, failed) => {
    if (!navigator.geolocation) { failed(Object.assign(new Error('none'), { code: 'none' })); return; }
    navigator.geolocation.getCurrentPosition(found => {
      last = {
        latitude: found.coords.latitude.toFixed(6), longitude: found.coords.longitude.toFixed(6),
        accuracy: Math.round(found.coords.accuracy), at: new Date().toISOString(),
      };
      done(last);
    }, error => failed(Object.assign(new Error('position'), { code: { 1: 'denied', 3: 'slow' }[error.code] || 'none' })),
    { enableHighAccuracy: true, timeout: wait, maximumAge: age });
  });
}
/** The last position while it is fresh enough to belong to a picture taken now; else null. */
export function latest() {
  return last && Date.now() - Date.parse(last.at) < FRESH ? last : null;
}
/** Whether the person has allowed it before, so that it may be asked for without a question on the screen. */
export async function allowed() {
  try { return (await navigator.permissions.query({ name: 'geolocation' })).state === 'granted'; } catch { return false; }
}

export function hasPlace(borrower) {
  return borrower && borrower.latitude !== null && borrower.latitude !== undefined && borrower.longitude !== null && borrower.longitude !== undefined;
}
export function withDistance(position, borrower) {
  return { ...position, distance: hasPlace(borrower) ? metresBetween(position, borrower) : null };
}
export function degrees(position) {
  const one = (value, plus, minus) => `${Math.abs(Number(value)).toFixed(4)}° ${Number(value) < 0 ? minus : plus}`;
  return `${one(position.latitude, 'N', 'S')}, ${one(position.longitude, 'E', 'W')}`;
}
/** The lines about a position, used for the visit and for a checkpoint. */
export function facts(position) {
  const doubt = positionDoubt(position);
  const head = !position ? t('position_none')
    : position.distance === null || position.distance === undefined ? t('position_taken')
      : t(position.distance > 300 ? 'position_far' : 'position_at', { distance: metres(position.distance) });
  const line = position ? `${degrees(position)} · ±${position.accuracy} m · ${clock(position.at)}` : t('position_why');
  return h('div.row-f.gap12', {},
    h(`span.${doubt ? 'sev-orange' : 'sev-green'}`, {}, icon(doubt === 'none' ? 'map-pin' : 'map-pin-check', 24)),
    h('div.grow', {}, h('div.strong', {}, head), h('div.muted.t13.num', {}, line)));
}

/** The card on top of a form. It takes the position by a button, or by itself where that was allowed before. brief: what is known of it,
    without the question why it is doubtful, which the first and the last page ask. */
export function positionCard(ctx, sheet, { brief = false } = {}) {
  const place = h('div', {}), fault = h('p.errmsg.mt4', { hidden: true });
  const button = h('button.bt.lg.w.mt12', { type: 'button', onclick: () => take() });
  const reason = h('textarea.in.t16', { id: 'position-reason', rows: '2', maxlength: '1000', value: sheet.position_reason });
  const asked = h('div.mt12', {}, h('label.lb', { for: 'position-reason' }, t('position_reason')), reason);
  const keep = oneByOne(text => ctx.sheets.change(sheet.client_id, kept => { kept.position_reason = text; }));
  reason.addEventListener('input', () => keep(reason.value));

  function update(now) {
    const doubt = positionDoubt(now.position);
    show(place, facts(now.position));
    show(button, icon('target'), t(now.position ? 'position_again' : 'position_take'));
    button.hidden = Boolean(now.position) && (brief || !doubt);
    asked.hidden = !doubt || (brief && Boolean(now.position)) || (doubt === 'none' && fault.hidden && !now.position_reason);
    asked.querySelector('label').textContent = t(`position_reason_${doubt || 'far'}`);
  }
  async function take() {
    button.disabled = true;
    show(button, icon('target'), t('position_looking'));
    fault.hidden = true;
    try {
      const found = withDistance(await locate(), sheet.task.borrower);
      await ctx.sheets.change(sheet.client_id, kept => { kept.position = found; });
      say(t('position_done'));
    } catch (error) {
      fault.textContent = t(`position_${error.code || 'none'}_fault`);
      fault.hidden = false;
    }
    button.disabled = false;
    const now = await ctx.sheets.get(sheet.client_id);
    if (now) { update(now); }
  }
  update(sheet);
  if (!sheet.position) { allowed().then(yes => { if (yes && place.isConnected) { take(); } }); }
  return { node: h('section.cd', { id: 'position' }, h('div.q', {}, place, button, fault, asked)), update };
}
