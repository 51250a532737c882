//! What every HTTP client of the program shares: the rule for a server's URL, certificates, proxy,
//! and the words for a call in a log.

mod describe;
mod error;
mod server_url;
mod set_up;

pub(crate) use describe::{describe_call, describe_wait, request_id};
pub(crate) use error::{BadCertificate, Cause, SetupError};
pub use server_url::ServerUrl;
pub(crate) use server_url::ServerUrlError;
pub(crate) use set_up::set_up;
