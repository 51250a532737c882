//! The error codes: stable names for scripts, each with its exit code.

use super::exit_code::ExitCode;

/// Declares [`Code`] from one table, so that a code cannot lack a name or an exit code.
macro_rules! codes {
    ($($variant:ident $name:literal $exit:ident,)*) => {
        /// Why a command failed, as `error.code` of the JSON document names it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $name] $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable `snake_case` name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// How the program ends with this code.
            pub const fn exit(self) -> ExitCode {
                match self {
                    $(Self::$variant => ExitCode::$exit,)*
                }
            }
        }
    };
}

// `git_failed` is the one name with two exit codes: git refused something (10), or could not be run
// or understood (1). Every other name has one.
codes! {
    AddressInUse "address_in_use" Conflict,
    AuthRequired "auth_required" AuthRequired,
    BadResponse "bad_response" Unavailable,
    BadTickets "bad_tickets" Usage,
    Busy "busy" Unavailable,
    CannotListen "cannot_listen" RepoState,
    CommitFailed "commit_failed" Partial,
    CommitHookRejected "commit_hook_rejected" Partial,
    CommitIdentityMissing "commit_identity_missing" Partial,
    CommitRejected "commit_rejected" Partial,
    CommitSigningFailed "commit_signing_failed" Partial,
    ConfigBroken "config_broken" RepoState,
    ConfigByHand "config_by_hand" RepoState,
    ConfigContended "config_contended" RepoState,
    ConfigInvalid "config_invalid" RepoState,
    Conflict "conflict" Conflict,
    ConnectionLost "connection_lost" Unavailable,
    ConnectionSetup "connection_setup" RepoState,
    CredentialsBroken "credentials_broken" RepoState,
    DemoFailed "demo_failed" Internal,
    DetachedHead "detached_head" RepoState,
    EventNotFound "event_not_found" NotFound,
    FolderTaken "folder_taken" Conflict,
    Forbidden "forbidden" Forbidden,
    GitFailed "git_failed" RepoState,
    GitMissing "git_missing" RepoState,
    GitUnusable "git_failed" Internal,
    IdentityInvalid "identity_invalid" RepoState,
    InputRequired "input_required" InputRequired,
    InsecureAddress "insecure_address" Usage,
    InsideWorktree "inside_worktree" RepoState,
    Internal "internal" Internal,
    Interrupted "interrupted" Interrupted,
    InvalidBranch "invalid_branch" Usage,
    InvalidCandidate "invalid_candidate" Usage,
    InvalidMissionType "invalid_mission_type" Usage,
    InvalidReference "invalid_reference" Usage,
    InvalidRequest "invalid_request" Usage,
    InvalidSlug "invalid_slug" Usage,
    IoError "io_error" RepoState,
    LoginRefused "login_refused" AuthRequired,
    MetaContended "meta_contended" RepoState,
    MetaInvalid "meta_invalid" RepoState,
    MetaMissing "meta_missing" RepoState,
    MissionAmbiguous "mission_ambiguous" Conflict,
    MissionNotFound "mission_not_found" NotFound,
    NetworkDisabled "network_disabled" RepoState,
    NoDirectory "no_directory" RepoState,
    NoExactMatch "no_exact_match" NotFound,
    NoProject "no_project" RepoState,
    NotAGitRepository "not_a_git_repository" RepoState,
    NotConfigured "not_configured" RepoState,
    NotConfirmed "not_confirmed" InputRequired,
    NotFound "not_found" NotFound,
    NotRecorded "not_recorded" RepoState,
    NumberTaken "number_taken" Conflict,
    OriginConflict "origin_conflict" Conflict,
    OriginTicketInvalid "origin_ticket_invalid" RepoState,
    OutsideProject "outside_project" RepoState,
    Partial "partial" Partial,
    ProviderConflict "provider_conflict" Conflict,
    RateLimited "rate_limited" RateLimited,
    RedirectRefused "redirect_refused" Unavailable,
    RepoState "repo_state" RepoState,
    ServerInvalid "server_invalid" RepoState,
    SessionExpired "session_expired" AuthRequired,
    SlugTaken "slug_taken" Conflict,
    StoreUnavailable "store_unavailable" Unavailable,
    StoreUnusable "store_unusable" RepoState,
    TicketKeyTaken "ticket_key_taken" Conflict,
    TicketNotFound "ticket_not_found" NotFound,
    TimedOut "timed_out" Unavailable,
    TrackerNotBound "tracker_not_bound" RepoState,
    Unavailable "unavailable" Unavailable,
    UnexpectedStatus "unexpected_status" Unavailable,
    Unreachable "unreachable" Unavailable,
    UnsupportedProvider "unsupported_provider" RepoState,
    Usage "usage" Usage,
    UserActionRequired "user_action_required" Forbidden,
}
