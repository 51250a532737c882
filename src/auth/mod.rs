//! Who we are at which control plane.

pub mod credentials;
pub mod login;
mod renewal;
pub mod server_choice;
pub mod session;
pub mod status;
