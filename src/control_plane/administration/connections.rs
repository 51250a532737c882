//! Accounts at trackers, and the projects whose tickets are there.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use tokio::runtime::Builder;

use super::{Administration, check_name};
use crate::control_plane::store::{ConnectionRow, ConnectionValues, LiveResource, NewMapping};
use crate::control_plane::tracker_connection::{connection, with_credential};
use crate::control_plane::trackers::{Account, LINEAR_URL, Resource, Tracker, TrackerError};
use crate::control_plane::{ControlPlaneError, credential_file};
use crate::secret::Secret;
use crate::web::ServerUrl;
use crate::wire::Provider;
use crate::world::World;

/// How long a check of a connection may take, and a list of its resources.
const MOST_TIME: Duration = Duration::from_secs(30);

/// A connection to add.
#[derive(Debug)]
pub(crate) struct NewConnection {
    pub name: String,
    pub provider: Provider,
    pub url: Option<String>,
    pub user: Option<String>,
    pub credential: CredentialSource,
    /// Whether to call the tracker before anything is stored.
    pub check: bool,
}

/// Where the credential of a new connection is.
#[derive(Debug)]
pub(crate) enum CredentialSource {
    Given(Secret),
    /// An absolute path, which is stored and read at each start.
    File(PathBuf),
}

/// The result of adding a connection.
#[derive(Debug)]
pub(crate) struct AddedConnection {
    /// False if an existing connection was changed.
    pub created: bool,
    pub connection: ConnectionRow,
    /// Who the credential belongs to; `None` without a check.
    pub account: Option<Account>,
}

/// A connection that answered, and is not stored yet.
#[derive(Debug)]
pub(crate) struct ProbedConnection {
    row: ConnectionRow,
    credential: Secret,
    /// Who the credential belongs to.
    pub account: Account,
    /// Every team or project that the account can see.
    pub resources: Vec<Resource>,
}

impl ProbedConnection {
    /// The name of the connection.
    pub(crate) fn name(&self) -> &str {
        &self.row.name
    }
}

/// Asks a tracker who a credential belongs to and what it can see. Stores nothing.
pub(crate) fn probe(
    world: &World,
    new: &NewConnection,
) -> Result<ProbedConnection, ControlPlaneError> {
    let mut row = checked_row(new)?;
    let credential = credential_of(new)?;
    let opened = with_credential(&row, credential.clone())?;
    let deadline = world.instant() + MOST_TIME;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(ControlPlaneError::Runtime)?;
    let call = async {
        let tracker = Tracker::open(world, &opened, deadline).await?;
        let account = tracker.account(deadline).await?;
        Ok((
            account,
            tracker.resources(deadline).await?,
            tracker.deployment(),
        ))
    };
    let result: Result<_, TrackerError> = runtime.block_on(call);
    let (account, resources, deployment) = result.map_err(|error| failed(&row, error))?;
    row.deployment = deployment.map(|kind| kind.as_str().to_owned());
    Ok(ProbedConnection {
        row,
        credential,
        account,
        resources,
    })
}

fn credential_of(new: &NewConnection) -> Result<Secret, ControlPlaneError> {
    let credential = match &new.credential {
        CredentialSource::Given(secret) => credential_file::checked(secret),
        CredentialSource::File(path) => Some(credential_file::read(path)?),
    };
    credential.ok_or(ControlPlaneError::BadCredential)
}

/// The result of a test.
#[derive(Debug)]
pub(crate) struct TestedConnection {
    pub connection: ConnectionRow,
    pub account: Account,
    /// How long the tracker took to say who the account is.
    pub time: Duration,
    /// By how much the tracker's clock is ahead of the one of this machine.
    pub clock_ahead: TimeDelta,
}

