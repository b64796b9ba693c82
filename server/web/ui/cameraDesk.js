/** Camera and hand finder together, from the first question to the last frame, with one state at any time. */

import { TypedEvents } from "../client/events.js";
import { openCamera } from "../landmarks/camera.js";
import { Landmarker } from "../landmarks/landmarker.js";

/** @typedef {import("../landmarks/camera.js").Camera} Camera */
/** @typedef {import("../landmarks/landmarker.js").LandmarkFrame} LandmarkFrame */
/** @typedef {"closed" | "asking" | "loading" | "ready" | "denied" | "none" | "busy" | "unsupported" | "models"} CameraState */

/**
 * @typedef {object} CameraEvents
 * @property {CameraState} state
 * @property {LandmarkFrame} frame
 * @property {{fps: number, detectMs: number}} rate
 */

/** @extends {TypedEvents<CameraEvents>} */
export class CameraDesk extends TypedEvents {
  /** @type {Landmarker | null} */
  #landmarker;

  constructor() {
    super();
    /** @type {CameraState} */
    this.state = "closed";
    /** @type {Camera | null} */
    this.camera = null;
    this.#landmarker = null;
  }

  /** Width over height of the picture. */
  get aspect() {
    return this.camera ? this.camera.width / this.camera.height : 4 / 3;
  }

  /** Asks for the camera and loads the hand finder; `state` tells how it goes. Also tries again after a failure. */
  async open() {
    if (this.state === "asking" || this.state === "loading" || this.state === "ready") return;
    this.#enter("asking");
    try {
      this.camera = await openCamera();
    } catch (error) {
      this.#enter(troubleOf(error));
      return;
    }
    this.camera.stream.getVideoTracks()[0]?.addEventListener("ended", () => this.#fail("none"));
    this.#enter("loading");
    try {
      this.#landmarker = await Landmarker.open({ video: this.camera.video });
    } catch {
      this.#fail("models");
      return;
    }
    this.#listen(this.#landmarker);
    this.#landmarker.start();
  }

  /** Ends both; the camera's light goes out. */
  close() {
    this.#landmarker?.close();
    this.camera?.close();
    this.#landmarker = this.camera = null;
    this.#enter("closed");
  }

  /** @param {Landmarker} landmarker */
  #listen(landmarker) {
    landmarker.on("frame", (frame) => {
      if (this.state === "loading") this.#enter("ready");
      this.emit("frame", frame);
    });
    landmarker.on("rate", (rate) => this.emit("rate", rate));
    landmarker.on("trouble", () => this.#fail("models"));
  }

  /** @param {CameraState} state */
  #fail(state) {
    if (this.state === "closed") return;
    this.close();
    this.#enter(state);
  }

  /** @param {CameraState} state */
  #enter(state) {
    this.state = state;
    this.emit("state", state);
  }
}

/**
 * @param {unknown} error
 * @returns {CameraState}
 */
function troubleOf(error) {
  const code = error && typeof error === "object" && "code" in error ? error.code : "";
  return code === "denied" || code === "none" || code === "unsupported" ? code : "busy";
}
