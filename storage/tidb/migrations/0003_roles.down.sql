CREATE INDEX IF NOT EXISTS sentence_attempts_user
    ON sentence_attempts (user_id, attempted_at, session_id, attempt_number);
ALTER TABLE sentence_attempts DROP INDEX IF EXISTS sentence_attempts_page;
ALTER TABLE learners DROP COLUMN IF EXISTS role;
