// A practice session in the page: `ClientStream` with a line to the server and a store that outlives the page.
//
// Everything is written to the store before it is sent. So the server never has frames that this browser could not send
// again, and whoever opens the session next goes on exactly where this page was.

import { ClientStream } from "./clientStream.js";
import { ProtocolError } from "./errors.js";
import { TypedEvents } from "./events.js";
import { Keeper } from "./keeper.js";
import { Line } from "./line.js";
import { takeSession } from "./ownership.js";
import { Recorder } from "./recorder.js";
import { Problem } from "./rest.js";
import { SessionNotHeld, heldSessions, helloOf, newRecord, openStore, storedOnServer } from "./sessionRecord.js";

/** @typedef {import("./attemptLog.js").HeldAttempt} HeldAttempt */
/** @typedef {import("./attemptStore.js").SessionRecord} SessionRecord */
/** @typedef {import("./constants.js").SkillProgress} SkillProgress */
/** @typedef {import("./sessionRecord.js").Video} Video */
/** @typedef {import("./sessionEvents.js").SessionEvents} SessionEvents */
/** @typedef {import("./sessionEvents.js").SessionState} SessionState */

/** @typedef {import("./sessionRecord.js").HeldSession} HeldSession */

const STREAM_PATH = "/v1/stream";

/** What REST would say to the wish for a ticket of a session that has ended. */
const ENDED = { status: 409, code: "session_status", detail: "The session has ended." };

/** An attempt that was cut off by the end of a page counts if it had gone on for so long. */
const MIN_INTERRUPTED_MS = 500;

/** @param {SessionRecord["status"]} status */
const hasEnded = (status) => status === "completed" || status === "abandoned";

export { SessionNotHeld };

/** @extends {TypedEvents<SessionEvents>} */
export class PracticeSession extends TypedEvents {
  #rest;
  #stream;
  #keeper;
  #line;
  #recorder = new Recorder();
  #release = () => {};
  /** @type {string | null} for the first connection */
  #ticket = null;
  /** @type {SessionState} */
  #state = "connecting";
  #started = false;
  /** @type {SkillProgress[] | null} */
  #progress = null;
  #unsavedText = "";
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
    opened.#ticket = stream.ticket;
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
    this.#settleInterrupted();
    this.#tellUnsaved();
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
   * @throws {import("./errors.js").IllegalCall} while one is recording, while paused, and once the session has ended
   */
  beginAttempt(sentenceIndex) {
    const number = this.#stream.beginAttempt(sentenceIndex, Date.now());
    this.#recorder.begin(number, performance.now());
    this.#keeper.keep({ session: { nextAttempt: this.#stream.nextAttempt } });
    this.#reconcile();
    return number;
  }

  /**
   * Adds a frame to the attempt that is recording; without one nothing happens. An attempt that becomes too long ends.
   * @param {Float32Array} landmarks points × 3 of the session's layout, NaN for what was not seen
   * @param {number} capturedMs on the clock of `performance.now()`
   */
  addFrame(landmarks, capturedMs) {
    if (this.#stream.recording === null || this.#state === "superseded") return;
    const taken = this.#recorder.add(landmarks, capturedMs, performance.now());
    if (taken === "due") this.#passOn();
    else if (taken === "full") this.endAttempt();
  }

  /** The learner has finished signing: the attempt is to be judged. */
  endAttempt() {
    this.#passOn();
    this.#stream.endAttempt();
    this.#reconcile();
  }

  /** The learner does not want the attempt to count. */
  cancelAttempt() {
    this.#stream.cancelAttempt();
    this.#reconcile();
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

  /** A ticket opens one connection, whether that succeeds or not; so none is offered twice. */
  async #nextTicket() {
    const offered = this.#ticket ?? this.#stream.takeTicket();
    this.#ticket = null;
    // A `complete` may have reached the server though its answer never came back; and other devices can end a session.
    if (offered === null && !hasEnded(this.status)) this.#onStatus((await this.#rest.session(this.id)).status);
    if (hasEnded(this.status)) throw new Problem(ENDED);
    return offered ?? (await this.#rest.ticket(this.id)).ticket;
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
    this.#reconcile();
    this.#flush();
  }

  /** @param {import("./constants.js").ServerMessage} message */
  #onMessage(message) {
    switch (message.t) {
      case "welcome":
        this.#onWelcome(message);
        break;
      case "status":
        this.#onStatus(message.status);
        this.emit("status", { status: message.status, overall_score: message.overall_score });
        break;
      case "feedback":
        this.emit("feedback", { ...message, latencyMs: this.#recorder.sinceAddedMs(message, performance.now()) });
        break;
      case "scored":
        this.#onResult(message.result);
        break;
      case "stored":
        this.emit("stored", { through: message.through });
        break;
      case "progress":
        this.#progress = message.skills;
        this.emit("progress", { skills: message.skills });
        break;
      case "error":
        this.emit("trouble", { code: message.code, name: message.name, text: message.text, attempt: message.a });
        break;
      case "pong":
        this.emit("pulse", { roundTripMs: performance.now() - message.n });
        break;
    }
  }

  /** @param {import("./constants.js").Welcome} welcome */
  #onWelcome(welcome) {
    this.#line.settled();
    this.#onStatus(welcome.status);
    this.#keeper.keep({ session: { sentences: welcome.sentences, nextAttempt: this.#stream.nextAttempt } });
    this.emit("welcome", welcome);
    for (const result of welcome.results) this.#onResult(result);
    if (welcome.lost.length > 0) this.emit("lost", { attempts: welcome.lost });
    if (this.#keeper.record.completing && this.recording === null && welcome.status === "active")
      this.#stream.complete();
  }

  /** @param {SessionRecord["status"]} status */
  #onStatus(status) {
    if (status !== this.status) this.#keeper.keep({ session: { status } });
  }

  /** @param {import("./constants.js").AttemptResult} result */
  #onResult(result) {
    this.emit("scored", result);
    this.emit("attempt", { attempt: result.attempt_no, state: "judged" });
  }

  /** A ping's number is when it was sent. */
  #ping() {
    this.#stream.ping(Math.floor(performance.now()));
    this.#flush();
  }

