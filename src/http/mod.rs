//! The one HTTP client: deadlines, server URLs, retries and refusals. It knows no request's content.

mod call;
mod client;
mod deadline;
mod error;
mod refusal;
mod retry;

pub use call::{Answer, Call, Method, Retry};
pub use client::HttpClient;
pub use deadline::Deadline;
pub use error::HttpError;
pub(crate) use refusal::Refusal;
pub use refusal::RefusalKind;

pub use crate::web::ServerUrl;
pub(crate) use crate::web::{BadCertificate, Cause, ServerUrlError, SetupError};
