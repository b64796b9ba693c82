/** The example: a figure that signs the sentence as the reference signer did, slowly or not, sign by sign. */

import { Clip, clipOfBody } from "./clip.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { Player } from "./player.js";
import { prefer, preferences } from "./prefs.js";

/** @typedef {import("../client/rest.js").Rest} Rest */

const SLOW = 0.45;

/** Loads the recordings of signs, each once. */
export class ReferenceShelf {
  #rest;
  /** @type {Map<string, Promise<Clip>>} */
  #clips;

  /** @param {Rest} rest */
  constructor(rest) {
    this.#rest = rest;
    this.#clips = new Map();
  }

  /**
   * The first recording of a sign.
   * @param {string} gloss
   * @returns {Promise<Clip>}
   */
  clip(gloss) {
    let clip = this.#clips.get(gloss);
    if (!clip) {
      clip = this.#load(gloss);
      clip.catch(() => this.#clips.delete(gloss));
      this.#clips.set(gloss, clip);
    }
    return clip;
  }

  /** @param {string} gloss */
  async #load(gloss) {
    const path = `/v1/signs/${encodeURIComponent(gloss)}/references`;
    const [reference] = await this.#rest.ask("GET", path);
    return clipOfBody(await this.#rest.ask("GET", `${path}/${reference.id}/landmarks`));
  }
}

/** The panel with the figure and its controls. */
export class Ghost {
  #shelf;
  #canvas;
  #player;
  #play;
  #note;
  #name;
  #speed;
  #hand;
  #wanted;
  /** @type {Clip | null} */
  #clip;

  /** @param {ReferenceShelf} shelf */
  constructor(shelf) {
    this.#shelf = shelf;
    this.#canvas = h("canvas", { class: "ghost-canvas", role: "img", "aria-label": "The example signer" });
    this.#player = new Player(this.#canvas, { mirrored: false, speed: 1, closeUp: true });
    this.#play = h("button", { type: "button", class: "button quiet", onclick: () => this.#toggle() });
    this.#note = h("p", { class: "soft small ghost-note", hidden: true });
    this.#name = h("span", { class: "ghost-name" });
    this.#speed = switchOf(
      "Speed",
      [
        ["slow", "Slow"],
        ["full", "Normal"],
      ],
      preferences().slow ? "slow" : "full",
      (value) => {
        prefer({ slow: value === "slow" });
        this.#apply();
      },
    );
    this.#hand = switchOf(
      "I sign with my",
      [
        ["left", "Left"],
        ["right", "Right"],
      ],
      preferences().hand,
      (value) => {
        prefer({ hand: value === "left" ? "left" : "right" });
        this.#apply();
      },
    );
    this.element = h(
      "section",
      { class: "card ghost", "aria-labelledby": "ghost-title" },
      h("div", { class: "ghost-head" }, h("h2", { id: "ghost-title" }, "Example"), this.#name, this.#play),
      h("div", { class: "ghost-stage" }, this.#canvas, this.#note),
      h("div", { class: "row ghost-controls" }, this.#speed, this.#hand),
    );
    this.#wanted = "";
    this.#clip = null;
    this.#apply();
  }

  /**
   * Shows these signs one after the other, in a loop.
   * @param {readonly string[]} glosses
   */
  async show(glosses) {
    const wanted = glosses.join(" ");
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.#name.textContent = wanted;
    this.#canvas.setAttribute("aria-label", `The example signer shows ${wanted}`);
    try {
      const clips = await Promise.all(glosses.map((gloss) => this.#shelf.clip(gloss)));
      if (this.#wanted !== wanted) return;
      this.#note.hidden = true;
      this.#clip = joined(clips);
      this.#player.show(this.#clip);
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) this.#player.seek((clips[0]?.durationMs ?? 0) / 2);
      else this.#player.play();
      this.#apply();
    } catch {
      if (this.#wanted !== wanted) return;
      this.#wanted = "";
      this.#note.hidden = false;
      this.#note.textContent = "The example did not load. It comes back with the network.";
    }
  }

  /** While the learner signs, the example rests. */
  rest() {
    this.#player.pause();
    this.#showPlaying();
  }

  close() {
    this.#player.close();
  }

  #toggle() {
    if (this.#player.playing) this.#player.pause();
    else this.#player.play();
    this.#showPlaying();
  }

  /** The figure is the learner's mirror image: the hand that signs is on the side of the learner's own. */
  #apply() {
    const { slow, hand } = preferences();
    this.#player.speed = slow ? SLOW : 1;
    this.#player.mirrored = hand === (this.#clip?.mainHand ?? "right");
    this.#player.draw();
    this.#showPlaying();
  }

  #showPlaying() {
    const playing = this.#player.playing;
    fill(this.#play, icon(playing ? "pause" : "play"), playing ? "Stop" : "Play");
  }
}

/**
 * One clip that shows several after each other.
 * @param {readonly Clip[]} clips
 * @returns {Clip}
 */
function joined(clips) {
  const [first] = clips;
  if (!first || clips.length === 1) return first ?? new Clip([], [], 1);
  const pauseMs = 250;
  const times = [];
  let startMs = 0;
  for (const clip of clips) {
    times.push(...clip.timesMs.map((atMs) => atMs + startMs));
    startMs += clip.durationMs + pauseMs;
  }
  return new Clip(
    clips.flatMap((clip) => clip.frames),
    times,
    first.aspect,
  );
}

/**
 * A choice of a few, as radio buttons.
 * @param {string} label
 * @param {readonly (readonly [string, string])[]} options value and word of each
 * @param {string} chosen
 * @param {(value: string) => void} onChoice
 * @returns {HTMLElement}
 */
export function switchOf(label, options, chosen, onChoice) {
  const name = label.toLowerCase().replaceAll(" ", "-");
  const radio = (/** @type {readonly [string, string]} */ [value, word]) =>
    h(
      "label",
      {},
      h("input", { type: "radio", name, value, checked: value === chosen, onchange: () => onChoice(value) }),
      h("span", {}, word),
    );
  return h(
    "fieldset",
    { class: "choice-set" },
    h("legend", {}, label),
    h("div", { class: "choice" }, ...options.map(radio)),
  );
}
