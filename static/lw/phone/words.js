/* The sentences of the page, in the reader's language, and how days, times and figures are written in it. */
const read = id => JSON.parse(document.getElementById(id).textContent);
const sentences = read('lw-phone-words');
export const facts = read('lw-phone-facts');
export const language = facts.language;
const locale = { en: 'en-GB', 'zh-hans': 'zh-CN', ko: 'ko-KR' }[language] || language;

function fill(text, values) {
  return values ? text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole)) : text;
}
/** The sentence called `key`, with its %(places)s filled. */
export function t(key, values) {
  const text = sentences[key];
  return fill(Array.isArray(text) ? text[1] : text === undefined ? key : text, values);
}
/** The sentence called `key` in singular or plural; `%(count)s` in it is the count. */
export function many(key, count, values) {
  const pair = sentences[key];
  return fill(Array.isArray(pair) ? pair[count === 1 ? 0 : 1] : pair, { count: number(count), ...values });
}
/** Words for a code, such as a kind of fault; the code itself where there are none. */
export function of(group, code) {
  return (sentences[group] || {})[code] || code;
}

const two = count => String(count).padStart(2, '0');
/** The day of a moment on this phone, as 2026-11-20. */
export function isoDay(at = new Date()) {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
/** Hours and minutes on this phone, as 08:42. */
export function clock(at) {
  const when = new Date(at);
  return Number.isNaN(when.getTime()) ? '' : `${two(when.getHours())}:${two(when.getMinutes())}`;
}
/** A moment: only the time when it is today, else with its day. */
export function moment(at) {
  const when = new Date(at);
  return isoDay(when) === isoDay() ? clock(when) : `${day(isoDay(when))}, ${clock(when)}`;
}
/** 20 Nov 2026, or 2026-11-20 in Chinese and Korean. */
export function day(iso) {
  if (!iso) { return '–'; }
  if (language !== 'en') { return iso; }
  const [year, month, date] = iso.split('-').map(Number);
  return `${date} ${new Intl.DateTimeFormat('en-GB', { month: 'short' }).format(new Date(year, month - 1, date))} ${year}`;
}
/** Weekday and day without the year, for the bar at the top. */
export function weekday(at = new Date()) {
  const name = new Intl.DateTimeFormat(locale, { weekday: 'short' }).format(at);
  if (language !== 'en') { return `${two(at.getMonth() + 1)}-${two(at.getDate())} ${name}`; }
  return `${name} ${at.getDate()} ${new Intl.DateTimeFormat('en-GB', { month: 'short' }).format(at)}`;
}
/** A figure with groups of three, as it was written: decimal text stays exact. */
export function number(value) {
  const found = /^(-?)(\d+)(\.\d+)?$/.exec(String(value));
  if (!found) { return String(value); }
  return (found[1] ? '\u2212' : '') + found[2].replace(/\B(?=(\d{3})+$)/g, ',') + (found[3] || '');
}
export function metres(count) {
  return count < 10000 ? t('metres', { count: number(Math.round(count)) }) : t('kilometres', { count: number(Math.round(count / 1000)) });
}
/** 1 decimal below 10 km, none above. */
export function kilometres(count) {
  const far = count / 1000;
  return t('kilometres', { count: far < 10 ? far.toFixed(1) : number(Math.round(far)) });
}
export function megabytes(bytes) {
  const size = bytes / 1048576;
  return size >= 1024 ? `${(size / 1024).toFixed(1)} GB` : size < 10 ? `${size.toFixed(1)} MB` : `${Math.round(size)} MB`;
}
