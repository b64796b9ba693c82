// The wire's constants, tables and messages.
// Generated from `protocol/` by `python -m protocol.export_js`; change it there.

/**
 * Where the points of a block stand in a frame, and whether they are metres instead of parts of the picture.
 * @typedef {{name: string, start: number, stop: number, world: boolean}} Block
 * @typedef {{name: LayoutName, points: number, frameBytes: number, blocks: Block[]}} Layout
 */

/**
 * What is used of JSON Schema; `part` names a row of SCHEMA_PARTS.
 * @typedef {object} Schema
 * @property {string} [part]
 * @property {string} [type]
 * @property {unknown} [const]
 * @property {unknown[]} [enum]
 * @property {Schema[]} [anyOf]
 * @property {Schema} [items]
 * @property {Schema[]} [prefixItems]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {string[]} [required]
 * @property {Record<string, Schema>} [properties]
 * @property {Schema} [additionalProperties]
 * @property {unknown} [default]
 */

export const PROTOCOL_VERSION = 1;

export const SUBPROTOCOL = "storysign.v1";

export const TICKET_PREFIX = "ticket.";

export const COORDINATES = 3;

export const MISSING = -32768;

export const IMAGE_STEPS = 8192;

export const WORLD_STEPS = 16384;

export const LIMITS = Object.freeze({
  framesPerMessage: 64,
  attemptFrames: 3600,
  attemptMs: 120000,
  serverMessageBytes: 16777216,
});

export const UNPACK_LIMITS = Object.freeze({
  maxArrayLen: 4096,
  maxMapLen: 64,
  maxStrLen: 4096,
  maxBinLen: 0,
  maxExtLen: 0,
  strictMapKey: true,
});

/** @type {Readonly<Reconnect>} */
export const DEFAULT_RECONNECT = Object.freeze({
  after_ms: 250,
  spread_ms: 750,
});

export const MAX_RECONNECT_DELAY_MS = 30000;

/** @type {Readonly<Record<LayoutName, Layout>>} */
export const LAYOUTS = Object.freeze({
  hands: {"name": "hands", "points": 84, "frameBytes": 504, "blocks": [{"name": "left_hand", "start": 0, "stop": 21, "world": false}, {"name": "right_hand", "start": 21, "stop": 42, "world": false}, {"name": "left_hand_world", "start": 42, "stop": 63, "world": true}, {"name": "right_hand_world", "start": 63, "stop": 84, "world": true}]},
  "hands+pose": {"name": "hands+pose", "points": 117, "frameBytes": 702, "blocks": [{"name": "pose", "start": 0, "stop": 33, "world": false}, {"name": "left_hand", "start": 33, "stop": 54, "world": false}, {"name": "right_hand", "start": 54, "stop": 75, "world": false}, {"name": "left_hand_world", "start": 75, "stop": 96, "world": true}, {"name": "right_hand_world", "start": 96, "stop": 117, "world": true}]},
  holistic: {"name": "holistic", "points": 585, "frameBytes": 3510, "blocks": [{"name": "pose", "start": 0, "stop": 33, "world": false}, {"name": "face", "start": 33, "stop": 501, "world": false}, {"name": "left_hand", "start": 501, "stop": 522, "world": false}, {"name": "right_hand", "start": 522, "stop": 543, "world": false}, {"name": "left_hand_world", "start": 543, "stop": 564, "world": true}, {"name": "right_hand_world", "start": 564, "stop": 585, "world": true}]},
});

