-- Who may look at other learners' progress; and what pages of attempts are filtered by stands in their index.

ALTER TABLE learners ADD COLUMN IF NOT EXISTS role VARCHAR(16) NOT NULL DEFAULT 'learner';

CREATE INDEX IF NOT EXISTS sentence_attempts_page
    ON sentence_attempts (user_id, attempted_at, session_id, attempt_number, sentence_index, is_successful);

ALTER TABLE sentence_attempts DROP INDEX IF EXISTS sentence_attempts_user;
