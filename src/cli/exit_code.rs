//! The exit codes, in one enum (DESIGN §3).

/// How the program ends. The numbers are a contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Done, already done, or a text search without hits.
    Ok = 0,
    /// A fault of ours.
    Internal = 1,
    /// The command line or a document given to it is wrong.
    Usage = 2,
    /// No such key, mission or resource mapping.
    NotFound = 3,
    /// Not logged in, or the session is over.
    AuthRequired = 4,
    /// The user must act at the control plane, or may not do this.
    Forbidden = 5,
    /// Something else is already there.
    Conflict = 6,
    /// A confirmation or choice is needed and could not be asked for.
    InputRequired = 7,
    /// The control plane could not be reached or did not answer properly.
    Unavailable = 8,
    /// The control plane asks to wait longer than the time limit allows.
    RateLimited = 9,
    /// The repository or configuration is in no state for this.
    RepoState = 10,
    /// Part was done and a later step failed: run the same command again.
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

    /// The number.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// One line for `--help` and the documentation.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "ok, already done, or a text search without hits",
            Self::Internal => "internal fault, or events rejected by the control plane",
            Self::Usage => "wrong arguments, or a document that breaks a rule",
            Self::NotFound => "no such ticket, mission or resource mapping",
            Self::AuthRequired => "not logged in, or the session expired",
            Self::Forbidden => "account not linked, or no permission",
            Self::Conflict => "other origin bound, number or slug taken, other provider",
            Self::InputRequired => "a confirmation or choice is needed",
            Self::Unavailable => "control plane unreachable, too slow or not understood",
            Self::RateLimited => "control plane asks to wait",
            Self::RepoState => "repository or configuration not ready",
            Self::Partial => "part was done; run the same command again",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        code.number().into()
    }
}
