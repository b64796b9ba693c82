// The learner's camera. No sound is asked for.

/** @typedef {"denied" | "none" | "busy" | "unsupported"} CameraTrouble */

/** Why there is no picture. */
export class CameraError extends Error {
  /** @param {CameraTrouble} code @param {string} text */
  constructor(code, text) {
    super(text);
    this.name = "CameraError";
    this.code = code;
  }
}

/** What browsers call it, and what it means. @type {Readonly<Record<string, CameraTrouble>>} */
const TROUBLE = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
};

/**
 * @typedef {object} Camera
 * @property {MediaStream} stream
 * @property {HTMLVideoElement} video plays the stream; not in the document yet
 * @property {number} width
 * @property {number} height
 * @property {number} frameRate
 * @property {() => void} close
 */

/**
 * Asks for the camera and starts it.
 * @param {{deviceId?: string, width?: number, height?: number, frameRate?: number}} [wish]
 * @returns {Promise<Camera>}
 * @throws {CameraError}
 */
export async function openCamera({ deviceId, width = 640, height = 480, frameRate = 30 } = {}) {
  if (navigator.mediaDevices?.getUserMedia === undefined) {
    throw new CameraError("unsupported", "This browser gives no camera to this page; it needs https or this computer.");
  }
  const stream = await askFor({
    audio: false,
    video: {
      width: { ideal: width },
      height: { ideal: height },
      frameRate: { ideal: frameRate },
      ...(deviceId === undefined ? { facingMode: "user" } : { deviceId: { exact: deviceId } }),
    },
  });
  const video = document.createElement("video");
  Object.assign(video, { muted: true, playsInline: true, srcObject: stream });
  await video.play();
  const settings = stream.getVideoTracks()[0]?.getSettings() ?? {};
  return {
    stream,
    video,
    width: video.videoWidth,
    height: video.videoHeight,
    frameRate: settings.frameRate ?? frameRate,
    close: () => {
      for (const track of stream.getTracks()) track.stop();
      video.srcObject = null;
    },
  };
}

/** @param {MediaStreamConstraints} constraints */
async function askFor(constraints) {
  try {
    return await navigator.mediaDevices.getUserMedia(constraints);
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    throw new CameraError(TROUBLE[name] ?? "busy", error instanceof Error ? error.message : String(error));
  }
}
