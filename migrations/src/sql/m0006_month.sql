-- What a task needs to be a report, an issue or an order as well. No REFERENCES: SQLite
-- could not drop such a column again.
ALTER TABLE tasks ADD COLUMN period {text};
ALTER TABLE tasks ADD COLUMN description {text};
ALTER TABLE tasks ADD COLUMN raised_by {uuid};
ALTER TABLE tasks ADD COLUMN raised_unit_id {uuid};
ALTER TABLE tasks ADD COLUMN waived_at {instant};
ALTER TABLE tasks ADD COLUMN pending_change_id {uuid};
ALTER TABLE tasks ADD COLUMN carried_days_late {int};

-- One report a project and month, whoever makes it.
CREATE UNIQUE INDEX tasks_report_key ON tasks (project_id, period) WHERE kind = 'REPORT';
CREATE INDEX tasks_pending_change_id_idx ON tasks (pending_change_id) WHERE pending_change_id IS NOT NULL;

-- The document that a decision cites.
ALTER TABLE change_requests ADD COLUMN document_title {text};
ALTER TABLE change_requests ADD COLUMN document_number {text};
ALTER TABLE change_requests ADD COLUMN document_date {date};

-- Total investment as approved, in fen.
ALTER TABLE projects ADD COLUMN investment_total {bigint};

CREATE TABLE report_drafts (
    id {uuid} NOT NULL,
    task_id {uuid} NOT NULL REFERENCES tasks (id),
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    project_id {uuid} NOT NULL REFERENCES projects (id),
    content {text} NOT NULL,
    saved_by {uuid} NOT NULL REFERENCES users (id),
    saved_at {instant} NOT NULL,
    simulated {bool} NOT NULL,
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX report_drafts_task_id_key ON report_drafts (task_id);

CREATE TABLE report_revisions (
    id {uuid} NOT NULL,
    task_id {uuid} NOT NULL REFERENCES tasks (id),
    project_id {uuid} NOT NULL REFERENCES projects (id),
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    period {text} NOT NULL,
    number {int} NOT NULL,
    state {text} NOT NULL,
    percent_complete {int} NOT NULL,
    investment_this_month {bigint} NOT NULL,
    investment_to_date {bigint} NOT NULL,
    narrative {text} NOT NULL,
    next_steps {text} NOT NULL,
    forecast_completion {date},
    achieved {text} NOT NULL,
    evidence {text} NOT NULL,
    unchanged {bool} NOT NULL,
    reason {text},
    submitted_by {uuid} NOT NULL REFERENCES users (id),
    submitted_at {instant} NOT NULL,
    submitted_on {date} NOT NULL,
    decided_by {uuid} REFERENCES users (id),
    decided_at {instant},
    decision_note {text},
    simulated {bool} NOT NULL,
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX report_revisions_task_id_number_key ON report_revisions (task_id, number);
CREATE INDEX report_revisions_project_id_period_idx ON report_revisions (project_id, period);
CREATE INDEX report_revisions_jurisdiction_id_submitted_at_idx ON report_revisions (jurisdiction_id, submitted_at);

CREATE TABLE project_investments (
    project_id {uuid} NOT NULL REFERENCES projects (id),
    year {int} NOT NULL,
    amount {bigint} NOT NULL,
    PRIMARY KEY (project_id, year)
) {strict};

CREATE TABLE document_numbers (
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    series {text} NOT NULL,
    year {int} NOT NULL,
    last {int} NOT NULL,
    PRIMARY KEY (jurisdiction_id, series, year)
) {strict};

CREATE TABLE briefings (
    id {uuid} NOT NULL,
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    period {text} NOT NULL,
    year {int} NOT NULL,
    sequence {int} NOT NULL,
    ledger_seq {bigint} NOT NULL,
    ledger_hash {text} NOT NULL,
    content {text} NOT NULL,
    published_by {uuid} NOT NULL REFERENCES users (id),
    published_at {instant} NOT NULL,
    simulated {bool} NOT NULL,
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX briefings_period_key ON briefings (jurisdiction_id, period);
CREATE UNIQUE INDEX briefings_number_key ON briefings (jurisdiction_id, year, sequence);

CREATE TABLE orders (
    task_id {uuid} NOT NULL REFERENCES tasks (id),
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    year {int} NOT NULL,
    sequence {int} NOT NULL,
    level {text} NOT NULL,
    source {text} NOT NULL,
    source_note {text},
    ground {text},
    follows_id {uuid} REFERENCES tasks (id),
    briefing_id {uuid} REFERENCES briefings (id),
    PRIMARY KEY (task_id)
) {strict};

CREATE UNIQUE INDEX orders_number_key ON orders (jurisdiction_id, year, sequence);

CREATE TABLE order_projects (
    task_id {uuid} NOT NULL REFERENCES tasks (id),
    project_id {uuid} NOT NULL REFERENCES projects (id),
    PRIMARY KEY (task_id, project_id)
) {strict};

CREATE INDEX order_projects_project_id_idx ON order_projects (project_id);

CREATE TABLE order_tasks (
    order_id {uuid} NOT NULL REFERENCES tasks (id),
    task_id {uuid} NOT NULL REFERENCES tasks (id),
    PRIMARY KEY (order_id, task_id)
) {strict};

CREATE INDEX order_tasks_task_id_idx ON order_tasks (task_id);

CREATE TABLE order_dismissals (
    id {uuid} NOT NULL,
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    project_id {uuid} NOT NULL REFERENCES projects (id),
    task_id {uuid} REFERENCES tasks (id),
    ground {text} NOT NULL,
    level {text} NOT NULL,
    reason {text} NOT NULL,
    dismissed_by {uuid} NOT NULL REFERENCES users (id),
    dismissed_at {instant} NOT NULL,
    simulated {bool} NOT NULL,
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE INDEX order_dismissals_project_id_idx ON order_dismissals (project_id);
CREATE INDEX order_dismissals_jurisdiction_id_idx ON order_dismissals (jurisdiction_id);

CREATE TABLE rating_adoptions (
    id {uuid} NOT NULL,
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    code {text} NOT NULL,
    rules_version {text} NOT NULL,
    rules {text} NOT NULL,
    effective_from {date} NOT NULL,
    document_title {text} NOT NULL,
    document_number {text},
    adopted_by {uuid} NOT NULL REFERENCES users (id),
    adopted_at {instant} NOT NULL,
    simulated {bool} NOT NULL,
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE INDEX rating_adoptions_jurisdiction_id_idx ON rating_adoptions (jurisdiction_id, effective_from);

CREATE TABLE rating_overrides (
    id {uuid} NOT NULL,
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    project_id {uuid} NOT NULL REFERENCES projects (id),
    rating {text} NOT NULL,
    reason {text} NOT NULL,
    expires_on {date} NOT NULL,
    overridden_by {uuid} NOT NULL REFERENCES users (id),
    overridden_at {instant} NOT NULL,
    ended_at {instant},
    simulated {bool} NOT NULL,
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE INDEX rating_overrides_project_id_idx ON rating_overrides (project_id);

CREATE TABLE duty_marks (
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    period {text} NOT NULL,
    swept_at {instant} NOT NULL,
    PRIMARY KEY (jurisdiction_id)
) {strict};
