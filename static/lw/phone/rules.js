/* The rules of an inspection form: what is shown, what an answer asks for, what is missing, the score. The same rules as
   inspections/checklists/rules.py; both are run against inspections/checklists/cases.json. Pure: nothing of the page is touched here.
   points: as the parcel brings them. said: code -> {value, note, photos, documents, signatures}. before: code -> earlier answer. */
import { decimal, level, sum } from './figures.js';

export const FAR = 300, VAGUE = 100; // metres beyond which a reason is asked: from the address, of accuracy
const JUMP = 30; // percent against the last visit from which a figure needs a note
const FIGURES = ['number', 'money', 'percent'];
const FILES = ['photo', 'document', 'signature'];
const NEEDS = ['note', 'photo', 'document', 'list'];
const NOTHING = { value: null, note: '', photos: 0, documents: 0, signatures: 0 };

const saidOf = (said, code) => ({ ...NOTHING, ...(said[code] || {}) });
const has = value => value !== null && value !== undefined;
const isLimits = wanted => has(wanted) && typeof wanted === 'object' && !Array.isArray(wanted);

function compare(a, b) {
  const [x, y] = level(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}
function within(figure, limits) {
  const given = limit => has(limit) && limit !== '';
  return (!given(limits.from) || compare(figure, decimal(limits.from)) >= 0) && (!given(limits.to) || compare(figure, decimal(limits.to)) <= 0);
}
function meets(point, value, wanted) {
  if (!has(value)) { return false; }
  if (isLimits(wanted)) {
    const figure = point ? figureOf(point, value) : null;
    return figure !== null && within(figure, wanted);
  }
  return (wanted || []).includes(value);
}

/** The points that are to be answered; one that hangs on a hidden point is hidden as well. */
export function shown(points, said) {
  const seen = new Map();
  points.forEach(point => {
    const hangs = point.shown_when || {};
    const on = seen.get(hangs.code);
    if (!hangs.code || (on && meets(on, saidOf(said, hangs.code).value, 'in' in hangs ? hangs.in : hangs))) { seen.set(point.code, point); }
  });
  return [...seen.values()];
}

export function fails(point, value) {
  return has(value) && (point.fails_when || []).includes(value);
}

/** The figure of an answer, as decimal: of counted items the sum of amounts, else of numbers, else the rows. */
export function figureOf(point, value) {
  if (!has(value)) { return null; }
  if (FIGURES.includes(point.kind)) { return decimal(value); }
  if (point.kind !== 'items') { return null; }
  for (const kind of ['money', 'number']) {
    const summed = (point.columns || []).filter(column => column.kind === kind).map(column => column.code);
    if (summed.length) { return sum(value.map(row => row[summed[summed.length - 1]]).filter(Boolean)); }
  }
  return decimal(String(value.length));
}

/* now − then in percent of |then|, kept as a fraction: [over, under]; null without both or from 0. */
function moved(point, value, before) {
  const now = figureOf(point, value), then = figureOf(point, before);
  if (now === null || then === null || then.units === 0n) { return null; }
  const [a, b] = level(now, then);
  return [(a - b) * 100n, b < 0n ? -b : b];
}
function halfEven([over, under]) {
  const sign = over < 0n ? -1n : 1n, size = over * sign;
  const whole = size / under, rest = (size % under) * 2n;
  return Number(sign * (rest > under || (rest === under && whole % 2n === 1n) ? whole + 1n : whole));
}
/** Change of a figure against the last visit in whole percent, when it is 30 or more; else null. */
export function jump(value, before) {
  const change = has(value) && has(before) ? moved({ kind: 'number' }, value, before) : null;
  if (!change) { return null; }
  const [over, under] = change;
  return (over < 0n ? -over : over) >= BigInt(JUMP) * under ? halfEven(change) : null;
}
/** Percent in whole steps by which an answer moved against the last visit, whatever its size; null where nothing can be compared. */
export function moves(point, value, before) {
  const change = moved(point, value, before);
  return change ? halfEven(change) : null;
}

export function answered(point, own) {
  const said = { ...NOTHING, ...own };
  if (point.kind === 'photo') { return said.photos > 0; }
  if (point.kind === 'document') { return said.documents > 0; }
  if (point.kind === 'signature') { return said.signatures > 0 || (has(said.value) && said.value !== '' && Object.keys(said.value).length > 0); }
  return has(said.value) && !(Array.isArray(said.value) && !said.value.length);
}

function applies(rule, point, said, before) {
  if (rule.when === 'fails') { return fails(point, said.value); }
  if (rule.when === 'answered') { return answered(point, said); }
  if (rule.when === 'not_seen') { return said.value === 'not_seen'; }
  if (rule.when === 'value') { return has(said.value) && (rule.values || []).includes(said.value); }
  const change = moved(point, said.value, before);
  if (!change) { return false; }
  const limit = decimal(String(rule.percent ?? JUMP)), tens = 10n ** BigInt(limit.scale);
  const [over, under] = [change[0] * tens, limit.units * change[1]];
  return rule.when === 'drop' ? over <= -under : over >= under;
}

/** What this answer asks for in addition: a Set of note, photo, document, list. */
export function needs(point, own, before) {
  const said = { ...NOTHING, ...own };
  const asked = new Set(fails(point, said.value) ? ['note'] : []);
  (point.evidence || []).forEach(rule => { if (applies(rule, point, said, before)) { (rule.needs || []).forEach(what => asked.add(what)); } });
  return asked;
}
function listIsThere(point, said, byCode, before) {
  const own = saidOf(said, point.code);
  const named = (point.evidence || []).filter(rule => (rule.needs || []).includes('list') && byCode.has(rule.list_code) && applies(rule, point, own, before));
  if (named.length) { return named.every(rule => answered(byCode.get(rule.list_code), saidOf(said, rule.list_code))); }
  return own.photos > 0 || own.documents > 0;
}
/** What this answer asks for and does not have yet, in a fixed order. */
export function lacking(point, said, byCode, before) {
  const own = saidOf(said, point.code), asked = needs(point, own, before);
  const there = { note: own.note.trim() !== '', photo: own.photos > 0, document: own.documents > 0 };
  if (asked.has('list')) { there.list = listIsThere(point, said, byCode, before); }
  return NEEDS.filter(what => asked.has(what) && !there[what]);
}

/** What must be added before the form can be finished: code -> answer, photo, document, signature, note, list or jump. */
export function missing(points, said, before) {
  const faults = {}, byCode = new Map(points.map(point => [point.code, point]));
  shown(points, said).forEach(point => {
    const own = saidOf(said, point.code), earlier = (before || {})[point.code];
    if (!answered(point, own)) {
      if (point.required !== false) { faults[point.code] = FILES.includes(point.kind) ? point.kind : 'answer'; }
      return;
    }
    const lacks = lacking(point, said, byCode, earlier);
    if (lacks.length) { faults[point.code] = lacks[0]; return; }
    if (FIGURES.includes(point.kind) && jump(own.value, earlier) !== null && !own.note.trim() && !own.photos) { faults[point.code] = 'jump'; }
  });
  return faults;
}

export function progress(points, said) {
  const visible = shown(points, said);
  return { answered: visible.filter(point => answered(point, saidOf(said, point.code))).length, total: visible.length };
}

/** What was reached of what could be: {earned, possible, percent}; percent null where nothing has a score. */
export function score(points, said) {
  let earned = 0, possible = 0;
  shown(points, said).forEach(point => {
    const rule = point.score || {}, weight = Number(rule.weight || 0), value = saidOf(said, point.code).value;
    if (!weight) { return; }
    possible += weight;
    if (meets(point, value, rule.full)) { earned += weight; } else if (meets(point, value, rule.half)) { earned += weight / 2; }
  });
  return { earned, possible, percent: possible ? Math.floor((earned * 100) / possible + 0.5) : null };
}

/** Metres between two places, rounded. */
export function metresBetween(a, b) {
  const rad = degrees => Number(degrees) * Math.PI / 180;
  const chord = Math.sin((rad(b.latitude) - rad(a.latitude)) / 2) ** 2
    + Math.cos(rad(a.latitude)) * Math.cos(rad(b.latitude)) * Math.sin((rad(b.longitude) - rad(a.longitude)) / 2) ** 2;
  return Math.round(2 * 6371000 * Math.asin(Math.sqrt(Math.min(chord, 1))));
}
/** Why a reason is asked for a position: none, vague, far; empty when it is fine. */
export function positionDoubt(position) {
  if (!position) { return 'none'; }
  if (!has(position.accuracy) || position.accuracy > VAGUE) { return 'vague'; }
  return has(position.distance) && position.distance > FAR ? 'far' : '';
}
