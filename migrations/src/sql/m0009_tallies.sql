CREATE TABLE tallies (
    jurisdiction_id {uuid} NOT NULL,
    kind {text} NOT NULL,
    stage {text} NOT NULL,
    projects {bigint} NOT NULL,
    unassigned {bigint} NOT NULL,
    unscheduled {bigint} NOT NULL,
    overdue {bigint} NOT NULL,
    period_ended {bigint} NOT NULL,
    PRIMARY KEY (jurisdiction_id, kind, stage)
) {strict};

CREATE TABLE unit_tallies (
    jurisdiction_id {uuid} NOT NULL,
    kind {text} NOT NULL,
    stage {text} NOT NULL,
    unit_id {uuid} NOT NULL,
    projects {bigint} NOT NULL,
    active {bigint} NOT NULL,
    overdue {bigint} NOT NULL,
    oldest {date},
    stalled {int},
    PRIMARY KEY (jurisdiction_id, kind, stage, unit_id)
) {strict};

CREATE INDEX unit_tallies_overdue_idx ON unit_tallies (kind, stage, overdue);

CREATE TABLE tally_marks (
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    day {date} NOT NULL,
    PRIMARY KEY (jurisdiction_id)
) {strict};

CREATE INDEX IF NOT EXISTS tasks_open_counted_idx ON tasks (jurisdiction_id, counted_due_date) WHERE state = 'OPEN';
