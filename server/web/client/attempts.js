// The attempts of a practice session in the page: what is recorded goes into the stream and, before it is sent, into the
// store; what becomes of each is told.

import { Recorder } from "./recorder.js";
import { Problem } from "./rest.js";
import { storedOnServer } from "./sessionRecord.js";

/** @typedef {import("./clientStream.js").ClientStream} ClientStream */
/** @typedef {import("./keeper.js").Keeper} Keeper */
/** @typedef {import("./events.js").TypedEvents<import("./sessionEvents.js").SessionEvents>} Listeners */

/** An attempt that was cut off by the end of a page counts if it had gone on for so long. */
const MIN_INTERRUPTED_MS = 500;

export class Attempts {
  #stream;
  #keeper;
  #listeners;
  #recorder = new Recorder();
  #unsavedText = "";
  /** @type {Set<number>} */
  #toldDropped = new Set();

  /** @param {ClientStream} stream @param {Keeper} keeper @param {Listeners} listeners */
  constructor(stream, keeper, listeners) {
    this.#stream = stream;
    this.#keeper = keeper;
    this.#listeners = listeners;
  }

  /** @param {number} sentenceIndex @param {number} beganMs */
  begin(sentenceIndex, beganMs) {
    const number = this.#stream.beginAttempt(sentenceIndex, Math.round(performance.timeOrigin + beganMs));
    this.#recorder.begin(number, beganMs);
    this.#keeper.keep({ session: { nextAttempt: this.#stream.nextAttempt } });
    this.reconcile();
    return number;
  }

  /** @param {Float32Array} landmarks @param {number} capturedMs */
  add(landmarks, capturedMs) {
    if (this.#stream.recording === null) return;
    const taken = this.#recorder.add(landmarks, capturedMs, performance.now());
    if (taken === "due") this.#passOn();
    else if (taken === "full") this.end();
  }

  end() {
    this.#passOn();
    this.#stream.endAttempt();
    this.reconcile();
  }

  cancel() {
    this.#stream.cancelAttempt();
    this.reconcile();
  }

  /** How long ago the frame that feedback is about was added; null where that is not known. @param {{a: number, q: number}} of */
  sinceAddedMs(of) {
    return this.#recorder.sinceAddedMs(of, performance.now());
  }

  /** Makes the store agree with the stream, and tells what has become of attempts. */
  reconcile() {
    const { attempts, dropped } = this.#stream;
    for (const { attempt, outcome } of this.#keeper.reconcile(attempts, dropped)) {
      this.#listeners.emit("attempt", { attempt, state: outcome === "ended" ? "waiting" : outcome });
    }
    for (const [attempt, reason] of dropped) {
      if (this.#toldDropped.has(attempt)) continue;
      this.#toldDropped.add(attempt);
      this.#listeners.emit("lost", { attempts: [attempt], reason });
    }
    this.tellUnsaved();
  }

  tellUnsaved() {
    const attempts = this.#stream.unsaved;
    const text = attempts.join();
    if (text === this.#unsavedText) return;
    this.#unsavedText = text;
    this.#listeners.emit("unsaved", { attempts });
  }

  /** A former page ended in the middle of an attempt: what there is of it is judged, unless it had hardly begun. */
  settleInterrupted() {
    const number = this.#stream.recording;
    const attempt = this.#stream.attempts.find((held) => held.number === number);
    if (attempt === undefined) return;
    const kept = (attempt.timesMs.at(-1) ?? 0) - (attempt.timesMs[0] ?? 0) >= MIN_INTERRUPTED_MS;
    const frames = attempt.timesMs.length;
    if (kept) this.#stream.endAttempt();
    else this.#stream.cancelAttempt();
    this.reconcile();
    this.#listeners.emit("interrupted", { attempt: attempt.number, kept, frames });
  }

  /**
   * The session takes no more attempts: what is not in the store of the server now never will be.
   * @param {import("./rest.js").Rest} rest @param {string} sessionId
   */
  async settleEnded(rest, sessionId) {
    try {
      const through = await storedOnServer(rest, sessionId);
      this.#stream.storedThrough(through);
      this.reconcile();
      this.#listeners.emit("stored", { through });
      const lost = this.#stream.unsaved;
      if (lost.length > 0) this.#listeners.emit("lost", { attempts: lost, reason: "ended" });
      await this.#keeper.forget();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // The server is away: the next visit asks again.
    }
  }

  /** Frames go into the stream and the store, and from there to the server. */
  #passOn() {
    const number = this.#stream.recording;
    const frames = this.#recorder.take(performance.now());
    if (number === null || frames === null) return;
    const { firstSeq, packed } = this.#stream.addFrames(frames.landmarks, frames.timesMs);
    this.#keeper.keep({ frames: { number, firstSeq, timesMs: frames.timesMs, packed } });
  }
}
