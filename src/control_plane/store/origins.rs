//! The origin of each mission.

use chrono::SecondsFormat;
use schemars::JsonSchema;
use serde::Serialize;

use super::idempotency::Earlier;
use super::missions::{self, Found, Link};
use super::{KeyedRequest, Mission, ProjectMapping, Store, StoreError, StoredAnswer, Transaction};
use crate::wire::candidate::OriginCandidate;
use crate::wire::response::BindResponse;
use crate::wire::ticket::KnownMission;

/// A validated bind request, and what the store needs to answer it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BindAttempt<'a> {
    pub caller: KeyedRequest<'a>,
    pub project: &'a ProjectMapping,
    pub mission: Mission<'a>,
    pub external_issue_id: &'a str,
    /// The ticket as its source knows it; `None` if the project's resource has no such ticket.
    pub ticket: Option<&'a OriginCandidate>,
    /// Whether the ticket must not have another mission.
    pub exclusive: bool,
    /// The id of the link if a new one is created.
    pub new_link_id: &'a str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BindOutcome {
    /// The ticket is the origin of the mission, because of this request or an earlier one.
    Bound(BindResponse),
    /// The mission has another origin, with this key.
    Conflict(String),
    /// Another mission has the same slug in the same repository; its origin has this key.
    SlugTaken(String),
    /// The ticket has these missions, and was to have none.
    HasMission(Vec<KnownMission>),
    TicketNotFound,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UnbindOutcome {
    /// The id of the removed link; `None` if an earlier request with this key has removed it.
    Unbound(Option<String>),
    /// The key belongs to a different request.
    KeyReused,
    NotFound,
    /// Several missions fit the request, because it names no repository.
    Ambiguous,
    /// Another user bound the mission.
    NotTheBinder {
        name: String,
        link: String,
    },
}

impl Store {
    /// Binds a ticket to a mission, unless the mission has another origin. Reading and writing
    /// happen in one transaction that excludes other writers, so one of two racing binds wins.
    ///
    /// `answer` turns the outcome into the answer that is stored for the key. Returns `None` if the
    /// key belongs to a different request.
    pub(crate) async fn bind_origin(
        &self,
        attempt: &BindAttempt<'_>,
        answer: impl FnOnce(&BindOutcome) -> serde_json::Result<StoredAnswer> + Send,
    ) -> Result<Option<StoredAnswer>, StoreError> {
        let mut transaction = self.begin().await?;
        let answer = match attempt.caller.earlier(&mut transaction).await? {
            Earlier::Answer(answer) => Some(answer),
            Earlier::OtherRequest => None,
            Earlier::Nothing => {
                let (outcome, link) = find_or_insert_link(&mut transaction, attempt).await?;
                let answer = answer(&outcome)?;
                // A ticket that is unknown now can be known at the next try.
                if let Some(link) = &link {
                    let caller = attempt.caller;
                    caller.store(&mut transaction, &answer, Some(link)).await?;
                }
                Some(answer)
            }
        };
        transaction.commit().await?;
        Ok(answer)
    }

    /// Removes the origin of a mission, if this user bound it. `answer` is stored for the key.
    pub(crate) async fn unbind_origin(
        &self,
        caller: KeyedRequest<'_>,
        project: &ProjectMapping,
        mission: Mission<'_>,
        answer: &StoredAnswer,
    ) -> Result<UnbindOutcome, StoreError> {
        let mut transaction = self.begin().await?;
        let outcome = match caller.earlier(&mut transaction).await? {
            Earlier::Answer(_) => UnbindOutcome::Unbound(None),
            Earlier::OtherRequest => UnbindOutcome::KeyReused,
            Earlier::Nothing => {
                let found = missions::find(&mut transaction, project.id, mission).await?;
                let outcome = may_unbind(found, caller.user_id);
                if let UnbindOutcome::Unbound(Some(link)) = &outcome {
                    sql!(execute(&mut *transaction): "DELETE FROM origin_links WHERE id = ?"; link)?;
                    caller.store(&mut transaction, answer, None).await?;
                }
                outcome
            }
        };
        transaction.commit().await?;
        Ok(outcome)
    }
}

/// An origin of `admin origin list`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct OriginRow {
    pub id: String,
    pub project_slug: String,
    pub provider: String,
    pub mission_id: String,
    pub mission_slug: String,
    pub repository: Option<String>,
    pub external_issue_id: String,
    pub external_issue_key: String,
    pub title: String,
    pub url: String,
    pub bound_by: String,
    pub bound_at: String,
}

type OriginColumns = (
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    String,
    String,
    String,
    String,
    String,
    String,
);

impl From<OriginColumns> for OriginRow {
    fn from(columns: OriginColumns) -> Self {
        let (id, project_slug, provider, mission_id, mission_slug, repository, ..) = columns;
        let (.., external_issue_id, external_issue_key, title, url, bound_by, bound_at) = columns;
        Self {
            id,
            project_slug,
            provider,
            mission_id,
            mission_slug,
            repository,
            external_issue_id,
            external_issue_key,
            title,
            url,
            bound_by,
            bound_at,
        }
    }
}

