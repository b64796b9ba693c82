// A practice session in the page: `ClientStream` with a line to the server and a store that outlives the page.
//
// Everything is written to the store before it is sent. So the server never has frames that this browser could not send
// again, and whoever opens the session next goes on exactly where this page was.

import { Attempts } from "./attempts.js";
import { ClientStream } from "./clientStream.js";
import { ProtocolError } from "./errors.js";
import { TypedEvents } from "./events.js";
import { Keeper } from "./keeper.js";
import { Line } from "./line.js";
import { takeSession } from "./ownership.js";
import { retell } from "./retelling.js";
import { SessionNotHeld, heldSessions, helloOf, newRecord, openStore } from "./sessionRecord.js";
import { hasEnded } from "./sessionWish.js";
import { Tickets } from "./tickets.js";

/** @typedef {import("./attemptLog.js").HeldAttempt} HeldAttempt */
/** @typedef {import("./attemptStore.js").SessionRecord} SessionRecord */
/** @typedef {import("./constants.js").SkillProgress} SkillProgress */
/** @typedef {import("./sessionRecord.js").Video} Video */
/** @typedef {import("./sessionEvents.js").SessionEvents} SessionEvents */
/** @typedef {import("./sessionEvents.js").SessionState} SessionState */

/** @typedef {import("./sessionRecord.js").HeldSession} HeldSession */

const STREAM_PATH = "/v1/stream";

export { SessionNotHeld };

/** @extends {TypedEvents<SessionEvents>} */
export class PracticeSession extends TypedEvents {
  #rest;
  #stream;
  #keeper;
  #line;
  #attempts;
  #tickets;
  #release = () => {};
  /** @type {SessionState} */
  #state = "connecting";
  #started = false;
  /** @type {SkillProgress[] | null} */
  #progress = null;
  #settled = Promise.resolve();

