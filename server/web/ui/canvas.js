/** Canvases that fit their boxes, and where landmarks go on them. */

/** @typedef {import("./pen.js").View} View */
/** @typedef {import("./clip.js").Box} Box */

const MOST_PIXELS_A_POINT = 2;

/**
 * Clears a canvas and gives it as many pixels as its box has on the screen.
 * @param {HTMLCanvasElement} canvas
 * @returns {{context: CanvasRenderingContext2D, width: number, height: number} | null} size in CSS pixels; null: not shown
 */
export function cleared(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (!context || !width || !height) return null;
  const ratio = Math.min(devicePixelRatio || 1, MOST_PIXELS_A_POINT);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/**
 * Shows a part of a picture as large as it fits.
 * @param {Box} box
 * @param {number} aspect width over height of the picture
 * @param {number} width of the canvas
 * @param {number} height of the canvas
 * @param {boolean} mirrored
 * @returns {View}
 */
export function fitting(box, aspect, width, height, mirrored) {
  const scale = Math.min(width / ((box.right - box.left) * aspect), height / (box.bottom - box.top));
  return centred(box, scale * aspect, scale, width, height, mirrored);
}

/**
 * Covers a canvas with the whole picture, as `object-fit: cover` does with the video beneath.
 * @param {number} aspect width over height of the picture
 * @param {number} width of the canvas
 * @param {number} height of the canvas
 * @returns {View}
 */
export function covering(aspect, width, height) {
  const scale = Math.max(width / aspect, height);
  return centred({ left: 0, top: 0, right: 1, bottom: 1 }, scale * aspect, scale, width, height, false);
}

/**
 * @param {Box} box
 * @param {number} scaleX
 * @param {number} scaleY
 * @param {number} width
 * @param {number} height
 * @param {boolean} mirrored
 * @returns {View}
 */
function centred(box, scaleX, scaleY, width, height, mirrored) {
  const sign = mirrored ? -1 : 1;
  const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  return { scaleX: sign * scaleX, scaleY, left: width / 2 - sign * x * scaleX, top: height / 2 - y * scaleY };
}
