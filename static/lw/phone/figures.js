/* What was typed, in the form in which the server stores it; the same as inspections/checklists/reading.py. Decimals are exact. */
const NUMBER = /^-?\d{1,15}(\.\d{1,2})?$/;
const IN_UNITS = /^-?\d{1,7}\.\d{1,8}$/;
const UNITS = { '万': 4, '만': 4, '億': 8, '亿': 8, '억': 8 }; // zeros
const DATE = /^(\d{4})(?:[-/.年년]\s*|(?=\d{4}$))(\d{1,2})(?:[-/.月월]\s*|(?=\d{2}$))(\d{1,2})[日일.]?$/;
const DEGREES = /^-?\d{1,3}(\.\d{1,15})?$/;
const LONGEST = 4000, LONGEST_CELL = 200, MOST_ROWS = 200, MOST_PERCENT = 100000;

/** An answer that can't be read; `code` says why: number, choice, long, percent, date, position, items, signature. */
export class BadAnswer extends Error {
  constructor(code) { super(code); this.code = code; }
}

/** A decimal text as {units, scale}: 12.50 is 1250 at scale 2. */
export function decimal(text) {
  const [whole, part = ''] = String(text).split('.');
  return { units: BigInt(whole.replace('-', '') + part) * (whole.startsWith('-') ? -1n : 1n), scale: part.length };
}
/** Two decimals as whole numbers of one scale. */
export function level(a, b) {
  const scale = a.scale > b.scale ? a.scale : b.scale;
  const lift = one => one.units * 10n ** BigInt(scale - one.scale);
  return [lift(a), lift(b), scale];
}
function written(units, scale) {
  const sign = units < 0n ? '-' : '';
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  return sign + (scale ? `${digits.slice(0, -scale)}.${digits.slice(-scale)}` : digits);
}
const trimmed = text => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
/** The sum of decimal texts, as decimal. */
export function sum(texts) {
  return texts.map(decimal).reduce((a, b) => { const [x, y, scale] = level(a, b); return { units: x + y, scale }; }, { units: 0n, scale: 0 });
}

function figure(text) {
  let plain = text.normalize('NFKC').trim().replace(/[, ]/g, '').replace(/\u2212/g, '-');
  const zeros = UNITS[plain.slice(-1)] || 0;
  if (zeros) { plain = plain.slice(0, -1); }
  if (!NUMBER.test(plain) && !(zeros && IN_UNITS.test(plain))) { throw new BadAnswer('number'); }
  const found = decimal(plain);
  let units = found.units * 10n ** BigInt(zeros), scale = found.scale;
  while (scale > 2) {
    if (units % 10n !== 0n) { throw new BadAnswer('number'); }
    units /= 10n; scale -= 1;
  }
  const whole = 10n ** BigInt(15 + scale);
  if (units >= whole || units <= -whole) { throw new BadAnswer('number'); }
  return { units, scale };
}
const number = text => { const found = figure(text), plain = trimmed(written(found.units, found.scale)); return plain === '-0' ? '0' : plain; };
const money = text => { const found = figure(text); return written(found.units * 10n ** BigInt(2 - found.scale), 2); };
function percent(text) {
  const plain = text.normalize('NFKC').trim().replace(/%$/, '');
  if (plain.slice(-1) in UNITS) { throw new BadAnswer('percent'); }
  let found;
  try { found = number(plain); } catch { throw new BadAnswer('percent'); }
  if (Math.abs(Number(found)) > MOST_PERCENT) { throw new BadAnswer('percent'); }
  return found;
}
function date(text) {
  const found = DATE.exec(text.normalize('NFKC').trim());
  const [year, month, day] = found ? found.slice(1).map(Number) : [0, 0, 0];
  const made = new Date(Date.UTC(year, month - 1, day));
  if (!found || made.getUTCMonth() !== month - 1 || made.getUTCDate() !== day || year < 1900 || year > 2100) { throw new BadAnswer('date'); }
  return made.toISOString().slice(0, 10);
}
function long(text) {
  if ([...text].length > LONGEST) { throw new BadAnswer('long'); }
  return text;
}
function position(given) {
  if (typeof given === 'string') {
    const parts = given.normalize('NFKC').split(',').map(part => part.trim());
    given = parts.length === 2 ? { latitude: parts[0], longitude: parts[1] } : {};
  }
  const found = {};
  [['latitude', 90], ['longitude', 180]].forEach(([name, most]) => {
    const typed = String(given[name] ?? '');
    if (!DEGREES.test(typed) || Math.abs(Number(typed)) > most) { throw new BadAnswer('position'); }
    found[name] = Number(typed).toFixed(6);
  });
  ['accuracy', 'distance'].forEach(name => { if (typeof given[name] === 'number' && given[name] >= 0) { found[name] = Math.round(given[name]); } });
  if (typeof given.at === 'string' && given.at.length <= 40) { found.at = given.at; }
  return found;
}
function rowOf(columns, row) {
  const found = {};
  columns.forEach(({ code, kind }) => {
    const cell = String(row[code] ?? '').trim();
    try { found[code] = cell && kind === 'number' ? number(cell) : cell && kind === 'money' ? money(cell) : cell; } catch { throw new BadAnswer('items'); }
    if ([...cell].length > LONGEST_CELL) { throw new BadAnswer('items'); }
  });
  if (!columns.length || !found[columns[0].code]) { throw new BadAnswer('items'); }
  return found;
}
function items(point, given) {
  const columns = point.columns || [];
  if (typeof given === 'string') {
    const lines = given.split(/\r?\n/).filter(line => line.trim()).map(line => line.split(/[\t|;；]/));
    if (lines.some(line => line.length > columns.length)) { throw new BadAnswer('items'); }
    given = lines.map(line => Object.fromEntries(line.map((cell, place) => [columns[place].code, cell])));
  }
  const isRow = row => row !== null && typeof row === 'object' && !Array.isArray(row);
  if (!Array.isArray(given) || given.length > MOST_ROWS || !given.every(isRow)) { throw new BadAnswer('items'); }
  const rows = given.filter(row => Object.values(row).some(cell => String(cell ?? '').trim())).map(row => rowOf(columns, row));
  return rows.length ? rows : null;
}
function signature(given) {
  const name = (given && typeof given === 'object' ? given.name ?? '' : given);
  const length = typeof name === 'string' ? [...name.trim()].length : 0;
  if (length < 2 || length > 80) { throw new BadAnswer('signature'); }
  return { name: name.trim() };
}
function isNothing(given) {
  return given === null || given === undefined || given === '' || (typeof given === 'object' && !Object.keys(given).length);
}

/** The stored form of what was given for a point; null for nothing. Throws BadAnswer. */
export function readAnswer(point, given) {
  if (typeof given === 'string') { given = given.trim(); }
  if (isNothing(given) || point.kind === 'photo' || point.kind === 'document') { return null; }
  if (point.kind === 'items') { return items(point, given); }
  if (point.kind === 'position') { return position(given); }
  if (point.kind === 'signature') { return signature(given); }
  if (typeof given !== 'string') { throw new BadAnswer({ yes_no: 'choice', text: 'long', money: 'number' }[point.kind] || point.kind); }
  if (point.kind === 'yes_no' || point.kind === 'choice') {
    const allowed = point.kind === 'yes_no' ? ['yes', 'no', 'not_seen'] : (point.options || []).map(option => option.value);
    if (!allowed.includes(given)) { throw new BadAnswer('choice'); }
    return given;
  }
  return ({ number, money, percent, date }[point.kind] || long)(given);
}
