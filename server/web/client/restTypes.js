// The bodies of REST. Generated from `server/api/` by `python -m server.api.export_js`; change it there.

/** @typedef {import("./constants.js").AttemptResult} AttemptResult */
/** @typedef {import("./constants.js").SkillProgress} SkillProgress */

/**
 * One page of a list; `cursor` asks for the next one and is null on the last.
 * @template Item
 * @typedef {{items: Item[], cursor: string | null}} Paged
 */

/**
 * One day of the learner's own calendar.
 * @typedef {object} PracticeDayBody
 * @property {string} day
 * @property {number} attempts
 * @property {number} successful_attempts
 * @property {number} practice_ms
 * @property {number} sessions_completed
 * @property {number | null} average_score over the attempts that could be judged
 */

/**
 * How well one sign was signed.
 * @typedef {object} SignDifficultyBody
 * @property {string} gloss
 * @property {number} times_signed
 * @property {number} average_score
 */

/**
 * How often one correction was due.
 * @typedef {object} FindingCountBody
 * @property {string} code
 * @property {string} parameter
 * @property {string} gloss
 * @property {number} times_found
 */

/**
 * The learner's days, oldest first, and what was hard in them.
 * @typedef {object} TrendsBody
 * @property {string} first
 * @property {string} last
 * @property {PracticeDayBody[]} days
 * @property {number} active_days
 * @property {number} consistency active days by days
 * @property {number[]} moving_practice_minutes for each day the average of it and the six before
 * @property {(number | null)[]} moving_score for each day the average of it and the six before
 * @property {SignDifficultyBody[]} hardest_signs
 * @property {FindingCountBody[]} frequent_findings
 */

/**
 * The sessions that began in a span of days.
 * @typedef {object} SessionTotals
 * @property {number} total
 * @property {number} completed
 * @property {number} sentences_completed
 * @property {number} practice_ms time spent signing
 * @property {number | null} average_score over the sessions with at least one judged attempt
 */

/**
 * The attempts of a span of days; averages are over those that could be judged.
 * @typedef {object} AttemptTotals
 * @property {number} total
 * @property {number} successful
 * @property {number | null} success_rate
 * @property {number | null} average_score
 * @property {number | null} average_confidence
 * @property {number | null} average_accuracy
 * @property {number | null} average_fluency
 */

/**
 * One learner between two days, both included; `skills` is the progress made so far in all.
 * @typedef {object} PerformanceBody
 * @property {string} first
 * @property {string} last
 * @property {SessionTotals} sessions
 * @property {AttemptTotals} attempts
 * @property {SkillProgress[]} skills
 */

/**
 * All learners of the tenant in one skill area.
 * @typedef {object} SkillGroupBody
 * @property {number} learners
 * @property {number[]} learners_by_level how many are at level 0, 1, … 10
 * @property {number} mean_level
 * @property {number} mean_experience_points
 * @property {number} mean_practice_ms
 * @property {number | null} mean_score
 * @property {number | null} mean_accuracy
 * @property {number | null} mean_confidence
 * @property {number | null} mean_fluency
 * @property {number} mean_streak_days
 */

/**
 * One learner in a skill area, beside all learners of the tenant.
 * @typedef {object} SkillAreaBody
 * @property {string} skill_area
 * @property {SkillProgress | null} own null: the learner has not practised it
 * @property {SkillGroupBody | null} group null: too few learners to be shown
 */

/**
 * A session to go on with.
 * @typedef {object} ResumableBody
 * @property {SessionBody} session
 * @property {number | null} next_sentence_index null: every sentence was signed successfully
 */

/**
 * Something the learner reached.
 * @typedef {object} MilestoneBody
 * @property {string} code
 * @property {string} text
 * @property {string} skill_area
 * @property {number} reached_at_ms
 */

/**
 * Where the learner stands: what to go on with, what was reached, how many days in a row.
 * @typedef {object} HistoryBody
 * @property {ResumableBody[]} sessions_to_resume
 * @property {MilestoneBody[]} milestones newest first
 * @property {number} learning_streak
 * @property {number} longest_streak
 * @property {string | null} last_practice_date
 */

