-- The token that this one was given for; NULL for the token of a login. If the answer with the new
-- token is lost, the earlier one is sent again.
ALTER TABLE refresh_tokens ADD COLUMN replaces BLOB;
