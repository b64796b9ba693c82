/** What a picture needs so that signing can be judged, found from the landmarks and the brightness of a frame. */

import { Frame } from "./frame.js";

/** @typedef {import("../landmarks/landmarker.js").LandmarkFrame} LandmarkFrame */
/** @typedef {{good: boolean, text: string}} Check */

const DARKEST = 0.2;
const BRIGHTEST = 0.92;
const FARTHEST_SHOULDERS = 0.14;
const LEFT_ELBOW = 13;
const RIGHT_ELBOW = 14;
const EDGE = 0.01;

/**
 * @param {LandmarkFrame} frame
 * @returns {Check}
 */
export function lightCheck({ brightness }) {
  if (brightness < DARKEST) return { good: false, text: "It is dark. Turn on a lamp in front of you." };
  if (brightness > BRIGHTEST) return { good: false, text: "It is too bright. Turn away from the window." };
  return { good: true, text: "The light is good." };
}

/**
 * Both elbows in the picture is the distance at which the whole signing space is.
 * @param {LandmarkFrame} frame
 * @returns {Check}
 */
export function distanceCheck({ landmarks }) {
  const frame = new Frame(landmarks, "hands+pose");
  const [left, right] = [frame.pose(11), frame.pose(12)];
  const nose = frame.pose(0);
  if (!left || !right || !nose)
    return { good: false, text: "Sit in front of the camera: head and shoulders in the picture." };
  if (Math.abs(left[0] - right[0]) < FARTHEST_SHOULDERS) return { good: false, text: "Come a little nearer." };
  if (nose[1] < 0.08) return { good: false, text: "Your head is cut off. Tilt the camera up." };
  const elbows = [frame.pose(LEFT_ELBOW), frame.pose(RIGHT_ELBOW)];
  if (!elbows.every(inPicture)) return { good: false, text: "Step back a little: both elbows should be visible." };
  return { good: true, text: "The distance is good." };
}

/**
 * @param {LandmarkFrame} frame
 * @returns {Check}
 */
export function handsCheck({ seen }) {
  if (seen.left || seen.right) return { good: true, text: "We see your hand." };
  return { good: false, text: "Raise a hand, as if to say hello." };
}

/** @param {[number, number] | null} point */
function inPicture(point) {
  return point !== null && point.every((part) => part > EDGE && part < 1 - EDGE);
}
