-- Both are NULL if an import does not say them. Times are UTC in one format, so they sort as texts.
ALTER TABLE tickets ADD COLUMN updated_at TEXT;
ALTER TABLE tickets ADD COLUMN assignee TEXT;
CREATE INDEX tickets_by_update ON tickets
    (provider, resource_type, resource_id, coalesce(updated_at, '') DESC, id);
