//! Beginning and ending a session.
