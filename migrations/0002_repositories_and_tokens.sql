-- A mission is known by its id and by its slug in a repository, so (project, mission_id) is no longer
-- unique: two repositories can have missions with the same slug.
CREATE TABLE new_origin_links (
    id TEXT PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    -- The ULID, or the slug if the mission has none.
    mission_id TEXT NOT NULL,
    mission_slug TEXT NOT NULL,
    -- NULL if the client did not send it.
    repository TEXT,
    external_issue_id TEXT NOT NULL,
    external_issue_key TEXT NOT NULL,
    external_issue_url TEXT NOT NULL,
    external_title TEXT NOT NULL,
    external_status TEXT NOT NULL,
    bound_by INTEGER NOT NULL REFERENCES users (id),
    bound_at TEXT NOT NULL
) STRICT;
INSERT INTO new_origin_links
SELECT id, project_id, mission_id, mission_slug, NULL, external_issue_id, external_issue_key,
    external_issue_url, external_title, external_status, bound_by, bound_at
FROM origin_links ORDER BY rowid;
DROP TABLE origin_links;
ALTER TABLE new_origin_links RENAME TO origin_links;
CREATE UNIQUE INDEX origin_links_by_ulid ON origin_links (project_id, mission_id)
    WHERE mission_id <> mission_slug;
CREATE UNIQUE INDEX origin_links_by_slug ON origin_links (project_id, mission_slug, repository);
CREATE INDEX origin_links_by_ticket ON origin_links (external_issue_id);

-- An answer that names a link is not repeated after the link is gone. Stored refusals do not say
-- which link they name, so they are asked for again.
ALTER TABLE idempotency_records
    ADD COLUMN origin_link_id TEXT REFERENCES origin_links (id) ON DELETE CASCADE;
UPDATE idempotency_records SET origin_link_id = (
    SELECT id FROM origin_links WHERE id = json_extract(body, '$.origin_link_id')
) WHERE status = 200;
DELETE FROM idempotency_records WHERE status <> 200;
CREATE INDEX idempotency_records_by_link ON idempotency_records (origin_link_id);

-- NULL if it is unknown. An import derives it from the name of the status, as here.
ALTER TABLE tickets ADD COLUMN status_kind TEXT;
UPDATE tickets SET status_kind = CASE lower(trim(status))
    WHEN 'done' THEN 'done'
    WHEN 'closed' THEN 'done'
    WHEN 'resolved' THEN 'done'
    WHEN 'canceled' THEN 'canceled'
    WHEN 'cancelled' THEN 'canceled'
END;

-- What a removed user bound and sent stays, with their name.
ALTER TABLE users ADD COLUMN removed_at INTEGER;

-- Ids are never used again, so a repeated `revoke` cannot end another session. A session with a
-- token_name is a token of `admin token create`, which is never refreshed.
CREATE TABLE new_sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    team_id INTEGER NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    access_hash BLOB NOT NULL UNIQUE,
    access_expires_at INTEGER NOT NULL,
    refresh_expires_at INTEGER NOT NULL,
    -- NULL for sessions of version 0.1.0.
    created_at INTEGER,
    token_name TEXT,
    UNIQUE (user_id, token_name)
) STRICT;
CREATE TABLE new_refresh_tokens (
    hash BLOB PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES new_sessions (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
INSERT INTO new_sessions
SELECT id, user_id, team_id, access_hash, access_expires_at, refresh_expires_at, NULL, NULL
FROM sessions;
INSERT INTO new_refresh_tokens SELECT hash, session_id, expires_at, used_at FROM refresh_tokens;
DROP TABLE refresh_tokens;
DROP TABLE sessions;
ALTER TABLE new_sessions RENAME TO sessions;
ALTER TABLE new_refresh_tokens RENAME TO refresh_tokens;
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);
