//! Events and the offline queue they wait in.

pub mod delivery;
pub mod emitter;
pub mod event;
pub mod event_id;
pub mod lamport_clock;
pub mod payload_rules;
pub mod queue;
