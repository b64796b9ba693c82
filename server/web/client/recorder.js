// The attempt that is recording: puts times on its frames and hands them on a few at a time. Clocks are arguments.

import { LIMITS } from "./constants.js";

const FRAMES_PER_MESSAGE = 3;

/** Frames of a slow camera travel alone: waiting for others would delay the feedback more than a message costs. */
const SEND_EVERY_MS = 90;

export class Recorder {
  #attempt = 0;
  #beganMs = 0;
  #sentMs = -Infinity;
  #lastTimeMs = -1;
  /** @type {number[]} when each frame was added */
  #addedMs = [];
  /** @type {{landmarks: Float32Array, timeMs: number}[]} */
  #batch = [];

  /** @param {number} attempt its number @param {number} nowMs */
  begin(attempt, nowMs) {
    this.#attempt = attempt;
    this.#beganMs = nowMs;
    this.#sentMs = -Infinity;
    this.#lastTimeMs = -1;
    this.#addedMs = [];
    this.#batch = [];
  }

  /**
   * Takes a frame in. `skipped`: it was taken before the attempt began, or is the same picture again; `full`: the attempt
   * is as long as one may be, and this frame is not taken; `due`: there is something to `take`.
   * @param {Float32Array} landmarks
   * @param {number} capturedMs
   * @param {number} nowMs
   * @returns {"skipped" | "full" | "waits" | "due"}
   */
  add(landmarks, capturedMs, nowMs) {
    const timeMs = Math.round(capturedMs - this.#beganMs);
    if (timeMs < 0 || timeMs <= this.#lastTimeMs) return "skipped";
    if (timeMs > LIMITS.attemptMs || this.#addedMs.length >= LIMITS.attemptFrames) return "full";
    this.#lastTimeMs = timeMs;
    this.#addedMs.push(nowMs);
    this.#batch.push({ landmarks, timeMs });
    return this.#batch.length >= FRAMES_PER_MESSAGE || nowMs - this.#sentMs >= SEND_EVERY_MS ? "due" : "waits";
  }

  /**
   * The frames that were not taken yet, in one piece.
   * @param {number} nowMs
   * @returns {{landmarks: Float32Array, timesMs: number[]} | null}
   */
  take(nowMs) {
    const frames = this.#batch.splice(0);
    if (frames.length === 0) return null;
    this.#sentMs = nowMs;
    const numbers = frames.flatMap(({ landmarks }) => landmarks.length);
    const landmarks = new Float32Array(numbers.reduce((sum, count) => sum + count, 0));
    let offset = 0;
    for (const frame of frames) {
      landmarks.set(frame.landmarks, offset);
      offset += frame.landmarks.length;
    }
    return { landmarks, timesMs: frames.map(({ timeMs }) => timeMs) };
  }

  /**
   * How long ago frame `q` of attempt `a` was added; null where it is not of the newest attempt.
   * @param {{a: number, q: number}} frame @param {number} nowMs
   */
  sinceAddedMs({ a, q }, nowMs) {
    const addedMs = a === this.#attempt ? this.#addedMs[q] : undefined;
    return addedMs === undefined ? null : nowMs - addedMs;
  }
}
