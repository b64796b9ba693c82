// The detector in a worker of its own, so that the page stays quick. One picture at a time.

import { brightnessOf } from "./brightness.js";
import { Detector } from "./detector.js";

/**
 * @typedef {{open: import("./detector.js").Delegate} |
 *   {picture: ImageBitmap | VideoFrame, width: number, height: number, timeMs: number}} ToWorker
 * @typedef {{opened: true} | {failed: string} |
 *   {detection: import("./detector.js").Detection, brightness: number | null, tookMs: number}} FromWorker
 */

/** @type {Detector | null} */
let detector = null;

/** @param {FromWorker} answer @param {Transferable[]} [transfer] */
const answer = (answer, transfer = []) => self.postMessage(answer, { transfer });

self.addEventListener("message", async (/** @type {MessageEvent<ToWorker>} */ { data }) => {
  try {
    if ("open" in data) {
      detector = await Detector.open(data.open, true);
      answer({ opened: true });
      return;
    }
    const { picture, width, height, timeMs } = data;
    try {
      if (detector === null) throw new Error("the detector is not open");
      const startedMs = performance.now();
      const detection = detector.detect(picture, width, height, timeMs);
      const tookMs = performance.now() - startedMs;
      answer({ detection, brightness: brightnessOf(picture, startedMs), tookMs }, [detection.landmarks.buffer]);
    } finally {
      picture.close();
    }
  } catch (error) {
    answer({ failed: String(error) });
  }
});
