-- A date that is missing sorts behind every date: the expression is that of the selects,
-- word for word.
DROP INDEX tasks_jurisdiction_id_due_date_id_idx;
DROP INDEX tasks_open_due_idx;
DROP INDEX projects_jurisdiction_id_due_date_code_idx;
DROP INDEX change_requests_jurisdiction_id_proposed_at_idx;

CREATE INDEX tasks_jurisdiction_id_due_id_idx
    ON tasks (jurisdiction_id, (COALESCE(due_date, '9999-12-31')), id);
CREATE INDEX tasks_due_id_idx ON tasks ((COALESCE(due_date, '9999-12-31')), id);
CREATE INDEX tasks_open_jurisdiction_id_due_id_idx
    ON tasks (jurisdiction_id, (COALESCE(due_date, '9999-12-31')), id) WHERE state = 'OPEN';
CREATE INDEX tasks_open_due_id_idx
    ON tasks ((COALESCE(due_date, '9999-12-31')), id) WHERE state = 'OPEN';
CREATE INDEX projects_jurisdiction_id_due_code_idx
    ON projects (jurisdiction_id, (COALESCE(due_date, '9999-12-31')), code);
CREATE INDEX projects_due_code_idx ON projects ((COALESCE(due_date, '9999-12-31')), code);
CREATE INDEX change_requests_jurisdiction_id_proposed_at_id_idx
    ON change_requests (jurisdiction_id, proposed_at, id);

CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
CREATE INDEX throttles_updated_at_idx ON throttles (updated_at);
