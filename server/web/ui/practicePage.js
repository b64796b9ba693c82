/** The practice page: one sentence at a time, from the start of a try to what came of it. */

import { BestMarks } from "./bestMarks.js";
import { CameraDesk } from "./cameraDesk.js";
import { ReferenceShelf } from "./ghost.js";
import { HandsFree } from "./handsFree.js";
import { PracticeView } from "./practiceView.js";
import { preferences } from "./prefs.js";
import { Tape } from "./tape.js";
import { LOST } from "./words.js";

/** @typedef {import("../client/session.js").PracticeSession} PracticeSession */
/** @typedef {import("../client/rest.js").Rest} Rest */
/** @typedef {import("../client/constants.js").AttemptResult} AttemptResult */
/** @typedef {import("../client/sessionEvents.js").TimedFeedback} TimedFeedback */
/** @typedef {import("../landmarks/landmarker.js").LandmarkFrame} LandmarkFrame */
/** @typedef {import("./practiceView.js").Phase} Phase */

/** @type {import("../client/constants.js").LayoutName} */
const LAYOUT = "hands+pose";
const COUNTDOWN_S = 3;

/** What to do where a session cannot go on, by the reason; without a row: back to the stories. */
const ENDINGS = /** @type {Readonly<Record<string, string>>} */ ({ session_ended: "ended", forbidden: "not_found" });

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
  /** @type {TimedFeedback | null} arrived and not drawn yet */
  #feedback = null;
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
    if (!this.#session.persistent) this.#sayUnkept();
    this.#goTo(0);
    this.#session.start();
    void this.#camera.open();
    await this.#best.recall();
    if (this.#phase === "ready") this.#goTo(this.#best.nextSentence);
  }

  // ------------------------------------------------------------------------------------------------ what happens

  #listen() {
    const session = this.#session;
    const { banner, speed } = this.#view;
    session.on("state", (state) => this.#onConnection(state));
    session.on("welcome", ({ status }) => status === "paused" && !session.completing && session.resume());
    session.on("feedback", (feedback) => this.#onFeedback(feedback));
    session.on("scored", (result) => this.#onScored(result));
    session.on("attempt", ({ attempt, state }) => state === "stored" && void this.#onStored(attempt));
    session.on("unsaved", ({ attempts }) => this.#shell.saved(attempts.length));
    session.on("status", ({ status }) => status === "completed" && this.#finish());
    session.on("persistence", () => this.#sayUnkept());
    session.on("lost", (lost) => this.#onLost(lost));
    session.on("interrupted", ({ kept }) => {
      const text = kept ? "What we have of it will be judged." : "It was too short: please sign it again.";
      banner.note("interrupted", `Your last try was cut off. ${text}`);
    });
    session.on("trouble", ({ name, text }) => {
      if (name === "STORE_DELAYED")
        banner.note("saving", "Saving takes longer than usual. Practise on: nothing is lost.");
      else banner.note("trouble", text);
    });
    session.on("stored", () => banner.note("saving", ""));
    this.#camera.on("state", (state) => this.#onCamera(state));
    this.#camera.on("frame", (frame) => this.#onFrame(frame));
    this.#camera.on("rate", (rate) => speed.rate(rate));
    addEventListener("pagehide", () => void session.close());
  }

  /** @param {import("../client/sessionEvents.js").SessionEvents["lost"]} lost */
  #onLost({ attempts, reason }) {
    this.#view.banner.note("lost", `${LOST[reason] ?? "A try could not be kept."} Please sign it again.`);
    if (this.#attempt === null || !attempts.includes(this.#attempt)) return;
    this.#attempt = null;
    this.#enter("ready");
  }

  #sayUnkept() {
    this.#view.banner.note("storage", "This browser keeps nothing. Leave this page open until all is saved.");
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

  /** Marks are drawn in the next frame of the screen, and the newest of them only. @param {TimedFeedback} feedback */
  #onFeedback(feedback) {
    const arrivedMs = performance.now();
    const scheduled = this.#feedback !== null;
    this.#feedback = feedback;
    if (feedback.latencyMs !== null) this.#view.speed.feedback.add(feedback.latencyMs);
    if (scheduled) return;
    requestAnimationFrame(() => {
      if (this.#phase === "recording" && this.#feedback?.a === this.#attempt) this.#view.showFeedback(this.#feedback);
      this.#feedback = null;
      this.#view.speed.drawing.add(performance.now() - arrivedMs);
      this.#view.speed.show();
    });
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
    const stories = { label: "To the stories", href: "/" };
    const load = (/** @type {string} */ label) => ({ label, act: () => location.reload(), primary: true });
    if (reason === "superseded") this.#view.showInstead(reason, [load("Use this tab"), stories]);
    else if (reason === "version") this.#view.showInstead(reason, [load("Load again")]);
    else this.#view.showInstead(ENDINGS[reason] ?? reason, [{ ...stories, primary: true }]);
  }

  #close() {
    this.#phase = "over";
    clearTimeout(this.#timer);
    this.#camera.close();
  }
}
