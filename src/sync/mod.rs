//! Events and the offline queue they wait in.

pub mod emitter;
pub mod event;
pub mod git_remote;
pub mod payload_rules;
pub mod project_config;
pub mod project_identity;
