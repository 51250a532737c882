//! What a person wants to know about missions: what their files say, and whether a journey still
//! has to bind their ticket.

use std::collections::HashMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Journeys, Step};
use crate::fs::{FsError, read_unlinked};
use crate::mission::metadata::{MAX_BYTES, MetadataError, MissionMetadata, OriginTicket, parse};
use crate::mission::parallel::in_parallel;
use crate::mission::ticket_file::{TICKET_FILE, TicketFile};
use crate::mission::{self, Mission, hidden, number};
use crate::project::Project;
use crate::project::paths::SPECS;
use crate::sync::queue::Queue;
use crate::text::chain;
use crate::warning::{Warning, WarningCode};
use crate::world::World;

/// Whether a mission has its ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OriginState {
    /// `meta.json` records it.
    Bound,
    /// A command that binds it was cut off.
    Unfinished,
    None,
}

impl OriginState {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Bound => "bound",
            Self::Unfinished => "unfinished",
            Self::None => "none",
        }
    }
}

/// A mission in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct MissionOverview {
    pub feature_slug: String,
    /// `061`; `None` for a mission without a number.
    pub feature_number: Option<String>,
    /// The id that the control plane knows the mission by.
    pub mission_id: String,
    pub friendly_name: String,
    pub origin: OriginState,
    pub origin_ticket: Option<OriginTicket>,
    pub target_branch: String,
    /// As `meta.json` says.
    pub created_at: String,
    /// Relative to the project's root.
    pub feature_dir: String,
    /// The key of the ticket that an unfinished bind is for.
    #[serde(skip)]
    pub awaited_key: Option<String>,
}

impl MissionOverview {
    /// The key of its ticket, also if the bind is unfinished.
    pub(crate) fn ticket_key(&self) -> Option<&str> {
        let bound = self.origin_ticket.as_ref();
        let bound = bound.map(|ticket| ticket.external_issue_key.as_str());
        bound.or(self.awaited_key.as_deref())
    }
}

/// All that is known of one mission without a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct MissionDetails {
    #[serde(flatten)]
    pub overview: MissionOverview,
    /// Its queued events.
    pub pending_events: u64,
    /// The path of its `research/ticket.md`, relative to the project's root.
    pub ticket_file: Option<String>,
    /// What that file says.
    #[serde(skip)]
    pub ticket: TicketFile,
}

/// All missions, ordered by number and name, and why some are missing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Missions {
    pub missions: Vec<MissionOverview>,
    pub warnings: Vec<Warning>,
}

impl Missions {
    fn warn(&mut self, code: WarningCode, message: String) {
        self.warnings.push(Warning::new(code, message));
    }
}

/// Lists the missions in the work tree.
pub(crate) fn missions(world: &World, project: &Project) -> Result<Missions, FsError> {
    let awaited = awaited_tickets(project);
    let found = mission::all(&project.root)?;
    let mut listed = Missions::default();
    for read in in_parallel(&found, |mission| read(&project.root, mission, &awaited)) {
        match read {
            Ok(overview) => listed.missions.extend(overview),
            Err(error) => listed.warn(WarningCode::MissionUnreadable, chain(&error)),
        }
    }
    let place = |it: &MissionOverview| {
        let number = number::of_folder_name(&it.feature_slug);
        (number, it.feature_dir.clone())
    };
    listed.missions.sort_by_cached_key(place);
    match hidden::names(world, project) {
        Ok(names) if names.is_empty() => {}
        Ok(names) => {
            let names = names.join(", ");
            let words = "not listed, because they are outside the sparse checkout";
            listed.warn(WarningCode::MissionsHidden, format!("{words}: {names}"));
        }
        Err(error) => listed.warn(WarningCode::MissionsHidden, chain(&error)),
    }
    Ok(listed)
}

/// Says all about one mission.
pub(crate) fn mission(
    project: &Project,
    mission: &Mission,
) -> Result<MissionDetails, MetadataError> {
    let metadata = mission.load(&project.root)?;
    let overview = overview(mission, &metadata, &awaited_tickets(project));
    let queue = Queue::of_project(&project.state_directory, &project.identity.project_uuid);
    let ticket = TicketFile::load(&project.root, mission);
    Ok(MissionDetails {
        pending_events: queue.pending_about(&overview.feature_slug),
        ticket_file: ticket
            .is_some()
            .then(|| format!("{}/{TICKET_FILE}", overview.feature_dir)),
        ticket: ticket.unwrap_or_default(),
        overview,
    })
}

/// Reads one mission; `None` for the empty folders that git leaves behind.
fn read(
    root: &Path,
    mission: &Mission,
    awaited: &HashMap<String, String>,
) -> Result<Option<MissionOverview>, MetadataError> {
    let path = mission.meta_file();
    let metadata = match read_unlinked(&path, MAX_BYTES) {
        Ok(Some(bytes)) => parse(&path, bytes),
        Ok(None) if mission.is_hollow() => return Ok(None),
        // A link, or an error that `load` names.
        Ok(None) | Err(_) => mission.load(root),
    };
    Ok(Some(overview(mission, &metadata?, awaited)))
}

fn overview(
    mission: &Mission,
    metadata: &MissionMetadata,
    awaited: &HashMap<String, String>,
) -> MissionOverview {
    let text = |key| metadata.text(key).unwrap_or_default().to_owned();
    let origin_ticket = metadata.origin_ticket();
    let awaited_key = awaited.get(&mission.name).cloned();
    let in_name = || number::of_folder_name(&mission.name).map(number::padded);
    MissionOverview {
        feature_slug: metadata.mission_slug().to_owned(),
        feature_number: metadata.number().or_else(in_name),
        mission_id: metadata.mission_id().to_owned(),
        friendly_name: text("friendly_name"),
        origin: match (&origin_ticket, &awaited_key) {
            (Some(_), _) => OriginState::Bound,
            (None, Some(_)) => OriginState::Unfinished,
            (None, None) => OriginState::None,
        },
        origin_ticket,
        target_branch: text("target_branch"),
        created_at: metadata.created_at().to_owned(),
        feature_dir: format!("{SPECS}/{}", mission.name),
        awaited_key,
    }
}

/// The missions whose bind was cut off, each with the key of its ticket.
fn awaited_tickets(project: &Project) -> HashMap<String, String> {
    let journeys = Journeys::of(project).readable().into_iter();
    let awaited = journeys.filter_map(|journey| {
        let is_written = journey.done.contains(&Step::WriteOrigin);
        let ticket = journey.ticket.filter(|_| !is_written)?;
        let key = ticket.candidate.external_issue_key().to_owned();
        Some((journey.mission, key))
    });
    awaited.collect()
}
