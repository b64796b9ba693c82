// Bytes to messages and back, and landmarks to the int16 of the wire. Twin of `protocol/codec.py`.

import { Decoder, encode as encodeMsgpack } from "../node_modules/@msgpack/msgpack/dist.esm/index.mjs";
import {
  COORDINATES,
  ErrorCode,
  IMAGE_STEPS,
  LIMITS,
  MISSING,
  SERVER_SCHEMAS,
  UNPACK_LIMITS,
  WORLD_STEPS,
} from "./constants.js";
import { ProtocolError } from "./errors.js";
import { SchemaError, checked } from "./schema.js";

/** @typedef {import("./constants.js").Layout} Layout */
/** @typedef {import("./constants.js").ClientMessage} ClientMessage */
/** @typedef {import("./constants.js").ServerMessage} ServerMessage */

const LARGEST = 32_767;

const decoder = new Decoder({
  maxArrayLength: UNPACK_LIMITS.maxArrayLen,
  maxMapLength: UNPACK_LIMITS.maxMapLen,
  maxStrLength: UNPACK_LIMITS.maxStrLen,
  maxBinLength: UNPACK_LIMITS.maxBinLen,
  maxExtLength: UNPACK_LIMITS.maxExtLen,
  mapKeyConverter: (key) => {
    if (typeof key !== "string") throw new ProtocolError(ErrorCode.MALFORMED, "a key of a map is no string");
    return key;
  },
});

/**
 * Quantises frames as they travel: little-endian int16, frame after frame, x y z of each point.
 *
 * The error is at most half a step: 1/16,384 of the picture's size, 1/32,768 m for world points. Halves round up, what
 * is out of reach saturates.
 * @param {Float32Array} landmarks frames × points × 3, NaN for what was not seen
 * @param {Layout} layout
 * @returns {Uint8Array<ArrayBuffer>}
 * @throws {ProtocolError} FRAME_LENGTH, NON_FINITE
 */
export function packLandmarks(landmarks, layout) {
  const perFrame = layout.points * COORDINATES;
  if (landmarks.length % perFrame !== 0) {
    throw new ProtocolError(ErrorCode.FRAME_LENGTH, `a frame of layout ${layout.name} has ${perFrame} numbers`);
  }
  const packed = new Uint8Array(landmarks.length * 2);
  const view = new DataView(packed.buffer);
  for (let frame = 0; frame < landmarks.length; frame += perFrame) {
    for (const block of layout.blocks) {
      const steps = block.world ? WORLD_STEPS : IMAGE_STEPS;
      const stop = frame + block.stop * COORDINATES;
      for (let index = frame + block.start * COORDINATES; index < stop; index += 1) {
        view.setInt16(index * 2, quantised(/** @type {number} */ (landmarks[index]), steps), true);
      }
    }
  }
  return packed;
}

/** @param {number} value @param {number} steps */
function quantised(value, steps) {
  if (Number.isNaN(value)) return MISSING;
  if (!Number.isFinite(value)) {
    throw new ProtocolError(ErrorCode.NON_FINITE, "a landmark is infinite; say NaN for a point that was not seen");
  }
  return Math.max(-LARGEST, Math.min(LARGEST, Math.floor(value * steps + 0.5)));
}

/**
 * Reads packed frames back: frames × points × 3, NaN for what was not seen.
 * @param {Uint8Array} packed
 * @param {Layout} layout
 * @returns {Float32Array<ArrayBuffer>}
 * @throws {ProtocolError} FRAME_LENGTH
 */
export function unpackLandmarks(packed, layout) {
  if (packed.length % layout.frameBytes !== 0) {
    throw new ProtocolError(ErrorCode.FRAME_LENGTH, `a frame of layout ${layout.name} has ${layout.frameBytes} bytes`);
  }
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const landmarks = new Float32Array(packed.length / 2);
  for (let frame = 0; frame < landmarks.length; frame += layout.points * COORDINATES) {
    for (const block of layout.blocks) {
      const steps = block.world ? WORLD_STEPS : IMAGE_STEPS;
      const stop = frame + block.stop * COORDINATES;
      for (let index = frame + block.start * COORDINATES; index < stop; index += 1) {
        const point = view.getInt16(index * 2, true);
        landmarks[index] = point === MISSING ? NaN : point / steps;
      }
    }
  }
  return landmarks;
}

/**
 * Holds the time stamps of the frames from `firstSeq` on to the bounds of an attempt, and to growing strictly.
 * @param {readonly number[]} timesMs
 * @param {number} firstSeq
 * @throws {ProtocolError} TIMES_NOT_ASCENDING, ATTEMPT_TOO_LONG
 */
export function checkTimes(timesMs, firstSeq) {
  for (let index = 1; index < timesMs.length; index += 1) {
    if (/** @type {number} */ (timesMs[index - 1]) >= /** @type {number} */ (timesMs[index])) {
      throw new ProtocolError(ErrorCode.TIMES_NOT_ASCENDING, "time stamps have to grow from frame to frame");
    }
  }
  if ((timesMs.at(-1) ?? 0) > LIMITS.attemptMs) {
    throw new ProtocolError(ErrorCode.ATTEMPT_TOO_LONG, `an attempt may last ${LIMITS.attemptMs / 1000} seconds`);
  }
  if (firstSeq + timesMs.length > LIMITS.attemptFrames) {
    throw new ProtocolError(ErrorCode.ATTEMPT_TOO_LONG, `an attempt may have ${LIMITS.attemptFrames} frames`);
  }
}

/**
 * One message as it travels: a msgpack map.
 * @param {ClientMessage} message
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encode(message) {
  return encodeMsgpack(message);
}

/**
 * Reads a server's message.
 * @param {ArrayBuffer | Uint8Array} data
 * @returns {ServerMessage}
 * @throws {ProtocolError}
 */
export function decodeServer(data) {
  if (data.byteLength > LIMITS.serverMessageBytes) {
    throw new ProtocolError(ErrorCode.TOO_LARGE, `a message of ${data.byteLength} bytes`);
  }
  const raw = unpacked(data);
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    throw new ProtocolError(ErrorCode.MALFORMED, "a message is a msgpack map");
  }
  const name = /** @type {{t?: unknown}} */ (raw).t;
  const schema = typeof name === "string" && Object.hasOwn(SERVER_SCHEMAS, name) ? SERVER_SCHEMAS[name] : undefined;
  if (schema === undefined) {
    throw new ProtocolError(ErrorCode.UNKNOWN_TYPE, "the key t does not name a message of this direction");
  }
  try {
    return /** @type {ServerMessage} */ (checked(raw, schema, String(name)));
  } catch (error) {
    if (error instanceof SchemaError) throw new ProtocolError(ErrorCode.INVALID_FIELD, error.message);
    throw error;
  }
}

/** @param {ArrayBuffer | Uint8Array} data @returns {unknown} */
function unpacked(data) {
  try {
    return decoder.decode(data);
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    const tooLong = error instanceof Error && error.message.startsWith("Max length exceeded");
    throw tooLong
      ? new ProtocolError(ErrorCode.LIMIT_EXCEEDED, "something in the message is longer than allowed")
      : new ProtocolError(ErrorCode.MALFORMED, "the message is not one whole msgpack value");
  }
}
