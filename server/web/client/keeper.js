// Writes what happens in a session to the store, step by step and in order, and knows what has become of each attempt.

import { TakenOver } from "./attemptStore.js";

/** @typedef {import("./attemptStore.js").AttemptStore} AttemptStore */
/** @typedef {import("./attemptStore.js").SessionRecord} SessionRecord */
/** @typedef {import("./attemptStore.js").Change} Change */
/** @typedef {import("./attemptLog.js").HeldAttempt} HeldAttempt */
/** @typedef {import("./attemptLog.js").Outcome} Outcome */

const [gaveUp, stored] = /** @type {const} */ (["cancelled", "stored"]);

/**
 * @typedef {object} KeeperUser
 * @property {() => void} onIdle everything is written
 * @property {() => void} onTakenOver another page writes now
 * @property {(text: string) => void} onUnwritten the browser keeps nothing any more
 */

export class Keeper {
  #store;
  #user;
  #writing = 0;
  /** @type {Promise<void>} */
  #written = Promise.resolve();
  /** @type {Map<number, {outcome: Outcome, offered: boolean}>} each attempt, as the store has it */
  #outcomes;

  /**
   * @param {AttemptStore | null} store null: the browser keeps nothing
   * @param {SessionRecord} record
   * @param {readonly HeldAttempt[]} attempts what the store holds
   * @param {KeeperUser} user
   */
  constructor(store, record, attempts, user) {
    this.#store = store;
    this.#user = user;
    /** The session as it stands, with every change that was asked for. */
    this.record = record;
    this.#outcomes = new Map(attempts.map(({ number, outcome, offered }) => [number, { outcome, offered }]));
  }

  /** Whether this browser keeps what is recorded; if not, it lives as long as the page. */
  get persistent() {
    return this.#store !== null;
  }

  /** Whether everything is written. */
  get idle() {
    return this.#writing === 0;
  }

  /** @param {Change} change */
  keep(change) {
    Object.assign(this.record, change.session);
    this.#writing += 1;
    this.#written = this.#written
      .then(() => this.#store?.write(this.record.id, this.record.owner, change))
      .catch((error) => this.#onUnwritten(error))
      .finally(() => {
        this.#writing -= 1;
        if (this.idle) this.#user.onIdle();
      });
  }

  /**
   * Makes the store agree with the attempts that are held now, and returns what has become of those that changed.
   * @param {readonly HeldAttempt[]} attempts
   * @param {{has: (number: number) => boolean}} dropped attempts that were given up
   * @returns {{attempt: number, outcome: Outcome | "stored"}[]}
   */
  reconcile(attempts, dropped) {
    const held = new Set(attempts.map(({ number }) => number));
    const gone = [...this.#outcomes].filter(([number]) => !held.has(number));
    if (gone.length > 0) this.keep({ forgetThrough: Math.max(...gone.map(([number]) => number)) });
    for (const [number] of gone) this.#outcomes.delete(number);
    const changed = attempts.filter(({ number, outcome }) => this.#outcomes.get(number)?.outcome !== outcome);
    for (const attempt of attempts) this.#keepAttempt(attempt);
    return [
      ...gone
        .filter(([, { outcome }]) => outcome !== "cancelled")
        .map(([attempt]) => ({ attempt, outcome: dropped.has(attempt) ? gaveUp : stored })),
      ...changed.map(({ number, outcome }) => ({ attempt: number, outcome })),
    ];
  }

  /** @param {HeldAttempt} attempt */
  #keepAttempt({ number, sentenceIndex, atMs, outcome, offered }) {
    const kept = this.#outcomes.get(number);
    if (kept?.outcome === outcome && kept.offered === offered) return;
    this.#outcomes.set(number, { outcome, offered });
    const attempt = { number, sentenceIndex, atMs, outcome, offered };
    this.keep(outcome === "cancelled" ? { attempt, dropFramesOf: number } : { attempt });
  }

  /** Lets the session go with all that is held of it. */
  async forget() {
    await this.#written;
    await this.#store?.forget(this.record.id);
  }

  async close() {
    await this.#written;
    this.#store?.close();
    this.#store = null;
  }

  /** @param {unknown} error */
  #onUnwritten(error) {
    if (error instanceof TakenOver) return this.#user.onTakenOver();
    if (this.#store === null) return; // said before
    // The disk is full, or the browser has taken our storage away: practice goes on while the page is open.
    this.#store = null;
    this.#user.onUnwritten(String(error));
  }
}
