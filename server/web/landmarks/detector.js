// MediaPipe's hand and pose landmarkers on one picture after the other. Runs in the worker, or in the page where there
// is none. Pictures go in here and only landmarks come out.

import {
  FilesetResolver,
  HandLandmarker,
  PoseLandmarker,
} from "../node_modules/@mediapipe/tasks-vision/vision_bundle.mjs";
import { COORDINATES, LAYOUTS } from "../client/constants.js";
import { assignHands } from "./hands.js";

/** @typedef {import("@mediapipe/tasks-vision").NormalizedLandmark} Landmark */
/** @typedef {import("./hands.js").DetectedHand} DetectedHand */
/** @typedef {"GPU" | "CPU"} Delegate */
/** @typedef {ImageBitmap | VideoFrame | HTMLVideoElement} Picture */

/**
 * @typedef {object} Detection
 * @property {Float32Array<ArrayBuffer>} landmarks points × 3 of layout hands+pose, NaN for what was not seen
 * @property {{left: boolean, right: boolean, body: boolean}} seen
 */

export const DETECTOR_LAYOUT = LAYOUTS["hands+pose"];
const WASM = new URL("../node_modules/@mediapipe/tasks-vision/wasm", import.meta.url).href;
const HAND_MODEL = "/models/hand_landmarker.task";
const POSE_MODEL = "/models/pose_landmarker.task";

const NATIVE_CHATTER = /^([IW]\d{4} |INFO: |Graph successfully started)/;
let nativeLogIsQuiet = false;

export class Detector {
  #hands;
  #pose;
  #lastMs = 0;

  /** @param {HandLandmarker} hands @param {PoseLandmarker} pose */
  constructor(hands, pose) {
    this.#hands = hands;
    this.#pose = pose;
  }

  /**
   * @param {Delegate} delegate
   * @param {boolean} inModule whether this is a module worker, which has no `importScripts`
   */
  static async open(delegate, inModule) {
    quietNativeLog();
    if (inModule) letModuleWorkerImport();
    const files = await FilesetResolver.forVisionTasks(WASM, inModule);
    /** @param {string} modelAssetPath */
    const options = (modelAssetPath) => ({
      baseOptions: { modelAssetPath, delegate },
      runningMode: /** @type {const} */ ("VIDEO"),
    });
    const hands = await HandLandmarker.createFromOptions(files, { ...options(HAND_MODEL), numHands: 2 });
    const pose = await PoseLandmarker.createFromOptions(files, { ...options(POSE_MODEL), numPoses: 1 });
    return new Detector(hands, pose);
  }

  /**
   * @param {Picture} picture @param {number} width @param {number} height
   * @param {number} timeMs of the picture; has to grow, and is made to
   * @returns {Detection}
   */
  detect(picture, width, height, timeMs) {
    this.#lastMs = Math.max(timeMs, this.#lastMs + 1);
    const body = this.#pose.detectForVideo(picture, this.#lastMs).landmarks[0];
    const found = this.#hands.detectForVideo(picture, this.#lastMs);
    const pose = body === undefined ? null : numbersOf(body);
    const hands = found.landmarks.map((points, index) => ({
      points: numbersOf(points),
      world: numbersOf(found.worldLandmarks[index] ?? []),
      rightProbability: rightProbability(found.handedness[index]?.[0]),
    }));
    return frameOf(pose, assignHands(hands, pose, width / height));
  }

  close() {
    this.#hands.close();
    this.#pose.close();
  }
}

/**
 * MediaPipe's loader calls `self.import` where there is no `importScripts`, and takes `self.ModuleFactory` away when it
 * has used it; a module that is imported for the second task would not put it there again.
 */
function letModuleWorkerImport() {
  const scope = /** @type {{import?: (url: string) => Promise<void>, ModuleFactory?: unknown}} */ (
    /** @type {unknown} */ (self)
  );
  scope.import = async (url) => {
    scope.ModuleFactory = (await import(url)).default;
  };
}

/**
 * MediaPipe's native code logs its every step, some of it as errors. Lines that bear its marks (`I1122 …`, `W1122 …`,
 * `INFO:`) go to the browser's verbose level; what it calls an error stays one.
 */
function quietNativeLog() {
  if (nativeLogIsQuiet) return;
  nativeLogIsQuiet = true;
  const { debug } = console;
  for (const level of /** @type {const} */ (["log", "warn", "error"])) {
    const say = console[level];
    console[level] = (...words) => (NATIVE_CHATTER.test(String(words[0])) ? debug(...words) : say(...words));
  }
}

/** @param {readonly {x: number, y: number, z: number}[]} points */
function numbersOf(points) {
  const numbers = new Float32Array(points.length * COORDINATES);
  points.forEach(({ x, y, z }, index) => numbers.set([x, y, z], index * COORDINATES));
  return numbers;
}

/**
 * The Tasks API names a hand as the signer would, in a picture that is not mirrored.
 * @param {{categoryName: string, score: number} | undefined} label
 */
function rightProbability(label) {
  if (label === undefined) return 0.5;
  return label.categoryName === "Right" ? label.score : 1 - label.score;
}

/**
 * @param {Float32Array | null} pose
 * @param {Partial<Record<"left" | "right", DetectedHand>>} hands
 * @returns {Detection}
 */
export function frameOf(pose, hands) {
  /** @type {Record<string, Float32Array | null | undefined>} */
  const found = {
    pose,
    left_hand: hands.left?.points,
    right_hand: hands.right?.points,
    left_hand_world: hands.left?.world,
    right_hand_world: hands.right?.world,
  };
  const landmarks = new Float32Array(DETECTOR_LAYOUT.points * COORDINATES).fill(NaN);
  for (const block of DETECTOR_LAYOUT.blocks) {
    const numbers = found[block.name];
    if (numbers) landmarks.set(numbers, block.start * COORDINATES);
  }
  return {
    landmarks,
    seen: { left: hands.left !== undefined, right: hands.right !== undefined, body: pose !== null },
  };
}
