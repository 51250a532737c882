//! The exit codes.

/// How the program ends. Scripts rely on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Done, already done, or a text search without hits.
    Ok = 0,
    /// A bug in spec-kitty, or events that the control plane rejected.
    Internal = 1,
    /// The command line or an input document is invalid.
    Usage = 2,
    /// No such key, mission or resource mapping.
    NotFound = 3,
    /// Not logged in, or the session expired.
    AuthRequired = 4,
    /// The user lacks a permission, or must act in the control plane's dashboard.
    Forbidden = 5,
    /// Something else already exists.
    Conflict = 6,
    /// A confirmation or choice is needed, and prompting is impossible.
    InputRequired = 7,
    /// The control plane is unreachable, timed out or sent an invalid response.
    Unavailable = 8,
    /// The control plane asks for a longer wait than the time limit allows.
    RateLimited = 9,
    /// The repository or the configuration does not allow this.
    RepoState = 10,
    /// A part was done and a later step failed. The same command continues.
    Partial = 11,
    /// Interrupted by the user.
    Interrupted = 130,
}

impl ExitCode {
    /// Every code, in numeric order.
    pub const ALL: [Self; 13] = [
        Self::Ok,
        Self::Internal,
        Self::Usage,
        Self::NotFound,
        Self::AuthRequired,
        Self::Forbidden,
        Self::Conflict,
        Self::InputRequired,
        Self::Unavailable,
        Self::RateLimited,
        Self::RepoState,
        Self::Partial,
        Self::Interrupted,
    ];

    pub const fn number(self) -> u8 {
        self as u8
    }

    /// One line for `--help` and the documentation.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "ok, already done, or a text search without hits",
            Self::Internal => "internal error, or events rejected by the server",
            Self::Usage => "invalid arguments or input document",
            Self::NotFound => "no such ticket, mission or project mapping",
            Self::AuthRequired => "not logged in, or the session expired",
            Self::Forbidden => "account not linked, or no permission",
            Self::Conflict => "conflict: already bound, name taken, or wrong provider",
            Self::InputRequired => "confirmation or choice needed",
            Self::Unavailable => "server unreachable, timed out or sent an invalid response",
            Self::RateLimited => "rate limited",
            Self::RepoState => "repository or configuration not ready",
            Self::Partial => "partly done; run the same command again",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        code.number().into()
    }
}
