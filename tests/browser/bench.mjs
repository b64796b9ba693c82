// What the browser tests do in a page: practise with frames that the test hands in, and write down what is said.

import { openAccount } from "/assets/client/account.js";
import { deliverHeld } from "/assets/client/heldSessions.js";
import { Rest } from "/assets/client/rest.js";
import { PracticeSession } from "/assets/client/session.js";

import { openCamera } from "/assets/landmarks/camera.js";
import { Landmarker } from "/assets/landmarks/landmarker.js";

const EVENTS = ["state", "welcome", "status", "feedback", "scored", "stored", "unsaved", "attempt", "interrupted"];
const MORE_EVENTS = ["progress", "lost", "trouble", "persistence"];

const defaultVideo = { width: 640, height: 480, fps: 30 };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Bench {
  rest = new Rest();
  session = null;
  /** Everything that the session said, as [name, detail]. */
  said = [];

  async account() {
    return openAccount(this.rest);
  }

  async create(wish, video = defaultVideo) {
    await this.account();
    return this.#use(await PracticeSession.create({ rest: this.rest, wish, video }));
  }

  async reopen(sessionId) {
    await this.account();
    return this.#use(await PracticeSession.reopen({ rest: this.rest, sessionId }));
  }

  held() {
    return PracticeSession.held();
  }

  async deliver() {
    await this.account();
    const counts = [];
    await deliverHeld({
      rest: this.rest,
      onUnsaved: (count) => counts.push(count),
    }).done;
    return counts;
  }

  begin(frames, timesMs) {
    const number = this.session.beginAttempt(0);
    this.beganMs = performance.now();
    return this.#play(frames, timesMs).then(() => number);
  }

  async finish(frames, timesMs) {
    await this.#play(frames, timesMs);
    this.session.endAttempt();
  }

  async attempt(frames, timesMs) {
    const number = await this.begin(frames, timesMs);
    this.session.endAttempt();
    return number;
  }

  /** Opens the camera and starts finding landmarks in its pictures. */
  async watch() {
    const startedMs = performance.now();
    this.camera = await openCamera();
    this.landmarker = await Landmarker.open({ video: this.camera.video });
    this.looks = [];
    this.rates = [];
    this.troubles = [];
    this.landmarker.on("frame", ({ landmarks, capturedMs, seen, brightness }) => {
      this.looks.push({
        seen,
        brightness,
        numbers: landmarks.length,
        finite: landmarks.filter(Number.isFinite).length,
      });
      this.session?.addFrame(landmarks, capturedMs);
    });
    this.landmarker.on("rate", (rate) => this.rates.push(rate));
    this.landmarker.on("trouble", (trouble) => this.troubles.push(trouble));
    this.landmarker.start();
    const { width, height, frameRate } = this.camera;
    const { where, delegate } = this.landmarker;
    return {
      where,
      delegate,
      width,
      height,
      frameRate,
      openedMs: performance.now() - startedMs,
    };
  }

  /** Waits until `test(bench)` is true; what it is given is told again with every event. */
  async until(test, timeoutMs = 60_000) {
    const deadlineMs = performance.now() + timeoutMs;
    while (!test(this)) {
      if (performance.now() > deadlineMs) throw new Error(`never: ${test}; ${JSON.stringify(this.said.slice(-20))}`);
      await sleep(20);
    }
  }

  /** Waits until so many frames are in the store: what the end of the page does not take away. */
  async kept(frames, timeoutMs = 60_000) {
    const deadlineMs = performance.now() + timeoutMs;
    const request = indexedDB.open("storysign");
    await new Promise((resolve, reject) => Object.assign(request, { onsuccess: resolve, onerror: reject }));
    const count = () =>
      new Promise((resolve, reject) => {
        const pieces = request.result.transaction("frames").objectStore("frames").getAll();
        pieces.onsuccess = () => resolve(pieces.result.reduce((sum, { timesMs }) => sum + timesMs.length, 0));
        pieces.onerror = reject;
      });
    while ((await count()) < frames) {
      if (performance.now() > deadlineMs) throw new Error(`never ${frames} frames, but ${await count()}`);
      await sleep(20);
    }
    request.result.close();
  }

  states() {
    return this.said.filter(([name]) => name === "state").map(([, { state }]) => state);
  }

  /** Adds frames (numbers, null for what was not seen) when their time has come, or at once when it has passed. */
  async #play(frames, timesMs) {
    for (const [index, frame] of frames.entries()) {
      const capturedMs = this.beganMs + timesMs[index] + 1;
      await sleep(Math.max(0, capturedMs - performance.now()));
      const landmarks = Float32Array.from(frame, (value) => value ?? NaN);
      this.session.addFrame(landmarks, capturedMs);
    }
  }

  #use(session) {
    this.session = session;
    this.said = [];
    for (const name of [...EVENTS, ...MORE_EVENTS]) session.on(name, (detail) => this.said.push([name, detail]));
    session.start();
    return session.id;
  }
}

globalThis.bench = new Bench();
