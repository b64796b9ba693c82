CREATE INDEX sentence_attempts_user ON sentence_attempts (user_id, attempted_at, session_id, attempt_number);
DROP INDEX sentence_attempts_page;
ALTER TABLE learners DROP COLUMN role;
