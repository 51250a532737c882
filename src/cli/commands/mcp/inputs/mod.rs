//! What a tool accepts, and the words of its command.

mod missions;
mod tickets;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

pub(super) use missions::{MissionList, MissionShow, MissionStart, OriginBind, SyncStatus};
pub(super) use tickets::{TicketList, TicketSearch, TicketShow};

/// What a tool does besides computing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Reads files of this machine.
    Reads,
    /// Also asks the server.
    Asks,
    /// Binds a ticket: writes, commits and asks the server. The same call again changes nothing.
    Binds,
}

/// The arguments of a tool.
pub(super) trait Input: DeserializeOwned + JsonSchema {
    const NAME: &'static str;
    /// The words of its command.
    const COMMAND: &'static str;
    const ABOUT: &'static str;
    const KIND: Kind;

    /// The words after those of the command. A value is never a word of its own before `--`, so that
    /// none can be taken for a flag.
    fn words(&self) -> Vec<String>;

    /// The id of the ticket that the caller confirms, for a tool that binds.
    fn confirmed(&self) -> Option<&str> {
        None
    }
}

/// `--name=value` for each value that there is.
fn flags<const N: usize>(values: [(&str, Option<String>); N]) -> Vec<String> {
    let present = values.into_iter();
    let present = present.filter_map(|(name, value)| Some(format!("--{name}={}", value?)));
    present.collect()
}
