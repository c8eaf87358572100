DROP INDEX throttles_updated_at_idx;
DROP INDEX sessions_expires_at_idx;
DROP INDEX idempotency_keys_created_at_idx;
DROP INDEX change_requests_jurisdiction_id_proposed_at_id_idx;
DROP INDEX projects_due_code_idx;
DROP INDEX projects_jurisdiction_id_due_code_idx;
DROP INDEX tasks_open_due_id_idx;
DROP INDEX tasks_open_jurisdiction_id_due_id_idx;
DROP INDEX tasks_due_id_idx;
DROP INDEX tasks_jurisdiction_id_due_id_idx;

CREATE INDEX change_requests_jurisdiction_id_proposed_at_idx
    ON change_requests (jurisdiction_id, proposed_at);
CREATE INDEX projects_jurisdiction_id_due_date_code_idx
    ON projects (jurisdiction_id, due_date, code);
CREATE INDEX tasks_open_due_idx ON tasks (jurisdiction_id, due_date, id) WHERE state = 'OPEN';
CREATE INDEX tasks_jurisdiction_id_due_date_id_idx ON tasks (jurisdiction_id, due_date, id);
