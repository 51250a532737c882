//! Names for the project, from the URL of its origin remote.
