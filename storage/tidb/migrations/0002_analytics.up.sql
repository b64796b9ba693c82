-- What a learner's signs and corrections add up to by day, so that trends need not read attempts.

CREATE TABLE IF NOT EXISTS practice_signs (
    user_id BINARY(16) NOT NULL,
    day DATE NOT NULL,
    gloss VARCHAR(100) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    times_signed INT NOT NULL,
    score_sum BIGINT NOT NULL,
    PRIMARY KEY (user_id, day, gloss) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS practice_findings (
    user_id BINARY(16) NOT NULL,
    day DATE NOT NULL,
    code VARCHAR(64) NOT NULL,
    parameter VARCHAR(32) NOT NULL,
    gloss VARCHAR(100) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    times_found INT NOT NULL,
    PRIMARY KEY (user_id, day, code, parameter, gloss) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
