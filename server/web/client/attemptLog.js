// The client's retransmit log: every attempt, with its frames, until the server has said that it is durable. Twin of
// `protocol/attempt_log.py`. A position in it says what the present connection has been told.

import { LIMITS } from "./constants.js";

/** @typedef {"recording" | "ended" | "cancelled"} Outcome */
/** @typedef {import("./constants.js").ClientMessage} ClientMessage */
/** @typedef {import("./constants.js").Cursor} Cursor */

/**
 * Why an attempt was given up that the learner had not cancelled: another client of the session used its number for an
 * attempt of its own; this client ended before it had kept all of it; the server will never accept it.
 * @typedef {"elsewhere" | "unkept" | "refused"} DropReason
 */

/** One attempt as the client holds it; its fields are what is kept to survive the end of the page. */
export class HeldAttempt {
  /** @type {Uint8Array[]} packed frames in pieces of whole frames, in order */
  #pieces = [];

  /**
   * @param {number} number
   * @param {number} sentenceIndex
   * @param {number} atMs Unix time of its beginning
   * @param {{timesMs?: number[], frames?: Uint8Array, outcome?: Outcome, offered?: boolean}} [kept]
   */
  constructor(number, sentenceIndex, atMs, kept = {}) {
    this.number = number;
    this.sentenceIndex = sentenceIndex;
    this.atMs = atMs;
    /** Capture times since the attempt began. */
    this.timesMs = kept.timesMs ?? [];
    /** @type {Outcome} */
    this.outcome = kept.outcome ?? "recording";
    /** A server may have been told its end, so that what a server calls done with may be this attempt. */
    this.offered = kept.offered ?? false;
    if (kept.frames !== undefined && kept.frames.length > 0) this.#pieces.push(kept.frames);
  }

  /** @param {readonly number[]} timesMs @param {Uint8Array} packed */
  append(timesMs, packed) {
    this.timesMs.push(...timesMs);
    if (packed.length > 0) this.#pieces.push(packed);
  }

  /** Gives the attempt up; only its number is still owed to the server. */
  cancel() {
    this.outcome = "cancelled";
    this.timesMs.length = 0;
    this.#pieces.length = 0;
  }

  /** All packed frames, one after the other. @returns {Uint8Array<ArrayBuffer>} */
  get frames() {
    const whole = new Uint8Array(this.#pieces.reduce((bytes, piece) => bytes + piece.length, 0));
    let offset = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, offset);
      offset += piece.length;
    }
    // Joined once, read often: a resend asks for it message by message.
    this.#pieces = whole.length > 0 ? [whole] : [];
    return whole;
  }

  /** @param {number} start @param {number} stop both in bytes @returns {Uint8Array<ArrayBuffer>} */
  slice(start, stop) {
    let offset = 0;
    for (const piece of this.#pieces) {
      if (start >= offset && stop <= offset + piece.length) return piece.slice(start - offset, stop - offset);
      offset += piece.length;
    }
    return this.frames.slice(start, stop);
  }
}

/** Attempts in the order of their numbers, and how far the present connection has been told of them. */
export class AttemptLog {
  /** @type {Map<number, HeldAttempt>} */
  #held;
  #frameBytes;
  #number = 1;
  #nextSeq = 0;
  #begun = false;
  /** @type {Cursor | null} */
  #refusedAt = null;
  #heldBack = false;
  /** @type {Map<number, DropReason>} */
  #dropped = new Map();

  /** @param {import("./constants.js").Layout} layout @param {Iterable<HeldAttempt>} held */
  constructor(layout, held = []) {
    this.#frameBytes = layout.frameBytes;
    const inOrder = [...held].sort((one, other) => one.number - other.number);
    this.#held = new Map(inOrder.map((attempt) => [attempt.number, attempt]));
  }

  [Symbol.iterator]() {
    return this.#held.values();
  }

  /** Number of the oldest attempt that can be sent again. @returns {number | null} */
  get oldest() {
    return this.#held.keys().next().value ?? null;
  }

