// How bright the picture is, looked at twice a second on a picture of some hundred pixels.

const EVERY_MS = 500;
const [WIDTH, HEIGHT] = [32, 24];

/** @type {OffscreenCanvasRenderingContext2D | null} */
let context = null;
let lastMs = -Infinity;

/**
 * Mean brightness from 0 to 1 (Rec. 709 luma); null between two looks, and where the browser cannot draw off screen.
 * @param {CanvasImageSource} picture
 * @param {number} nowMs
 */
export function brightnessOf(picture, nowMs) {
  if (nowMs - lastMs < EVERY_MS || typeof OffscreenCanvas === "undefined") return null;
  lastMs = nowMs;
  context ??= new OffscreenCanvas(WIDTH, HEIGHT).getContext("2d", { willReadFrequently: true });
  if (context === null) return null;
  context.drawImage(picture, 0, 0, WIDTH, HEIGHT);
  const { data } = context.getImageData(0, 0, WIDTH, HEIGHT);
  let sum = 0;
  for (let index = 0; index < data.length; index += 4) {
    sum += 0.2126 * Number(data[index]) + 0.7152 * Number(data[index + 1]) + 0.0722 * Number(data[index + 2]);
  }
  return sum / (255 * WIDTH * HEIGHT);
}
