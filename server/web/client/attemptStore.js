// What this browser keeps so that nothing a learner did is lost: sessions, and every attempt with its frames until the
// server has said that it is durable. IndexedDB; survives a reload, a tab that crashes, and an empty battery.

import { HeldAttempt } from "./attemptLog.js";

/** @typedef {import("./attemptLog.js").Outcome} Outcome */
/** @typedef {import("./constants.js").Sentence} Sentence */

/**
 * What is kept of a session, so that practice can begin without the server.
 * @typedef {object} SessionRecord
 * @property {string} id
 * @property {string} title
 * @property {string | null} storyId
 * @property {Sentence[]} sentences
 * @property {import("./constants.js").Hello} hello
 * @property {number | null} nextAttempt
 * @property {import("./constants.js").Status["status"]} status as last heard
 * @property {boolean} completing whether the learner has ended it and the server does not know yet
 * @property {string} owner the page that may write; a newer one takes over
 * @property {number} openedAtMs Unix time
 */

/**
 * @typedef {object} Change one step of a session; all of it is written or none
 * @property {Partial<Omit<SessionRecord, "id" | "owner">>} [session]
 * @property {{number: number, sentenceIndex: number, atMs: number, outcome: Outcome, offered: boolean}} [attempt] new, or
 *   with a new outcome
 * @property {{number: number, firstSeq: number, timesMs: number[], packed: Uint8Array}} [frames]
 * @property {number} [dropFramesOf] number of an attempt that was cancelled
 * @property {number} [forgetThrough] attempts up to this number are durable
 */

/** Another page has taken the session over: this one must not write any more. */
export class TakenOver extends Error {
  constructor() {
    super("another page practises in this session now");
    this.name = "TakenOver";
  }
}

const NAME = "storysign";
const VERSION = 1;
const STORES = ["sessions", "attempts", "frames"];

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const answerOf = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
const committed = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new TakenOver());
  });

/** All of one session, or of one of its attempts; numbers sort before arrays. @param {(string | number)[]} key */
const under = (...key) => IDBKeyRange.bound(key, [...key, []]);

export class AttemptStore {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
  }

  /** @returns {Promise<AttemptStore>} rejects where the browser keeps nothing, such as in some private windows */
  static async open() {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("sessions", { keyPath: "id" });
      request.result.createObjectStore("attempts", { keyPath: ["sessionId", "number"] });
      request.result.createObjectStore("frames", { keyPath: ["sessionId", "number", "firstSeq"] });
    };
    const database = await answerOf(request);
    // A page of a newer version may have to change the stores: it must not wait for this one.
    database.onversionchange = () => database.close();
    return new AttemptStore(database);
  }

  /** All sessions, newest first, each with the numbers of its attempts that are held and count. */
  async sessions() {
    const transaction = this.#database.transaction(["sessions", "attempts"], "readonly");
    const sessions = /** @type {SessionRecord[]} */ (await answerOf(transaction.objectStore("sessions").getAll()));
    const attempts = await answerOf(transaction.objectStore("attempts").getAll());
    return sessions
      .sort((one, other) => other.openedAtMs - one.openedAtMs)
      .map((session) => ({
        ...session,
        unsaved: attempts
          .filter(({ sessionId, outcome }) => sessionId === session.id && outcome !== "cancelled")
          .map(({ number }) => /** @type {number} */ (number)),
      }));
  }

  /** Keeps a new session. @param {SessionRecord} record */
  async add(record) {
    const transaction = this.#database.transaction("sessions", "readwrite", { durability: "strict" });
    transaction.objectStore("sessions").put(record);
    await committed(transaction);
  }

  /**
   * Makes a page the session's owner and returns what is held; null where the session is not kept here.
   * @param {string} sessionId
   * @param {string} owner
   * @returns {Promise<{record: SessionRecord, attempts: HeldAttempt[]} | null>}
   */
  async takeOver(sessionId, owner) {
    const transaction = this.#database.transaction(STORES, "readwrite", { durability: "strict" });
    const sessions = transaction.objectStore("sessions");
    /** @type {SessionRecord | undefined} */
    const record = await answerOf(sessions.get(sessionId));
    if (record === undefined) return null;
    record.owner = owner;
    sessions.put(record);
    const attempts = await answerOf(transaction.objectStore("attempts").getAll(under(sessionId)));
    const frames = await answerOf(transaction.objectStore("frames").getAll(under(sessionId)));
    await committed(transaction);
    return { record, attempts: attempts.map((attempt) => restored(attempt, frames)) };
  }

  /**
   * Writes one step of a session.
   * @param {string} sessionId
   * @param {string} owner
   * @param {Change} change
   * @throws {TakenOver} where another page has become the owner; nothing is written then
   */
  async write(sessionId, owner, change) {
    // Frames may wait for the operating system to reach the disk; what begins or ends an attempt may not.
    const durability = change.attempt === undefined ? "relaxed" : "strict";
    const transaction = this.#database.transaction(STORES, "readwrite", { durability });
    const done = committed(transaction);
    done.catch(() => {}); // awaited below; until then a rejection is nobody's surprise
    /** @type {SessionRecord | undefined} */
    const record = await answerOf(transaction.objectStore("sessions").get(sessionId));
    if (record?.owner !== owner) {
      transaction.abort();
      throw new TakenOver();
    }
    this.#apply(transaction, record, change);
    await done;
  }

  /** @param {IDBTransaction} transaction @param {SessionRecord} record @param {Change} change */
  #apply(transaction, record, { session, attempt, frames, dropFramesOf, forgetThrough }) {
    const sessionId = record.id;
    const [attemptStore, frameStore] = [transaction.objectStore("attempts"), transaction.objectStore("frames")];
    if (session !== undefined) transaction.objectStore("sessions").put({ ...record, ...session });
    if (attempt !== undefined) attemptStore.put({ sessionId, ...attempt });
    if (frames !== undefined) frameStore.put({ sessionId, ...frames });
    if (dropFramesOf !== undefined) frameStore.delete(under(sessionId, dropFramesOf));
    if (forgetThrough !== undefined) {
      attemptStore.delete(IDBKeyRange.bound([sessionId], [sessionId, forgetThrough]));
      frameStore.delete(IDBKeyRange.bound([sessionId], [sessionId, forgetThrough, []]));
    }
  }

  /** Lets a session go with all that is held of it. @param {string} sessionId */
  async forget(sessionId) {
    const transaction = this.#database.transaction(STORES, "readwrite");
    transaction.objectStore("sessions").delete(sessionId);
    transaction.objectStore("attempts").delete(under(sessionId));
    transaction.objectStore("frames").delete(under(sessionId));
    await committed(transaction);
  }

  close() {
    this.#database.close();
  }
}

/**
 * @param {{number: number, sentenceIndex: number, atMs: number, outcome: Outcome, offered?: boolean}} attempt those
 *   that were kept by an older version may have been offered
 * @param {{number: number, timesMs: number[], packed: Uint8Array}[]} frames of all attempts, in order
 */
function restored({ number, sentenceIndex, atMs, outcome, offered = outcome === "ended" }, frames) {
  const held = new HeldAttempt(number, sentenceIndex, atMs, { outcome, offered });
  for (const piece of frames) {
    if (piece.number === number) held.append(piece.timesMs, piece.packed);
  }
  return held;
}
