//! The origin of a mission: searching for its ticket, binding it, starting a mission from it
//! (DESIGN §6). Nothing here prints or prompts.

use std::path::Path;
use std::time::Duration;

pub(crate) use super::bind::{BindOptions, bind_mission_origin};
pub(crate) use super::finish::{Finished, finish_intents};
use super::models::{OriginQuery, SearchOriginResult};
pub(crate) use super::start::{
    Plan, StartOptions, check, lock_ticket, plan, start_mission_from_ticket,
};
use crate::fs::FsError;
use crate::fs::lock::LockError;
use crate::git::commit::CommitError;
use crate::journey::create::FeatureCreationError;
use crate::mission::MissionError;
use crate::mission::metadata::MetadataError;
use crate::project::Project;
use crate::tracker::binding::{self, ConfigError};
use crate::tracker::control_plane_client::{ControlPlaneClient, TrackerError};
use crate::wire::request::SearchRequest;
use crate::wire::{Provider, UnsupportedProvider};
use crate::world::World;

/// Where the project's tickets live: its binding, with a provider we can take an origin from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OriginBinding {
    /// The tracker.
    pub provider: Provider,
    /// The project's name at the control plane; `None` where `binding_ref` stands for it.
    pub project_slug: Option<String>,
    /// The control plane's own reference, where it gave one.
    pub binding_ref: Option<String>,
}

/// What the service functions work with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Service<'a> {
    /// Clock, entropy.
    pub world: &'a World,
    /// The project.
    pub project: &'a Project,
    /// Its tracker.
    pub binding: &'a OriginBinding,
    /// The control plane.
    pub client: &'a ControlPlaneClient<'a>,
    /// How long to wait for other processes.
    pub wait: Duration,
}

/// Why the service did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// The configuration has no tracker.
    #[error("No tracker bound. Run `spec-kitty tracker bind` first.")]
    NotBound,
    /// It has one that we cannot take an origin from.
    #[error(
        "Only Jira and Linear tickets can be the origin of a mission; this project is bound to {0:?}"
    )]
    UnsupportedProvider(String),
    /// The configuration cannot be understood.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Another tracker was asked for than the project is bound to.
    #[error("the ticket is of {asked}, but this project is bound to {bound}")]
    OtherProvider {
        /// The tracker that was asked for.
        asked: Provider,
        /// The project's.
        bound: Provider,
    },
    /// The mission cannot be found.
    #[error(transparent)]
    Mission(#[from] MissionError),
    /// The mission's `meta.json` cannot be used; nothing was sent.
    #[error(transparent)]
    Meta(#[from] MetadataError),
    /// The control plane gave no bind or no candidates; the project is untouched.
    #[error(transparent)]
    Tracker(#[from] TrackerError),
    /// The mission could not be made.
    #[error(transparent)]
    Creation(#[from] FeatureCreationError),
    /// Other processes held a lock for too long.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A folder could not be read.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// The operating system provides no random bytes.
    #[error(transparent)]
    Entropy(#[from] crate::world::EntropyError),
    /// Part was done: the same command goes on from here.
    #[error("mission {feature_slug}: {done}, but {failed}")]
    Partial {
        /// The mission.
        feature_slug: String,
        /// What is done: `the mission was created`, `the control plane holds the bind`.
        done: &'static str,
        /// What is not.
        failed: &'static str,
        /// Why.
        source: Box<PartialCause>,
    },
}

/// What stopped a command half-way.
#[derive(Debug, thiserror::Error)]
pub enum PartialCause {
    /// The control plane gave no bind.
    #[error(transparent)]
    Tracker(#[from] TrackerError),
    /// `meta.json` could not be written.
    #[error(transparent)]
    Meta(#[from] MetadataError),
    /// The commit was refused.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl OriginBinding {
    /// The binding of the project at `root`.
    pub(crate) fn load(root: &Path) -> Result<Self, OriginError> {
        let binding = binding::load(root)?.ok_or(OriginError::NotBound)?;
        let provider = binding
            .origin_provider()
            .map_err(|UnsupportedProvider(name)| OriginError::UnsupportedProvider(name))?;
        let binding_ref = binding.binding_ref;
        let project_slug = binding.project_slug.filter(|_| binding_ref.is_none());
        Ok(Self {
            provider,
            project_slug,
            binding_ref,
        })
    }

    /// Refuses a tracker other than the project's.
    pub(crate) fn require(&self, asked: Option<Provider>) -> Result<(), OriginError> {
        match asked {
            Some(asked) if asked != self.provider => Err(OriginError::OtherProvider {
                asked,
                bound: self.provider,
            }),
            _ => Ok(()),
        }
    }
}

/// Candidates for a key or a text, in the server's order.
pub(crate) fn search_origin_candidates(
    binding: &OriginBinding,
    client: &ControlPlaneClient<'_>,
    query: &OriginQuery,
) -> Result<SearchOriginResult, OriginError> {
    let found = client.search_issues(&SearchRequest {
        provider: binding.provider.to_string(),
        project_slug: binding.project_slug.clone(),
        binding_ref: binding.binding_ref.clone(),
        limit: query.limit,
        query_key: query.key.clone(),
        query_text: query.text.clone(),
    })?;
    Ok(SearchOriginResult {
        candidates: found.candidates,
        provider: binding.provider,
        resource_type: found.resource_type,
        resource_id: found.resource_id,
        query_used: query
            .key
            .clone()
            .or_else(|| query.text.clone())
            .unwrap_or_default(),
    })
}