/**
 * A problem document (RFC 9457). Programs rely on `code`, people read `detail`.
 * @typedef {object} ProblemBody
 * @property {string} type
 * @property {string} title
 * @property {number} status
 * @property {string} code
 * @property {string} detail
 * @property {string} action
 */

/**
 * A guest; everything can be left out.
 * @typedef {object} NewLearner
 * @property {string} display_name
 * @property {string} time_zone
 * @property {boolean} landmark_consent landmarks of attempts may be stored
 */

/**
 * What a learner can change; what is left out stays.
 * @typedef {object} LearnerChange
 * @property {string | null} time_zone
 * @property {boolean | null} landmark_consent
 */

/**
 * A learner, as the learner sees it.
 * @typedef {object} LearnerBody
 * @property {string} id
 * @property {string} display_name
 * @property {string} time_zone
 * @property {boolean} landmark_consent
 * @property {"learner" | "educator"} role
 * @property {number} created_at_ms
 */

/**
 * The new learner and its bearer token, which is shown this once and never again.
 * @typedef {object} CreatedLearner
 * @property {LearnerBody} learner
 * @property {string} token
 */

/**
 * The learner's progress in every skill area practised so far.
 * @typedef {object} ProgressBody
 * @property {SkillProgress[]} skills
 */

/**
 * One sentence and its glosses.
 * @typedef {object} SentenceBody
 * @property {string} text
 * @property {string[]} glosses
 */

/**
 * A story; `missing_glosses` have no reference yet, so that it cannot be practised while there are any.
 * @typedef {object} StoryBody
 * @property {string} id
 * @property {string} title
 * @property {number} difficulty_level
 * @property {string[]} skill_areas
 * @property {SentenceBody[]} sentences
 * @property {string[]} missing_glosses
 */

/**
 * A sign that can be practised.
 * @typedef {object} SignBody
 * @property {string} gloss
 */

/**
 * A recorded correct sign.
 * @typedef {object} ReferenceBody
 * @property {string} id
 * @property {string} gloss
 * @property {string} signer
 * @property {string} variant
 * @property {string} source
 */

/**
 * A recording's landmarks.
 * @typedef {object} LandmarksBody
 * @property {"hands" | "hands+pose" | "holistic"} layout
 * @property {number} width
 * @property {number} height
 * @property {boolean} mirrored
 * @property {number[]} times_ms
 * @property {string} points
 */

/**
 * A story by its id, or free practice of one sentence of glosses.
 * @typedef {object} NewSession
 * @property {string | null} story_id
 * @property {string[] | null} glosses
 * @property {"individual" | "collaborative" | "assessment" | "practice"} session_type
 * @property {string | null} session_name
 * @property {number | null} difficulty_level left out: the story's own, or 1
 * @property {string[] | null} skill_areas left out: the story's own, or what the glosses are
 */

/**
 * A practice session.
 * @typedef {object} SessionBody
 * @property {string} id
 * @property {string | null} story_id
 * @property {"individual" | "collaborative" | "assessment" | "practice"} session_type
 * @property {string} session_name
 * @property {SentenceBody[]} sentences
 * @property {number} difficulty_level
 * @property {string[]} skill_areas
 * @property {"created" | "active" | "paused" | "completed" | "abandoned"} status
 * @property {number} epoch how often it was taken up by an actor
 * @property {number} stored_through attempts up to this number are durable
 * @property {number | null} overall_score
 * @property {number} sentences_completed
 * @property {number | null} started_at_ms
 * @property {number | null} completed_at_ms
 * @property {number} duration_seconds
 * @property {number} created_at_ms
 * @property {number} updated_at_ms
 */

/**
 * What opens one connection to the stream: offer both names of `subprotocols` when connecting to the URL.
 * @typedef {object} TicketBody
 * @property {string} ticket
 * @property {string} stream_url
 * @property {string[]} subprotocols
 * @property {number} expires_at_ms
 * @property {number} ready_in_ms
 */

/**
 * The new session and the ticket for its first connection.
 * @typedef {object} CreatedSession
 * @property {SessionBody} session
 * @property {TicketBody} stream
 */

/**
 * One stored attempt with its whole result.
 * @typedef {object} AttemptBody
 * @property {string} session_id
 * @property {number} attempt_no
 * @property {number} attempted_at_ms
 * @property {AttemptResult} result
 */

export {};
