/** Plays a clip on a canvas: at any speed, in a loop over all of it or a part, or held at a moment. */

import { cleared, fitting } from "./canvas.js";
import { drawHandAlone, drawSigner, figureColours } from "./figure.js";

/** @typedef {import("./clip.js").Clip} Clip */
/** @typedef {import("./figure.js").Emphasis} Emphasis */
/** @typedef {import("./frame.js").Side} Side */

const PAUSE_BETWEEN_LOOPS_MS = 450;
const CLOSE_UP_SHARE = 0.42;

/** One canvas that shows clips. `onMoment` is told the moment whenever another one is drawn. */
export class Player {
  #onMoment;
  /** @type {Clip | null} */
  #clip;
  #atMs;
  #span;
  #playing;
  /** @type {number | null} */
  #tickedMs;
  #pauseMs;
  #request;
  #onResize;
  /** @type {import("./clip.js").Box | undefined} */
  #box;
  /** @type {Side | null} */
  #side = null;
  #handSpan = 0;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{mirrored: boolean, speed: number, closeUp?: boolean, onMoment?: (atMs: number) => void}} options `closeUp`
   *   shows the hand that signs a second time, large
   */
  constructor(canvas, { mirrored, speed, closeUp = false, onMoment = () => {} }) {
    this.canvas = canvas;
    this.mirrored = mirrored;
    this.speed = speed;
    this.closeUp = closeUp;
    /** @type {(atMs: number) => readonly Emphasis[]} */
    this.emphasesAt = () => [];
    this.#onMoment = onMoment;
    this.#clip = null;
    this.#atMs = 0;
    this.#span = { startMs: 0, endMs: 0 };
    this.#playing = false;
    this.#tickedMs = null;
    this.#pauseMs = 0;
    this.#request = 0;
    this.#onResize = new ResizeObserver(() => this.draw());
    this.#onResize.observe(canvas);
  }

  /** Whether it moves. */
  get playing() {
    return this.#playing;
  }

  /** The moment that is shown, ms since the clip's first frame. */
  get atMs() {
    return this.#atMs;
  }

  /** @param {Clip | null} clip */
  show(clip) {
    this.#clip = clip;
    this.#box = clip?.signingSpace;
    this.#side = clip?.mainHand ?? null;
    this.#handSpan = clip && this.#side ? largestHand(clip, this.#side) : 0;
    this.loop(0, clip?.durationMs ?? 0);
  }

  /**
   * Plays this part over and over, from its start.
   * @param {number} startMs
   * @param {number} endMs
   */
  loop(startMs, endMs) {
    this.#span = { startMs, endMs };
    this.seek(startMs);
  }

  /** @param {number} atMs */
  seek(atMs) {
    this.#atMs = atMs;
    this.#pauseMs = 0;
    this.#onMoment(atMs);
    this.draw();
  }

  play() {
    if (this.#playing || !this.#clip) return;
    this.#playing = true;
    this.#tickedMs = null;
    this.#request = requestAnimationFrame((nowMs) => this.#tick(nowMs));
  }

  pause() {
    this.#playing = false;
    cancelAnimationFrame(this.#request);
  }

  close() {
    this.pause();
    this.#onResize.disconnect();
  }

  /** Draws the moment that is shown. */
  draw() {
    const surface = cleared(this.canvas);
    const frame = this.#clip?.at(this.#atMs);
    if (!surface || !frame || !this.#clip || !this.#box) return;
    const { context, width, height } = surface;
    const colours = figureColours(this.canvas);
    const emphases = this.emphasesAt(this.#atMs);
    drawSigner(context, frame, fitting(this.#box, this.#clip.aspect, width, height, this.mirrored), colours, emphases);
    if (this.closeUp && this.#side && frame.hasHand(this.#side))
      this.#drawCloseUp(context, frame, width, height, emphases);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("./frame.js").Frame} frame
   * @param {number} width
   * @param {number} height
   * @param {readonly Emphasis[]} emphases
   */
  #drawCloseUp(context, frame, width, height, emphases) {
    if (!this.#clip || !this.#side) return;
    const side = this.#side;
    const size = Math.min(width, height) * CLOSE_UP_SHARE;
    const onTheRight = (side === "left") !== this.mirrored;
    const [x, y] = [onTheRight ? size / 2 + 8 : width - size / 2 - 8, height - size / 2 - 8];
    const colours = figureColours(this.canvas);
    const style = getComputedStyle(this.canvas);
    context.save();
    context.beginPath();
    context.roundRect(x - size / 2, y - size / 2, size, size, 12);
    context.fillStyle = style.getPropertyValue("--card");
    context.strokeStyle = style.getPropertyValue("--line");
    context.lineWidth = 1.5;
    context.fill();
    context.stroke();
    context.clip();
    const middle = handMiddle(frame, side);
    const scale = (size * 0.8) / this.#handSpan;
    const aspect = this.#clip.aspect;
    const sign = this.mirrored ? -1 : 1;
    const view = {
      scaleX: sign * scale * aspect,
      scaleY: scale,
      left: x - sign * middle[0] * scale * aspect,
      top: y - middle[1] * scale,
    };
    drawHandAlone(context, frame, side, view, { ...colours, halo: style.getPropertyValue("--card") }, emphases);
    context.restore();
  }

  /** @param {number} nowMs */
  #tick(nowMs) {
    if (!this.#playing) return;
    const { startMs, endMs } = this.#span;
    const passedMs = (nowMs - (this.#tickedMs ?? nowMs)) * this.speed;
    this.#tickedMs = nowMs;
    if (this.#atMs < endMs) {
      this.#atMs = Math.min(endMs, this.#atMs + passedMs);
    } else if ((this.#pauseMs += passedMs) >= PAUSE_BETWEEN_LOOPS_MS * this.speed) {
      this.#atMs = startMs;
      this.#pauseMs = 0;
    }
    this.#onMoment(this.#atMs);
    this.draw();
    this.#request = requestAnimationFrame((next) => this.#tick(next));
  }
}

/**
 * @param {import("./frame.js").Frame} frame
 * @param {Side} side
 * @returns {[number, number]}
 */
function handMiddle(frame, side) {
  const { left, top, right, bottom } = handBox(frame, side);
  return [(left + right) / 2, (top + bottom) / 2];
}

/**
 * The largest extent of the hand over the clip, in heights of the picture.
 * @param {Clip} clip
 * @param {Side} side
 */
function largestHand(clip, side) {
  const extents = clip.frames
    .filter((frame) => frame.hasHand(side))
    .map((frame) => {
      const { left, top, right, bottom } = handBox(frame, side);
      return Math.max((right - left) * clip.aspect, bottom - top);
    });
  return Math.max(0.001, ...extents);
}

/**
 * @param {import("./frame.js").Frame} frame
 * @param {Side} side
 */
function handBox(frame, side) {
  const points = Array.from({ length: 21 }, (_, joint) => frame.hand(side, joint)).filter((point) => point !== null);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}
