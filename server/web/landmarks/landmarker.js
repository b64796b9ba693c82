// Landmarks of a playing video, as fast as the device can: the next picture is taken when the last one is done, and it
// is always the newest. Nothing is queued, and no picture leaves this device.

import { TypedEvents } from "../client/events.js";
import { openEngine } from "./engine.js";
import { Rate } from "./rate.js";

/** @typedef {import("./detector.js").Detection} Detection */
/** @typedef {import("./detector.js").Delegate} Delegate */
/** @typedef {import("./engine.js").Engine} Engine */

/**
 * One frame: landmarks of layout hands+pose, the capture time on the clock of `performance.now()`, what was seen, and
 * the picture's mean brightness from 0 to 1 as last looked at.
 * @typedef {Detection & {capturedMs: number, brightness: number}} LandmarkFrame
 */

/**
 * @typedef {object} LandmarkerEvents
 * @property {LandmarkFrame} frame
 * @property {{fps: number, detectMs: number}} rate once a second
 * @property {{code: "fault", text: string}} trouble
 */

/** @extends {TypedEvents<LandmarkerEvents>} */
export class Landmarker extends TypedEvents {
  #video;
  #engine;
  #rate = new Rate();
  #running = false;
  #busy = false;
  #brightness = 0.5;
  /** @type {number | null} capture time of a picture that came while the last one was looked at */
  #newest = null;
  #waiting = 0;

  /** @param {HTMLVideoElement} video @param {Engine} engine */
  constructor(video, engine) {
    super();
    this.#video = video;
    this.#engine = engine;
  }

  /**
   * Loads the models; this takes some seconds the first time, the browser keeps them.
   * @param {{video: HTMLVideoElement, delegate?: "auto" | Delegate}} options
   * @returns {Promise<Landmarker>}
   */
  static async open({ video, delegate = wishedDelegate() }) {
    return new Landmarker(video, await openEngine(delegate));
  }

  /** Where the models run. */
  get where() {
    return this.#engine.where;
  }

  /** What the models run on. */
  get delegate() {
    return this.#engine.delegate;
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    this.#waitForPicture();
  }

  stop() {
    this.#running = false;
    this.#newest = null;
    if ("cancelVideoFrameCallback" in this.#video) this.#video.cancelVideoFrameCallback(this.#waiting);
    else cancelAnimationFrame(this.#waiting);
  }

  close() {
    this.stop();
    this.#engine.close();
  }

  #waitForPicture() {
    if ("requestVideoFrameCallback" in this.#video) {
      this.#waiting = this.#video.requestVideoFrameCallback((nowMs, { captureTime }) =>
        this.#onPicture(captureTime ?? nowMs),
      );
    } else {
      this.#waiting = requestAnimationFrame((nowMs) => this.#onPicture(nowMs));
    }
  }

  /** @param {number} capturedMs */
  #onPicture(capturedMs) {
    if (!this.#running) return;
    this.#waitForPicture();
    if (this.#busy) this.#newest = capturedMs;
    else void this.#look(capturedMs);
  }

  /** @param {number} capturedMs */
  async #look(capturedMs) {
    this.#busy = true;
    try {
      const { detection, brightness, tookMs } = await this.#engine.detect(this.#video, capturedMs);
      this.#brightness = brightness ?? this.#brightness;
      if (this.#running) {
        this.emit("frame", { ...detection, capturedMs, brightness: this.#brightness });
        const rate = this.#rate.add(performance.now(), tookMs);
        if (rate !== null) this.emit("rate", rate);
      }
    } catch (error) {
      this.stop();
      this.emit("trouble", { code: "fault", text: String(error) });
    } finally {
      this.#busy = false;
    }
    const newest = this.#newest;
    this.#newest = null;
    if (newest !== null && this.#running) void this.#look(newest);
  }
}

/** `?delegate=cpu` in the page's address asks for the CPU. @returns {"auto" | Delegate} */
function wishedDelegate() {
  const wish = new URLSearchParams(location.search).get("delegate")?.toUpperCase();
  return wish === "CPU" || wish === "GPU" ? wish : "auto";
}
