-- Accounts at trackers. The credential is in a file, so that a copy of this database holds none.
CREATE TABLE connections (
    -- Never used again, so that a removed connection cannot be mistaken for a new one.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    provider TEXT NOT NULL,
    url TEXT NOT NULL,
    -- The user of a Jira API token; NULL if the credential alone is enough.
    user TEXT,
    -- Where the credential is; NULL for the file of this name in the folder `connections`.
    token_file TEXT,
    -- 'cloud' or 'data_center'; NULL for Linear, and as long as nobody has asked the Jira site.
    deployment TEXT,
    -- Grows with each change, the credential included.
    revision INTEGER NOT NULL
) STRICT;

-- NULL if the tickets of the project are imported.
ALTER TABLE projects ADD COLUMN connection_id INTEGER REFERENCES connections (id);
-- The key of the live resource: `WEB`.
ALTER TABLE projects ADD COLUMN resource_key TEXT;
