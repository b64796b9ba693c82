-- Ids are 16 random bytes, times Unix milliseconds UTC, marks whole ten-thousandths, experience whole hundredths.

CREATE TABLE learners (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    token_hash BLOB NOT NULL,
    landmark_consent INTEGER NOT NULL CHECK (landmark_consent IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX learners_token ON learners (token_hash);

CREATE TABLE practice_sessions (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    user_id BLOB NOT NULL,
    story_id TEXT,
    session_type TEXT NOT NULL CHECK (session_type IN ('individual', 'collaborative', 'assessment', 'practice')),
    session_name TEXT NOT NULL,
    session_data TEXT NOT NULL,
    story_content TEXT NOT NULL,
    overall_score INTEGER CHECK (overall_score BETWEEN 0 AND 10000),
    sentences_completed INTEGER NOT NULL CHECK (sentences_completed >= 0),
    total_sentences INTEGER NOT NULL CHECK (total_sentences >= 0),
    started_at INTEGER,
    completed_at INTEGER,
    duration_seconds INTEGER NOT NULL CHECK (duration_seconds >= 0),
    performance_metrics TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('created', 'active', 'paused', 'completed', 'abandoned')),
    difficulty_level INTEGER NOT NULL CHECK (difficulty_level BETWEEN 1 AND 5),
    skill_areas TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    epoch INTEGER NOT NULL CHECK (epoch >= 0),
    stored_through INTEGER NOT NULL CHECK (stored_through >= 0),
    practice_day TEXT,
    progress_seq INTEGER
) STRICT;

CREATE INDEX practice_sessions_user ON practice_sessions (user_id, created_at, id);

CREATE TABLE sentence_attempts (
    id BLOB NOT NULL,
    session_id BLOB NOT NULL,
    attempt_number INTEGER NOT NULL CHECK (attempt_number >= 1),
    tenant_id TEXT NOT NULL,
    user_id BLOB NOT NULL,
    sentence_index INTEGER NOT NULL CHECK (sentence_index >= 0),
    target_sentence TEXT NOT NULL,
    gesture_sequence TEXT NOT NULL,
    judged INTEGER NOT NULL CHECK (judged IN (0, 1)),
    score INTEGER CHECK (score BETWEEN 0 AND 10000),
    confidence_score INTEGER CHECK (confidence_score BETWEEN 0 AND 10000),
    accuracy_score INTEGER CHECK (accuracy_score BETWEEN 0 AND 10000),
    fluency_score INTEGER CHECK (fluency_score BETWEEN 0 AND 10000),
    ai_feedback TEXT NOT NULL,
    suggestions TEXT NOT NULL,
    detected_errors TEXT NOT NULL,
    attempted_at INTEGER NOT NULL,
    practice_day TEXT NOT NULL,
    duration_ms INTEGER NOT NULL CHECK (duration_ms >= 0),
    is_successful INTEGER NOT NULL CHECK (is_successful IN (0, 1)),
    video_start_frame INTEGER NOT NULL CHECK (video_start_frame >= 0),
    video_end_frame INTEGER NOT NULL CHECK (video_end_frame >= video_start_frame),
    scorer_version TEXT NOT NULL,
    calibration_version TEXT NOT NULL,
    progress_seq INTEGER NOT NULL,
    PRIMARY KEY (session_id, attempt_number)
) STRICT;

CREATE INDEX sentence_attempts_user ON sentence_attempts (user_id, attempted_at, session_id, attempt_number);

CREATE TABLE attempt_landmarks (
    session_id BLOB NOT NULL,
    attempt_number INTEGER NOT NULL,
    tenant_id TEXT NOT NULL,
    user_id BLOB NOT NULL,
    landmark_data BLOB NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (session_id, attempt_number)
) STRICT;

CREATE INDEX attempt_landmarks_expiry ON attempt_landmarks (expires_at);

CREATE INDEX attempt_landmarks_user ON attempt_landmarks (user_id);

CREATE TABLE attempt_quarantine (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    user_id BLOB NOT NULL,
    session_id BLOB NOT NULL,
    attempt_number INTEGER NOT NULL,
    reason TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX attempt_quarantine_user ON attempt_quarantine (user_id);

CREATE TABLE user_progress (
    user_id BLOB NOT NULL,
    skill_area TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    skill_category TEXT NOT NULL,
    current_level REAL NOT NULL CHECK (current_level BETWEEN 0 AND 10),
    experience_points INTEGER NOT NULL CHECK (experience_points >= 0),
    total_practice_time INTEGER NOT NULL CHECK (total_practice_time >= 0),
    total_sessions INTEGER NOT NULL CHECK (total_sessions >= 0),
    total_attempts INTEGER NOT NULL CHECK (total_attempts >= 0),
    judged_attempts INTEGER NOT NULL CHECK (judged_attempts >= 0),
    successful_attempts INTEGER NOT NULL CHECK (successful_attempts >= 0),
    score_sum INTEGER NOT NULL,
    confidence_sum INTEGER NOT NULL,
    accuracy_sum INTEGER NOT NULL,
    fluency_sum INTEGER NOT NULL,
    average_score INTEGER CHECK (average_score BETWEEN 0 AND 10000),
    average_confidence INTEGER CHECK (average_confidence BETWEEN 0 AND 10000),
    average_accuracy INTEGER CHECK (average_accuracy BETWEEN 0 AND 10000),
    average_fluency INTEGER CHECK (average_fluency BETWEEN 0 AND 10000),
    milestones TEXT NOT NULL,
    learning_streak INTEGER NOT NULL CHECK (learning_streak >= 0),
    longest_streak INTEGER NOT NULL CHECK (longest_streak >= learning_streak),
    last_practice_date TEXT,
    current_difficulty INTEGER NOT NULL CHECK (current_difficulty BETWEEN 1 AND 5),
    target_level REAL NOT NULL CHECK (target_level BETWEEN 0 AND 10),
    weekly_goal_minutes INTEGER NOT NULL CHECK (weekly_goal_minutes >= 0),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, skill_area)
) STRICT;

CREATE INDEX user_progress_skill ON user_progress (tenant_id, skill_area, user_id);

CREATE TABLE practice_days (
    user_id BLOB NOT NULL,
    day TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    judged_attempts INTEGER NOT NULL,
    successful_attempts INTEGER NOT NULL,
    practice_ms INTEGER NOT NULL,
    score_sum INTEGER NOT NULL,
    confidence_sum INTEGER NOT NULL,
    accuracy_sum INTEGER NOT NULL,
    fluency_sum INTEGER NOT NULL,
    sessions_completed INTEGER NOT NULL,
    PRIMARY KEY (user_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE stories (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    title TEXT NOT NULL,
    difficulty_level INTEGER NOT NULL CHECK (difficulty_level BETWEEN 1 AND 5),
    skill_areas TEXT NOT NULL,
    sentences TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;

CREATE TABLE sign_references (
    id BLOB NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    gloss TEXT NOT NULL,
    signer TEXT NOT NULL,
    variant TEXT NOT NULL,
    source TEXT NOT NULL,
    layout TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    mirrored INTEGER NOT NULL CHECK (mirrored IN (0, 1)),
    frame_rate_hz REAL NOT NULL,
    landmark_data BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX sign_references_gloss ON sign_references (tenant_id, gloss);

CREATE TABLE sign_libraries (
    tenant_id TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT;
