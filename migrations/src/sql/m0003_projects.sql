CREATE TABLE projects (
    id {uuid} NOT NULL,
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    code {text} NOT NULL,
    title {text} NOT NULL,
    kind {text} NOT NULL,
    participation {text} NOT NULL,
    stage {text} NOT NULL,
    stage_basis {text} NOT NULL,
    stage_since {date},
    suspended_from {text},
    parent_id {uuid} REFERENCES projects (id),
    lead_unit_id {uuid} REFERENCES units (id),
    lead_basis {text},
    lead_role_words {text},
    disclosure {text} NOT NULL,
    declared_members {int},
    due_words {text},
    due_date {date},
    baseline_due_date {date},
    due_basis {text},
    schedule_approved_at {instant},
    percent_complete {int} NOT NULL,
    simulated {bool} NOT NULL,
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id),
    CHECK (percent_complete BETWEEN 0 AND 10000),
    CHECK ((lead_unit_id IS NULL) = (lead_basis IS NULL))
) {strict};

CREATE UNIQUE INDEX projects_code_key ON projects (code);
CREATE INDEX projects_jurisdiction_id_code_idx ON projects (jurisdiction_id, code);
CREATE INDEX projects_lead_unit_id_idx ON projects (lead_unit_id);
CREATE INDEX projects_parent_id_idx ON projects (parent_id);
CREATE INDEX projects_jurisdiction_id_due_date_code_idx ON projects (jurisdiction_id, due_date, code);
CREATE INDEX projects_jurisdiction_id_updated_at_idx ON projects (jurisdiction_id, updated_at);

CREATE TABLE project_areas (
    project_id {uuid} NOT NULL REFERENCES projects (id),
    area_id {uuid} NOT NULL REFERENCES areas (id),
    PRIMARY KEY (project_id, area_id)
) {strict};

CREATE INDEX project_areas_area_id_idx ON project_areas (area_id);

CREATE TABLE project_aliases (
    id {uuid} NOT NULL,
    project_id {uuid} NOT NULL REFERENCES projects (id),
    alias {text} NOT NULL,
    source_file {text},
    source_line {int},
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX project_aliases_project_id_alias_key ON project_aliases (project_id, alias);

CREATE TABLE project_external_ids (
    scheme {text} NOT NULL,
    value {text} NOT NULL,
    project_id {uuid} NOT NULL REFERENCES projects (id),
    PRIMARY KEY (scheme, value)
) {strict};

CREATE INDEX project_external_ids_project_id_idx ON project_external_ids (project_id);

CREATE TABLE cooperating_units (
    project_id {uuid} NOT NULL REFERENCES projects (id),
    unit_id {uuid} NOT NULL REFERENCES units (id),
    role_words {text},
    position {int} NOT NULL,
    PRIMARY KEY (project_id, unit_id)
) {strict};

CREATE INDEX cooperating_units_unit_id_idx ON cooperating_units (unit_id);

CREATE TABLE targets (
    id {uuid} NOT NULL,
    project_id {uuid} NOT NULL REFERENCES projects (id),
    position {int} NOT NULL,
    name {text} NOT NULL,
    words {text} NOT NULL,
    quantity {text},
    quantity_to {text},
    qualifier {text},
    unit_of_measure {text},
    source_file {text},
    source_line {int},
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX targets_project_id_position_key ON targets (project_id, position);

CREATE TABLE citations (
    id {uuid} NOT NULL,
    project_id {uuid} NOT NULL REFERENCES projects (id),
    clause_id {uuid} NOT NULL REFERENCES clauses (id),
    position {int} NOT NULL,
    quote {text} NOT NULL,
    phrase {text},
    demand {text} NOT NULL,
    source_file {text} NOT NULL,
    source_line {int} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX citations_project_id_position_key ON citations (project_id, position);
CREATE INDEX citations_clause_id_idx ON citations (clause_id);

CREATE TABLE suggested_leads (
    project_id {uuid} NOT NULL REFERENCES projects (id),
    unit_id {uuid} NOT NULL REFERENCES units (id),
    citation_id {uuid} NOT NULL REFERENCES citations (id),
    position {int} NOT NULL,
    PRIMARY KEY (project_id, unit_id)
) {strict};

CREATE INDEX suggested_leads_unit_id_idx ON suggested_leads (unit_id);

CREATE TABLE import_rows (
    table_name {text} NOT NULL,
    code {text} NOT NULL,
    content {text} NOT NULL,
    imported_at {instant} NOT NULL,
    PRIMARY KEY (table_name, code)
) {strict};
