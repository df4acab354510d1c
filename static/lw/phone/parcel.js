/* The talk with the server: what it gives to carry, who is logged in, and whether it can be reached. */
import { facts } from './words.js';

/** What came of asking: the server can't be reached, wants a log-in, or refuses with a code and a sentence. */
export class Unreachable extends Error {}
export class LoginNeeded extends Error {}
export class OtherPerson extends Error {
  constructor(person) { super('other person'); this.person = person; }
}
export class NotTaken extends Error {
  constructor(status, told) { super(told.code || String(status)); Object.assign(this, { status, told, code: told.code || '', sentence: told.sentence || told.detail || '' }); }
}

const WAIT = 30000; // milliseconds for one question; a piece of 256 kB takes 20 s on 100 kbit/s

/** Events: "changed" whenever `online`, `login` or `parcel` do. */
export class Session extends EventTarget {
  constructor(store, person) {
    super();
    this.store = store;
    this.person = person;
    this.online = navigator.onLine;
    this.login = true;
    this.refusal = null;
    this.parcel = null;
    this.checked = 0;
  }
  async open() { this.parcel = (await this.store.get('facts', 'parcel')) || null; }
  get csrf() {
    const cookie = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie);
    return (cookie && decodeURIComponent(cookie[1])) || (this.parcel && this.parcel.csrf) || '';
  }
  stand(news) {
    const old = [this.online, this.login, this.refusal && this.refusal.code];
    Object.assign(this, news);
    if (String(old) !== String([this.online, this.login, this.refusal && this.refusal.code])) { this.dispatchEvent(new Event('changed')); }
  }

  /** Asks the server. Throws Unreachable, LoginNeeded or NotTaken; else the answer's JSON. */
  async ask(address, { method = 'GET', json, bytes, headers = {} } = {}) {
    const told = { Accept: 'application/json', ...headers };
    if (method !== 'GET') { told['X-CSRFToken'] = this.csrf; }
    if (json !== undefined) { told['Content-Type'] = 'application/json'; }
    if (bytes !== undefined) { told['Content-Type'] = 'application/octet-stream'; }
    let answer;
    try {
      answer = await fetch(facts.base + address, {
        method, headers: told, body: json !== undefined ? JSON.stringify(json) : bytes, credentials: 'same-origin', redirect: 'manual',
        cache: 'no-store', signal: AbortSignal.timeout ? AbortSignal.timeout(WAIT) : undefined,
      });
    } catch {
      this.stand({ online: false });
      throw new Unreachable();
    }
    return this.read(answer);
  }
  async read(answer) {
    if (answer.type === 'opaqueredirect' || answer.status === 401) {
      this.stand({ online: true, login: false });
      throw new LoginNeeded();
    }
    let told;
    try { told = await answer.json(); } catch { told = null; }
    if (answer.status >= 502 && answer.status <= 504) {
      this.stand({ online: false });
      throw new Unreachable();
    }
    this.stand({ online: true, ...(answer.ok ? { login: true } : {}) });
    if (!answer.ok || told === null) { throw new NotTaken(answer.status, told || {}); }
    return told;
  }

  /** Fetches what is to be carried. Throws as `ask`; OtherPerson when somebody else is logged in, and then keeps nothing. */
  async refresh() {
    const parcel = await this.ask('parcel/').catch(error => {
      if (error instanceof NotTaken) { this.stand({ refusal: error }); }
      throw error;
    });
    if (this.person && parcel.person.id !== this.person.id) { throw new OtherPerson(parcel.person); }
    parcel.fetched_at = new Date().toISOString();
    this.checked = Date.now();
    this.parcel = parcel;
    await this.store.put([{ kind: 'facts', key: 'parcel', value: parcel }]);
    this.stand({ refusal: null });
    this.dispatchEvent(new Event('changed'));
    return parcel;
  }
}

/** The first question of a phone that nobody uses yet: who is logged in, and what is there to carry. */
export async function firstParcel() {
  const session = new Session({ put: async () => true, get: async () => undefined }, null);
  return session.refresh();
}
