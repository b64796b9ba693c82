DROP TABLE IF EXISTS practice_findings;
DROP TABLE IF EXISTS practice_signs;
