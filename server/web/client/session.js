// A practice session in the page: `ClientStream` with a line to the server and a store that outlives the page.
//
// Everything is written to the store before it is sent. So the server never has frames that this browser could not send
// again, and whoever opens the session next goes on exactly where this page was.

import { AttemptStore } from "./attemptStore.js";
import { ClientStream } from "./clientStream.js";
import { ProtocolError } from "./errors.js";
import { TypedEvents } from "./events.js";
import { Keeper } from "./keeper.js";
import { Line } from "./line.js";
import { takeSession } from "./ownership.js";
import { Recorder } from "./recorder.js";

/** @typedef {import("./attemptLog.js").HeldAttempt} HeldAttempt */
/** @typedef {import("./attemptStore.js").SessionRecord} SessionRecord */
/** @typedef {import("./constants.js").Hello} Hello */
/** @typedef {import("./constants.js").SkillProgress} SkillProgress */
/** @typedef {{width: number, height: number, mirrored?: boolean, fps?: number}} Video */
/** @typedef {import("./sessionEvents.js").SessionEvents} SessionEvents */
/** @typedef {import("./sessionEvents.js").SessionState} SessionState */

/**
 * A session that is kept in this browser; `unsaved` counts its attempts that the server does not have yet.
 * @typedef {Pick<SessionRecord, "title" | "storyId" | "sentences" | "status" | "completing" | "openedAtMs"> &
 *   {sessionId: string, unsaved: number}} HeldSession
 */

const CLIENT = "storysign-web 1";
const STREAM_PATH = "/v1/stream";

/** An attempt that was cut off by the end of a page counts if it had gone on for so long. */
const MIN_INTERRUPTED_MS = 500;

/** The session is not kept in this browser. */
export class SessionNotHeld extends Error {
  constructor() {
    super("this session is not kept in this browser");
    this.name = "SessionNotHeld";
  }
}

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
  /** @type {Map<number, number>} when each ping was sent */
  #pings = new Map();

  /**
   * Use `create` or `reopen`.
   * @param {import("./rest.js").Rest} rest
   * @param {AttemptStore | null} store
   * @param {SessionRecord} record
   * @param {HeldAttempt[]} attempts
   */
  constructor(rest, store, record, attempts) {
    super();
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
    /** @type {SessionRecord} */
    const record = {
      id: session.id,
      title: session.session_name,
      storyId: session.story_id,
      sentences: session.sentences,
      hello: helloOf(video, layout),
      nextAttempt: 1,
      status: session.status,
      completing: false,
      owner: crypto.randomUUID(),
      openedAtMs: Date.now(),
    };
    const store = await openStore();
    await store?.add(record).catch(() => {});
    const opened = new PracticeSession(rest, store, record, []);
    opened.#ticket = stream.ticket;
    await opened.#take();
    return opened;
  }

  /** The sessions that are kept in this browser, newest first. @returns {Promise<HeldSession[]>} */
  static async held() {
    const store = await openStore();
    const sessions = (await store?.sessions()) ?? [];
    store?.close();
    return sessions.map(({ id, unsaved, ...session }) => ({ ...session, sessionId: id, unsaved: unsaved.length }));
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

  get id() {
    return this.#keeper.record.id;
  }

  get title() {
    return this.#keeper.record.title;
  }

  get storyId() {
    return this.#keeper.record.storyId;
  }

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

  /** The page goes; the session itself goes on and can be reopened. */
  async close() {
    this.#line.stop();
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
    this.#recorder.begin(performance.now());
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
    if (this.#stream.recording === null) return;
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
    this.#keeper.record.hello = hello;
    this.#stream.introduce(hello);
    this.#keeper.keep({ session: { hello } });
    this.#line.reconnect();
  }

  // ------------------------------------------------------------------------------------------------- the line

  /** A ticket opens one connection, whether that succeeds or not; so none is offered twice. */
  async #nextTicket() {
    const offered = this.#ticket ?? this.#stream.takeTicket();
    this.#ticket = null;
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
        this.emit("feedback", { ...message, latencyMs: this.#latencyMs(message) });
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
        this.#onPong(message.n);
        break;
    }
  }

  /** @param {import("./constants.js").Welcome} welcome */
  #onWelcome(welcome) {
    this.#line.settled();
    this.#keeper.record.sentences = welcome.sentences;
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
    if (status !== this.#keeper.record.status) this.#keeper.keep({ session: { status } });
    this.#keeper.record.status = status;
  }

  /** @param {import("./constants.js").AttemptResult} result */
  #onResult(result) {
    this.emit("scored", result);
    this.emit("attempt", { attempt: result.attempt_no, state: "judged" });
  }

  #ping() {
    const number = Math.floor(performance.now());
    this.#pings.set(number, performance.now());
    this.#stream.ping(number);
    this.#flush();
  }

  /** @param {number} number */
  #onPong(number) {
    const sentMs = this.#pings.get(number);
    this.#pings.clear();
    if (sentMs !== undefined) this.emit("pulse", { roundTripMs: performance.now() - sentMs });
  }

  /** @param {import("./constants.js").Feedback} feedback */
  #latencyMs({ a, q }) {
    return a === this.recording ? this.#recorder.sinceAddedMs(q, performance.now()) : null;
  }

  /** @param {import("./line.js").LineState} line */
  #onLineState({ state, reason, retryAtMs }) {
    this.#state = state === "open" ? "online" : state;
    this.emit("state", { state: this.#state, reason, retryAtMs });
    if (state === "stopped" && reason === "session_ended") void this.#settleEnded();
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
    const unsaved = this.unsaved;
    try {
      const { stored_through: through } = await this.#rest.session(this.id);
      this.emit("stored", { through });
      const lost = unsaved.filter((number) => number > through);
      if (lost.length > 0) this.emit("lost", { attempts: lost });
      await this.#keeper.forget();
    } catch {
      // The server is away: the next visit asks again.
    }
  }
}

/** @param {Video} video @param {import("./constants.js").LayoutName} layout @returns {Hello} */
function helloOf({ width, height, mirrored = false, fps = 30 }, layout) {
  return { t: "hello", v: 1, layout, width, height, mirrored, fps, client: CLIENT, oldest: null };
}

/** @returns {Promise<AttemptStore | null>} */
async function openStore() {
  try {
    return await AttemptStore.open();
  } catch {
    return null; // some private windows keep nothing
  }
}
