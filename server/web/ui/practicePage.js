/** The practice page: one sentence at a time, from the start of a try to what came of it. */

import { BestMarks } from "./bestMarks.js";
import { CameraDesk } from "./cameraDesk.js";
import { endingOf } from "./endings.js";
import { ReferenceShelf } from "./ghost.js";
import { HandsFree } from "./handsFree.js";
import { NewestPerFrame } from "./newestPerFrame.js";
import { PracticeView } from "./practiceView.js";
import { preferences } from "./prefs.js";
import { sayNotes } from "./sessionNotes.js";
import { Tape } from "./tape.js";

/** @typedef {import("../client/session.js").PracticeSession} PracticeSession */
/** @typedef {import("../client/rest.js").Rest} Rest */
/** @typedef {import("../client/constants.js").AttemptResult} AttemptResult */
/** @typedef {import("../client/sessionEvents.js").TimedFeedback} TimedFeedback */
/** @typedef {import("../landmarks/landmarker.js").LandmarkFrame} LandmarkFrame */
/** @typedef {import("./practiceView.js").Phase} Phase */

/** @type {import("../client/constants.js").LayoutName} */
const LAYOUT = "hands+pose";
const COUNTDOWN_S = 3;

export class PracticePage {
  #session;
  #shell;
  #view;
  #camera = new CameraDesk();
  /** @type {Phase | "over"} */
  #phase = "ready";
  #index = 0;
  /** @type {number | null} number of the try that is on */
  #attempt = null;
  /** @type {Tape | null} */
  #tape = null;
  /** @type {NewestPerFrame<TimedFeedback>} */
  #feedback = new NewestPerFrame((newest, arrivedMs) => this.#drawFeedback(newest, arrivedMs));
  /** @type {AttemptResult | null} what came of it */
  #result = null;
  #timer = 0;
  #best;
  #handsFree = new HandsFree(LAYOUT);

