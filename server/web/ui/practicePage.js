/** The practice page: one sentence at a time, from the start of a try to what came of it. */

import { CameraDesk } from "./cameraDesk.js";
import { ReferenceShelf } from "./ghost.js";
import { PracticeView } from "./practiceView.js";
import { Tape } from "./tape.js";
import { SUCCESS } from "./words.js";

/** @typedef {import("../client/session.js").PracticeSession} PracticeSession */
/** @typedef {import("../client/rest.js").Rest} Rest */
/** @typedef {import("../client/constants.js").AttemptResult} AttemptResult */
/** @typedef {import("../client/sessionEvents.js").TimedFeedback} TimedFeedback */
/** @typedef {import("./practiceView.js").Phase} Phase */

/** @type {import("../client/constants.js").LayoutName} */
const LAYOUT = "hands+pose";
const COUNTDOWN_S = 3;
const MOST_FORMER_ATTEMPTS = 100;

/** What to do where a session cannot go on, by the reason; without a row: back to the stories. */
const ENDINGS = /** @type {Readonly<Record<string, string>>} */ ({ session_ended: "ended", forbidden: "not_found" });

export class PracticePage {
  #rest;
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
  /** @type {Map<number, number>} */
  #best = new Map();

  /**
   * @param {HTMLElement} root
   * @param {Rest} rest
   * @param {PracticeSession} session
   * @param {import("./shell.js").Shell} shell
   */
  constructor(root, rest, session, shell) {
    this.#rest = rest;
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
    await this.#recall();
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
    session.on("lost", () => banner.note("lost", "A try could not be kept. Please sign it again."));
    session.on("interrupted", ({ kept }) => {
      const text = kept ? "What we have of it will be judged." : "It was too short: please sign it again.";
      banner.note("interrupted", `Your last try was cut off. ${text}`);
    });
    session.on("trouble", ({ name, text }) => {
      banner.note(
        "trouble",
        name === "STORE_DELAYED" ? "Saving takes longer than usual. Practise on: nothing is lost." : text,
      );
    });
    this.#camera.on("state", (state) => this.#onCamera(state));
    this.#camera.on("frame", (frame) => this.#onFrame(frame));
    this.#camera.on("rate", (rate) => speed.rate(rate));
    addEventListener("pagehide", () => void session.close());
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

  /** @param {import("../landmarks/landmarker.js").LandmarkFrame} frame */
  #onFrame(frame) {
    this.#view.showLandmarks(frame.landmarks);
    if (this.#phase !== "recording" || !this.#tape) return;
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
    this.#remember(result);
    const awaited = this.#phase === "judging" || this.#phase === "kept";
    if (result.attempt_no !== this.#attempt || !awaited) return;
    this.#result = result;
    this.#view.showResult(result, this.#tape?.clip ?? null, this.#session.stored >= result.attempt_no);
    this.#view.showSentence(this.#index, this.#best);
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
      const former = await this.#formerResults();
      const result = former.find((one) => one.attempt_no === attempt);
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

  #record() {
    const { camera } = this.#camera;
    if (!camera) return;
    this.#tape = new Tape(LAYOUT, camera.width / camera.height);
    this.#attempt = this.#session.beginAttempt(this.#index);
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
    this.#view.showSentence(index, this.#best);
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

  /** What was signed on former visits. */
  async #recall() {
    for (const result of [...this.#session.results.values(), ...(await this.#formerResults())]) this.#remember(result);
    const open = this.#session.sentences.findIndex((_, index) => (this.#best.get(index) ?? 0) < SUCCESS);
    if (this.#phase === "ready") this.#goTo(Math.max(0, open));
  }

  /**
   * The results that the database holds of this session; none where there is no network, for the page does without.
   * @returns {Promise<AttemptResult[]>}
   */
  async #formerResults() {
    try {
      const { items } = await this.#rest.attempts({ session_id: this.#session.id, limit: MOST_FORMER_ATTEMPTS });
      return items.map(({ result }) => result);
    } catch {
      return [];
    }
  }

  /** @param {AttemptResult} result */
  #remember({ sentence_index: index, score }) {
    if (score !== null) this.#best.set(index, Math.max(score, this.#best.get(index) ?? 0));
  }

  /** @param {Phase} phase */
  #enter(phase) {
    if (this.#phase === "over") return;
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
    this.#view.showSummary(this.#session.title, this.#session.sentences, this.#best);
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
