/* What is kept on this phone: one database per person, each record sealed with AES-GCM under a key that can't leave the browser.
   When the phone has no room left, a record stays in memory and is written as soon as there is room. */
const DEVICE = 'lw-device';
const KINDS = ['facts', 'sheets', 'files'];
const text = new TextEncoder();
const plain = new TextDecoder();
const nameOf = record => `${record.kind}/${record.key}`;

export function isFull(error) {
  return Boolean(error) && (error.name === 'QuotaExceededError' || error.code === 22 || /quota|disk.*full|no space/i.test(error.message || ''));
}

/* The phone itself: who uses it, and the keys ------------------------------------------------------ */
let device;
function openDevice() {
  device ||= window.idb.openDB(DEVICE, 1, {
    upgrade(db) { db.createObjectStore('facts'); db.createObjectStore('keys'); },
    terminated() { device = undefined; },
  });
  return device;
}
/** Who uses this phone: {id, name, role}; undefined before the first log-in. */
export async function currentPerson() { return (await openDevice()).get('facts', 'current'); }
export async function setCurrentPerson(person) { await (await openDevice()).put('facts', person, 'current'); }

async function keyOf(person) {
  const db = await openDevice();
  const kept = await db.get('keys', person);
  if (kept) { return kept; }
  const fresh = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const work = db.transaction('keys', 'readwrite');
  const other = await work.store.get(person); // another tab may have been faster; its key counts
  if (!other) { await work.store.put(fresh, person); }
  await work.done;
  return other || fresh;
}

/** Removes all that is kept for a person, the key first: what is left of the records can't be read any more. */
export async function forget(person) {
  const db = await openDevice();
  await db.delete('keys', person);
  const current = await db.get('facts', 'current');
  if (current && current.id === person) { await db.delete('facts', 'current'); }
  await window.idb.deleteDB(`lw-${person}`, { blocked() {} });
}

export async function openStore(person) {
  const db = await window.idb.openDB(`lw-${person}`, 1, {
    upgrade(made) { KINDS.forEach(kind => made.createObjectStore(kind)); },
    blocking(_current, _wanted, event) { event.target.close(); },
  });
  return new Store(db, await keyOf(person), person);
}

/** Records by kind and key. Events: "full" when something could only be kept in memory, "written" when some of it was written, "room"
    when all is written again. */
export class Store extends EventTarget {
  constructor(db, key, person) {
    super();
    this.db = db;
    this.key = key;
    this.person = person;
    this.held = new Map();   // what waits in memory, by name
    this.batches = [];       // sets of names that are written together or not at all: a form never without the pictures it names
    this.unreadable = new Set(); // their key was lost, with browser data that somebody cleared in part
  }
  get full() { return this.held.size > 0; }

  async seal(kind, key, bytes) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const about = text.encode(`${this.person}/${kind}/${key}`);
    return { iv, data: await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: about }, this.key, bytes) };
  }
  async unseal(kind, key, record) {
    const about = text.encode(`${this.person}/${kind}/${key}`);
    return crypto.subtle.decrypt({ name: 'AES-GCM', iv: record.iv, additionalData: about }, this.key, record.data);
  }

  /** Keeps several records together or none: [{kind, key, value}], value = bytes for a file, else anything JSON can hold.
      False when there was no room: the records then wait in memory. */
  async put(records) {
    const written = await this.write(this.joined(records));
    if (written && this.held.size) { await this.flush(); }
    return written;
  }
  /* The records, and all that waits and was kept together with any of them. */
  joined(records) {
    const found = new Map(records.map(record => [nameOf(record), record]));
    for (let grown = -1; grown !== found.size;) {
      grown = found.size;
      this.batches.filter(batch => [...batch].some(name => found.has(name))).forEach(batch => batch.forEach(name => {
        if (!found.has(name) && this.held.has(name)) { found.set(name, this.held.get(name)); }
      }));
    }
    return [...found.values()];
  }
  dropHeld(records) {
    records.forEach(record => this.held.delete(nameOf(record)));
    this.batches = this.batches.map(batch => new Set([...batch].filter(name => this.held.has(name)))).filter(batch => batch.size);
  }
  async write(records) {
    const sealed = await Promise.all(records.map(async ({ kind, key, value }) => {
      const bytes = kind === 'files' ? value : text.encode(JSON.stringify(value));
      return { kind, key, record: await this.seal(kind, key, bytes) };
    }));
    const failed = await this.store(sealed);
    if (failed) {
      /* Whatever the reason is: what was entered stays at least in memory. */
      if (!isFull(failed)) { console.warn(failed); }
      records.forEach(record => this.held.set(nameOf(record), record));
      this.batches.push(new Set(records.map(nameOf)));
      this.dispatchEvent(new Event('full'));
      return false;
    }
    const waited = this.held.size;
    this.dropHeld(records);
    if (waited !== this.held.size) { this.dispatchEvent(new Event('written')); }
    return true;
  }
  /* One transaction; answers what went wrong, or null. A lack of room shows on the transaction, not on the single put. */
  async store(sealed) {
    let done, puts;
    try {
      const work = this.db.transaction(KINDS, 'readwrite', { durability: 'strict' });
      done = work.done.then(() => null, error => error);
      puts = sealed.map(({ kind, key, record }) => work.objectStore(kind).put(record, key).then(() => null, error => error));
    } catch (error) { return error; }
    const errors = (await Promise.all([...puts, done])).filter(Boolean);
    return errors.find(isFull) || errors[0] || null;
  }
  /** Tries again to write what waits in memory; true when nothing waits any more. */
  async flush() {
    let all = true;
    for (const name of [...this.held.keys()]) {
      const record = this.held.get(name);
      if (record && !await this.write(this.joined([record]))) { all = false; }
    }
    if (!all) { return false; }
    this.dispatchEvent(new Event('room'));
    return true;
  }

  async get(kind, key) {
    const waiting = this.held.get(`${kind}/${key}`);
    if (waiting) { return kind === 'files' ? waiting.value : structuredClone(waiting.value); }
    const record = await this.db.get(kind, key);
    if (!record) { return undefined; }
    let bytes;
    try { bytes = await this.unseal(kind, key, record); } catch { this.unreadable.add(`${kind}/${key}`); return undefined; }
    return kind === 'files' ? bytes : JSON.parse(plain.decode(bytes));
  }
  async all(kind) {
    const keys = new Set(await this.db.getAllKeys(kind));
    this.held.forEach(record => { if (record.kind === kind) { keys.add(record.key); } });
    return (await Promise.all([...keys].map(key => this.get(kind, key)))).filter(value => value !== undefined);
  }
  async remove(records) {
    this.dropHeld(records);
    this.dispatchEvent(new Event('written'));
    const work = this.db.transaction(KINDS, 'readwrite');
    records.forEach(({ kind, key }) => { work.objectStore(kind).delete(key).catch(() => {}); });
    await work.done;
    if (this.held.size) { await this.flush(); }
  }
  close() { this.db.close(); }
}

/** Asks the browser not to clear this storage by itself; {kept, used, room} in bytes as far as the browser says. */
export async function room(ask) {
  const storage = navigator.storage;
  if (!storage) { return { kept: false, used: null, room: null }; }
  const kept = ask && storage.persist ? await storage.persist() : storage.persisted ? await storage.persisted() : false;
  const found = storage.estimate ? await storage.estimate() : {};
  return { kept, used: found.usage ?? null, room: found.quota ?? null };
}
