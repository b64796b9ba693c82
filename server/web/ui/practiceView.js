/** What the practice page looks like in each of its phases. It decides nothing; what the learner wants goes to `wishes`. */

import { ConnectionBanner } from "./connectionBanner.js";
import { Controls } from "./controls.js";
import { fill, h } from "./dom.js";
import { Ghost, switchOf } from "./ghost.js";
import { Marks } from "./marks.js";
import { notice, waiting } from "./notice.js";
import { prefer, preferences } from "./prefs.js";
import { ResultView } from "./result.js";
import { SentenceHead } from "./sentence.js";
import { Speed } from "./speed.js";
import { Stage } from "./stage.js";
import { storySummary } from "./storySummary.js";
import { headline, HINTS, percent } from "./words.js";

/** @typedef {import("../client/constants.js").AttemptResult} AttemptResult */
/** @typedef {import("../client/constants.js").Feedback} Feedback */
/** @typedef {import("../client/constants.js").LayoutName} LayoutName */
/** @typedef {import("../client/constants.js").Sentence} Sentence */
/** @typedef {import("./cameraDesk.js").CameraDesk} CameraDesk */
/** @typedef {import("./clip.js").Clip} Clip */
/** @typedef {import("./controls.js").Control} Control */
/** @typedef {"ready" | "countdown" | "recording" | "judging" | "kept" | "result"} Phase `kept`: recorded without a connection */

const RAISE = "Raise your hands and sign.";
const RAISE_AGAIN = "Raise your hands to try again.";

/**
 * @typedef {object} Wishes
 * @property {() => void} begin
 * @property {() => void} end
 * @property {() => void} cancel
 * @property {() => void} next
 * @property {(index: number) => void} goTo
 * @property {() => void} chooseStart the learner has chosen how tries begin
 */

export class PracticeView {
  #root;
  #wishes;
  #camera;
  #stage;
  #ghost;
  #sentence;
  #last;
  #marks = new Marks("Not yet");
  #controls = new Controls();
  #say = h("p", { class: "only-read-aloud", role: "status" });
  #side = h("div", { class: "practice-side" });
  #under = h("div", { class: "practice-under" });
  #hint = h("p", { class: "stage-hint", hidden: true });
  #done = h("i");
  /** @type {ResultView | null} */
  #result = null;

