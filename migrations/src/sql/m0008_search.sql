CREATE TABLE search_texts (
    code {text} NOT NULL,
    title {text} NOT NULL,
    names {text} NOT NULL,
    quotes {text} NOT NULL,
    PRIMARY KEY (code)
) {clustered};

CREATE TABLE search_units (
    code {text} NOT NULL,
    unit_id {uuid} NOT NULL,
    names {text} NOT NULL,
    PRIMARY KEY (code)
) {clustered};

CREATE TABLE search_grams (
    gram {bigint} NOT NULL,
    tier {int} NOT NULL,
    code {text} NOT NULL,
    PRIMARY KEY (gram, tier, code)
) {clustered};

CREATE TABLE search_marks (
    rules {int} NOT NULL,
    PRIMARY KEY (rules)
) {strict};
