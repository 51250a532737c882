//! The one HTTP client: deadlines, the server's address, retries, and nothing about what is said.

mod call;
mod client;
mod connection;
mod deadline;
mod error;
mod refusal;
mod retry;
mod server_url;

pub use call::{Answer, Call, Retry};
pub use client::HttpClient;
pub use deadline::Deadline;
pub use error::{Cause, HttpError, SetupError};
pub(crate) use refusal::{Refusal, RefusalKind};
pub use server_url::{Server, ServerError};
