//! Events, the offline queue, and the delivery of queued events.

pub(crate) mod delivery;
pub(crate) mod emitter;
pub(crate) mod event;
pub(crate) mod event_id;
pub(crate) mod lamport_clock;
pub(crate) mod queue;
