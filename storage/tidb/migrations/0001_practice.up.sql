-- Ids are 16 random bytes, times Unix milliseconds UTC, marks whole ten-thousandths, experience whole hundredths.
-- Every statement can be repeated: DDL commits by itself here.

CREATE TABLE IF NOT EXISTS learners (
    id BINARY(16) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    display_name VARCHAR(200) NOT NULL,
    time_zone VARCHAR(64) NOT NULL,
    token_hash BINARY(32) NOT NULL,
    landmark_consent TINYINT NOT NULL CHECK (landmark_consent IN (0, 1)),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id) /*T![clustered_index] CLUSTERED */,
    UNIQUE KEY learners_token (token_hash)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS practice_sessions (
    id BINARY(16) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    user_id BINARY(16) NOT NULL,
    story_id VARCHAR(100),
    session_type VARCHAR(16) NOT NULL
        CHECK (session_type IN ('individual', 'collaborative', 'assessment', 'practice')),
    session_name VARCHAR(200) NOT NULL,
    session_data MEDIUMTEXT NOT NULL,
    story_content MEDIUMTEXT NOT NULL,
    overall_score INT CHECK (overall_score BETWEEN 0 AND 10000),
    sentences_completed INT NOT NULL CHECK (sentences_completed >= 0),
    total_sentences INT NOT NULL CHECK (total_sentences >= 0),
    started_at BIGINT,
    completed_at BIGINT,
    duration_seconds INT NOT NULL CHECK (duration_seconds >= 0),
    performance_metrics MEDIUMTEXT NOT NULL,
    status VARCHAR(16) NOT NULL CHECK (status IN ('created', 'active', 'paused', 'completed', 'abandoned')),
    difficulty_level INT NOT NULL CHECK (difficulty_level BETWEEN 1 AND 5),
    skill_areas TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    epoch BIGINT NOT NULL CHECK (epoch >= 0),
    stored_through INT NOT NULL CHECK (stored_through >= 0),
    practice_day DATE,
    progress_seq BIGINT,
    PRIMARY KEY (id) /*T![clustered_index] CLUSTERED */,
    KEY practice_sessions_user (user_id, created_at, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS sentence_attempts (
    id BINARY(16) NOT NULL,
    session_id BINARY(16) NOT NULL,
    attempt_number INT NOT NULL CHECK (attempt_number >= 1),
    tenant_id VARCHAR(64) NOT NULL,
    user_id BINARY(16) NOT NULL,
    sentence_index INT NOT NULL CHECK (sentence_index >= 0),
    target_sentence VARCHAR(500) NOT NULL,
    gesture_sequence MEDIUMTEXT NOT NULL,
    judged TINYINT NOT NULL CHECK (judged IN (0, 1)),
    score INT CHECK (score BETWEEN 0 AND 10000),
    confidence_score INT CHECK (confidence_score BETWEEN 0 AND 10000),
    accuracy_score INT CHECK (accuracy_score BETWEEN 0 AND 10000),
    fluency_score INT CHECK (fluency_score BETWEEN 0 AND 10000),
    ai_feedback MEDIUMTEXT NOT NULL,
    suggestions MEDIUMTEXT NOT NULL,
    detected_errors MEDIUMTEXT NOT NULL,
    attempted_at BIGINT NOT NULL,
    practice_day DATE NOT NULL,
    duration_ms INT NOT NULL CHECK (duration_ms >= 0),
    is_successful TINYINT NOT NULL CHECK (is_successful IN (0, 1)),
    video_start_frame INT NOT NULL CHECK (video_start_frame >= 0),
    video_end_frame INT NOT NULL CHECK (video_end_frame >= 0),
    scorer_version VARCHAR(64) NOT NULL,
    calibration_version VARCHAR(64) NOT NULL,
    progress_seq BIGINT NOT NULL,
    PRIMARY KEY (session_id, attempt_number) /*T![clustered_index] CLUSTERED */,
    KEY sentence_attempts_user (user_id, attempted_at, session_id, attempt_number)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS attempt_landmarks (
    session_id BINARY(16) NOT NULL,
    attempt_number INT NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    user_id BINARY(16) NOT NULL,
    landmark_data LONGBLOB NOT NULL,
    expires_at DATETIME NOT NULL,
    PRIMARY KEY (session_id, attempt_number) /*T![clustered_index] CLUSTERED */,
    KEY attempt_landmarks_user (user_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin /*T![ttl] TTL = `expires_at` + INTERVAL 0 DAY */;

CREATE TABLE IF NOT EXISTS attempt_quarantine (
    id BINARY(16) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    user_id BINARY(16) NOT NULL,
    session_id BINARY(16) NOT NULL,
    attempt_number INT NOT NULL,
    reason TEXT NOT NULL,
    payload MEDIUMTEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id) /*T![clustered_index] CLUSTERED */,
    KEY attempt_quarantine_user (user_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS user_progress (
    user_id BINARY(16) NOT NULL,
    skill_area VARCHAR(64) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    skill_category VARCHAR(64) NOT NULL,
    current_level DOUBLE NOT NULL CHECK (current_level BETWEEN 0 AND 10),
    experience_points BIGINT NOT NULL CHECK (experience_points >= 0),
    total_practice_time BIGINT NOT NULL CHECK (total_practice_time >= 0),
    total_sessions INT NOT NULL CHECK (total_sessions >= 0),
    total_attempts INT NOT NULL CHECK (total_attempts >= 0),
    judged_attempts INT NOT NULL CHECK (judged_attempts >= 0),
    successful_attempts INT NOT NULL CHECK (successful_attempts >= 0),
    score_sum BIGINT NOT NULL,
    confidence_sum BIGINT NOT NULL,
    accuracy_sum BIGINT NOT NULL,
    fluency_sum BIGINT NOT NULL,
    average_score INT CHECK (average_score BETWEEN 0 AND 10000),
    average_confidence INT CHECK (average_confidence BETWEEN 0 AND 10000),
    average_accuracy INT CHECK (average_accuracy BETWEEN 0 AND 10000),
    average_fluency INT CHECK (average_fluency BETWEEN 0 AND 10000),
    milestones MEDIUMTEXT NOT NULL,
    learning_streak INT NOT NULL CHECK (learning_streak >= 0),
    longest_streak INT NOT NULL CHECK (longest_streak >= 0),
    last_practice_date DATE,
    current_difficulty INT NOT NULL CHECK (current_difficulty BETWEEN 1 AND 5),
    target_level DOUBLE NOT NULL CHECK (target_level BETWEEN 0 AND 10),
    weekly_goal_minutes INT NOT NULL CHECK (weekly_goal_minutes >= 0),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, skill_area) /*T![clustered_index] CLUSTERED */,
    KEY user_progress_skill (tenant_id, skill_area, user_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS practice_days (
    user_id BINARY(16) NOT NULL,
    day DATE NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    attempts INT NOT NULL,
    judged_attempts INT NOT NULL,
    successful_attempts INT NOT NULL,
    practice_ms BIGINT NOT NULL,
    score_sum BIGINT NOT NULL,
    confidence_sum BIGINT NOT NULL,
    accuracy_sum BIGINT NOT NULL,
    fluency_sum BIGINT NOT NULL,
    sessions_completed INT NOT NULL,
    PRIMARY KEY (user_id, day) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS stories (
    tenant_id VARCHAR(64) NOT NULL,
    id VARCHAR(100) NOT NULL,
    title VARCHAR(200) NOT NULL,
    difficulty_level INT NOT NULL CHECK (difficulty_level BETWEEN 1 AND 5),
    skill_areas TEXT NOT NULL,
    sentences MEDIUMTEXT NOT NULL,
    PRIMARY KEY (tenant_id, id) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS sign_references (
    id BINARY(16) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    gloss VARCHAR(100) NOT NULL,
    signer VARCHAR(100) NOT NULL,
    variant VARCHAR(100) NOT NULL,
    source VARCHAR(500) NOT NULL,
    layout VARCHAR(32) NOT NULL,
    width INT NOT NULL,
    height INT NOT NULL,
    mirrored TINYINT NOT NULL CHECK (mirrored IN (0, 1)),
    frame_rate_hz DOUBLE NOT NULL,
    landmark_data LONGBLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id) /*T![clustered_index] CLUSTERED */,
    KEY sign_references_gloss (tenant_id, gloss)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS sign_libraries (
    tenant_id VARCHAR(64) NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (tenant_id) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
