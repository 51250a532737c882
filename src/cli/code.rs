//! The error codes: stable names for scripts, each with its exit code and its usual hint.

use serde::{Serialize, Serializer};

use super::exit_code::ExitCode;
use super::hint::Hint;

/// Declares [`Code`] from one table, so that no code can lack a name or an exit code.
macro_rules! codes {
    ($($variant:ident $name:literal $exit:ident $($hint:ident($($argument:expr),*))?,)*) => {
        /// Why a command failed, as `error.code` of the JSON document names it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $($variant,)*
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

            /// What to do about it, unless the failure knows better.
            pub(super) fn hint(self) -> Option<Hint> {
                match self {
                    $($(Self::$variant => Some(Hint::$hint($($argument),*)),)?)*
                    _ => None,
                }
            }
        }
    };
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

const SET_IDENTITY: &str = "set user.name and user.email with git config";
const CHECK_SERVER: &str = "check that --server is the address of a control plane";

// A name has one exit code, with three exceptions. `git_failed`: git refused something (10), or could
// not be run or understood (1). `commit_identity_missing` and `commit_signing_failed`: found before
// anything was written (10), or by git afterwards (11).
codes! {
    AddressInUse "address_in_use" Conflict run("spec-kitty serve --listen 127.0.0.1:0"),
    AuthRequired "auth_required" AuthRequired,
    BadResponse "bad_response" Unavailable text(CHECK_SERVER),
    BindUnfinished "bind_unfinished" Conflict,
    BadTickets "bad_tickets" Usage run("spec-kitty admin tickets import --help"),
    BranchUnavailable "branch_unavailable" RepoState
        then_again("fix what git reported, or choose another name with --branch=NAME"),
    Busy "busy" Unavailable then_again("wait for the other command to end"),
    CannotListen "cannot_listen" RepoState run("spec-kitty serve --listen 127.0.0.1:0"),
    CommitFailed "commit_failed" Partial again(),
    CommitHookRejected "commit_hook_rejected" Partial
        then_again("fix what the hook reported, or pass --no-verify"),
    CommitIdentityMissing "commit_identity_missing" Partial then_again(SET_IDENTITY),
    CommitIdentityUnset "commit_identity_missing" RepoState then_again(SET_IDENTITY),
    CommitRejected "commit_rejected" Partial then_again("fix what git reported"),
    CommitSignerMissing "commit_signing_failed" RepoState
        then_again("fix git's signing configuration, or pass --no-commit"),
    CommitSigningFailed "commit_signing_failed" Partial
        then_again("fix git's signing configuration"),
    ConfigBroken "config_broken" RepoState then_again("fix the file"),
    ConfigByHand "config_by_hand" RepoState,
    ConfigContended "config_contended" RepoState then_again("close the file in your editor"),
    ConfigInvalid "config_invalid" RepoState then_again("fix the file"),
    ConfirmationMismatch "confirmation_mismatch" InputRequired
        text("show the ticket to the user, and confirm its external_issue_id"),
    Conflict "conflict" Conflict,
    ConnectionInUse "connection_in_use" Conflict
        text("map its projects to another connection, or pass --force to remove it"),
    ConnectionLost "connection_lost" Unavailable again(),
    ConnectionSetup "connection_setup" RepoState then_again("check SSL_CERT_FILE and HTTPS_PROXY"),
    CredentialsBroken "credentials_broken" RepoState run("spec-kitty auth login"),
    DemoFailed "demo_failed" Internal,
    DetachedHead "detached_head" RepoState text("run specify with --branch, or switch to a branch first"),
    EventNotFound "event_not_found" NotFound run("spec-kitty sync list --dead"),
    FolderTaken "folder_taken" Conflict,
    Forbidden "forbidden" Forbidden,
    GitFailed "git_failed" RepoState,
    GitMissing "git_missing" RepoState,
    GitUnusable "git_failed" Internal,
    HomeNotWritable "home_not_writable" RepoState
        text("set SPEC_KITTY_HOME to a folder that you can write"),
    IdentityInvalid "identity_invalid" RepoState,
    InputRequired "input_required" InputRequired,
    InsecureAddress "insecure_address" Usage
        text("put a TLS proxy in front of it and pass --behind-tls-proxy"),
    InsideWorktree "inside_worktree" RepoState,
    Internal "internal" Internal,
    Interrupted "interrupted" Interrupted,
    InvalidBranch "invalid_branch" Usage text("use a name that git accepts, such as 061-web-123"),
    InvalidCandidate "invalid_candidate" Usage
        template("spec-kitty tracker search-origin --key KEY --json"),
    InvalidMissionType "invalid_mission_type" Usage text("omit --mission-type for software-dev"),
    InvalidReference "invalid_reference" Usage
        lead_to("to search by words, run", "spec-kitty tracker search-origin --text WORDS"),
    InvalidRequest "invalid_request" Usage
        text("correct what the server reports, then run the command again"),
    InvalidSlug "invalid_slug" Usage,
    IoError "io_error" RepoState
        text("check the path, its owner and type, and the free disk space"),
    LoginRefused "login_refused" AuthRequired then_again("check the user name and password, or the token"),
    MetaContended "meta_contended" RepoState then_again("close the other program"),
    MetaInvalid "meta_invalid" RepoState then_again("fix the file"),
    MetaMissing "meta_missing" RepoState,
    MissionAmbiguous "mission_ambiguous" Conflict text("use the full slug"),
    MissionBound "mission_bound" Conflict,
    MissionNotFound "mission_not_found" NotFound,
    NetworkDisabled "network_disabled" RepoState then_again("unset SPEC_KITTY_ENABLE_SAAS_SYNC"),
    NoDirectory "no_directory" RepoState
        text("it was deleted; cd to another directory"),
    NoExactMatch "no_exact_match" NotFound text("use the key of one of these tickets"),
    NoProject "no_project" RepoState run("git init && spec-kitty init"),
    NotAGitRepository "not_a_git_repository" RepoState run("git init"),
    NotConfigured "not_configured" RepoState
        text("set the server with --server URL or SPEC_KITTY_SERVER"),
    NotConfirmed "not_confirmed" InputRequired,
    NotFound "not_found" NotFound,
    NotRecorded "not_recorded" RepoState
        text("check the owner of ~/.spec-kitty and the free disk space"),
    NotSupported "not_supported" Unavailable
        text("ask the host of the server to update it"),
    NumberTaken "number_taken" Conflict text("omit --number for the next free one"),
    OriginConflict "origin_conflict" Conflict
        text("keep the mission's origin, or bind the ticket to another mission"),
    OriginNotFound "origin_not_found" NotFound,
    OriginTicketInvalid "origin_ticket_invalid" RepoState
        text("pass --resource-type and --resource-id"),
    OtherServer "other_server" Conflict,
    OtherSite "other_site" Conflict,
    OutsideProject "outside_project" RepoState text("replace the link with a real file or folder"),
    Partial "partial" Partial,
    ProjectHasOrigins "project_has_origins" Conflict
        text("remove its origins first, or pass --force, which removes them too"),
    ProviderConflict "provider_conflict" Conflict
        text("check the reference, or bind the project to the other tracker"),
    RateLimited "rate_limited" RateLimited,
    RedirectRefused "redirect_refused" Unavailable text(CHECK_SERVER),
    RepoState "repo_state" RepoState,
    ServerInvalid "server_invalid" RepoState text("use a URL like https://control.example.com"),
    SessionExpired "session_expired" AuthRequired run("spec-kitty auth login"),
    SlugTaken "slug_taken" Conflict text("choose another --slug"),
    StoreUnavailable "store_unavailable" Unavailable then_again("check the free disk space"),
    StoreUnusable "store_unusable" RepoState
        text("pass another folder with --data, or use the version that wrote this one"),
    TicketHasMission "ticket_has_mission" Conflict
        text("use that mission, or pass --allow-duplicate"),
    TicketKeyTaken "ticket_key_taken" Conflict
        text("give each ticket of a tracker resource its own key"),
    TicketNotFound "ticket_not_found" NotFound
        template("spec-kitty tracker search-origin --text WORDS"),
    TimedOut "timed_out" Unavailable then_again("allow more time with --timeout"),
    TokenNameTaken "token_name_taken" Conflict
        text("choose another name, or revoke the old token first"),
    TrackerBadAnswer "tracker_bad_answer" Unavailable
        text("check the URL of the connection: spec-kitty admin connection list"),
    TrackerCredentialRefused "tracker_credential_refused" Forbidden
        template("spec-kitty admin connection add NAME --provider PROVIDER --token-stdin"),
    TrackerForbidden "tracker_forbidden" Forbidden
        then_again("give the account of the connection access to the tickets"),
    TrackerNotBound "tracker_not_bound" RepoState
        template("spec-kitty tracker bind --provider linear --project-slug SLUG"),
    TrackerQueryRefused "tracker_query_refused" Usage text("change the search text"),
    TrackerRateLimited "tracker_rate_limited" RateLimited then_again("wait a moment"),
    TrackerUnavailable "tracker_unavailable" Unavailable then_again("wait a moment"),
    UncommittedChanges "uncommitted_changes" RepoState
        then_again("commit these files, or move them out of the folder"),
    Unavailable "unavailable" Unavailable then_again("wait a moment"),
    UnexpectedStatus "unexpected_status" Unavailable text(CHECK_SERVER),
    Unreachable "unreachable" Unavailable then_again("check the address and the network"),
    UnsupportedProvider "unsupported_provider" RepoState run("spec-kitty tracker providers"),
    Usage "usage" Usage,
    UserActionRequired "user_action_required" Forbidden,
}
