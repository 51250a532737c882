//! Events and the offline queue they wait in.

pub(crate) mod delivery;
pub(crate) mod emitter;
pub(crate) mod event;
pub(crate) mod event_id;
pub(crate) mod lamport_clock;
pub(crate) mod queue;
