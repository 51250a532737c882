//! The control plane's tracker calls, ticket references, and the project's tracker binding.

pub(crate) mod binding;
pub(crate) mod control_plane_client;
pub(crate) mod list;
pub(crate) mod search;
pub(crate) mod ticket;
pub(crate) mod ticket_change;
pub(crate) mod ticket_ref;
mod ticket_url;
