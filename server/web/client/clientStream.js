// The client's side of a session, without its I/O: it outlives its connections and resumes them. Twin of
// `protocol/client_stream.py`, held to it by the same vectors and scenarios. No clock, no randomness.

import { AttemptLog, HeldAttempt } from "./attemptLog.js";
import { checkTimes, decodeServer, encode, packLandmarks } from "./codec.js";
import { COORDINATES, DEFAULT_RECONNECT, ERRORS, ErrorCode, LAYOUTS } from "./constants.js";
import { IllegalCall, ProtocolError } from "./errors.js";
import { reconnectDelayMs } from "./reconnectDelay.js";
import { SessionWish } from "./sessionWish.js";

/** @typedef {import("./constants.js").Hello} Hello */
/** @typedef {import("./constants.js").Cursor} Cursor */
/** @typedef {import("./constants.js").Welcome} Welcome */
/** @typedef {import("./constants.js").ServerMessage} ServerMessage */
/** @typedef {import("./constants.js").AttemptResult} AttemptResult */
/** @typedef {import("./attemptLog.js").DropReason} DropReason */
/** @typedef {import("./constants.js").Status["status"]} SessionStatus */

/** One practice session as its learner's client sees it. Methods throw IllegalCall where its state does not allow them. */
export class ClientStream {
  #hello;
  #layout;
  #log;
  #wish = new SessionWish();
  /** @type {number | null} */
  #nextAttempt;
  /** @type {Map<number, AttemptResult>} */
  #results = new Map();
  #reconnect = DEFAULT_RECONNECT;
  /** @type {string | null} */
  #ticket = null;
  /** @type {Cursor | null} */
  #cursor = null;
  #stored = 0;
  /** @type {number[]} */
  #pings = [];
  #connected = false;
  #saidHello = false;
  #welcomed = false;
  #stopped = false;

  /**
   * @param {Hello} hello who speaks and what frames look like; `oldest` is filled in at each connection
   * @param {Iterable<HeldAttempt>} held attempts that a former run of the client kept, to be sent again
   * @param {number | null} nextAttempt the number that it would have given next
   */
  constructor(hello, held = [], nextAttempt = null) {
    this.#hello = hello;
    this.#layout = LAYOUTS[hello.layout];
    this.#log = new AttemptLog(this.#layout, held);
    const newest = this.#log.newest;
    this.#nextAttempt = newest === null ? nextAttempt : Math.max(newest + 1, nextAttempt ?? 1);
  }

  // ---------------------------------------------------------------------------------------------- what is known

  /** Whether the present connection has been welcomed. */
  get welcomed() {
    return this.#welcomed;
  }

  /** Whether coming back would not help: the server said so. */
  get stopped() {
    return this.#stopped;
  }

  /** The ticket for the next connection; null before the first welcome and while one is in use. */
  get ticket() {
    return this.#ticket;
  }

  /** The ticket, which opens one connection and is then no longer offered. */
  takeTicket() {
    const ticket = this.#ticket;
    this.#ticket = null;
    return ticket;
  }

  /** The session's status as last heard; null before the first welcome. */
  get status() {
    return this.#wish.heard;
  }

  /** Whether the learner has ended the session, the server perhaps not knowing yet. */
  get completing() {
    return this.#wish.wanted === "completed";
  }

  /** Attempts up to this number are durable. */
  get stored() {
    return this.#stored;
  }

  /** What the server was last heard to want next; null before the first welcome. */
  get cursor() {
    return this.#cursor;
  }

  /** Number of the attempt that takes frames now. */
  get recording() {
    return this.#log.recording?.number ?? null;
  }

  /** The number that the next attempt gets; null while it is not known. */
  get nextAttempt() {
    return this.#nextAttempt;
  }

  /** Attempts that were given up though the learner had not cancelled them. @returns {ReadonlyMap<number, DropReason>} */
  get dropped() {
    return this.#log.dropped;
  }

