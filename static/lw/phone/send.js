/* Sends what is on the phone: the form, then each file in pieces, then the word that it is all. One tab at a time. It may stop at any
   moment and goes on from where the server says it stands; what is sent twice counts once. */
import { LoginNeeded, NotTaken, OtherPerson, Unreachable } from './parcel.js';
import { STATES } from './sheets.js';
import { hex, sha256 } from './dom.js';
import { t } from './words.js';

const PIECE = 262144; // bytes
const PAUSES = [3, 10, 30, 60]; // seconds until the next try
const QUIET = 4000; // milliseconds without a new answer before an unfinished form is copied to the server
const PATIENCE = 600000; // milliseconds after which the log-in is looked at again
const ROUNDS = 3; // of one inspection, before the others have their turn
const TRIES = 3; // of a piece that arrives damaged
/* After these the server keeps what came; only a person can go on. */
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const FINAL = ['TASK_UNKNOWN', 'TASK_REASSIGNED', 'TASK_CANCELLED', 'DONE_BY_OTHER', 'DONE_ALREADY', 'TEMPLATE_UNKNOWN', 'OTHER_FORM_BEGUN'];

const NO_PICTURE = ['NOT_A_PHOTO', 'PHOTO_TOO_LARGE', 'FILE_TOO_LARGE'];

