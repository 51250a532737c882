//! Linear: one GraphQL endpoint.

mod answer;
mod queries;

use std::time::Instant;

use chrono::TimeDelta;
use serde_json::{Map, Value, json};

use super::call::{Caller, Credential};
use super::fields::{list, text, true_or_false};
use super::pages::Pages;
use super::ticket::{complete, timestamp};
use super::{Account, Connection, Filter, Page, Place, Resource, Ticket, TrackerError};
use crate::web::SetupError;
use crate::wire::ticket::{StatusFilter, StatusKind};
use crate::world::World;

use answer::GraphqlError;

/// The largest page that Linear returns.
const LARGEST_PAGE: usize = 250;
/// A personal key begins with this, and goes into its header without a scheme.
const PERSONAL_KEY: &str = "lin_api_";

#[derive(Debug, Clone)]
pub(crate) struct Linear(Caller);

impl Linear {
    pub(super) fn new(world: &World, connection: &Connection) -> Result<Self, SetupError> {
        let secret = connection.credential.clone();
        let credential = if secret.expose().starts_with(PERSONAL_KEY) {
            Credential::Plain(secret)
        } else {
            Credential::Bearer(secret)
        };
        Caller::new(world, connection.url.clone(), credential).map(Self)
    }

    pub(super) fn clock_ahead(&self) -> TimeDelta {
        self.0.clock_ahead()
    }

    pub(super) async fn account(&self, deadline: Instant) -> Result<Account, TrackerError> {
        let data = self.ask(deadline, queries::ACCOUNT, json!({})).await?;
        let email = text(&data, "viewer.email").ok();
        Ok(Account {
            id: text(&data, "viewer.id")?.to_owned(),
            name: text(&data, "viewer.name")?.to_owned(),
            email: email.map(str::to_owned),
        })
    }

    pub(super) async fn resources(&self, deadline: Instant) -> Result<Vec<Resource>, TrackerError> {
        let (mut teams, mut pages) = (Vec::new(), Pages::default());
        loop {
            let variables = json!({"first": LARGEST_PAGE, "after": pages.cursor()});
            let data = self.ask(deadline, queries::TEAMS, variables).await?;
            for team in list(&data, "teams.nodes")? {
                teams.push(Resource {
                    id: text(team, "id")?.to_owned(),
                    key: text(team, "key")?.to_owned(),
                    name: text(team, "name")?.to_owned(),
                });
            }
            if !pages.turn(next_page(&data, "teams")?)? {
                return Ok(teams);
            }
        }
    }

    /// Finds a ticket by its key in upper case. A former key may find it too.
    pub(super) async fn find(
        &self,
        deadline: Instant,
        resource: &str,
        key: &str,
    ) -> Result<Option<Ticket>, TrackerError> {
        let variables = json!({"id": key});
        let data = match self.query(deadline, queries::ISSUE, variables).await? {
            Ok(data) => data,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(self.refused(error)),
        };
        let issue = data.get("issue").unwrap_or(&Value::Null);
        let is_deleted = true_or_false(issue, "trashed");
        if is_deleted || text(issue, "team.id")? != resource {
            return Ok(None);
        }
        ticket(issue).map(Some)
    }

    /// A page of the tickets that match a text, the best first.
    pub(super) async fn search(
        &self,
        deadline: Instant,
        resource: &str,
        term: &str,
        status: StatusFilter,
        place: Place<'_>,
    ) -> Result<Page, TrackerError> {
        let filter = Filter {
            mine: false,
            status,
        };
        let mut variables = variables(resource, filter, place);
        variables.insert("term".to_owned(), term.into());
        let variables = variables.into();
        let data = self.ask(deadline, queries::SEARCH, variables).await?;
        page(&data, "searchIssues", resource, status)
    }

    /// A page of tickets, the newest update first.
    pub(super) async fn list(
        &self,
        deadline: Instant,
        resource: &str,
        filter: Filter,
        place: Place<'_>,
    ) -> Result<Page, TrackerError> {
        let variables = variables(resource, filter, place);
        let data = self.ask(deadline, queries::LIST, variables.into()).await?;
        page(&data, "issues", resource, filter.status)
    }