  /**
   * Use `create` or `reopen`.
   * @param {import("./rest.js").Rest} rest
   * @param {import("./attemptStore.js").AttemptStore | null} store
   * @param {SessionRecord} record
   * @param {HeldAttempt[]} attempts
   */
  constructor(rest, store, record, attempts) {
    super();
    this.id = record.id;
    this.title = record.title;
    this.storyId = record.storyId;
    this.#rest = rest;
    this.#stream = new ClientStream(record.hello, attempts, record.nextAttempt);
    this.#keeper = new Keeper(store, record, attempts, {
      onIdle: () => this.#flush(),
      onTakenOver: () => this.#line.stop({ state: "superseded" }),
      onUnwritten: (text) => this.emit("persistence", { persistent: false, text }),
    });
    this.#attempts = new Attempts(this.#stream, this.#keeper, this);
    this.#tickets = new Tickets(rest, record.id);
    const address = new URL(STREAM_PATH, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.#line = new Line(address.href, {
      ticket: () => this.#nextTicket(),
      delayMs: (failures) => this.#stream.reconnectDelayMs(Math.random(), failures),
      onOpen: () => {
        this.#stream.connected();
        this.#flush();
      },
      onData: (data) => this.#onData(data),
      onClose: (code) => this.#stream.disconnected(code),
      onState: (state) => this.#onLineState(state),
      onAsk: () => this.#ping(),
    });
  }

  /**
   * A new session on the server.
   * @param {{rest: import("./rest.js").Rest, wish: Partial<import("./restTypes.js").NewSession>, video: Video,
   *   layout?: import("./constants.js").LayoutName}} options
   * @returns {Promise<PracticeSession>}
   * @throws {import("./rest.js").Problem}
   */
  static async create({ rest, wish, video, layout = "hands+pose" }) {
    const { session, stream } = await rest.createSession(wish);
    const record = newRecord(session, helloOf(video, layout));
    const store = await openStore();
    await store?.add(record).catch(() => {});
    const opened = new PracticeSession(rest, store, record, []);
    opened.#tickets.take(stream);
    await opened.#take();
    return opened;
  }

  /** The sessions that are kept in this browser, newest first. */
  static held() {
    return heldSessions();
  }

  /**
   * Goes on with a session that is kept in this browser, with or without a network. Other pages of it are superseded.
   * @param {{rest: import("./rest.js").Rest, sessionId: string, video?: Video}} options
   * @returns {Promise<PracticeSession>}
   * @throws {SessionNotHeld}
   */
  static async reopen({ rest, sessionId, video }) {
    const store = await openStore();
    const held = await store?.takeOver(sessionId, crypto.randomUUID());
    if (store === null || held == null) throw new SessionNotHeld();
    if (video !== undefined) held.record.hello = helloOf(video, held.record.hello.layout);
    const session = new PracticeSession(rest, store, held.record, held.attempts);
    await session.#take();
    return session;
  }

  // ----------------------------------------------------------------------------------------------- what is known

  get sentences() {
    return this.#keeper.record.sentences;
  }

  /** How it stands with the connection. */
  get state() {
    return this.#state;
  }

  /** The session's status as last heard. */
  get status() {
    return this.#keeper.record.status;
  }

  /** Number of the attempt that is recording. */
  get recording() {
    return this.#stream.recording;
  }

  /** Numbers of the attempts that count and are not durable yet. */
  get unsaved() {
    return this.#stream.unsaved;
  }

  /** Numbers of the attempts that are recorded and wait for their judgement. */
  get unjudged() {
    return this.unsaved.filter((number) => number !== this.recording && !this.results.has(number));
  }

  /** Results heard by this page, by attempt. */
  get results() {
    return this.#stream.results;
  }

  /** Attempts up to this number are durable. */
  get stored() {
    return this.#stream.stored;
  }

  /** Whether the learner has ended it, the server perhaps not knowing yet. */
  get completing() {
    return this.#keeper.record.completing;
  }

  /** Whether this browser keeps what is recorded; if not, it lives as long as the page. */
  get persistent() {
    return this.#keeper.persistent;
  }

  /** The learner's progress as last heard. */
  get progress() {
    return this.#progress;
  }

  // --------------------------------------------------------------------------------------- what the learner does

  /** Starts connecting; listen to events before. An attempt that the end of a page had cut off is settled first. */
  start() {
    if (this.#started) return;
    this.#started = true;
    this.#attempts.settleInterrupted();
    this.#attempts.tellUnsaved();
    this.#line.start();
  }

  /** The page goes; the session itself goes on and can be reopened, unless it has ended and all of it is durable. */
  async close() {
    this.#line.stop();
    await this.#settled;
    if (hasEnded(this.status) && this.unsaved.length === 0) await this.#keeper.forget();
    await this.#keeper.close();
    this.#release();
  }

  /**
   * Begins an attempt and returns its number.
   * @param {number} sentenceIndex
   * @param {number} [beganMs] on the clock of `performance.now()`; frames from then on count
   * @throws {import("./errors.js").IllegalCall} while one is recording, while paused, and once the session has ended
   */
  beginAttempt(sentenceIndex, beganMs = performance.now()) {
    return this.#attempts.begin(sentenceIndex, beganMs);
  }

  /**
   * Adds a frame to the attempt that is recording; without one nothing happens. An attempt that becomes too long ends.
   * @param {Float32Array} landmarks points × 3 of the session's layout, NaN for what was not seen
   * @param {number} capturedMs on the clock of `performance.now()`
   */
  addFrame(landmarks, capturedMs) {
    if (this.#state !== "superseded") this.#attempts.add(landmarks, capturedMs);
  }

  /** The learner has finished signing: the attempt is to be judged. */
  endAttempt() {
    this.#attempts.end();
  }

  /** The learner does not want the attempt to count. */
  cancelAttempt() {
    this.#attempts.cancel();
  }

  /** Pauses the session; not while recording. */
  pause() {
    this.#stream.pause();
    this.#flush();
  }

  /** Goes on with a paused session. */
  resume() {
    this.#stream.resume();
    this.#flush();
  }

  /** Ends the session once everything has been sent; not while recording. */
  complete() {
    this.#stream.complete();
    this.#keeper.keep({ session: { completing: true } });
  }

  /** The camera's format, when it is known or has changed; not while recording. @param {Video} video */
  setVideo(video) {
    const hello = helloOf(video, this.#keeper.record.hello.layout);
    if (JSON.stringify(hello) === JSON.stringify(this.#keeper.record.hello)) return;
    this.#stream.introduce(hello);
    this.#keeper.keep({ session: { hello } });
    this.#line.reconnect();
  }

  // ------------------------------------------------------------------------------------------------- the line

  #nextTicket() {
    const [offered, status] = [this.#stream.takeTicket(), this.status];
    return this.#tickets.next({ offered, status, onStatus: (newer) => this.#onStatus(newer) });
  }

  /** @param {ArrayBuffer | string} data */
  #onData(data) {
    let message;
    try {
      message = this.#stream.receive(data);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return this.#line.reconnect();
    }
    this.#onMessage(message);
    this.#attempts.reconcile();
    this.#flush();
  }

  /** @param {import("./constants.js").ServerMessage} message */
  #onMessage(message) {
    if (message.t === "welcome") this.#onWelcome(message);
    else if (message.t === "status") this.#onStatus(message.status);
    else if (message.t === "progress") this.#progress = message.skills;
    retell(message, this, { sinceAddedMs: (frame) => this.#attempts.sinceAddedMs(frame), nowMs: performance.now() });
  }

  /** @param {import("./constants.js").Welcome} welcome */
  #onWelcome(welcome) {
    this.#line.settled();
    this.#onStatus(welcome.status);
    this.#keeper.keep({ session: { sentences: welcome.sentences, nextAttempt: this.#stream.nextAttempt } });
    // The learner ended it on a former visit; what was ended on this one, the stream knows.
    const ended = hasEnded(welcome.status) || this.#stream.completing;
    if (this.completing && this.recording === null && !ended) this.#stream.complete();
  }

  /** @param {SessionRecord["status"]} status */
  #onStatus(status) {
    if (status !== this.status) this.#keeper.keep({ session: { status } });
  }

  /** A ping's number is when it was sent. */
  #ping() {
    this.#stream.ping(Math.floor(performance.now()));
    this.#flush();
  }

  /** @param {import("./line.js").LineState} line */
  #onLineState({ state, reason, retryAtMs, inLine }) {
    this.#state = state === "open" ? "online" : state;
    this.emit("state", { state: this.#state, reason, retryAtMs, inLine });
    if (state === "stopped" && (reason === "session_ended" || reason === "not_found"))
      this.#settled = this.#attempts.settleEnded(this.#rest, this.id);
  }

  #flush() {
    if (this.#keeper.idle) this.#line.send(this.#stream.dataToSend());
  }

  // ------------------------------------------------------------------------------------------------ the store

  /** This page practises from now on; a newer one ends that. */
  async #take() {
    this.#release = await takeSession(this.id, () => this.#line.stop({ state: "superseded" }));
  }
}