export const ErrorCode = Object.freeze({
  MALFORMED: 1000,
  UNKNOWN_TYPE: 1001,
  TOO_LARGE: 1002,
  LIMIT_EXCEEDED: 1003,
  INVALID_FIELD: 1004,
  HELLO_EXPECTED: 1005,
  HELLO_REPEATED: 1006,
  VERSION_UNSUPPORTED: 1007,
  FRAME_LENGTH: 1100,
  NON_FINITE: 1101,
  TIMES_NOT_ASCENDING: 1102,
  SEQ_GAP: 1103,
  SEQ_CONFLICT: 1104,
  WRONG_ATTEMPT: 1105,
  NOT_RECORDING: 1106,
  ATTEMPT_TOO_LONG: 1107,
  ATTEMPT_CONFLICT: 1108,
  SENTENCE_UNKNOWN: 1200,
  SESSION_PAUSED: 1201,
  SESSION_ENDED: 1202,
  ILLEGAL_NOW: 1203,
  STORE_DELAYED: 1300,
  ATTEMPT_QUARANTINED: 1301,
  SERVER_FAULT: 1302,
});

export const CloseCode = Object.freeze({
  RESTARTING: 4000,
  SLOW_READER: 4001,
  SESSION_MOVED: 4002,
  IDLE: 4003,
  SERVER_FAULT: 4004,
  TOO_MANY_ERRORS: 4005,
  MESSAGE_TOO_LARGE: 4006,
  TICKET_REFUSED: 4007,
  BUSY: 4008,
  HELLO_MISSING: 4009,
  SUPERSEDED: 4500,
  SESSION_ENDED: 4501,
  VERSION_UNSUPPORTED: 4502,
  FORBIDDEN: 4503,
  SESSION_NOT_FOUND: 4504,
});

/** @type {Readonly<Record<number, {name: string, meaning: string, clientAction: string, reaction: string}>>} */
export const ERRORS = Object.freeze({
  1000: {"name": "MALFORMED", "meaning": "The message could not be read: it is not one whole msgpack map.", "clientAction": "A fault of the client or the line: the message is dropped, go on.", "reaction": "nothing"},
  1001: {"name": "UNKNOWN_TYPE", "meaning": "There is no message of this type.", "clientAction": "The message is dropped, go on.", "reaction": "nothing"},
  1002: {"name": "TOO_LARGE", "meaning": "The message is larger than its layout allows.", "clientAction": "Reconnect and send fewer frames in a message.", "reaction": "reconnect"},
  1003: {"name": "LIMIT_EXCEEDED", "meaning": "Something in the message is longer or nested deeper than allowed.", "clientAction": "The message is dropped, go on; keep to the limits.", "reaction": "nothing"},
  1004: {"name": "INVALID_FIELD", "meaning": "A field is missing, has the wrong type or is out of range.", "clientAction": "The message is dropped, go on; the text names the field.", "reaction": "nothing"},
  1005: {"name": "HELLO_EXPECTED", "meaning": "The first message of a connection has to be a valid hello.", "clientAction": "Connect again and say hello first.", "reaction": "reconnect"},
  1006: {"name": "HELLO_REPEATED", "meaning": "This connection has said hello already; the first one counts.", "clientAction": "To change the layout or the video, connect again.", "reaction": "nothing"},
  1007: {"name": "VERSION_UNSUPPORTED", "meaning": "This version of the protocol is not spoken here.", "clientAction": "Stop; update the client.", "reaction": "stop"},
  1100: {"name": "FRAME_LENGTH", "meaning": "The landmarks are not as many bytes as the layout and the time stamps say.", "clientAction": "A fault of the client: cancel the attempt, begin a new one.", "reaction": "cancel the attempt"},
  1101: {"name": "NON_FINITE", "meaning": "A number is infinite or not a number.", "clientAction": "A fault of the client: cancel the attempt, begin a new one. Missing points have a value of their own.", "reaction": "cancel the attempt"},
  1102: {"name": "TIMES_NOT_ASCENDING", "meaning": "The time stamps of an attempt's frames have to grow from frame to frame.", "clientAction": "A fault of the client: cancel the attempt, begin a new one.", "reaction": "cancel the attempt"},
  1103: {"name": "SEQ_GAP", "meaning": "Frames before these are missing.", "clientAction": "Send again from the cursor in this error.", "reaction": "rewind"},
  1104: {"name": "SEQ_CONFLICT", "meaning": "These frames were received before, with other content.", "clientAction": "Two clients share the attempt: cancel it, begin a new one.", "reaction": "cancel the attempt"},
  1105: {"name": "WRONG_ATTEMPT", "meaning": "This message is about another attempt than the one that comes next.", "clientAction": "Send again from the cursor in this error.", "reaction": "rewind"},
  1106: {"name": "NOT_RECORDING", "meaning": "No attempt has begun that this could belong to.", "clientAction": "Send again from the cursor in this error, attempt.begin first.", "reaction": "rewind"},
  1107: {"name": "ATTEMPT_TOO_LONG", "meaning": "The attempt is longer than an attempt may be.", "clientAction": "Cancel it; end attempts in time.", "reaction": "cancel the attempt"},
  1108: {"name": "ATTEMPT_CONFLICT", "meaning": "An attempt of this number exists already and is a different one.", "clientAction": "Two clients share the session: cancel the attempt, begin a new one.", "reaction": "cancel the attempt"},
  1200: {"name": "SENTENCE_UNKNOWN", "meaning": "The session has no sentence of this index.", "clientAction": "Cancel the attempt; take an index of the sentences in welcome.", "reaction": "cancel the attempt"},
  1201: {"name": "SESSION_PAUSED", "meaning": "The session is paused.", "clientAction": "Say resume, then send again from the cursor in this error.", "reaction": "rewind"},
  1202: {"name": "SESSION_ENDED", "meaning": "The session is completed or abandoned and takes no more attempts.", "clientAction": "Stop; read the results over REST.", "reaction": "stop"},
  1203: {"name": "ILLEGAL_NOW", "meaning": "The session's state does not allow this now.", "clientAction": "Nothing has changed; go by the last status.", "reaction": "nothing"},
  1300: {"name": "STORE_DELAYED", "meaning": "The database is away: practice goes on, nothing new is saved yet.", "clientAction": "Tell the learner; keep the attempts until stored says so.", "reaction": "nothing"},
  1301: {"name": "ATTEMPT_QUARANTINED", "meaning": "The database refuses this attempt for good; it is set aside for an operator.", "clientAction": "Tell the learner; go on.", "reaction": "nothing"},
  1302: {"name": "SERVER_FAULT", "meaning": "A fault of ours.", "clientAction": "Reconnect and resume.", "reaction": "reconnect"},
});

