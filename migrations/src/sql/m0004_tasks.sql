CREATE TABLE tasks (
    id {uuid} NOT NULL,
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    kind {text} NOT NULL,
    project_id {uuid} REFERENCES projects (id),
    unit_id {uuid} REFERENCES units (id),
    title {text} NOT NULL,
    role {text},
    weight {int} NOT NULL,
    position {int} NOT NULL,
    due_date {date},
    baseline_due_date {date},
    due_basis {text},
    counted_due_date {date},
    clock_stopped_on {date},
    state {text} NOT NULL,
    completed_on {date},
    claim_note {text},
    submitted_by {uuid} REFERENCES users (id),
    submitted_at {instant},
    first_submitted_on {date},
    days_late {int},
    decided_by {uuid} REFERENCES users (id),
    decided_at {instant},
    decision_note {text},
    return_count {int} NOT NULL,
    simulated {bool} NOT NULL,
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE INDEX tasks_project_id_position_idx ON tasks (project_id, position);
CREATE INDEX tasks_unit_id_state_idx ON tasks (unit_id, state);
CREATE INDEX tasks_jurisdiction_id_due_date_id_idx ON tasks (jurisdiction_id, due_date, id);

CREATE TABLE task_evidence (
    id {uuid} NOT NULL,
    task_id {uuid} NOT NULL REFERENCES tasks (id),
    position {int} NOT NULL,
    title {text} NOT NULL,
    document_number {text},
    document_date {date},
    url {text},
    sha256 {text},
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX task_evidence_task_id_position_key ON task_evidence (task_id, position);

CREATE TABLE change_requests (
    id {uuid} NOT NULL,
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    project_id {uuid} NOT NULL REFERENCES projects (id),
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

CREATE INDEX change_requests_project_id_idx ON change_requests (project_id);
CREATE INDEX change_requests_jurisdiction_id_proposed_at_idx ON change_requests (jurisdiction_id, proposed_at);

-- The overdue review and "my tasks" read open tasks only.
CREATE INDEX tasks_open_due_idx ON tasks (jurisdiction_id, due_date, id) WHERE state = 'OPEN';
-- One pending schedule, and one pending stage move, a project: two proposals cannot both win.
CREATE UNIQUE INDEX change_requests_pending_key ON change_requests (project_id, kind) WHERE state = 'PROPOSED';
