//! Events and the offline queue they wait in.

pub mod delivery;
pub mod emitter;
pub mod event;
pub mod event_id;
pub mod git_remote;
pub mod intent;
pub mod lamport_clock;
pub mod payload_rules;
pub mod project_config;
pub mod project_identity;
pub mod queue;
