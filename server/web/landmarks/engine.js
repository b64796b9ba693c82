// Where the models run: in a worker where the browser can, else in the page; on the GPU where it works, else on the CPU.

import { brightnessOf } from "./brightness.js";
import { Detector } from "./detector.js";

/** @typedef {import("./detector.js").Delegate} Delegate */
/** @typedef {{detection: import("./detector.js").Detection, brightness: number | null, tookMs: number}} Look */

/**
 * @typedef {object} Engine
 * @property {"worker" | "page"} where
 * @property {Delegate} delegate
 * @property {(video: HTMLVideoElement, timeMs: number) => Promise<Look>} detect one at a time
 * @property {() => void} close
 */

/** A GPU that has not answered by then never will: drivers hang rather than fail. */
const GPU_PATIENCE_MS = 20_000;

/** Renderers that only pretend to be a GPU: MediaPipe's GPU code hangs on them, and would gain nothing. */
const SOFTWARE_RENDERER = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/**
 * @param {"auto" | Delegate} wish
 * @returns {Promise<Engine>}
 */
export async function openEngine(wish) {
  const delegates = /** @type {Delegate[]} */ (wish === "auto" ? (hasGpu() ? ["GPU", "CPU"] : ["CPU"]) : [wish]);
  /** @type {unknown} */
  let trouble = null;
  for (const delegate of delegates) {
    for (const open of canUseWorker() ? [openWorker, openPage] : [openPage]) {
      try {
        return await open(delegate);
      } catch (error) {
        trouble = error;
      }
    }
  }
  throw trouble;
}

function hasGpu() {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (gl === null) return false;
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = String(gl.getParameter(info === null ? gl.RENDERER : info.UNMASKED_RENDERER_WEBGL));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return !SOFTWARE_RENDERER.test(renderer);
}

function canUseWorker() {
  return (
    typeof Worker !== "undefined" && typeof OffscreenCanvas !== "undefined" && typeof createImageBitmap === "function"
  );
}

/** @param {Delegate} delegate @returns {Promise<Engine>} */
async function openWorker(delegate) {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  /** @param {import("./worker.js").ToWorker} message @param {Transferable[]} transfer */
  const ask = (message, transfer = []) =>
    new Promise((/** @type {(answer: Look) => void} */ resolve, reject) => {
      worker.onmessage = (/** @type {MessageEvent<import("./worker.js").FromWorker>} */ { data }) => {
        if ("failed" in data) reject(new Error(data.failed));
        else resolve(/** @type {Look} */ (data));
      };
      worker.onerror = (event) => reject(new Error(event.message || "the worker could not be started"));
      worker.postMessage(message, transfer);
    });
  try {
    await inTime(delegate, ask({ open: delegate }));
    const picture = darkPicture();
    await inTime(delegate, ask({ picture, width: picture.width, height: picture.height, timeMs: 1 }, [picture]));
  } catch (error) {
    worker.terminate();
    throw error;
  }
  return {
    where: "worker",
    delegate,
    detect: async (video, timeMs) => {
      const picture = await pictureOf(video);
      return ask({ picture, width: video.videoWidth, height: video.videoHeight, timeMs }, [picture]);
    },
    close: () => worker.terminate(),
  };
}

/** @param {Delegate} delegate @returns {Promise<Engine>} */
async function openPage(delegate) {
  const detector = await Detector.open(delegate, false);
  return {
    where: "page",
    delegate,
    detect: async (video, timeMs) => {
      const startedMs = performance.now();
      const detection = detector.detect(video, video.videoWidth, video.videoHeight, timeMs);
      const tookMs = performance.now() - startedMs;
      return { detection, brightness: brightnessOf(video, startedMs), tookMs };
    },
    close: () => detector.close(),
  };
}

/** The first picture takes long, and shows whether the delegate works at all. */
function darkPicture() {
  const canvas = new OffscreenCanvas(64, 48);
  canvas.getContext("2d");
  return canvas.transferToImageBitmap();
}

/** @param {HTMLVideoElement} video @returns {Promise<ImageBitmap | VideoFrame>} */
async function pictureOf(video) {
  return typeof VideoFrame === "undefined" ? createImageBitmap(video) : new VideoFrame(video);
}

/** @template T @param {Delegate} delegate @param {Promise<T>} work @returns {Promise<T>} */
async function inTime(delegate, work) {
  if (delegate === "CPU") return work;
  let timer = 0;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("the GPU does not answer")), GPU_PATIENCE_MS);
  });
  try {
    return await /** @type {Promise<T>} */ (Promise.race([work, late]));
  } finally {
    clearTimeout(timer);
  }
}