  /**
   * @param {HTMLElement} root
   * @param {Rest} rest
   * @param {PracticeSession} session
   * @param {import("./shell.js").Shell} shell
   */
  constructor(root, rest, session, shell) {
    this.#best = new BestMarks(rest, session);
    this.#session = session;
    this.#shell = shell;
    const { title, sentences } = session;
    const content = {
      title,
      sentences,
      camera: this.#camera,
      shelf: new ReferenceShelf(rest),
      layout: LAYOUT,
    };
    this.#view = new PracticeView(root, content, {
      begin: () => this.#countDown(),
      end: () => this.#end(),
      cancel: () => this.#cancel(),
      next: () => this.#next(),
      goTo: (index) => this.#goTo(index),
      chooseStart: () => this.#chooseStart(),
    });
  }

  /** Shows the page and starts camera and stream. */
  async open() {
    this.#listen();
    this.#shell.saved(this.#session.unsaved.length);
    sayNotes(this.#session, this.#view.banner);
    this.#goTo(0);
    this.#session.start();
    void this.#camera.open();
    await this.#best.recall();
    if (this.#phase === "ready") this.#goTo(this.#best.nextSentence);
  }

  // ------------------------------------------------------------------------------------------------ what happens

  #listen() {
    const session = this.#session;
    session.on("state", (state) => this.#onConnection(state));
    session.on("welcome", ({ status }) => status === "paused" && !session.completing && session.resume());
    session.on("feedback", (feedback) => this.#onFeedback(feedback));
    session.on("scored", (result) => this.#onScored(result));
    session.on("attempt", ({ attempt, state }) => state === "stored" && void this.#onStored(attempt));
    session.on("unsaved", ({ attempts }) => this.#shell.saved(attempts.length));
    session.on("status", ({ status }) => status === "completed" && this.#finish());
    session.on("lost", ({ attempts }) => this.#onLost(attempts));
    this.#camera.on("state", (state) => this.#onCamera(state));
    this.#camera.on("frame", (frame) => this.#onFrame(frame));
    this.#camera.on("rate", (rate) => this.#view.speed.rate(rate));
    addEventListener("pagehide", () => void session.close());
  }

  /** @param {readonly number[]} attempts */
  #onLost(attempts) {
    if (this.#attempt === null || !attempts.includes(this.#attempt)) return;
    this.#attempt = null;
    this.#enter("ready");
  }

  /** @param {import("./connectionBanner.js").ConnectionState} connection */
  #onConnection(connection) {
    const { state, reason } = connection;
    document.body.dataset.connection = state;
    this.#view.banner.connection(connection);
    if (state === "superseded") this.#giveWay("superseded");
    else if (state === "stopped" && reason !== "complete") this.#giveWay(reason ?? "fault");
    else if (this.#phase === "judging" || this.#phase === "kept") this.#enter(this.#waitingPhase);
  }

  /** @param {import("./cameraDesk.js").CameraState} state */
  #onCamera(state) {
    const { camera } = this.#camera;
    if (camera && state === "loading") {
      this.#session.setVideo({ width: camera.width, height: camera.height, mirrored: false, fps: camera.frameRate });
    }
    if (state !== "ready" && (this.#phase === "recording" || this.#phase === "countdown")) this.#cancel();
    else if (this.#phase !== "over") this.#render();
  }

  /** @param {LandmarkFrame} frame */
  #onFrame(frame) {
    this.#view.showLandmarks(frame.landmarks);
    if (this.#phase === "recording") this.#take(frame);
    else if (this.#handsMayBegin) {
      const [first, ...more] = this.#handsFree.push(frame, this.#camera.aspect) ?? [];
      if (!first) return;
      this.#record(first.capturedMs);
      for (const seen of [first, ...more]) this.#take(seen);
    }
  }

  get #handsMayBegin() {
    const waits = this.#phase === "ready" || this.#phase === "result" || this.#phase === "kept";
    return waits && preferences().handsFree && this.#camera.state === "ready";
  }

  /** A frame of the try. @param {LandmarkFrame} frame */
  #take(frame) {
    if (!this.#tape) return;
    this.#session.addFrame(frame.landmarks, frame.capturedMs);
    this.#view.speed.frameSent();
    const over = this.#tape.push(frame);
    if (over || this.#session.recording === null) this.#end();
  }

  /** @param {TimedFeedback} feedback */
  #onFeedback(feedback) {
    if (feedback.latencyMs !== null) this.#view.speed.feedback.add(feedback.latencyMs);
    this.#feedback.push(feedback);
  }

  /** @param {TimedFeedback} feedback @param {number} arrivedMs */
  #drawFeedback(feedback, arrivedMs) {
    if (this.#phase === "recording" && feedback.a === this.#attempt) this.#view.showFeedback(feedback);
    this.#view.speed.drawing.add(performance.now() - arrivedMs);
    this.#view.speed.show();
  }

  /** @param {AttemptResult} result */
  #onScored(result) {
    this.#best.remember(result);
    const awaited = this.#phase === "judging" || this.#phase === "kept";
    if (result.attempt_no !== this.#attempt || !awaited) return;
    this.#result = result;
    this.#view.showResult(result, this.#tape?.clip ?? null, this.#session.stored >= result.attempt_no);
    this.#view.showSentence(this.#index, this.#best.marks);
    this.#enter("result");
  }

  /**
   * An attempt that was judged while this page was away is durable before the page has heard of its result.
   * @param {number} attempt
   */
  async #onStored(attempt) {
    if (attempt !== this.#attempt) return;
    if (this.#result?.attempt_no === attempt) this.#view.showStored();
    else {
      const result = await this.#best.stored(attempt);
      if (result) this.#onScored(result);
      else if (this.#attempt === attempt) {
        this.#view.banner.note("missed", "Your try is saved. Its marks are in “My progress”.");
        this.#enter("ready");
      }
    }
  }

  // ------------------------------------------------------------------------------------------------ a try

  #countDown(left = COUNTDOWN_S) {
    if (this.#camera.state !== "ready") return;
    if (this.#phase !== "countdown") this.#enter("countdown");
    if (left === 0) {
      this.#record();
      return;
    }
    this.#view.showCountdown(left);
    this.#timer = setTimeout(() => this.#countDown(left - 1), 1000);
  }

  #chooseStart() {
    this.#handsFree.wait();
    this.#render();
  }

  #record(beganMs = performance.now()) {
    this.#tape = new Tape(LAYOUT, this.#camera.aspect);
    this.#attempt = this.#session.beginAttempt(this.#index, beganMs);
    this.#result = null;
    this.#enter("recording");
  }

  #end() {
    if (this.#session.recording !== null) this.#session.endAttempt();
    this.#enter(this.#waitingPhase);
  }

  get #waitingPhase() {
    return this.#session.state === "online" ? "judging" : "kept";
  }

  #cancel() {
    clearTimeout(this.#timer);
    if (this.#session.recording !== null) this.#session.cancelAttempt();
    this.#attempt = null;
    this.#enter("ready");
  }

  /** @param {number} index */
  #goTo(index) {
    if (this.#phase === "recording" || this.#phase === "countdown") this.#cancel();
    this.#index = index;
    this.#attempt = null;
    this.#view.showSentence(index, this.#best.marks);
    this.#enter("ready");
  }

  #next() {
    if (this.#index + 1 < this.#session.sentences.length) {
      this.#goTo(this.#index + 1);
      return;
    }
    this.#session.complete();
    // Without a connection the session ends once everything has been delivered; the learner need not wait for that.
    if (this.#session.state !== "online") this.#finish();
  }

  // ------------------------------------------------------------------------------------------------ the story

  /** @param {Phase} phase */
  #enter(phase) {
    if (this.#phase === "over") return;
    if (phase !== this.#phase) this.#handsFree.wait();
    this.#phase = phase;
    this.#render();
  }

  #render() {
    if (this.#phase === "over") return;
    this.#view.show(this.#phase, { index: this.#index, success: this.#result?.success ?? false });
  }

  #finish() {
    if (this.#phase === "over") return;
    this.#close();
    this.#view.showSummary(this.#session.title, this.#session.sentences, this.#best.marks);
  }

  /** Another page took over, or the session has ended. @param {string} reason */
  #giveWay(reason) {
    if (this.#phase === "over") return;
    this.#close();
    const { state, actions } = endingOf(reason);
    this.#view.showInstead(state, actions);
  }

  #close() {
    this.#phase = "over";
    clearTimeout(this.#timer);
    this.#camera.close();
  }
}
