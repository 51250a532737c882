CREATE TABLE teams (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE memberships (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    team_id INTEGER NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, team_id)
) STRICT;

-- Which users may act for which provider.
CREATE TABLE links (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    PRIMARY KEY (user_id, provider)
) STRICT;

-- A session has one access token at a time; only the SHA-256 of a token is ever kept.
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    team_id INTEGER NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    access_hash BLOB NOT NULL UNIQUE,
    access_expires_at INTEGER NOT NULL,
    refresh_expires_at INTEGER NOT NULL
) STRICT;

-- Used ones stay until their session ends: that is how a second use is noticed.
CREATE TABLE refresh_tokens (
    hash BLOB PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);

CREATE TABLE projects (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    binding_ref TEXT NOT NULL UNIQUE,
    provider TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    resource_id TEXT NOT NULL
) STRICT;

CREATE TABLE tickets (
    id INTEGER PRIMARY KEY,
    provider TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    external_issue_id TEXT NOT NULL,
    external_issue_key TEXT NOT NULL COLLATE NOCASE,
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    url TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (provider, resource_type, resource_id, external_issue_id),
    UNIQUE (provider, resource_type, resource_id, external_issue_key)
) STRICT;

CREATE VIRTUAL TABLE ticket_text USING fts5 (
    external_issue_key, title, body,
    content = 'tickets', content_rowid = 'id',
    tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER tickets_inserted AFTER INSERT ON tickets BEGIN
    INSERT INTO ticket_text (rowid, external_issue_key, title, body)
    VALUES (new.id, new.external_issue_key, new.title, new.body);
END;
CREATE TRIGGER tickets_deleted AFTER DELETE ON tickets BEGIN
    INSERT INTO ticket_text (ticket_text, rowid, external_issue_key, title, body)
    VALUES ('delete', old.id, old.external_issue_key, old.title, old.body);
END;
CREATE TRIGGER tickets_updated AFTER UPDATE ON tickets BEGIN
    INSERT INTO ticket_text (ticket_text, rowid, external_issue_key, title, body)
    VALUES ('delete', old.id, old.external_issue_key, old.title, old.body);
    INSERT INTO ticket_text (rowid, external_issue_key, title, body)
    VALUES (new.id, new.external_issue_key, new.title, new.body);
END;

-- One origin a mission.
CREATE TABLE origin_links (
    id TEXT PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    mission_id TEXT NOT NULL,
    mission_slug TEXT NOT NULL,
    external_issue_id TEXT NOT NULL,
    external_issue_key TEXT NOT NULL,
    external_issue_url TEXT NOT NULL,
    external_title TEXT NOT NULL,
    external_status TEXT NOT NULL,
    bound_by INTEGER NOT NULL REFERENCES users (id),
    bound_at TEXT NOT NULL,
    UNIQUE (project_id, mission_id)
) STRICT;

CREATE TABLE idempotency_records (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT;
CREATE INDEX idempotency_records_by_age ON idempotency_records (created_at);

CREATE TABLE events (
    event_id TEXT PRIMARY KEY,
    event_type TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    team_id INTEGER NOT NULL REFERENCES teams (id),
    received_by INTEGER NOT NULL REFERENCES users (id),
    received_at INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;
