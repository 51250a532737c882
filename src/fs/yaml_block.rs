//! Edits one top-level block of a YAML file and nothing else (QUEUE §4.2).
