//! The one HTTP client: deadlines, the server's address, retries, and nothing about what is said.

mod call;
mod client;
mod deadline;
mod error;
mod server;

pub use call::{Answer, Call, Retry};
pub use client::HttpClient;
pub use deadline::Deadline;
pub use error::HttpError;
pub use server::{Server, ServerError};