    /// The data of an answer without errors.
    async fn ask(
        &self,
        deadline: Instant,
        query: &str,
        variables: Value,
    ) -> Result<Value, TrackerError> {
        let result = self.query(deadline, query, variables).await?;
        result.map_err(|error| self.refused(error))
    }

    async fn query(
        &self,
        deadline: Instant,
        query: &str,
        variables: Value,
    ) -> Result<Result<Value, GraphqlError>, TrackerError> {
        let body = json!({"query": query, "variables": variables});
        let reply = self.0.post(deadline, "", &body).await?;
        answer::read(&reply, self.0.time_of(&reply))
    }

    fn refused(&self, error: GraphqlError) -> TrackerError {
        error.into_tracker_error(|words| self.0.words(words))
    }
}

fn issue_filter(team: &str, filter: Filter) -> Value {
    let closed = ["completed", "canceled", "duplicate"];
    let mut document = json!({"team": {"id": {"eq": team}}});
    let state = match filter.status {
        StatusFilter::Open => Some(json!({"nin": closed})),
        StatusFilter::Started => Some(json!({"eq": "started"})),
        StatusFilter::Done => Some(json!({"in": closed})),
        StatusFilter::All => None,
    };
    if let (Some(object), Some(state)) = (document.as_object_mut(), state) {
        object.insert("state".to_owned(), json!({"type": state}));
    }
    if let (Some(object), true) = (document.as_object_mut(), filter.mine) {
        object.insert("assignee".to_owned(), json!({"isMe": {"eq": true}}));
    }
    document
}

fn variables(resource: &str, filter: Filter, place: Place<'_>) -> Map<String, Value> {
    let variables = [
        ("filter", issue_filter(resource, filter)),
        ("first", place.size.min(LARGEST_PAGE).into()),
        ("after", place.cursor.into()),
    ];
    let named = variables.map(|(name, value)| (name.to_owned(), value));
    named.into_iter().collect()
}

/// The complete tickets of a page. The filter is checked, because the team of a search is only a
/// hint in other arguments of Linear.
fn page(
    data: &Value,
    connection: &str,
    resource: &str,
    status: StatusFilter,
) -> Result<Page, TrackerError> {
    let nodes = list(data, &format!("{connection}.nodes"))?.iter();
    let inside = nodes.filter(|node| text(node, "team.id").is_ok_and(|id| id == resource));
    let mut tickets = complete(inside.map(ticket));
    tickets.retain(|ticket| status.accepts(ticket.status_kind));
    let next = next_page(data, connection)?;
    Ok(Page { tickets, next })
}

fn next_page(data: &Value, connection: &str) -> Result<Option<String>, TrackerError> {
    if !true_or_false(data, &format!("{connection}.pageInfo.hasNextPage")) {
        return Ok(None);
    }
    let cursor = text(data, &format!("{connection}.pageInfo.endCursor"))?;
    Ok(Some(cursor.to_owned()))
}

fn ticket(issue: &Value) -> Result<Ticket, TrackerError> {
    let optional = |path| text(issue, path).ok().map(str::to_owned);
    Ticket {
        external_issue_id: text(issue, "id")?.to_owned(),
        external_issue_key: text(issue, "identifier")?.to_owned(),
        title: text(issue, "title")?.to_owned(),
        status: optional("state.name").unwrap_or_default(),
        status_kind: text(issue, "state.type").ok().and_then(status_kind),
        url: text(issue, "url")?.to_owned(),
        assignee: optional("assignee.name"),
        updated_at: optional("updatedAt").as_deref().and_then(timestamp),
        body: optional("description"),
        branch_name: optional("branchName"),
    }
    .checked()
}

fn status_kind(state_type: &str) -> Option<StatusKind> {
    Some(match state_type {
        "triage" | "backlog" => StatusKind::Backlog,
        "unstarted" => StatusKind::Unstarted,
        "started" => StatusKind::Started,
        "completed" => StatusKind::Done,
        "canceled" | "duplicate" => StatusKind::Canceled,
        _ => return None,
    })
}
