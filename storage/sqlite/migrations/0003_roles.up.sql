-- Who may look at other learners' progress; and what pages of attempts are filtered by stands in their index.

ALTER TABLE learners ADD COLUMN role TEXT NOT NULL DEFAULT 'learner' CHECK (role IN ('learner', 'educator'));

CREATE INDEX sentence_attempts_page
    ON sentence_attempts (user_id, attempted_at, session_id, attempt_number, sentence_index, is_successful);

DROP INDEX sentence_attempts_user;
