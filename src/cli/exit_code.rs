//! The exit codes.

/// Declares [`ExitCode`] from one table: variant, number, and the meaning that `--help` shows.
macro_rules! exit_codes {
    ($($(#[$doc:meta])* $variant:ident $number:literal $meaning:literal,)*) => {
        /// How the program ends. Scripts rely on the numbers.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum ExitCode {
            $($(#[$doc])* $variant = $number,)*
        }

        impl ExitCode {
            /// Every code, in numeric order.
            pub const ALL: [Self; [$($number),*].len()] = [$(Self::$variant,)*];

            /// One line for `--help` and the documentation.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)*
                }
            }
        }
    };
}

exit_codes! {
    /// Done, already done, or a text search without hits.
    Ok 0 "ok, already done, or a text search without hits",
    /// A bug in spec-kitty, or events that the control plane rejected.
    Internal 1 "internal error, or events rejected by the server",
    /// The command line or an input document is invalid.
    Usage 2 "invalid arguments or input document",
    /// No such key, mission or resource mapping.
    NotFound 3 "no such ticket, mission or project mapping",
    /// Not logged in, or the session expired.
    AuthRequired 4 "not logged in, or the session expired",
    /// The user lacks a permission, or a person must act first.
    Forbidden 5 "account not linked, or no permission",
    /// Something else already exists.
    Conflict 6 "conflict: already bound, name taken, or wrong provider",
    /// A confirmation or choice is needed, and prompting is impossible.
    InputRequired 7 "confirmation or choice needed",
    /// The control plane is unreachable, timed out or sent an invalid response.
    Unavailable 8 "server unreachable, timed out or sent an invalid response",
    /// The control plane asks for a longer wait than the time limit allows.
    RateLimited 9 "rate limited",
    /// The repository or the configuration does not allow this.
    RepoState 10 "repository or configuration not ready",
    /// A part was done and a later step failed. The same command continues.
    Partial 11 "partly done; run the same command again",
    /// Interrupted by the user.
    Interrupted 130 "interrupted",
}

impl ExitCode {
    /// The number.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        code.number().into()
    }
}