impl Administration<'_> {
    /// Adds a connection, or changes the one with this name, for example to a new credential.
    pub(crate) fn add_connection(
        &self,
        new: NewConnection,
    ) -> Result<AddedConnection, ControlPlaneError> {
        let mut row = checked_row(&new)?;
        let credential = credential_of(&new)?;
        self.check_change(&row)?;
        let mut account = None;
        if new.check {
            let deadline = self.deadline();
            let opened = with_credential(&row, credential.clone())?;
            let call = async {
                let tracker = Tracker::open(self.world, &opened, deadline).await?;
                Ok((tracker.account(deadline).await?, tracker.deployment()))
            };
            let result: Result<_, TrackerError> = self.runtime.block_on(call);
            let (owner, deployment) = result.map_err(|error| failed(&row, error))?;
            row.deployment = deployment.map(|kind| kind.as_str().to_owned());
            account = Some(owner);
        }
        let created = self.store_connection(&row, &credential)?;
        Ok(AddedConnection {
            created,
            connection: self.connection(&row.name)?,
            account,
        })
    }

    /// Stores a probed connection, and maps a project to one of its resources.
    pub(crate) fn connect(
        &self,
        probed: &ProbedConnection,
        slug: &str,
        resource: &Resource,
    ) -> Result<NewMapping, ControlPlaneError> {
        check_name("the project slug", slug)?;
        self.check_change(&probed.row)?;
        self.store_connection(&probed.row, &probed.credential)?;
        let row = self.connection(&probed.row.name)?;
        let binding_ref = self.world.random_uuid()?.to_string();
        let live = LiveResource {
            connection: row.id,
            key: &resource.key,
        };
        let place = (provider_of(&row)?.resource_type(), &*resource.id);
        let (store, provider) = (&self.store, provider_of(&row)?);
        self.wait(store.map_project(slug, provider, place, Some(live), &binding_ref))
    }

    /// The credential is written first: a connection without one could not be used.
    fn store_connection(
        &self,
        row: &ConnectionRow,
        credential: &Secret,
    ) -> Result<bool, ControlPlaneError> {
        if row.token_file.is_none() {
            credential_file::write(&self.data, &row.name, credential)?;
        }
        let created = self.wait(self.store.set_connection(ConnectionValues {
            name: &row.name,
            provider: &row.provider,
            url: &row.url,
            user: row.user.as_deref(),
            token_file: row.token_file.as_deref(),
            deployment: row.deployment.as_deref(),
        }))?;
        if row.token_file.is_some() {
            credential_file::remove(&self.data, &row.name)?;
        }
        Ok(created)
    }

    /// A connection that projects use must stay one to the same site: their tickets are there.
    fn check_change(&self, row: &ConnectionRow) -> Result<(), ControlPlaneError> {
        let existing = self.wait(self.store.connection_by_name(&row.name))?;
        match existing {
            Some(old)
                if old.projects > 0 && (&old.provider, &old.url) != (&row.provider, &row.url) =>
            {
                Err(ControlPlaneError::ConnectionInUse {
                    connection: old.name,
                    projects: old.projects,
                })
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn connections(&self) -> Result<Vec<ConnectionRow>, ControlPlaneError> {
        self.wait(self.store.connections())
    }

    pub(crate) fn connection(&self, name: &str) -> Result<ConnectionRow, ControlPlaneError> {
        let row = self.wait(self.store.connection_by_name(name))?;
        row.ok_or_else(|| ControlPlaneError::UnknownConnection(name.to_owned()))
    }

    /// Asks the tracker who the credential belongs to.
    pub(crate) fn test_connection(
        &self,
        name: &str,
    ) -> Result<TestedConnection, ControlPlaneError> {
        let (connection, tracker, deadline) = self.open_tracker(name)?;
        let start = self.world.instant();
        let account = self.runtime.block_on(tracker.account(deadline));
        let account = account.map_err(|error| failed(&connection, error))?;
        Ok(TestedConnection {
            connection,
            account,
            time: self.world.instant().duration_since(start),
            clock_ahead: tracker.clock_ahead(),
        })
    }

    /// Every team or project that the account of a connection can see.
    pub(crate) fn resources_of(
        &self,
        name: &str,
    ) -> Result<(ConnectionRow, Vec<Resource>), ControlPlaneError> {
        let (connection, tracker, deadline) = self.open_tracker(name)?;
        let resources = self.runtime.block_on(tracker.resources(deadline));
        let resources = resources.map_err(|error| failed(&connection, error))?;
        Ok((connection, resources))
    }

    /// Maps a project to the live resource with this key, whose case does not matter.
    pub(crate) fn map_live_project(
        &self,
        slug: &str,
        connection: &str,
        key: &str,
    ) -> Result<(NewMapping, Provider, Resource), ControlPlaneError> {
        check_name("the project slug", slug)?;
        let (row, resources) = self.resources_of(connection)?;
        let is_wanted = |resource: &&Resource| resource.key.eq_ignore_ascii_case(key.trim());
        let Some(resource) = resources.iter().find(is_wanted).cloned() else {
            return Err(ControlPlaneError::UnknownResource {
                connection: row.name,
                key: key.to_owned(),
                keys: resources.into_iter().map(|resource| resource.key).collect(),
            });
        };
        let provider = provider_of(&row)?;
        let binding_ref = self.world.random_uuid()?.to_string();
        let live = LiveResource {
            connection: row.id,
            key: &resource.key,
        };
        let place = (provider.resource_type(), &*resource.id);
        let mapping = self
            .store
            .map_project(slug, provider, place, Some(live), &binding_ref);
        Ok((self.wait(mapping)?, provider, resource))
    }

    /// Removes a connection with its credential. If projects use it, only with `force`: they have
    /// imported tickets afterwards. Returns their number.
    pub(crate) fn remove_connection(
        &self,
        name: &str,
        force: bool,
    ) -> Result<i64, ControlPlaneError> {
        let most = if force { i64::MAX } else { 0 };
        let projects = self.wait(self.store.remove_connection(name, most))?;
        match projects {
            None => Err(ControlPlaneError::UnknownConnection(name.to_owned())),
            Some(projects) if projects > most => Err(ControlPlaneError::ConnectionInUse {
                connection: name.to_owned(),
                projects,
            }),
            Some(projects) => {
                credential_file::remove(&self.data, name)?;
                Ok(projects)
            }
        }
    }

    fn open_tracker(
        &self,
        name: &str,
    ) -> Result<(ConnectionRow, Tracker, Instant), ControlPlaneError> {
        let (row, deadline) = (self.connection(name)?, self.deadline());
        let opened = connection(&row, &self.data)?;
        let tracker = self
            .runtime
            .block_on(Tracker::open(self.world, &opened, deadline));
        let tracker = tracker.map_err(|error| failed(&row, error))?;
        if let (None, Some(deployment)) = (opened.deployment, tracker.deployment()) {
            self.wait(self.store.set_deployment(row.id, deployment.as_str()))?;
        }
        let row = self.connection(name)?;
        Ok((row, tracker, deadline))
    }

    fn deadline(&self) -> Instant {
        self.world.instant() + MOST_TIME
    }
}

/// The values of a new connection. Its kind of Jira site is not known yet.
fn checked_row(new: &NewConnection) -> Result<ConnectionRow, ControlPlaneError> {
    if !is_file_name(&new.name) {
        return Err(ControlPlaneError::BadConnectionName);
    }
    let url = match (&new.url, new.provider) {
        (Some(url), _) => url,
        (None, Provider::Linear) => LINEAR_URL,
        (None, Provider::Jira) => return Err(ControlPlaneError::UrlRequired),
    };
    let url = ServerUrl::parse(url).map_err(ControlPlaneError::BadTrackerUrl)?;
    if let Some(user) = &new.user {
        check_name("the user", user)?;
        if new.provider == Provider::Linear || user.contains(':') {
            return Err(ControlPlaneError::BadTrackerUser);
        }
    }
    Ok(ConnectionRow {
        name: new.name.clone(),
        provider: new.provider.as_str().to_owned(),
        url: url.to_string(),
        user: new.user.clone(),
        token_file: match &new.credential {
            CredentialSource::Given(_) => None,
            CredentialSource::File(path) => Some(path.display().to_string()),
        },
        ..ConnectionRow::default()
    })
}

/// The name of a connection is also the name of its file.
fn is_file_name(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(is_letter)
}

fn provider_of(row: &ConnectionRow) -> Result<Provider, ControlPlaneError> {
    let unknown = |_| ControlPlaneError::UnknownConnection(row.name.clone());
    row.provider.parse().map_err(unknown)
}

fn failed(row: &ConnectionRow, error: TrackerError) -> ControlPlaneError {
    ControlPlaneError::Tracker {
        connection: row.name.clone(),
        error,
    }
}
