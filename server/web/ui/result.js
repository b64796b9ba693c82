/** What came of an attempt: the mark, the replay with what was off set off in colour, the timeline, and what to change. */

import { fill, h } from "./dom.js";
import { emphasesAt } from "./emphases.js";
import { icon } from "./icons.js";
import { Marks } from "./marks.js";
import { Player } from "./player.js";
import { savedChip } from "./savedChip.js";
import { Timeline } from "./timeline.js";
import { headline, percent, toneOf } from "./words.js";

/** @typedef {import("../client/constants.js").AttemptResult} AttemptResult */
/** @typedef {import("../client/constants.js").Finding} Finding */
/** @typedef {import("./clip.js").Clip} Clip */

const REPLAY_SPEED = 0.6;
const SHORTEST_LOOP_MS = 500;
const AROUND_MS = 250;
const MOST_CORRECTIONS = 3;
const MOST_PRAISE = 2;

/** `replay` goes on the stage, `time` beneath it (null: nothing was judged), `element` beside it. */
export class ResultView {
  #result;
  #saved;
  #player;
  #timeline;
  #play;
  #list;

  /**
   * @param {AttemptResult} result
   * @param {Clip | null} clip what the camera's landmarks were; null where this browser no longer has them
   * @param {boolean} stored whether the attempt is durable
   */
  constructor(result, clip, stored) {
    this.#result = result;
    this.#saved = h("span", { class: "result-saved" }, savedChip(stored));
    const canvas = h("canvas", { class: "replay-canvas", role: "img", "aria-label": "Your try, drawn again" });
    this.#player = new Player(canvas, {
      mirrored: true,
      speed: REPLAY_SPEED,
      closeUp: true,
      onMoment: (atMs) => this.#timeline?.moveTo(atMs),
    });
    this.#player.emphasesAt = (atMs) => emphasesAt(result.findings, atMs);
    this.#timeline = new Timeline(result, {
      onMoment: (atMs) => {
        this.#pause();
        this.#player.seek(atMs);
      },
      onFinding: (finding) => this.#choose(finding),
    });
    this.#play = h("button", { type: "button", class: "button quiet", onclick: () => this.#toggle() });
    this.replay = clip
      ? h("div", { class: "replay" }, canvas, legend(result.findings))
      : h("div", { class: "replay empty" }, h("p", {}, "The drawing of this try is no longer in this browser."));
    this.#list = this.#findings();
    this.element = this.#build();
    this.time = result.judged ? this.#time(clip !== null) : null;
    this.#player.show(clip);
    this.#loopSigns();
    this.#showPlaying();
  }

  /** Starts the replay, unless the learner wants little movement. */
  start() {
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.#player.play();
    this.#player.draw();
    this.#showPlaying();
  }

  /** It is durable now. */
  showStored() {
    fill(this.#saved, savedChip(true));
  }

  close() {
    this.#player.close();
  }

  #build() {
    const { judged, score, parameters } = this.#result;
    const marks = new Marks();
    marks.show(parameters);
    return h(
      "section",
      {
        class: "card result",
        "aria-labelledby": "result-title",
        "data-score": score,
        "data-attempt": this.#result.attempt_no,
      },
      h(
        "div",
        { class: "result-head" },
        judged && mark(score),
        h("div", {}, h("h2", { id: "result-title", tabindex: -1 }, headline(this.#result)), this.#saved),
      ),
      this.#list,
      judged && h("details", { class: "result-more" }, h("summary", {}, "All marks"), marks.element, this.#parts()),
    );
  }

  /** @param {boolean} replayed */
  #time(replayed) {
    return h(
      "section",
      { class: "card result-time", "aria-labelledby": "time-title" },
      h("div", { class: "row" }, h("h2", { id: "time-title" }, "Your try"), replayed && this.#play),
      this.#timeline.element,
    );
  }

  #parts() {
    const { accuracy, fluency, confidence } = this.#result;
    const part = (/** @type {string} */ label, /** @type {number | null} */ mark, /** @type {string} */ why) =>
      h(
        "div",
        {},
        h("dt", {}, label),
        h("dd", {}, h("strong", {}, percent(mark)), h("span", { class: "soft small" }, why)),
      );
    return h(
      "dl",
      { class: "parts" },
      part("Right", accuracy, "how near to the example"),
      part("Smooth", fluency, "how evenly you signed"),
      part("Sure", confidence, "how sure we are"),
    );
  }

  #findings() {
    const of = (/** @type {Finding["kind"]} */ kind) =>
      this.#result.findings.filter((finding) => finding.kind === kind);
    const shown = this.#result.judged
      ? [...of("correction").slice(0, MOST_CORRECTIONS), ...of("praise").slice(0, MOST_PRAISE)]
      : of("cannot_judge");
    return h(
      "ul",
      { class: "findings", "aria-label": "What we saw" },
      ...shown.map((finding) => this.#finding(finding)),
    );
  }

  /** @param {Finding} finding */
  #finding(finding) {
    const tone = finding.kind === "praise" ? "good" : finding.severity === "minor" ? "almost" : "off";
    const sign = h(
      "span",
      { class: `finding-sign tone-${tone}` },
      icon(finding.kind === "cannot_judge" ? "eye" : tone === "good" ? "good" : "off"),
    );
    const words = h(
      "span",
      {},
      finding.gloss &&
        !finding.text.includes(finding.gloss) &&
        this.#result.glosses.length > 1 &&
        h("strong", {}, `${finding.gloss} · `),
      finding.text,
    );
    if (finding.kind === "cannot_judge") return h("li", { class: "finding" }, sign, words);
    const button = h(
      "button",
      { type: "button", class: "finding", "aria-pressed": "false", onclick: () => this.#choose(finding) },
      sign,
      words,
    );
    button.dataset.finding = String(this.#result.findings.indexOf(finding));
    return h("li", {}, button);
  }

  /**
   * Plays the part of the attempt that a finding is about, again and again.
   * @param {Finding} finding
   */
  #choose(finding) {
    const place = String(this.#result.findings.indexOf(finding));
    for (const button of this.#list.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.finding === place));
    }
    const middle = (finding.start_ms + finding.end_ms) / 2;
    const half = Math.max(SHORTEST_LOOP_MS, finding.end_ms - finding.start_ms) / 2;
    this.#player.loop(Math.max(0, middle - half), Math.min(this.#result.duration_ms, middle + half));
    this.start();
  }

  /** The rest before and after the signs need not be seen again. */
  #loopSigns() {
    const signs = this.#result.signs.filter((sign) => sign.end_ms > sign.start_ms);
    const [first, last] = [signs.at(0), signs.at(-1)];
    const startMs = Math.max(0, (first?.start_ms ?? 0) - AROUND_MS);
    this.#player.loop(
      startMs,
      Math.min(this.#result.duration_ms, (last?.end_ms ?? this.#result.duration_ms) + AROUND_MS),
    );
  }

  #toggle() {
    if (this.#player.playing) {
      this.#pause();
      return;
    }
    this.#loopSigns();
    this.#player.play();
    this.#showPlaying();
  }

  #pause() {
    this.#player.pause();
    this.#showPlaying();
  }

  #showPlaying() {
    const playing = this.#player.playing;
    fill(this.#play, icon(playing ? "pause" : "play"), playing ? "Stop" : "Play all");
  }
}

/** @param {readonly Finding[]} findings */
function legend(findings) {
  const off = findings.some(({ kind, joints }) => kind === "correction" && joints.length > 0);
  return off && h("p", { class: "replay-legend" }, h("i", { class: "ring", "aria-hidden": "true" }), "Look again here");
}

/** @param {number | null} score */
function mark(score) {
  return h(
    "p",
    { class: `result-mark text-${toneOf(score)}` },
    percent(score),
    h("span", { class: "only-read-aloud" }, " of 100"),
  );
}