/** JSON with sorted keys and no spaces, as the server hashes it. */
export function canonical(value) {
  if (Array.isArray(value)) { return `[${value.map(canonical).join(',')}]`; }
  if (value && typeof value === 'object') {
    return `{${Object.keys(value).sort().map(key => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
  }
  return JSON.stringify(value === undefined ? null : value);
}

/* Signs that no database keeps: half a sign, as some keyboards leave behind, and the sign of nothing. */
function clean(value) {
  if (typeof value === 'string') { return (value.toWellFormed ? value.toWellFormed() : value.replace(LONE, '\ufffd')).replaceAll('\0', ''); }
  if (Array.isArray(value)) { return value.map(clean); }
  return value && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([key, one]) => [clean(key), clean(one)])) : value;
}

/** The form as it is told to the server. The same revision is told in the same words again, so that the server knows it as the same. */
export async function manifestOf(sheet, at) {
  const manifest = clean({
    client_id: sheet.client_id, revision: sheet.revision, task: sheet.task.id, template: sheet.template.id,
    conditions: sheet.task.conditions ?? null, started_at: sheet.started_at, device_time: at, finished: sheet.finished, visited_on: sheet.visited_on, conclusion: sheet.conclusion,
    summary: sheet.summary, position: sheet.position, position_reason: sheet.position_reason, answers: sheet.answers, files: sheet.files,
    signed: sheet.signed || '', finished_at: (sheet.finished && sheet.finished_at) || null,
    before_visit: sheet.before_visit ?? null,
  });
  manifest.sha256 = await sha256(new TextEncoder().encode(canonical(manifest)));
  return manifest;
}

/** Events: "progress" when something moved; `progress` holds client_id -> {done, total}. */
export class Sender extends EventTarget {
  constructor({ store, sheets, session }) {
    super();
    Object.assign(this, { store, sheets, session, progress: new Map(), running: null, again: false, failed: 0, timer: 0, quiet: 0, stopped: '' });
    this.channel = new BroadcastChannel(`lw-send-${store.person}`);
    this.channel.onmessage = event => this.note(...event.data);
    sheets.addEventListener('changed', () => { clearTimeout(this.quiet); this.quiet = setTimeout(() => this.kick(), QUIET); });
    window.addEventListener('online', () => { this.session.stand({ online: true }); this.kick(); });
    window.addEventListener('offline', () => this.session.stand({ online: false }));
    document.addEventListener('visibilitychange', () => { if (!document.hidden) { this.kick(); } });
  }
  note(id, state) {
    if (state) { this.progress.set(id, state); } else { this.progress.delete(id); }
    this.dispatchEvent(new Event('progress'));
  }
  tell(id, state) {
    this.channel.postMessage([id, state]);
    this.note(id, state);
  }

  /** Begins to send, or sees to it that the run under way looks once more at the end. */
  kick() {
    clearTimeout(this.timer);
    if (this.running) { this.again = true; return this.running; }
    this.running = this.run().finally(() => {
      this.running = null;
      if (this.again) { this.again = false; this.kick(); }
    });
    return this.running;
  }
  run() {
    return navigator.locks.request(`lw-send-${this.store.person}`, { ifAvailable: true }, async lock => {
      if (!lock) { this.later(PAUSES[0]); return; } // another tab sends
      try {
        await this.sendAll();
        this.failed = 0;
        this.stopped = '';
      } catch (error) {
        this.stop(error);
      }
    });
  }
  stop(error) {
    this.progress.forEach((_state, id) => this.tell(id, null));
    if (error instanceof LoginNeeded) { this.stopped = 'login'; this.dispatchEvent(new Event('progress')); return; }
    if (error instanceof OtherPerson) { this.stopped = 'other'; this.dispatchEvent(new CustomEvent('other', { detail: error.person })); return; }
    if (!(error instanceof Unreachable) && !(error instanceof NotTaken)) { this.stopped = 'fault'; console.warn(error); }
    this.later(PAUSES[Math.min(this.failed, PAUSES.length - 1)]);
    this.failed += 1;
    this.dispatchEvent(new Event('progress'));
  }
  later(seconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.kick(), seconds * 1000);
  }

  due(sheet) {
    if (sheet.state === STATES.RECEIVED) { return false; }
    const refused = sheet.refusal && !sheet.refusal.passing && (FINAL.includes(sheet.refusal.code) || sheet.refusal.revision === sheet.revision);
    return !refused && (sheet.finished || sheet.sent_revision !== sheet.revision);
  }
  async sendAll() {
    const due = (await this.sheets.all()).filter(sheet => this.due(sheet)).sort((a, b) => Number(b.finished) - Number(a.finished));
    if (!due.length) { return; }
    if (!navigator.onLine) { throw new Unreachable(); }
    if (!this.session.parcel || !this.session.login || Date.now() - this.session.checked > PATIENCE) { await this.session.refresh(); }
    let later = null;
    for (const sheet of due) { later = await this.one(sheet.client_id) || later; }
    if (later) { throw later; }
  }

  /** One inspection from where it stands to where the server has all of it. A refusal is noted on it and stops nothing else: what must be
      tried again later is answered. Throws only what stops all of them: no network, no log-in, another person. */
  async one(id) {
    try {
      if (await this.sheets.heldElsewhere(id)) { return null; } // the tab that has the last entries sends it
      let sheet = await this.sheets.get(id);
      for (let round = 0; sheet && this.due(sheet); round += 1) {
        if (round === ROUNDS) { return new Unreachable(); }
        if (await this.pass(sheet)) { break; }
        sheet = await this.sheets.get(id);
      }
      return null;
    } catch (error) {
      if (error instanceof Unreachable || error instanceof LoginNeeded || error instanceof OtherPerson) { throw error; }
      return error instanceof NotTaken ? await this.noteRefusal(id, error) : error;
    } finally {
      this.tell(id, null);
    }
  }
  async noteRefusal(id, error) {
    const sheet = await this.sheets.get(id);
    if (!sheet) { return null; }
    const passing = error.status >= 500 || error.status === 429; // no fault of the inspection: tried again by itself
    if (!passing || error.sentence) {
      const refusal = { code: error.code, sentence: error.sentence, faults: error.told.faults || {}, revision: sheet.revision, passing, at: new Date().toISOString() };
      await this.sheets.refused(id, refusal);
    }
    return passing ? error : null;
  }

  /** True when there is nothing more to do for this revision. */
  async pass(sheet) {
    const id = sheet.client_id, total = sheet.files.length + 1;
    if (sheet.finished) { this.tell(id, { done: 0, total }); }
    const answer = await this.announce(sheet);
    if (!answer) { return false; }
    if (answer.state === 'received') { await this.sheets.received(id, answer); return true; }
    let done = 0;
    for (const file of sheet.files) {
      const there = (answer.files || {})[file.id] || { received: 0, whole: false };
      if (sheet.finished) { this.tell(id, { done, total }); }
      if (!there.whole && !await this.sendFile(id, file, there.received)) { return false; }
      if (!sheet.whole[file.id]) { await this.sheets.mark(id, kept => { kept.whole[file.id] = answer.server_time || new Date().toISOString(); }); }
      done += 1;
    }
    if (sheet.finished) { return this.finish(sheet, done, total); }
    await this.sheets.mark(id, kept => {
      Object.assign(kept, { sent_revision: sheet.revision, backed_up_at: answer.server_time || new Date().toISOString(), refusal: null });
    });
    return true;
  }
  async announce(sheet) {
    const told = sheet.announced && sheet.announced.revision === sheet.revision ? sheet.announced : { revision: sheet.revision, at: new Date().toISOString() };
    try {
      const answer = await this.asking('sending/', async () => ({ method: 'POST', json: await manifestOf(sheet, told.at) }));
      if (told !== sheet.announced) { await this.sheets.mark(sheet.client_id, kept => { kept.announced = told; }); }
      return answer;
    } catch (error) {
      if (error.code !== 'OLDER_REVISION' || !error.told.revision) { throw error; }
      await this.sheets.mark(sheet.client_id, kept => { kept.revision = Math.max(kept.revision, error.told.revision) + 1; });
      return null;
    }
  }
  /* A token that the log-in has replaced is fetched anew, once; that also shows whether it is still the same person. */
  async asking(address, make) {
    try {
      return await this.session.ask(address, await make());
    } catch (error) {
      if (error instanceof NotTaken && error.status === 403) {
        await this.session.refresh();
        return this.session.ask(address, await make());
      }
      if (error instanceof NotTaken && error.code === 'MANIFEST_DAMAGED') { return this.session.ask(address, await make()); }
      throw error;
    }
  }

  /* The bytes of a picture are gone while the form still names it: only its author can say what to do. */
  async isGone(id, file) {
    const sheet = await this.sheets.get(id);
    if (!sheet || !sheet.files.some(one => one.id === file.id)) { return false; }
    const point = sheet.sections.flatMap(section => section.points).find(one => one.code === file.code);
    throw new NotTaken(422, { code: 'PICTURE_LOST', sentence: t('picture_lost', { point: point ? point.label : t('own_signature') }), faults: { [file.code]: file.what } });
  }

  /** Every piece of a file from `offset` on. False when the file is no longer part of the form, or must be told anew. */
  async sendFile(id, file, offset) {
    const bytes = await this.store.get('files', file.id);
    if (!bytes || bytes.byteLength !== file.size) { return this.isGone(id, file); }
    const size = (this.session.parcel && this.session.parcel.limits && this.session.parcel.limits.piece) || PIECE;
    let tries = 0, at = offset;
    for (;;) {
      const piece = bytes.slice(at, at + size);
      try {
        const headers = { 'X-Piece-SHA256': hex(await crypto.subtle.digest('SHA-256', piece)) };
        const answer = await this.asking(`sending/${id}/files/${file.id}/?from=${at}`, async () => ({ method: 'POST', bytes: piece, headers }));
        if (answer.whole) { return true; }
        tries = answer.received > at ? 0 : tries + 1;
        at = answer.received;
      } catch (error) {
        const told = error.told || {};
        if (error.code === 'SENDING_UNKNOWN' || error.code === 'FILE_UNKNOWN') { return false; } // a server that was restored: told anew
        if (!(error instanceof NotTaken) || NO_PICTURE.includes(error.code) || !('received' in told || error.code === 'PIECE_DAMAGED' || error.code === 'FILE_DAMAGED')) { throw error; }
        at = error.code === 'FILE_DAMAGED' ? 0 : told.received ?? at;
        tries += 1;
        if (tries > TRIES) { throw error; }
        if (told.whole) { return true; }
      }
      if (tries > TRIES) { throw new Unreachable(); }
    }
  }

  async finish(sheet, done, total) {
    const id = sheet.client_id;
    this.tell(id, { done, total });
    const answer = await this.asking(`sending/${id}/finish/`, async () => ({ method: 'POST', json: { revision: sheet.revision } })).catch(error => {
      if (error.code === 'PIECES_MISSING' || error.code === 'SENDING_UNKNOWN') { return null; }
      throw error;
    });
    if (!answer) { return false; }
    const wrong = sheet.files.find(file => answer.files && answer.files[file.id] && answer.files[file.id] !== file.sha256);
    if (wrong) { throw new NotTaken(422, { code: 'FILE_DAMAGED' }); }
    await this.sheets.received(id, answer);
    this.dispatchEvent(new CustomEvent('received', { detail: sheet }));
    return true;
  }
}
