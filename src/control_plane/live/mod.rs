//! The live trackers of a running control plane: one client a connection, one call at a time for the
//! same question, and a memory of the tickets that were shown.

mod flights;
mod seen;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::store::{ConnectionRow, Store};
use super::tracker_connection::connection;
use super::trackers::{Filter, Found, Page, Ticket, Tracker, TrackerError};
use crate::text::chain;
use crate::wire::ticket::StatusFilter;
use crate::world::World;

use flights::{Flights, Question, Wanted};
use seen::Seen;

/// How long one search or look-up may take. A client waits two seconds longer.
const MOST_TIME: Duration = Duration::from_secs(8);

/// A live resource: where the tickets of a project are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub connection: &'a ConnectionRow,
    /// The id of a team or a project in the tracker.
    pub resource: &'a str,
}

#[derive(Debug)]
pub(super) struct Live {
    world: World,
    /// The folder of the store, which also contains the credentials.
    data: PathBuf,
    /// By the id of the connection, with the revision that they were made from.
    trackers: Mutex<HashMap<i64, (i64, Tracker)>>,
    flights: Flights,
    seen: Seen,
}

impl Live {
    pub(super) fn new(world: &World, data: PathBuf) -> Self {
        Self {
            world: world.clone(),
            data,
            trackers: Mutex::default(),
            flights: Flights::default(),
            seen: Seen::default(),
        }
    }

    /// The ticket with this key in a resource.
    pub(super) async fn find(
        &self,
        store: &Store,
        place: Place<'_>,
        key: &str,
    ) -> Result<Option<Ticket>, TrackerError> {
        let wanted = Wanted::Key(key.trim().to_ascii_uppercase());
        let answer = self.ask(store, place, wanted).await?;
        Ok(answer.tickets.into_iter().next())
    }

    /// The best matches for a text in a resource.
    pub(super) async fn search(
        &self,
        store: &Store,
        place: Place<'_>,
        text: &str,
        status: StatusFilter,
        limit: usize,
    ) -> Result<Found, TrackerError> {
        let text = text.to_owned();
        let wanted = Wanted::Text {
            text,
            status,
            limit,
        };
        self.ask(store, place, wanted).await
    }

    /// A page of the tickets of a resource, newest update first.
    pub(super) async fn list(
        &self,
        store: &Store,
        place: Place<'_>,
        filter: Filter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page, TrackerError> {
        let deadline = self.world.instant() + MOST_TIME;
        let tracker = self.tracker(store, place.connection, deadline).await?;
        let page = tracker.list(deadline, place.resource, filter, limit, cursor);
        let page = page
            .await
            .inspect_err(|error| self.forget_refused(place, error))?;
        self.seen.add(place, &page.tickets, self.world.instant());
        Ok(page)
    }

    /// A ticket that the control plane has shown to somebody in the last ten minutes.
    pub(super) fn seen(&self, place: Place<'_>, id: &str, key: &str) -> Option<Ticket> {
        self.seen.ticket(place, id, key, self.world.instant())
    }

    async fn ask(
        &self,
        store: &Store,
        place: Place<'_>,
        wanted: Wanted,
    ) -> Result<Found, TrackerError> {
        let deadline = self.world.instant() + MOST_TIME;
        let question = Question {
            connection: place.connection.id,
            revision: place.connection.revision,
            resource: place.resource.to_owned(),
            wanted: wanted.clone(),
        };
        let call = async {
            let result = self.call(store, place, &wanted, deadline).await;
            (self.world.instant(), result)
        };
        let now = self.world.instant();
        let waiting = self.flights.join(question, now, call);
        let late = || Err(TrackerError::Unavailable("no answer in time".to_owned()));
        let result = tokio::time::timeout_at(deadline.into(), waiting).await;
        let answer = result.unwrap_or_else(|_| late())?;
        self.seen.add(place, &answer.tickets, self.world.instant());
        Ok(answer)
    }

    async fn call(
        &self,
        store: &Store,
        place: Place<'_>,
        wanted: &Wanted,
        deadline: Instant,
    ) -> Result<Found, TrackerError> {
        let tracker = self.tracker(store, place.connection, deadline).await?;
        let result = match wanted {
            Wanted::Key(key) => {
                let ticket = tracker.find(deadline, place.resource, key).await;
                ticket.map(|ticket| Found {
                    tickets: ticket.into_iter().collect(),
                    has_more: false,
                })
            }
            Wanted::Text {
                text,
                status,
                limit,
            } => {
                tracker
                    .search(deadline, place.resource, text, *status, *limit)
                    .await
            }
        };
        result.inspect_err(|error| self.forget_refused(place, error))
    }

    /// After a refused credential, the next call reads its file again, which may have a new one.
    fn forget_refused(&self, place: Place<'_>, error: &TrackerError) {
        if *error == TrackerError::CredentialRefused {
            self.lock_trackers().remove(&place.connection.id);
        }
    }

    /// The client of a connection. It is made again after each change of the connection.
    async fn tracker(
        &self,
        store: &Store,
        row: &ConnectionRow,
        deadline: Instant,
    ) -> Result<Tracker, TrackerError> {
        let known = self.lock_trackers().get(&row.id).cloned();
        if let Some((_, tracker)) = known.filter(|(revision, _)| *revision == row.revision) {
            return Ok(tracker);
        }
        let connection = connection(row, &self.data).map_err(|error| {
            let reason = chain(&error);
            tracing::error!(connection = row.name, reason, "credential unreadable");
            TrackerError::CredentialRefused
        })?;
        let tracker = Tracker::open(&self.world, &connection, deadline).await?;
        if let (None, Some(deployment)) = (connection.deployment, tracker.deployment()) {
            // Without it, the site is asked again after the next start.
            if let Err(error) = store.set_deployment(row.id, deployment.as_str()).await {
                tracing::warn!(error = chain(&error), "deployment not stored");
            }
        }
        let entry = (row.revision, tracker.clone());
        self.lock_trackers().insert(row.id, entry);
        Ok(tracker)
    }

    fn lock_trackers(&self) -> MutexGuard<'_, HashMap<i64, (i64, Tracker)>> {
        self.trackers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
