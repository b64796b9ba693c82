-- What a learner's signs and corrections add up to by day, so that trends need not read attempts.

CREATE TABLE practice_signs (
    user_id BLOB NOT NULL,
    day TEXT NOT NULL,
    gloss TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    times_signed INTEGER NOT NULL,
    score_sum INTEGER NOT NULL,
    PRIMARY KEY (user_id, day, gloss)
) STRICT, WITHOUT ROWID;

CREATE TABLE practice_findings (
    user_id BLOB NOT NULL,
    day TEXT NOT NULL,
    code TEXT NOT NULL,
    parameter TEXT NOT NULL,
    gloss TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    times_found INTEGER NOT NULL,
    PRIMARY KEY (user_id, day, code, parameter, gloss)
) STRICT, WITHOUT ROWID;