  /** All attempts that are held. */
  get attempts() {
    return [...this.#log];
  }

  /** Numbers of the attempts that count and are not durable yet. */
  get unsaved() {
    return this.attempts.filter((attempt) => attempt.outcome !== "cancelled").map((attempt) => attempt.number);
  }

  /** Results heard so far, by attempt. @returns {ReadonlyMap<number, AttemptResult>} */
  get results() {
    return this.#results;
  }

  // ---------------------------------------------------------------------------------------- what the learner does

  /**
   * Begins an attempt at a sentence and returns its number. Before the first welcome this is possible only where a
   * former run has left attempts or the next number, because numbers are given in turn.
   * @param {number} sentenceIndex
   * @param {number} atMs Unix time
   */
  beginAttempt(sentenceIndex, atMs) {
    this.#needNoRecording();
    if (this.#wish.wanted !== "active") throw new IllegalCall(`the session is ${this.#wish.wanted}`);
    if (this.#nextAttempt === null) {
      throw new IllegalCall("the number of the next attempt is known with the first welcome");
    }
    const attempt = new HeldAttempt(this.#nextAttempt, sentenceIndex, atMs);
    this.#log.add(attempt);
    this.#nextAttempt += 1;
    return attempt.number;
  }

  /**
   * Adds frames to the attempt that is recording.
   * @param {Float32Array} landmarks frames × points × 3, NaN for what was not seen
   * @param {readonly number[]} timesMs whole ms since the attempt began
   * @returns {{firstSeq: number, packed: Uint8Array}} what they have become: for who keeps them
   * @throws {ProtocolError} where the server would refuse them, and takes none: FRAME_LENGTH, NON_FINITE,
   *   TIMES_NOT_ASCENDING, ATTEMPT_TOO_LONG (end the attempt then)
   */
  addFrames(landmarks, timesMs) {
    const attempt = this.#needRecording();
    if (landmarks.length !== timesMs.length * this.#layout.points * COORDINATES) {
      throw new ProtocolError(ErrorCode.FRAME_LENGTH, `${timesMs.length} time stamps for ${landmarks.length} numbers`);
    }
    if ((timesMs[0] ?? 0) < 0)
      throw new ProtocolError(ErrorCode.INVALID_FIELD, "a frame cannot be older than its attempt");
    const last = attempt.timesMs.slice(-1);
    checkTimes([...last, ...timesMs], attempt.timesMs.length - last.length);
    const [firstSeq, packed] = [attempt.timesMs.length, packLandmarks(landmarks, this.#layout)];
    attempt.append(timesMs, packed);
    return { firstSeq, packed };
  }

  /** The learner has finished signing: the attempt is to be judged. */
  endAttempt() {
    const attempt = this.#needRecording();
    attempt.outcome = "ended";
    attempt.offered = this.#welcomed;
  }

  /** The learner does not want the attempt that is recording to count. */
  cancelAttempt() {
    this.#needRecording().cancel();
  }

  /** Pauses the session; not while recording. */
  pause() {
    this.#want("paused", ["active"]);
  }

  /** Goes on with a paused session. */
  resume() {
    this.#want("active", ["paused"]);
  }

  /** Ends the session once all of its attempts have been sent; not while recording. */
  complete() {
    this.#want("completed", ["active", "paused"]);
  }

  /** Asks for a pong with this number; forgotten with the connection. @param {number} number */
  ping(number) {
    this.#pings.push(number);
  }

  // -------------------------------------------------------------------------------------------- the connection

  /** What the next connection says of the video; the present one goes on as it began. @param {Hello} hello */
  introduce(hello) {
    if (hello.layout !== this.#hello.layout) throw new IllegalCall("the layout is the session's and stays");
    this.#hello = hello;
  }

  /** REST has said that the attempts up to this number are durable. @param {number} through */
  storedThrough(through) {
    this.#onStored(through);
  }

  /** A socket is open; `dataToSend` begins with hello. */
  connected() {
    this.#connected = true;
    this.#saidHello = false;
    this.#welcomed = false;
    this.#ticket = null;
    this.#pings.length = 0;
  }

  /** The socket is gone, with this close code if there was one. @param {number | null} closeCode */
  disconnected(closeCode = null) {
    this.#connected = false;
    this.#welcomed = false;
    this.#stopped ||= closeCode !== null && closeCode >= 4500 && closeCode < 5000;
  }

  /**
   * How long to wait before connecting again.
   * @param {number} random01 a random number in [0, 1)
   * @param {number} attemptCount failures since the last welcome
   */
  reconnectDelayMs(random01, attemptCount) {
    return reconnectDelayMs(this.#reconnect, random01, attemptCount);
  }

  /**
   * What is to be sent now, in order; each message is handed out once a connection.
   * @returns {Uint8Array<ArrayBuffer>[]}
   */
  dataToSend() {
    if (!this.#connected) return [];
    if (!this.#saidHello) {
      this.#saidHello = true;
      return [encode({ ...this.#hello, oldest: this.#log.oldest })];
    }
    if (!this.#welcomed) return [];
    const data = this.#pings.splice(0).map((number) => encode({ t: "ping", n: number }));
    if (!this.#wish.ended) data.push(...this.#logAndWish());
    return data;
  }

  /**
   * Takes one WebSocket message, acts on it, and returns it for the client to show.
   * @param {ArrayBuffer | Uint8Array | string} data
   * @returns {ServerMessage}
   * @throws {ProtocolError} where it cannot be read: close the connection and come back
   */
  receive(data) {
    if (typeof data === "string") throw new ProtocolError(ErrorCode.MALFORMED, "a text message on a binary stream");
    const message = decodeServer(data);
    switch (message.t) {
      case "welcome":
        this.#onWelcome(message);
        break;
      case "stored":
        this.#onStored(message.through);
        break;
      case "scored":
        this.#results.set(message.result.attempt_no, message.result);
        break;
      case "receipt":
        this.#cursor = { a: message.a, q: message.q };
        this.#log.accepted();
        break;
      case "status":
        this.#onStatus(message.status);
        break;
      case "draining":
        this.#reconnect = message.reconnect;
        break;
      case "error":
        this.#onError(message);
        break;
    }
    return message;
  }

  // ------------------------------------------------------------------------------------------------ inside

  #needRecording() {
    const { recording } = this.#log;
    if (recording === null) throw new IllegalCall("no attempt is recording");
    return recording;
  }

  #needNoRecording() {
    const { recording } = this.#log;
    if (recording !== null) throw new IllegalCall(`attempt ${recording.number} is still recording`);
  }

  /** @param {SessionStatus} status @param {SessionStatus[]} since */
  #want(status, since) {
    this.#needNoRecording();
    if (!since.includes(this.#wish.wanted)) throw new IllegalCall(`the session is ${this.#wish.wanted}`);
    this.#wish.wanted = status;
  }

  /** @returns {Generator<Uint8Array<ArrayBuffer>>} */
  *#logAndWish() {
    if (this.#log.heldBack) return;
    // The log was recorded while the session was active, whatever the learner has wanted since.
    if (this.#log.hasUnsaid && this.#wish.toldPaused) yield encode(this.#wish.ask("active"));
    for (const message of this.#log.unsaid()) yield encode(message);
    if (this.#wish.untold) yield encode(this.#wish.ask(this.#wish.wanted));
  }

  /** @param {Welcome} welcome */
  #onWelcome(welcome) {
    this.#welcomed = true;
    this.#ticket = welcome.ticket;
    this.#reconnect = welcome.reconnect;
    this.#cursor = welcome.cursor;
    this.#wish.onWelcome(welcome.status);
    for (const result of welcome.results) this.#results.set(result.attempt_no, result);
    this.#log.dropWhatCannotGoOn(welcome.cursor, welcome.stored);
    this.#onStored(welcome.stored);
    this.#nextAttempt = Math.max((this.#log.newest ?? 0) + 1, welcome.cursor.a);
    this.#log.accepted();
    this.#log.rewind(welcome.cursor.a, welcome.cursor.q);
    for (const attempt of this.#log) attempt.offered ||= attempt.outcome === "ended";
  }

  /** @param {number} through */
  #onStored(through) {
    this.#stored = Math.max(this.#stored, through);
    this.#log.forgetThrough(through);
    this.#log.tryAgain();
  }

  /** @param {SessionStatus} status */
  #onStatus(status) {
    this.#wish.onStatus(status);
    this.#log.tryAgain();
    // Somebody else has paused or ended the session in the middle of it.
    if (this.#log.recording !== null && this.#wish.wanted !== "active") this.cancelAttempt();
  }

  /** @param {import("./constants.js").Error} error */
  #onError(error) {
    // A newer server may know codes that this client does not.
    const reaction = ERRORS[error.code]?.reaction ?? "nothing";
    if (reaction === "rewind" && error.cursor !== null) this.#onRefused(error.cursor);
    else if (reaction === "cancel the attempt" && error.a !== null)
      this.#log.giveUp(error.a, error.code === ErrorCode.ATTEMPT_CONFLICT ? "elsewhere" : "refused");
    else if (reaction === "stop") this.#stopped = true;
    if (error.code === ErrorCode.ILLEGAL_NOW) this.#wish.onRefused();
  }

  /** @param {Cursor} cursor */
  #onRefused(cursor) {
    this.#cursor = cursor;
    this.#log.refused(cursor);
  }
}
