CREATE TABLE users (
    id {uuid} NOT NULL,
    username {text} NOT NULL,
    name {text} NOT NULL,
    password_hash {text} NOT NULL,
    must_change_password {bool} NOT NULL,
    disabled_at {instant},
    simulated {bool} NOT NULL,
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX users_username_key ON users (username);

CREATE TABLE grants (
    id {uuid} NOT NULL,
    user_id {uuid} NOT NULL REFERENCES users (id),
    role {text} NOT NULL,
    scope_type {text} NOT NULL,
    jurisdiction_id {uuid} REFERENCES jurisdictions (id),
    area_id {uuid} REFERENCES areas (id),
    unit_id {uuid} REFERENCES units (id),
    home_unit_id {uuid} REFERENCES units (id),
    valid_from {instant},
    valid_to {instant},
    simulated {bool} NOT NULL,
    version {int} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE INDEX grants_user_id_idx ON grants (user_id);

CREATE TABLE sessions (
    id {uuid} NOT NULL,
    user_id {uuid} NOT NULL REFERENCES users (id),
    created_at {instant} NOT NULL,
    last_used_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    ended_at {instant},
    peer {text},
    user_agent {text},
    PRIMARY KEY (id)
) {strict};

CREATE INDEX sessions_user_id_idx ON sessions (user_id);

CREATE TABLE refresh_tokens (
    id {uuid} NOT NULL,
    session_id {uuid} NOT NULL REFERENCES sessions (id),
    parent_id {uuid} REFERENCES refresh_tokens (id),
    token_hash {text} NOT NULL,
    created_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    used_at {instant},
    access_used_at {instant},
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX refresh_tokens_token_hash_key ON refresh_tokens (token_hash);
CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_parent_id_idx ON refresh_tokens (parent_id);

CREATE TABLE api_tokens (
    id {uuid} NOT NULL,
    user_id {uuid} NOT NULL REFERENCES users (id),
    name {text} NOT NULL,
    token_hash {text} NOT NULL,
    created_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    revoked_at {instant},
    last_used_at {instant},
    last_used_peer {text},
    version {int} NOT NULL,
    PRIMARY KEY (id)
) {strict};

CREATE UNIQUE INDEX api_tokens_token_hash_key ON api_tokens (token_hash);
CREATE INDEX api_tokens_user_id_idx ON api_tokens (user_id);

CREATE TABLE throttles (
    key {text} NOT NULL,
    level {bigint} NOT NULL,
    updated_at {instant} NOT NULL,
    PRIMARY KEY (key)
) {strict};

CREATE TABLE idempotency_keys (
    user_id {uuid} NOT NULL REFERENCES users (id),
    mutation {text} NOT NULL,
    key {text} NOT NULL,
    input_hash {text} NOT NULL,
    result {text} NOT NULL,
    created_at {instant} NOT NULL,
    PRIMARY KEY (user_id, mutation, key)
) {strict};
