//! The control plane's tracker calls, ticket references, and the project's tracker binding.

pub mod binding;
pub mod control_plane_client;
pub mod ticket;
pub mod ticket_ref;