impl Store {
    /// All origins, the oldest first.
    pub(crate) async fn origins(&self) -> Result<Vec<OriginRow>, StoreError> {
        let rows: Vec<OriginColumns> = sql!(fetch_all(&self.pool):
            "SELECT o.id, p.slug, p.provider, mission_id, mission_slug, repository,
                 external_issue_id, external_issue_key, external_title, external_issue_url,
                 users.name, bound_at
             FROM origin_links AS o JOIN projects AS p ON p.id = project_id
             JOIN users ON users.id = bound_by
             ORDER BY o.rowid"
        )?;
        Ok(rows.into_iter().map(OriginRow::from).collect())
    }

    /// Removes an origin. Returns whether it existed.
    pub(crate) async fn remove_origin(&self, id: &str) -> Result<bool, StoreError> {
        let deleted = sql!(execute(&self.pool): "DELETE FROM origin_links WHERE id = ?"; id)?;
        Ok(deleted.rows_affected() > 0)
    }
}

fn may_unbind(found: Found, user: i64) -> UnbindOutcome {
    let Found::Links(mut links) = found else {
        return UnbindOutcome::NotFound;
    };
    match (links.pop(), links.is_empty()) {
        (None, _) => UnbindOutcome::NotFound,
        (Some(_), false) => UnbindOutcome::Ambiguous,
        (Some(link), true) if link.bound_by == user => UnbindOutcome::Unbound(Some(link.id)),
        (Some(link), true) => UnbindOutcome::NotTheBinder {
            name: link.binder,
            link: link.id,
        },
    }
}

/// The outcome, and the link that it names.
type Outcome = (BindOutcome, Option<String>);

async fn find_or_insert_link(
    transaction: &mut Transaction,
    attempt: &BindAttempt<'_>,
) -> Result<Outcome, StoreError> {
    let mission = attempt.mission;
    let links = match missions::find(transaction, attempt.project.id, mission).await? {
        Found::Links(links) => links,
        Found::SlugTaken(link) => {
            // Two clones of a repository may give a ticket's missions one number.
            if link.external_issue_id == attempt.external_issue_id
                && let Some(outcome) = has_mission(transaction, attempt).await?
            {
                return Ok(outcome);
            }
            let outcome = BindOutcome::SlugTaken(link.external_issue_key);
            return Ok((outcome, Some(link.id)));
        }
    };
    let has_ticket = |link: &&Link| link.external_issue_id == attempt.external_issue_id;
    if let Some(link) = links.iter().find(has_ticket) {
        missions::remember(transaction, link, mission, attempt.caller.user_id).await?;
        return Ok((bound(&link.id, &link.bound_at), Some(link.id.clone())));
    }
    if let Some(link) = links.into_iter().next() {
        let outcome = BindOutcome::Conflict(link.external_issue_key);
        return Ok((outcome, Some(link.id)));
    }
    let Some(ticket) = attempt.ticket else {
        return Ok((BindOutcome::TicketNotFound, None));
    };
    if let Some(outcome) = has_mission(transaction, attempt).await? {
        return Ok(outcome);
    }
    let outcome = insert(transaction, attempt, ticket).await?;
    Ok((outcome, Some(attempt.new_link_id.to_owned())))
}

/// The refusal of an exclusive bind, if the ticket has missions.
async fn has_mission(
    transaction: &mut Transaction,
    attempt: &BindAttempt<'_>,
) -> Result<Option<Outcome>, StoreError> {
    if !attempt.exclusive {
        return Ok(None);
    }
    let issue = [attempt.external_issue_id].into_iter();
    let known = missions::missions_of(&mut **transaction, attempt.project, issue).await?;
    Ok(known
        .first()
        .map(|first| first.link_id.clone())
        .map(|link| {
            let missions = known.into_iter().map(|known| known.mission).collect();
            (BindOutcome::HasMission(missions), Some(link))
        }))
}

async fn insert(
    transaction: &mut Transaction,
    attempt: &BindAttempt<'_>,
    ticket: &OriginCandidate,
) -> Result<BindOutcome, StoreError> {
    let (mission, caller) = (attempt.mission, attempt.caller);
    let bound_at = caller.now.to_rfc3339_opts(SecondsFormat::Secs, true);
    sql!(execute(&mut **transaction):
        "INSERT INTO origin_links (id, project_id, mission_id, mission_slug, repository,
             external_issue_id, external_issue_key, external_issue_url, external_title,
             external_status, bound_by, bound_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        attempt.new_link_id, attempt.project.id, mission.id, mission.slug, mission.repository,
        ticket.external_issue_id(), ticket.external_issue_key(), ticket.url(), ticket.title(),
        ticket.status(), caller.user_id, &bound_at
    )?;
    Ok(bound(attempt.new_link_id, &bound_at))
}

fn bound(link: &str, bound_at: &str) -> BindOutcome {
    BindOutcome::Bound(BindResponse {
        origin_link_id: Some(link.to_owned()),
        bound_at: Some(bound_at.to_owned()),
    })
}
