//! The one HTTP client: deadlines, server URLs, retries and refusals. It knows no request's content.

mod call;
mod client;
mod connection;
mod deadline;
mod error;
mod refusal;
mod retry;
mod server_url;

pub use call::{Answer, Call, Method, Retry};
pub use client::HttpClient;
pub use deadline::Deadline;
pub use error::HttpError;
pub(crate) use error::{BadCertificate, Cause, SetupError};
pub(crate) use refusal::Refusal;
pub use refusal::RefusalKind;
pub use server_url::ServerUrl;
pub(crate) use server_url::ServerUrlError;
