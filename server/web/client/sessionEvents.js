// What a practice session tells the page.

/** @typedef {"connecting" | "online" | "waiting" | "offline" | "superseded" | "stopped"} SessionState */
/** @typedef {"recording" | "waiting" | "judged" | "stored" | "cancelled"} AttemptState */
/** @typedef {import("./constants.js").SkillProgress} SkillProgress */
/** @typedef {import("./rest.js").InLine} InLine */

/**
 * Why attempts could not be kept; beside what the stream says, the server may have lost them or the session has ended.
 * @typedef {import("./clientStream.js").DropReason | "server" | "ended"} LostReason
 */
/** @typedef {import("./constants.js").Feedback & {latencyMs: number | null}} TimedFeedback latency since its last frame was added */

/**
 * @typedef {object} SessionEvents
 * @property {{state: SessionState, reason: string | null, retryAtMs: number | null, inLine: InLine | null}} state
 * @property {import("./constants.js").Welcome} welcome
 * @property {{status: string, overall_score: number | null}} status
 * @property {TimedFeedback} feedback
 * @property {import("./constants.js").AttemptResult} scored
 * @property {{through: number}} stored
 * @property {{attempts: number[]}} unsaved
 * @property {{attempt: number, state: AttemptState}} attempt
 * @property {{attempt: number, kept: boolean, frames: number}} interrupted
 * @property {{skills: SkillProgress[]}} progress
 * @property {{attempts: number[], reason: LostReason}} lost
 * @property {{code: number, name: string, text: string, attempt: number | null}} trouble
 * @property {{roundTripMs: number}} pulse
 * @property {{persistent: false, text: string}} persistence
 */

export {};