  /**
   * @param {HTMLElement} root
   * @param {{title: string, sentences: readonly Sentence[], camera: CameraDesk, shelf: import("./ghost.js").ReferenceShelf,
   *   layout: LayoutName}} content
   * @param {Wishes} wishes
   */
  constructor(root, { title, sentences, camera, shelf, layout }, wishes) {
    this.#root = root;
    this.#wishes = wishes;
    this.#camera = camera;
    this.#stage = new Stage(layout);
    this.#ghost = new Ghost(shelf);
    this.#last = sentences.length - 1;
    this.#sentence = new SentenceHead(title, sentences, {
      onSentence: wishes.goTo,
      onGlosses: (glosses) => void this.#ghost.show(glosses),
    });
    this.banner = new ConnectionBanner();
    this.speed = new Speed();
    fill(
      root,
      this.#sentence.element,
      this.banner.element,
      h(
        "div",
        { class: "practice-grid" },
        h("div", { class: "practice-main" }, this.#stage.element, this.#controls.element, this.#start(), this.#under),
        this.#side,
      ),
      this.speed.element,
      this.#say,
    );
  }

  /** How a try begins: by the button, or when the hands rise. */
  #start() {
    /** @type {[string, string][]} */
    const ways = [
      ["button", "Button"],
      ["hands", "Hands up"],
    ];
    const choose = (/** @type {string} */ way) => {
      prefer({ handsFree: way === "hands" });
      this.#wishes.chooseStart();
    };
    const chosen = preferences().handsFree ? "hands" : "button";
    return h("div", { class: "start-choice" }, switchOf("Start with", ways, chosen, choose));
  }

  /**
   * @param {number} index of the sentence to practise
   * @param {ReadonlyMap<number, number>} best mark of each sentence that was tried
   */
  showSentence(index, best) {
    this.#sentence.show(index, best);
  }

  /** @param {Float32Array} landmarks */
  showLandmarks(landmarks) {
    this.#stage.showLandmarks(landmarks);
  }

  /** @param {Feedback} feedback */
  showFeedback({ i, p, m, hint }) {
    this.#marks.show(m);
    this.#sentence.mark(i);
    this.#done.style.transform = `scaleX(${p})`;
    this.#hint.textContent = (hint && HINTS[hint]) ?? "";
    this.#hint.hidden = !this.#hint.textContent;
  }

  /** @param {number} left seconds */
  showCountdown(left) {
    this.#stage.cover(h("p", { class: "countdown", "data-left": left }, left));
  }

  /**
   * @param {AttemptResult} result
   * @param {Clip | null} clip
   * @param {boolean} stored
   */
  showResult(result, clip, stored) {
    this.#result?.close();
    this.#result = new ResultView(result, clip, stored);
    this.#say.textContent = result.judged ? `${headline(result)}, ${percent(result.score)} of 100.` : headline(result);
  }

  /** The attempt that is shown is durable now. */
  showStored() {
    this.#result?.showStored();
  }

  /**
   * @param {Phase} phase
   * @param {{index: number, success: boolean}} where the learner is, and whether the last try was good
   */
  show(phase, { index, success }) {
    if (phase !== "result") {
      this.#result?.close();
      this.#result = null;
    }
    this.#root.dataset.phase = phase;
    this.#root.dataset.camera = this.#camera.state;
    if (phase === "countdown") this.#ghost.rest();
    if (phase !== "recording") this.#sentence.mark(null);
    this.#stage.element.classList.toggle("recording", phase === "recording");
    this.#showStage(phase);
    this.#showSide();
    const { text, controls } = this.#controlsFor(phase, index === this.#last, success);
    this.#controls.show(text, controls);
    if (phase === "result") this.#result?.start();
  }

  /**
   * The story is done.
   * @param {string} title
   * @param {readonly Sentence[]} sentences
   * @param {ReadonlyMap<number, number>} best
   */
  showSummary(title, sentences, best) {
    this.#leave("finished");
    fill(this.#root, this.banner.element, storySummary(title, sentences, best), this.#say);
  }

  /**
   * Something ends the practice on this page.
   * @param {string} state a row of STATES
   * @param {import("./notice.js").Action[]} actions
   */
  showInstead(state, actions) {
    this.#leave(state);
    fill(this.#root, notice(state, { actions, centred: true }));
  }

  /** @param {string} phase */
  #leave(phase) {
    this.#result?.close();
    this.#ghost.close();
    this.#controls.show("", []);
    this.#root.dataset.phase = phase;
  }

  /** @param {Phase} phase */
  #showStage(phase) {
    const { camera, state } = this.#camera;
    if (camera && !camera.video.isConnected) this.#stage.showVideo(camera.video, camera.width / camera.height);
    if (phase === "result" && this.#result) this.#stage.cover(this.#result.replay);
    else if (phase === "recording") this.#coverRecording();
    else if (phase === "countdown") return;
    else if (state === "asking") {
      const text = "Your browser asks for it. The pictures stay on this device.";
      this.#stage.cover(waiting("camera", "Allow the camera", text));
    } else if (state === "loading") {
      this.#stage.cover(waiting("hands", "Getting ready …", "The first time takes a little longer."));
    } else if (state === "ready" || state === "closed") this.#stage.cover();
    else {
      const again = { label: "Try again", act: () => void this.#camera.open(), primary: true };
      this.#stage.cover(notice(state, { actions: [again] }));
    }
  }

  #coverRecording() {
    this.#marks.show({});
    this.#hint.hidden = true;
    this.#done.style.transform = "scaleX(0)";
    this.#stage.cover(
      h("span", { class: "chip stage-recording" }, h("i", { class: "lamp", "aria-hidden": "true" }), "Sign now"),
      this.#hint,
      h("span", { class: "meter stage-progress", "aria-hidden": "true" }, this.#done),
    );
  }

  #showSide() {
    if (this.#result) {
      if (this.#side.contains(this.#result.element)) return;
      fill(this.#under, this.#result.time);
      fill(this.#side, this.#result.element, this.#ghost.element);
    } else if (!this.#side.contains(this.#marks.element)) {
      const title = h("h2", { id: "live-title" }, "Your signing");
      const live = h("section", { class: "card live", "aria-labelledby": "live-title" }, title, this.#marks.element);
      fill(this.#under);
      fill(this.#side, this.#ghost.element, live);
    }
  }

  /**
   * @param {Phase} phase
   * @param {boolean} last
   * @param {boolean} success
   * @returns {{text: string, controls: Control[]}}
   */
  #controlsFor(phase, last, success) {
    const { begin, end, cancel, next } = this.#wishes;
    const { handsFree } = preferences();
    /** @type {Control} */
    const start = { label: "Start", icon: "play", act: begin, key: "Space", primary: true };
    /** @type {Control} */
    const again = { label: "Try again", icon: "again", act: begin };
    /** @type {Control} */
    const onward = { label: last ? "Finish" : "Next", icon: last ? "good" : "next", act: next };
    /** @type {Control} */
    const stop = { label: "Cancel", icon: "stop", act: cancel, key: "Esc" };
    /** @type {Control} */
    const done = { label: "Done", icon: "good", act: end, key: "Space", primary: true };
    /** @type {(first: Control, second: Control) => Control[]} */
    const pair = (first, second) => [{ ...first, key: "Space", primary: true }, second];
    switch (phase) {
      case "ready":
        if (this.#camera.state !== "ready") return { text: "", controls: [] };
        return { text: handsFree ? RAISE : "Watch the example. Then sign it.", controls: [start] };
      case "countdown":
        return { text: "Get ready: hands in the picture.", controls: [stop] };
      case "recording":
        return { text: "Lower your hands to finish.", controls: [done, stop] };
      case "judging":
        return { text: "Looking at your try …", controls: [] };
      case "kept":
        return { text: "Recorded. It is judged when you are back.", controls: pair(onward, again) };
      case "result":
        return { text: handsFree ? RAISE_AGAIN : "", controls: success ? pair(onward, again) : pair(again, onward) };
    }
  }
}
