//! Sessions with a control plane: credentials, login, and authenticated requests.

pub mod credentials;
pub mod login;
mod renewal;
pub(crate) mod server_choice;
pub(crate) mod session;
pub(crate) mod status;
pub(crate) mod verification;