  /** @param {import("./line.js").LineState} line */
  #onLineState({ state, reason, retryAtMs }) {
    this.#state = state === "open" ? "online" : state;
    this.emit("state", { state: this.#state, reason, retryAtMs });
    if (state === "stopped" && (reason === "session_ended" || reason === "not_found")) this.#settled = this.#settleEnded();
  }

  #flush() {
    if (this.#keeper.idle) this.#line.send(this.#stream.dataToSend());
  }

  // ------------------------------------------------------------------------------------------------ the store

  /** This page practises from now on; a newer one ends that. */
  async #take() {
    this.#release = await takeSession(this.id, () => this.#line.stop({ state: "superseded" }));
  }

  /** Frames go into the stream and the store, and from there to the server. */
  #passOn() {
    const number = this.#stream.recording;
    const frames = this.#recorder.take(performance.now());
    if (number === null || frames === null) return;
    const { firstSeq, packed } = this.#stream.addFrames(frames.landmarks, frames.timesMs);
    this.#keeper.keep({ frames: { number, firstSeq, timesMs: frames.timesMs, packed } });
  }

  /** Makes the store agree with the stream, and tells what has become of attempts. */
  #reconcile() {
    for (const { attempt, outcome } of this.#keeper.reconcile(this.#stream.attempts)) {
      this.emit("attempt", { attempt, state: outcome === "ended" ? "waiting" : outcome });
    }
    this.#tellUnsaved();
  }

  #tellUnsaved() {
    const attempts = this.unsaved;
    const text = attempts.join();
    if (text === this.#unsavedText) return;
    this.#unsavedText = text;
    this.emit("unsaved", { attempts });
  }

  /** A former page ended in the middle of an attempt: what there is of it is judged, unless it had hardly begun. */
  #settleInterrupted() {
    const number = this.#stream.recording;
    const attempt = this.#stream.attempts.find((held) => held.number === number);
    if (attempt === undefined) return;
    const kept = (attempt.timesMs.at(-1) ?? 0) - (attempt.timesMs[0] ?? 0) >= MIN_INTERRUPTED_MS;
    const frames = attempt.timesMs.length;
    if (kept) this.#stream.endAttempt();
    else this.#stream.cancelAttempt();
    this.#reconcile();
    this.emit("interrupted", { attempt: attempt.number, kept, frames });
  }

  /** The session takes no more attempts: what is not in the store of the server now never will be. */
  async #settleEnded() {
    try {
      const through = await storedOnServer(this.#rest, this.id);
      this.#stream.storedThrough(through);
      this.#reconcile();
      this.emit("stored", { through });
      if (this.unsaved.length > 0) this.emit("lost", { attempts: this.unsaved });
      await this.#keeper.forget();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // The server is away: the next visit asks again.
    }
  }
}
