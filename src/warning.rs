//! What a command reports although it succeeded: a stable code for programs, a sentence for people.

use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// Declares [`WarningCode`] from one table, so that no code can lack a name.
macro_rules! codes {
    ($($variant:ident $name:literal,)*) => {
        /// What a warning is about, as `code` in JSON names it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum WarningCode {
            $($variant,)*
        }

        impl WarningCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable `snake_case` name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

codes! {
    BindAnswerIncomplete "bind_answer_incomplete",
    CommitDeferred "commit_deferred",
    CommitElsewhere "commit_elsewhere",
    CommitIgnored "commit_ignored",
    CommitSkipped "commit_skipped",
    ConfigUncommitted "config_uncommitted",
    DeliveryRunning "delivery_running",
    DetachedHead "detached_head",
    EventNotRecorded "event_not_recorded",
    EventsRejected "events_rejected",
    EventsWaiting "events_waiting",
    FolderLeft "folder_left",
    JourneyUnsaved "journey_unsaved",
    LinkUnknown "link_unknown",
    ListCut "list_cut",
    MineUnknown "mine_unknown",
    MissionUnreadable "mission_unreadable",
    MissionsHidden "missions_hidden",
    NearKey "near_key",
    NewerVersion "newer_version",
    NoTeam "no_team",
    NotChecked "not_checked",
    NotDelivered "not_delivered",
    NotVerified "not_verified",
    OnlyMine "only_mine",
    OtherServer "other_server",
    QueueFile "queue_file",
    SessionUnknown "session_unknown",
    TimedOut "timed_out",
    TokenOverrides "token_overrides",
    UnreadableLines "unreadable_lines",
    UnsupportedProvider "unsupported_provider",
}

impl Serialize for WarningCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Something that the user should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Warning {
    /// A stable name.
    #[schemars(with = "String", regex(pattern = "^[a-z_]+$"))]
    pub code: WarningCode,
    /// A sentence that may change.
    pub message: String,
}

impl Warning {
    pub(crate) fn new(code: WarningCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// For `map`: warnings of one code.
    pub(crate) fn of(code: WarningCode) -> impl Fn(String) -> Self {
        move |message| Self::new(code, message)
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
