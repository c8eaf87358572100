-- A proposed work has no project yet. SQLite cannot drop NOT NULL: the table is made anew.
CREATE TABLE change_requests_anew (
    id {uuid} NOT NULL,
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    project_id {uuid} REFERENCES projects (id),
    kind {text} NOT NULL,
    state {text} NOT NULL,
    content {text} NOT NULL,
    reason {text},
    late {bool} NOT NULL,
    proposed_by {uuid} NOT NULL REFERENCES users (id),
    proposed_unit_id {uuid} REFERENCES units (id),
    proposed_at {instant} NOT NULL,
    decided_by {uuid} REFERENCES users (id),
    decided_at {instant},
    note {text},
    simulated {bool} NOT NULL,
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id)
) {strict};

INSERT INTO change_requests_anew
SELECT id, jurisdiction_id, project_id, kind, state, content, reason, late, proposed_by,
       proposed_unit_id, proposed_at, decided_by, decided_at, note, simulated, version,
       created_at, updated_at
FROM change_requests;

DROP TABLE change_requests;
ALTER TABLE change_requests_anew RENAME TO change_requests;

CREATE INDEX change_requests_project_id_idx ON change_requests (project_id);
CREATE INDEX change_requests_jurisdiction_id_proposed_at_idx ON change_requests (jurisdiction_id, proposed_at);
CREATE UNIQUE INDEX change_requests_pending_key ON change_requests (project_id, kind) WHERE state = 'PROPOSED';
