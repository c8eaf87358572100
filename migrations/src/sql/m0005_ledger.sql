CREATE TABLE ledger (
    seq {bigint} NOT NULL,
    at {instant} NOT NULL,
    request_id {text} NOT NULL,
    actor_kind {text} NOT NULL,
    actor_id {text} NOT NULL,
    actor_name {text} NOT NULL,
    role {text},
    action {text} NOT NULL,
    subject_type {text} NOT NULL,
    subject_id {text} NOT NULL,
    project_id {uuid},
    jurisdiction_id {uuid},
    changes {text} NOT NULL,
    reason {text},
    prev_hash {text} NOT NULL,
    hash {text} NOT NULL,
    PRIMARY KEY (seq)
) {strict};

CREATE UNIQUE INDEX ledger_hash_key ON ledger (hash);
CREATE INDEX ledger_subject_id_seq_idx ON ledger (subject_id, seq);
CREATE INDEX ledger_project_id_seq_idx ON ledger (project_id, seq);
CREATE INDEX ledger_jurisdiction_id_seq_idx ON ledger (jurisdiction_id, seq);
CREATE INDEX ledger_request_id_idx ON ledger (request_id);