  /** Number of the newest attempt. @returns {number | null} */
  get newest() {
    return [...this.#held.keys()].at(-1) ?? null;
  }

  /** The attempt that takes frames now. */
  get recording() {
    const newest = this.newest === null ? undefined : this.get(this.newest);
    return newest?.outcome === "recording" ? newest : null;
  }

  /** @returns {ReadonlyMap<number, DropReason>} */
  get dropped() {
    return this.#dropped;
  }

  /** Whether nothing should be sent before something has changed. */
  get heldBack() {
    return this.#heldBack;
  }

  /** @param {number} number */
  get(number) {
    return this.#held.get(number);
  }

  /** Takes a new attempt in; its number is larger than any other's. @param {HeldAttempt} attempt */
  add(attempt) {
    this.#held.set(attempt.number, attempt);
  }

  /** Lets the attempts up to a number go: they are durable. @param {number} number */
  forgetThrough(number) {
    for (const attempt of [...this]) {
      if (attempt.number > number) break;
      if (attempt.outcome === "recording") this.#drop(attempt, "elsewhere");
      this.#held.delete(attempt.number);
    }
  }

  /**
   * Lets go what the server calls done with though it cannot have had it from us, and what it has more of than we do.
   * @param {Cursor} cursor @param {number} stored
   */
  dropWhatCannotGoOn(cursor, stored) {
    for (const attempt of this) {
      if (attempt.number < Math.max(cursor.a, stored + 1) && !attempt.offered) this.#drop(attempt, "elsewhere");
    }
    const wanted = this.get(cursor.a);
    if (wanted !== undefined && cursor.q > wanted.timesMs.length) this.giveUp(cursor.a, "unkept");
  }

  /** An attempt can never be accepted; only its number is still owed to the server. @param {number} number @param {DropReason} reason */
  giveUp(number, reason) {
    const attempt = this.get(number);
    if (attempt === undefined || attempt.outcome === "cancelled") return;
    this.#drop(attempt, reason);
    this.rewind(number, 0);
  }

  /** @param {HeldAttempt} attempt @param {DropReason} reason */
  #drop(attempt, reason) {
    if (attempt.outcome === "cancelled") return;
    this.#dropped.set(attempt.number, reason);
    attempt.cancel();
  }

  /**
   * Moves the position to a frame of an attempt; it is begun anew, which changes nothing at the server.
   * @param {number} number @param {number} seq
   */
  rewind(number, seq) {
    this.#number = number;
    this.#nextSeq = seq;
    this.#begun = false;
  }

  /**
   * Says again from the cursor, once: refused there twice, the log waits until something has changed. Otherwise a server
   * that takes no attempts for a while would be sent the same frames over and over.
   * @param {Cursor} cursor
   */
  refused(cursor) {
    if (cursor.a === this.#refusedAt?.a && cursor.q === this.#refusedAt.q) {
      this.#heldBack = true;
    } else {
      this.#refusedAt = cursor;
      this.rewind(cursor.a, cursor.q);
    }
  }

  /** Something has changed: what was refused may be taken now. */
  tryAgain() {
    if (this.#heldBack && this.#refusedAt !== null) this.rewind(this.#refusedAt.a, this.#refusedAt.q);
    this.accepted();
  }

  /** What was refused is no more to be thought of. */
  accepted() {
    this.#refusedAt = null;
    this.#heldBack = false;
  }

  /** Whether `unsaid` would yield anything. */
  get hasUnsaid() {
    const attempt = this.#current();
    return attempt !== undefined && !(this.#begun && this.#nothingNew(attempt));
  }

  /**
   * Every message that this connection has not been sent yet; each counts as said once it is yielded.
   * @returns {Generator<ClientMessage>}
   */
  *unsaid() {
    for (let attempt = this.#current(); attempt !== undefined; attempt = this.#current()) {
      if (!this.#begun) {
        this.#begun = true;
        yield { t: "attempt.begin", a: attempt.number, i: attempt.sentenceIndex, at_ms: attempt.atMs };
      }
      yield* this.#unsaidFrames(attempt);
      if (attempt.outcome === "recording") return;
      this.rewind(attempt.number + 1, 0);
      if (attempt.outcome === "ended") yield { t: "attempt.end", a: attempt.number, n: attempt.timesMs.length };
      else yield { t: "attempt.cancel", a: attempt.number };
    }
  }

  /** The first held attempt at or behind the position, to which the position then moves. */
  #current() {
    for (const [number, attempt] of this.#held) {
      if (number < this.#number) continue;
      if (number !== this.#number) this.rewind(number, 0);
      return attempt;
    }
    return undefined;
  }

  /** @param {HeldAttempt} attempt */
  #nothingNew(attempt) {
    return attempt.outcome === "recording" && this.#nextSeq >= attempt.timesMs.length;
  }

  /** @param {HeldAttempt} attempt @returns {Generator<import("./constants.js").Frames>} */
  *#unsaidFrames(attempt) {
    const total = attempt.timesMs.length;
    while (this.#nextSeq < total) {
      const first = this.#nextSeq;
      const stop = Math.min(first + LIMITS.framesPerMessage, total);
      this.#nextSeq = stop;
      const packed = attempt.slice(first * this.#frameBytes, stop * this.#frameBytes);
      yield { t: "frames", a: attempt.number, q: first, ms: attempt.timesMs.slice(first, stop), l: packed };
    }
  }
}