/** @type {Readonly<Record<number, {name: string, meaning: string, clientAction: string}>>} */
export const CLOSES = Object.freeze({
  4000: {"name": "RESTARTING", "meaning": "This server is going away: a restart or a move.", "clientAction": "Wait as the reconnect hint says, connect with the ticket you hold, resume."},
  4001: {"name": "SLOW_READER", "meaning": "The client did not read what was sent to it, and the queue is full.", "clientAction": "Wait as the reconnect hint says, connect with the ticket you hold, resume."},
  4002: {"name": "SESSION_MOVED", "meaning": "The session was taken over by another node.", "clientAction": "Wait as the reconnect hint says, connect with the ticket you hold, resume."},
  4003: {"name": "IDLE", "meaning": "Nothing was heard for a while; the session is asleep.", "clientAction": "Resume when practice goes on."},
  4004: {"name": "SERVER_FAULT", "meaning": "A fault of ours. Nothing that was stored is lost.", "clientAction": "Wait as the reconnect hint says, connect with the ticket you hold, resume."},
  4005: {"name": "TOO_MANY_ERRORS", "meaning": "Too many messages against the protocol on this connection.", "clientAction": "Wait as the reconnect hint says, connect with the ticket you hold, resume."},
  4006: {"name": "MESSAGE_TOO_LARGE", "meaning": "A message was larger than its layout allows.", "clientAction": "Resume, with fewer frames in a message."},
  4007: {"name": "TICKET_REFUSED", "meaning": "The ticket is expired, used, or not ours.", "clientAction": "Ask for a fresh ticket over REST, connect, resume."},
  4008: {"name": "BUSY", "meaning": "No room for another session at the moment.", "clientAction": "Wait as the reconnect hint says, connect with the ticket you hold, resume."},
  4009: {"name": "HELLO_MISSING", "meaning": "The first message was not a valid hello, or none came in time.", "clientAction": "Connect again and say hello first."},
  4500: {"name": "SUPERSEDED", "meaning": "A newer connection of the same learner serves this session.", "clientAction": "Stop, and say that practice goes on elsewhere."},
  4501: {"name": "SESSION_ENDED", "meaning": "The session is completed or abandoned.", "clientAction": "Stop; read the results over REST."},
  4502: {"name": "VERSION_UNSUPPORTED", "meaning": "Client and server speak different versions.", "clientAction": "Stop; update the client."},
  4503: {"name": "FORBIDDEN", "meaning": "The session belongs to somebody else.", "clientAction": "Stop."},
  4504: {"name": "SESSION_NOT_FOUND", "meaning": "There is no such session.", "clientAction": "Stop."},
});

