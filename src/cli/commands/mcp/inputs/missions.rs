//! The arguments of the tools for missions. The doc comments are the descriptions that a client
//! sees.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Input, Kind, flags};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct MissionList {}

impl Input for MissionList {
    const NAME: &'static str = "mission_list";
    const COMMAND: &'static str = "mission list";
    const ABOUT: &'static str =
        "List the missions of this project with their tickets and branches. Needs no network.";
    const KIND: Kind = Kind::Reads;

    fn words(&self) -> Vec<String> {
        Vec::new()
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct MissionShow {
    /// Slug (061-web-123 or web-123), number (61), or path of the mission's folder; without it, the
    /// mission whose folder is the server's own.
    mission: Option<String>,
    /// Also ask the server whether the ticket has changed since the mission began.
    #[serde(default)]
    refresh: bool,
}

impl Input for MissionShow {
    const NAME: &'static str = "mission_show";
    const COMMAND: &'static str = "mission show";
    const ABOUT: &'static str = "Show one mission: its ticket, branch, folder and queued events.";
    const KIND: Kind = Kind::Asks;

    fn words(&self) -> Vec<String> {
        let refresh = self.refresh.then(|| "--refresh".to_owned());
        let mission = self.mission.clone();
        let mission = mission.map(|it| ["--".to_owned(), it]);
        refresh
            .into_iter()
            .chain(mission.into_iter().flatten())
            .collect()
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct MissionStart {
    /// The ticket: its key (WEB-123), provider:KEY, or its URL.
    ticket: String,
    /// The `external_issue_id` of that ticket, as `ticket_search` or `ticket_show` returned it, after
    /// the user has agreed that it is the right one.
    confirmed_external_issue_id: String,
    /// The name of the mission; without it, the ticket's key.
    slug: Option<String>,
    /// Commit to this branch, and create it if necessary; without it, the current branch.
    branch: Option<String>,
    /// The branch the mission lands on; without it, the current branch.
    target_branch: Option<String>,
    /// Create another mission even if the ticket has one.
    #[serde(default)]
    allow_duplicate: bool,
}

impl Input for MissionStart {
    const NAME: &'static str = "mission_start";
    const COMMAND: &'static str = "specify";
    const ABOUT: &'static str = "Start the mission of a ticket: create and commit its folder, and bind \
                                 the ticket to it. A ticket that has a mission gets no second one.";
    const KIND: Kind = Kind::Binds;

    fn words(&self) -> Vec<String> {
        let mut words = flags([
            ("from-ticket", Some(self.ticket.clone())),
            ("slug", self.slug.clone()),
            ("branch", self.branch.clone()),
            ("target-branch", self.target_branch.clone()),
        ]);
        words.extend(confirming(self.allow_duplicate));
        words
    }

    fn confirmed(&self) -> Option<&str> {
        Some(&self.confirmed_external_issue_id)
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct OriginBind {
    /// The mission without a ticket: slug, number, or path of its folder.
    mission: String,
    /// The ticket: its key (WEB-123), provider:KEY, or its URL.
    ticket: String,
    /// The `external_issue_id` of that ticket, as `ticket_search` or `ticket_show` returned it, after
    /// the user has agreed that it is the right one.
    confirmed_external_issue_id: String,
    /// Bind the ticket even if it has another mission.
    #[serde(default)]
    allow_duplicate: bool,
}

impl Input for OriginBind {
    const NAME: &'static str = "origin_bind";
    const COMMAND: &'static str = "tracker bind-origin";
    const ABOUT: &'static str =
        "Bind a ticket to a mission that exists and has none, and commit that.";
    const KIND: Kind = Kind::Binds;

    fn words(&self) -> Vec<String> {
        let mut words = flags([
            ("mission", Some(self.mission.clone())),
            ("key", Some(self.ticket.clone())),
        ]);
        words.extend(confirming(self.allow_duplicate));
        words
    }

    fn confirmed(&self) -> Option<&str> {
        Some(&self.confirmed_external_issue_id)
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SyncStatus {}

impl Input for SyncStatus {
    const NAME: &'static str = "sync_status";
    const COMMAND: &'static str = "sync status";
    const ABOUT: &'static str = "Count the events that wait to be delivered, and say whether somebody \
                                 is logged in. Needs no network.";
    const KIND: Kind = Kind::Reads;

    fn words(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The caller has confirmed the ticket by its id, so nobody is asked.
fn confirming(allow_duplicate: bool) -> impl Iterator<Item = String> {
    let duplicate = allow_duplicate.then_some("--allow-duplicate");
    ["--yes"].into_iter().chain(duplicate).map(str::to_owned)
}
