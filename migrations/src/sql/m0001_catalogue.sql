CREATE TABLE jurisdictions (
    id {uuid} NOT NULL,
    code {text} NOT NULL,
    name {text} NOT NULL,
    time_zone {text} NOT NULL,
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX jurisdictions_code_key ON jurisdictions (code);

CREATE TABLE areas (
    id {uuid} NOT NULL,
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    code {text} NOT NULL,
    name {text} NOT NULL,
    kind {text} NOT NULL,
    source_file {text},
    source_line {int},
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX areas_code_key ON areas (code);
CREATE INDEX areas_jurisdiction_id_idx ON areas (jurisdiction_id);

CREATE TABLE units (
    id {uuid} NOT NULL,
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    code {text} NOT NULL,
    name {text} NOT NULL,
    full_name {text},
    kind {text} NOT NULL,
    parent_id {uuid} REFERENCES units (id),
    area_id {uuid} REFERENCES areas (id),
    valid_from {date},
    valid_to {date},
    simulated {bool} NOT NULL,
    source_file {text},
    source_line {int},
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX units_code_key ON units (code);
CREATE INDEX units_jurisdiction_id_idx ON units (jurisdiction_id);
CREATE INDEX units_parent_id_idx ON units (parent_id);

CREATE TABLE unit_aliases (
    id {uuid} NOT NULL,
    unit_id {uuid} NOT NULL REFERENCES units (id),
    alias {text} NOT NULL,
    source_file {text},
    source_line {int},
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX unit_aliases_unit_id_alias_key ON unit_aliases (unit_id, alias);

CREATE TABLE plans (
    id {uuid} NOT NULL,
    jurisdiction_id {uuid} NOT NULL REFERENCES jurisdictions (id),
    code {text} NOT NULL,
    title {text} NOT NULL,
    status {text} NOT NULL,
    document_number {text},
    issued_on {date},
    issued_by {text},
    issuing_document {text},
    period_from {date},
    period_to {date},
    source_file {text},
    source_line {int},
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX plans_code_key ON plans (code);
CREATE INDEX plans_jurisdiction_id_idx ON plans (jurisdiction_id);

CREATE TABLE clauses (
    id {uuid} NOT NULL,
    plan_id {uuid} NOT NULL REFERENCES plans (id),
    code {text} NOT NULL,
    parent_id {uuid} REFERENCES clauses (id),
    number {text},
    heading {text} NOT NULL,
    position {int} NOT NULL,
    source_file {text} NOT NULL,
    source_line {int} NOT NULL,
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX clauses_code_key ON clauses (code);
CREATE INDEX clauses_plan_id_position_idx ON clauses (plan_id, position);

CREATE TABLE indicators (
    id {uuid} NOT NULL,
    plan_id {uuid} NOT NULL REFERENCES plans (id),
    code {text} NOT NULL,
    group_name {text},
    name {text} NOT NULL,
    unit_of_measure {text},
    base_value {text},
    base_year {text},
    target_value {text},
    target_year {text},
    annual_growth {text},
    nature {text} NOT NULL,
    note {text},
    source_file {text} NOT NULL,
    source_line {int} NOT NULL,
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX indicators_code_key ON indicators (code);
CREATE INDEX indicators_plan_id_idx ON indicators (plan_id);