/** @type {Readonly<Record<string, Schema>>} */
export const SERVER_SCHEMAS = Object.freeze({
  welcome: {"properties": {"t": {"const": "welcome", "default": "welcome", "type": "string"}, "v": {"default": 1, "type": "integer"}, "session_id": {"type": "string"}, "epoch": {"type": "integer"}, "status": {"enum": ["created", "active", "paused", "completed", "abandoned"], "type": "string"}, "stored": {"minimum": 0, "type": "integer"}, "cursor": {"part": "Cursor"}, "sentences": {"items": {"part": "Sentence"}, "type": "array"}, "results": {"items": {"part": "AttemptResult"}, "type": "array"}, "recovered": {"type": "boolean"}, "lost": {"items": {"type": "integer"}, "type": "array"}, "incarnation": {"enum": ["new", "live", "restored"], "type": "string"}, "ticket": {"type": "string"}, "reconnect": {"part": "Reconnect"}}, "required": ["session_id", "epoch", "status", "stored", "cursor", "sentences", "results", "recovered", "incarnation", "ticket", "reconnect"], "type": "object"},
  feedback: {"properties": {"t": {"const": "feedback", "default": "feedback", "type": "string"}, "a": {"maximum": 1000000, "minimum": 1, "type": "integer"}, "q": {"maximum": 1000000, "minimum": 0, "type": "integer"}, "i": {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "g": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "p": {"maximum": 1.0, "minimum": 0.0, "type": "number"}, "o": {"anyOf": [{"maximum": 1.0, "minimum": 0.0, "type": "number"}, {"type": "null"}]}, "m": {"additionalProperties": {"anyOf": [{"maximum": 1.0, "minimum": 0.0, "type": "number"}, {"type": "null"}]}, "type": "object"}, "seen": {"prefixItems": [{"type": "boolean"}, {"type": "boolean"}, {"type": "boolean"}], "type": "array"}, "hint": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null}}, "required": ["a", "q", "i", "g", "p", "o", "m", "seen"], "type": "object"},
  scored: {"properties": {"t": {"const": "scored", "default": "scored", "type": "string"}, "result": {"part": "AttemptResult"}}, "required": ["result"], "type": "object"},
  stored: {"properties": {"t": {"const": "stored", "default": "stored", "type": "string"}, "through": {"minimum": 0, "type": "integer"}}, "required": ["through"], "type": "object"},
  progress: {"properties": {"t": {"const": "progress", "default": "progress", "type": "string"}, "skills": {"items": {"part": "SkillProgress"}, "type": "array"}}, "required": ["skills"], "type": "object"},
  status: {"properties": {"t": {"const": "status", "default": "status", "type": "string"}, "status": {"enum": ["created", "active", "paused", "completed", "abandoned"], "type": "string"}, "overall_score": {"anyOf": [{"maximum": 1.0, "minimum": 0.0, "type": "number"}, {"type": "null"}], "default": null}}, "required": ["status"], "type": "object"},
  receipt: {"properties": {"t": {"const": "receipt", "default": "receipt", "type": "string"}, "a": {"maximum": 1000000, "minimum": 1, "type": "integer"}, "q": {"maximum": 1000000, "minimum": 0, "type": "integer"}}, "required": ["a", "q"], "type": "object"},
  error: {"properties": {"t": {"const": "error", "default": "error", "type": "string"}, "code": {"type": "integer"}, "name": {"type": "string"}, "text": {"type": "string"}, "a": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": null}, "cursor": {"anyOf": [{"part": "Cursor"}, {"type": "null"}], "default": null}}, "required": ["code", "name", "text"], "type": "object"},
  draining: {"properties": {"t": {"const": "draining", "default": "draining", "type": "string"}, "reconnect": {"part": "Reconnect"}}, "required": ["reconnect"], "type": "object"},
  pong: {"properties": {"t": {"const": "pong", "default": "pong", "type": "string"}, "n": {"type": "integer"}}, "required": ["n"], "type": "object"},
});

/** @type {Readonly<Record<string, Schema>>} */
export const SCHEMA_PARTS = Object.freeze({
  Cursor: {"properties": {"a": {"maximum": 1000000, "minimum": 1, "type": "integer"}, "q": {"maximum": 1000000, "minimum": 0, "type": "integer"}}, "required": ["a", "q"], "type": "object"},
  Sentence: {"properties": {"text": {"type": "string"}, "glosses": {"items": {"type": "string"}, "type": "array"}}, "required": ["text", "glosses"], "type": "object"},
  Reconnect: {"properties": {"after_ms": {"minimum": 0, "type": "integer"}, "spread_ms": {"minimum": 0, "type": "integer"}}, "required": ["after_ms", "spread_ms"], "type": "object"},
  SignResult: {"properties": {"sign_index": {"type": "integer"}, "gloss": {"type": "string"}, "reference_id": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "start_ms": {"type": "integer"}, "end_ms": {"type": "integer"}, "start_frame": {"type": "integer"}, "end_frame": {"type": "integer"}, "score": {"anyOf": [{"maximum": 1.0, "minimum": 0.0, "type": "number"}, {"type": "null"}]}, "confidence": {"anyOf": [{"maximum": 1.0, "minimum": 0.0, "type": "number"}, {"type": "null"}]}, "hand_used": {"anyOf": [{"enum": ["left", "right", "both"], "type": "string"}, {"type": "null"}]}, "parameters": {"additionalProperties": {"anyOf": [{"maximum": 1.0, "minimum": 0.0, "type": "number"}, {"type": "null"}]}, "type": "object"}}, "required": ["sign_index", "gloss", "reference_id", "start_ms", "end_ms", "start_frame", "end_frame", "score", "confidence", "hand_used", "parameters"], "type": "object"},
  Finding: {"properties": {"code": {"type": "string"}, "kind": {"enum": ["correction", "praise", "cannot_judge"], "type": "string"}, "parameter": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "hand": {"anyOf": [{"enum": ["left", "right", "both"], "type": "string"}, {"type": "null"}]}, "sign_index": {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "gloss": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "start_ms": {"type": "integer"}, "end_ms": {"type": "integer"}, "size": {"anyOf": [{"type": "number"}, {"type": "null"}]}, "unit": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "severity": {"enum": ["none", "minor", "major"], "type": "string"}, "text": {"type": "string"}, "joints": {"default": [], "items": {"maximum": 20, "minimum": 0, "type": "integer"}, "type": "array"}, "face_region": {"anyOf": [{"enum": ["mouth", "brows", "eyes", "head"], "type": "string"}, {"type": "null"}], "default": null}}, "required": ["code", "kind", "parameter", "hand", "sign_index", "gloss", "start_ms", "end_ms", "size", "unit", "severity", "text"], "type": "object"},
  AttemptResult: {"properties": {"attempt_no": {"maximum": 1000000, "minimum": 1, "type": "integer"}, "sentence_index": {"type": "integer"}, "sentence": {"type": "string"}, "glosses": {"items": {"type": "string"}, "type": "array"}, "judged": {"type": "boolean"}, "score": {"anyOf": [{"maximum": 1.0, "minimum": 0.0, "type": "number"}, {"type": "null"}]}, "accuracy": {"anyOf": [{"maximum": 1.0, "minimum": 0.0, "type": "number"}, {"type": "null"}]}, "confidence": {"anyOf": [{"maximum": 1.0, "minimum": 0.0, "type": "number"}, {"type": "null"}]}, "fluency": {"anyOf": [{"maximum": 1.0, "minimum": 0.0, "type": "number"}, {"type": "null"}]}, "success": {"type": "boolean"}, "parameters": {"additionalProperties": {"anyOf": [{"maximum": 1.0, "minimum": 0.0, "type": "number"}, {"type": "null"}]}, "type": "object"}, "signs": {"items": {"part": "SignResult"}, "type": "array"}, "findings": {"items": {"part": "Finding"}, "type": "array"}, "frames": {"type": "integer"}, "duration_ms": {"type": "integer"}, "scorer_version": {"type": "string"}, "calibration_version": {"type": "string"}}, "required": ["attempt_no", "sentence_index", "sentence", "glosses", "judged", "score", "accuracy", "confidence", "fluency", "success", "parameters", "signs", "findings", "frames", "duration_ms", "scorer_version", "calibration_version"], "type": "object"},
  SkillProgress: {"properties": {"skill_area": {"type": "string"}, "level": {"type": "number"}, "experience_points": {"type": "number"}, "total_sessions": {"type": "integer"}, "total_attempts": {"type": "integer"}, "successful_attempts": {"type": "integer"}, "average_score": {"anyOf": [{"type": "number"}, {"type": "null"}]}, "average_accuracy": {"anyOf": [{"type": "number"}, {"type": "null"}]}, "average_confidence": {"anyOf": [{"type": "number"}, {"type": "null"}]}, "average_fluency": {"anyOf": [{"type": "number"}, {"type": "null"}]}, "practice_time_ms": {"type": "integer"}, "learning_streak": {"type": "integer"}, "longest_streak": {"type": "integer"}, "weekly_goal_minutes": {"type": "integer"}, "milestones": {"items": {"type": "string"}, "type": "array"}}, "required": ["skill_area", "level", "experience_points", "total_sessions", "total_attempts", "successful_attempts", "average_score", "average_accuracy", "average_confidence", "average_fluency", "practice_time_ms", "learning_streak", "longest_streak", "weekly_goal_minutes", "milestones"], "type": "object"},
});

/**
 * The next frame the server wants: frame `q` of attempt `a`; all attempts before `a` are done with.
 * @typedef {object} Cursor
 * @property {number} a number of the attempt in its session, from 1
 * @property {number} q number of the frame in its attempt, from 0
 */

/**
 * One sentence of the session's story and the glosses that make it.
 * @typedef {object} Sentence
 * @property {string} text
 * @property {string[]} glosses
 */

/**
 * Wait `after_ms` plus a random part of `spread_ms`, so that a class does not come back in one instant.
 * @typedef {object} Reconnect
 * @property {number} after_ms
 * @property {number} spread_ms
 */

/**
 * How one sign of the sentence was signed. Frames count from the attempt's first; times in ms since it began.
 * @typedef {object} SignResult
 * @property {number} sign_index
 * @property {string} gloss
 * @property {string | null} reference_id
 * @property {number} start_ms
 * @property {number} end_ms
 * @property {number} start_frame
 * @property {number} end_frame
 * @property {number | null} score
 * @property {number | null} confidence
 * @property {"left" | "right" | "both" | null} hand_used
 * @property {Record<string, number | null>} parameters
 */

/**
 * One thing the learner did well or should change, or why it could not be judged.
 * @typedef {object} Finding
 * @property {string} code
 * @property {"correction" | "praise" | "cannot_judge"} kind
 * @property {string | null} parameter
 * @property {"left" | "right" | "both" | null} hand
 * @property {number | null} sign_index
 * @property {string | null} gloss
 * @property {number} start_ms
 * @property {number} end_ms
 * @property {number | null} size
 * @property {string | null} unit
 * @property {"none" | "minor" | "major"} severity
 * @property {string} text
 * @property {number[]} joints points of the hand (of both where `hand` is `both`) that were off; empty: none
 * @property {"mouth" | "brows" | "eyes" | "head" | null} face_region part of the face that was off
 */

/**
 * The judgement of one attempt. Marks are None where the camera could not see enough to judge.
 * @typedef {object} AttemptResult
 * @property {number} attempt_no number of the attempt in its session, from 1
 * @property {number} sentence_index
 * @property {string} sentence
 * @property {string[]} glosses
 * @property {boolean} judged
 * @property {number | null} score
 * @property {number | null} accuracy
 * @property {number | null} confidence
 * @property {number | null} fluency
 * @property {boolean} success
 * @property {Record<string, number | null>} parameters
 * @property {SignResult[]} signs
 * @property {Finding[]} findings
 * @property {number} frames
 * @property {number} duration_ms
 * @property {string} scorer_version
 * @property {string} calibration_version
 */

/**
 * Where the learner stands in one skill area.
 * @typedef {object} SkillProgress
 * @property {string} skill_area
 * @property {number} level
 * @property {number} experience_points
 * @property {number} total_sessions
 * @property {number} total_attempts
 * @property {number} successful_attempts
 * @property {number | null} average_score
 * @property {number | null} average_accuracy
 * @property {number | null} average_confidence
 * @property {number | null} average_fluency
 * @property {number} practice_time_ms
 * @property {number} learning_streak
 * @property {number} longest_streak
 * @property {number} weekly_goal_minutes
 * @property {string[]} milestones
 */

/**
 * First message of every connection: who speaks, what its frames look like, and what it can send again.
 * @typedef {object} Hello
 * @property {"hello"} t
 * @property {number} v protocol version
 * @property {"hands" | "hands+pose" | "holistic"} layout
 * @property {number} width width of the video, pixels
 * @property {number} height height of the video, pixels
 * @property {boolean} mirrored the picture was flipped before landmarks were found
 * @property {number} fps nominal frame rate, Hz
 * @property {string} client name and version of the client, for logs
 * @property {number | null} oldest oldest attempt whose frames this client can send again; none: it holds nothing
 */

/**
 * The learner starts to sign a sentence.
 * @typedef {object} AttemptBegin
 * @property {"attempt.begin"} t
 * @property {number} a number of the attempt in its session, from 1
 * @property {number} i index of the sentence in the session's story
 * @property {number} at_ms when it began by the client's clock, Unix time in ms
 */

/**
 * One to many frames of an attempt, in order and without gaps.
 * @typedef {object} Frames
 * @property {"frames"} t
 * @property {number} a number of the attempt in its session, from 1
 * @property {number} q number of the frame in its attempt, from 0
 * @property {number[]} ms capture time of each frame in ms since the attempt began, strictly growing over the attempt
 * @property {Uint8Array} l the frames, little-endian int16 (see Landmarks)
 */

/**
 * The learner has finished; the attempt is to be judged once all `n` frames are there.
 * @typedef {object} AttemptEnd
 * @property {"attempt.end"} t
 * @property {number} a number of the attempt in its session, from 1
 * @property {number} n how many frames the attempt has
 */

/**
 * The learner does not want this attempt to count; its number is used up.
 * @typedef {object} AttemptCancel
 * @property {"attempt.cancel"} t
 * @property {number} a number of the attempt in its session, from 1
 */

/**
 * The learner pauses the session.
 * @typedef {object} Pause
 * @property {"pause"} t
 */

/**
 * The learner goes on with a paused session.
 * @typedef {object} Resume
 * @property {"resume"} t
 */

/**
 * The learner has finished the session.
 * @typedef {object} Complete
 * @property {"complete"} t
 */

/**
 * Asks for a `pong` with the same number.
 * @typedef {object} Ping
 * @property {"ping"} t
 * @property {number} n
 */

/**
 * Answer to `hello`: where the session stands and what the client should send next.
 * @typedef {object} Welcome
 * @property {"welcome"} t
 * @property {number} v
 * @property {string} session_id
 * @property {number} epoch number of this incarnation of the session
 * @property {"created" | "active" | "paused" | "completed" | "abandoned"} status
 * @property {number} stored attempts up to this number are durable
 * @property {Cursor} cursor
 * @property {Sentence[]} sentences
 * @property {AttemptResult[]} results results of attempts that are judged but not yet stored
 * @property {boolean} recovered False if something the learner did could not be restored
 * @property {number[]} lost numbers of the attempts that could not be restored
 * @property {"new" | "live" | "restored"} incarnation
 * @property {string} ticket single-use ticket for the next connection
 * @property {Reconnect} reconnect
 */

/**
 * Provisional marks while the learner signs; may be skipped when the client reads slowly.
 * @typedef {object} Feedback
 * @property {"feedback"} t
 * @property {number} a number of the attempt in its session, from 1
 * @property {number} q sequence number of the last frame that these marks cover
 * @property {number | null} i index of the sign in the sentence that the learner is in
 * @property {string | null} g gloss of that sign
 * @property {number} p how much of the sentence is done
 * @property {number | null} o overall mark so far
 * @property {Record<string, number | null>} m mark of each parameter so far
 * @property {[boolean, boolean, boolean]} seen left hand, right hand, body in view
 * @property {string | null} hint code of the finding that is most urgent now
 */

/**
 * The result of an attempt; sent again on resume until it is stored.
 * @typedef {object} Scored
 * @property {"scored"} t
 * @property {AttemptResult} result
 */

/**
 * The attempts up to `through` are durable; the client may let their frames go.
 * @typedef {object} Stored
 * @property {"stored"} t
 * @property {number} through
 */

/**
 * The learner's progress after the newest stored attempt.
 * @typedef {object} Progress
 * @property {"progress"} t
 * @property {SkillProgress[]} skills
 */

/**
 * The session's status: the answer to every `pause`, `resume` and `complete`, and said when it changes.
 * @typedef {object} Status
 * @property {"status"} t
 * @property {"created" | "active" | "paused" | "completed" | "abandoned"} status
 * @property {number | null} overall_score
 */

/**
 * Frames of attempt `a` before `q` have been received.
 * @typedef {object} Receipt
 * @property {"receipt"} t
 * @property {number} a number of the attempt in its session, from 1
 * @property {number} q number of the frame in its attempt, from 0
 */

/**
 * Something was wrong with what the client sent; the table of codes says what to do.
 * @typedef {object} Error
 * @property {"error"} t
 * @property {number} code
 * @property {string} name
 * @property {string} text
 * @property {number | null} a
 * @property {Cursor | null} cursor where to go on, when frames are missing or were refused
 */

/**
 * This server is about to close; reconnect as the hint says.
 * @typedef {object} Draining
 * @property {"draining"} t
 * @property {Reconnect} reconnect
 */

/**
 * Answer to `ping`.
 * @typedef {object} Pong
 * @property {"pong"} t
 * @property {number} n
 */

/** @typedef {"hands" | "hands+pose" | "holistic"} LayoutName */

/** @typedef {Hello | AttemptBegin | Frames | AttemptEnd | AttemptCancel | Pause | Resume | Complete | Ping} ClientMessage */

/** @typedef {Welcome | Feedback | Scored | Stored | Progress | Status | Receipt | Error | Draining | Pong} ServerMessage */
