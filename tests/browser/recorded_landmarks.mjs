// Takes the place of landmarks/landmarker.js where a test needs the same landmarks each time: plays a recording in a loop,
// as often a second as it was recorded, and from just before its beginning when a try begins. Where the test sets
// `triesToSign`, hands stay down after so many tries, and a try in which they do does not end by itself. What comes after
// it, from the page to the database, is the real thing.
import { TypedEvents } from "../client/events.js";

const RECORDING = globalThis.structuredClone(/* recording */ null);
const REST_BEFORE = 8;
globalThis.triesToSign = Infinity;
const isRecording = () => document.querySelector("main")?.dataset.phase === "recording";

export class Landmarker extends TypedEvents {
  where = "recording";
  delegate = "CPU";
  #timer = 0;
  #next = 0;
  #startedMs = performance.now();
  #recording = false;
  #first = 0;

  static async open() {
    return new Landmarker();
  }

  start() {
    this.#timer = setInterval(() => this.#tick(), RECORDING.intervalMs);
  }

  stop() {
    clearInterval(this.#timer);
  }

  close() {
    this.stop();
  }

  // A busy machine is late, but it loses nothing.
  #tick() {
    while (this.#startedMs + this.#next * RECORDING.intervalMs <= performance.now()) this.#show();
  }

  #show() {
    const { frames, brightness, intervalMs } = RECORDING;
    const recording = isRecording();
    const resting = globalThis.triesToSign <= 0;
    if (resting || (recording && !this.#recording)) this.#first = this.#next + REST_BEFORE;
    this.#recording = recording;
    const frame = frames.at((this.#next - this.#first) % frames.length);
    const landmarks = Float32Array.from(frame, (value) => value ?? NaN);
    const capturedMs = this.#startedMs + this.#next * intervalMs;
    this.#next += 1;
    const has = (point) => !Number.isNaN(landmarks[point * 3]);
    const seen = { body: has(0), left: has(33), right: has(54) };
    this.emit("frame", { landmarks, seen, capturedMs, brightness });
    if (recording && !isRecording()) globalThis.triesToSign -= 1;
    if (this.#next % 25 === 0) this.emit("rate", { fps: 1000 / intervalMs, detectMs: 0 });
  }
}
