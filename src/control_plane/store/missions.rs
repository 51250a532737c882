//! Which stored origin belongs to the mission that a request names, and which missions a ticket has.

use sqlx::SqliteExecutor;

use super::{ProjectMapping, StoreError, Transaction};
use crate::wire::ticket::KnownMission;

/// The most missions of one ticket in an answer, the oldest first.
const MOST_MISSIONS: u32 = 100;

/// How a request names a mission.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mission<'a> {
    /// Its ULID, or its slug if it has none.
    pub id: &'a str,
    pub slug: &'a str,
    /// `None` if the client did not send it.
    pub repository: Option<&'a str>,
}

impl Mission<'_> {
    pub(super) fn has_ulid(&self) -> bool {
        self.id != self.slug
    }
}

/// The stored origin of a mission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub id: String,
    pub mission_id: String,
    pub mission_slug: String,
    pub repository: Option<String>,
    pub external_issue_id: String,
    pub external_issue_key: String,
    pub bound_by: i64,
    /// The name of that user.
    pub binder: String,
    pub bound_at: String,
}

type LinkRow = (
    String,
    String,
    String,
    Option<String>,
    String,
    String,
    i64,
    String,
    String,
);

impl From<LinkRow> for Link {
    fn from(row: LinkRow) -> Self {
        let (id, mission_id, mission_slug, repository, issue, key, bound_by, binder, bound_at) =
            row;
        Self {
            id,
            mission_id,
            mission_slug,
            repository,
            external_issue_id: issue,
            external_issue_key: key,
            bound_by,
            binder,
            bound_at,
        }
    }
}

impl Link {
    fn has_ulid(&self) -> bool {
        self.mission_id != self.mission_slug
    }
}

/// The stored origins that fit a mission.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// More than one only if the request does not say which repository it means.
    Links(Vec<Link>),
    /// Another mission has this slug in this repository.
    SlugTaken(Link),
}

/// With `OR` instead of `UNION`, SQLite reads all links of the project.
pub(super) const FIND: &str =
    "SELECT o.id, mission_id, mission_slug, repository, external_issue_id, external_issue_key,
         bound_by, name, bound_at
     FROM origin_links AS o JOIN users ON users.id = bound_by
     WHERE o.rowid IN (
         SELECT rowid FROM origin_links WHERE project_id = ?1 AND mission_slug IN (?2, ?3)
         UNION SELECT rowid FROM origin_links
             WHERE project_id = ?1 AND mission_id = ?2 AND mission_id <> mission_slug
     ) ORDER BY o.rowid";

pub(super) async fn find(
    transaction: &mut Transaction,
    project: i64,
    mission: Mission<'_>,
) -> Result<Found, StoreError> {
    let rows: Vec<LinkRow> = sql!(fetch_all(&mut **transaction): FIND;
        project, mission.id, mission.slug)?;
    Ok(choose(mission, rows.into_iter().map(Link::from).collect()))
}

/// A mission with a ULID is the one with this ULID, whatever its repository and slug are now. Else it
/// is the one with this slug in this repository; an unknown repository can be any. Two ULIDs are two
/// missions.
fn choose(mission: Mission<'_>, mut links: Vec<Link>) -> Found {
    let is_same =
        |link: &&Link| link.mission_id == mission.id && (link.has_ulid() || mission.has_ulid());
    if let Some(link) = links.iter().find(is_same) {
        return Found::Links(vec![link.clone()]);
    }
    links.retain(|link| link.mission_slug == mission.slug);
    let is_other = |link: &Link| link.has_ulid() && mission.has_ulid();
    let repository = mission.repository;
    let in_repository =
        |link: &&Link| repository.is_some() && link.repository.as_deref() == repository;
    match links.iter().find(in_repository) {
        Some(link) if is_other(link) => return Found::SlugTaken(link.clone()),
        Some(link) => return Found::Links(vec![link.clone()]),
        None => {}
    }
    links.retain(|link| !is_other(link) && (repository.is_none() || link.repository.is_none()));
    links.sort_by_key(|link| link.repository.is_some());
    Found::Links(links)
}

/// Stores what this request of a user knows about the mission of a link: its ULID and repository,
/// if they were unknown. The user who bound it can also change its slug and repository. Nothing
/// changes if another mission has that slug in that repository.
pub(super) async fn remember(
    transaction: &mut Transaction,
    link: &Link,
    mission: Mission<'_>,
    user: i64,
) -> Result<(), StoreError> {
    let is_binder = link.bound_by == user;
    let known = (
        &*link.mission_id,
        &*link.mission_slug,
        link.repository.as_deref(),
    );
    let (mut id, mut slug, mut repository) = known;
    if mission.has_ulid() && (is_binder || !link.has_ulid()) {
        (id, slug) = (mission.id, mission.slug);
    }
    if is_binder || repository.is_none() {
        repository = mission.repository.or(repository);
    }
    if (id, slug, repository) != known {
        sql!(execute(&mut **transaction):
            "UPDATE OR IGNORE origin_links SET mission_id = ?, mission_slug = ?, repository = ?
             WHERE id = ?";
            id, slug, repository, &link.id
        )?;
    }
    Ok(())
}

/// A mission of a ticket.
#[derive(Debug)]
pub(super) struct MissionOfTicket {
    pub external_issue_id: String,
    pub link_id: String,
    pub mission: KnownMission,
}

type MissionRow = (
    String,
    String,
    String,
    String,
    Option<String>,
    String,
    String,
);

/// The missions of these tickets, in all projects that are mapped to the same resource.
pub(super) async fn missions_of<'a>(
    executor: impl SqliteExecutor<'_>,
    project: &ProjectMapping,
    issues: impl Iterator<Item = &'a str>,
) -> Result<Vec<MissionOfTicket>, StoreError> {
    let issues = serde_json::to_string(&issues.collect::<Vec<_>>())?;
    // `CROSS JOIN` fixes the order of the loops: from the tickets to their links.
    let rows: Vec<MissionRow> = sql!(fetch_all(executor):
        "SELECT issue, link, mission_id, mission_slug, repository, name, bound_at FROM (
             SELECT o.external_issue_id AS issue, o.id AS link, mission_id, mission_slug, repository,
                 name, bound_at,
                 row_number() OVER (PARTITION BY o.external_issue_id ORDER BY o.rowid) AS place
             FROM json_each(?) AS wanted
             CROSS JOIN origin_links AS o ON o.external_issue_id = wanted.value
             CROSS JOIN projects AS p ON p.id = o.project_id
             CROSS JOIN users AS u ON u.id = o.bound_by
             WHERE p.provider = ? AND p.resource_type = ? AND p.resource_id = ?
         ) WHERE place <= ? ORDER BY issue, place";
        issues, &project.provider, &project.resource_type, &project.resource_id, MOST_MISSIONS
    )?;
    let mission =
        |(issue, link, mission_id, mission_slug, repository, name, bound_at)| MissionOfTicket {
            external_issue_id: issue,
            link_id: link,
            mission: KnownMission {
                mission_id,
                mission_slug,
                repository,
                bound_by: Some(name),
                bound_at: Some(bound_at),
            },
        };
    Ok(rows.into_iter().map(mission).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(id: &str, mission_id: &str, slug: &str, repository: Option<&str>) -> Link {
        Link {
            id: id.to_owned(),
            mission_id: mission_id.to_owned(),
            mission_slug: slug.to_owned(),
            repository: repository.map(str::to_owned),
            external_issue_id: "1".to_owned(),
            external_issue_key: "WEB-1".to_owned(),
            bound_by: 1,
            binder: "kit".to_owned(),
            bound_at: String::new(),
        }
    }

    /// The ids of the links that fit; `taken` if the slug is.
    fn found(id: &str, slug: &str, repository: Option<&str>, links: &[Link]) -> String {
        let mission = Mission {
            id,
            slug,
            repository,
        };
        match choose(mission, links.to_vec()) {
            Found::Links(links) => {
                let ids: Vec<_> = links.iter().map(|link| &*link.id).collect();
                ids.join(" ")
            }
            Found::SlugTaken(link) => format!("taken by {}", link.id),
        }
    }

    #[test]
    fn a_mission_is_found_by_its_ulid_or_by_its_slug_in_a_repository() {
        let (web, api) = (Some("acme/web"), Some("acme/api"));
        let links = [
            link("a", "U1", "4-auth", web),
            link("b", "4-auth", "4-auth", api),
            link("c", "5-pay", "5-pay", None),
            link("d", "U2", "6-map", None),
            link("e", "U3", "U3", None),
        ];
        for (id, slug, repository, expected) in [
            ("U1", "4-auth", web, "a"),
            ("U1", "9-new", api, "a"),
            ("U1", "5-pay", None, "a"),
            ("U1", "U1", None, "a"),
            ("U9", "4-auth", web, "taken by a"),
            ("U9", "4-auth", api, "b"),
            ("U9", "4-auth", Some("acme/app"), ""),
            ("U9", "4-auth", None, "b"),
            ("4-auth", "4-auth", web, "a"),
            ("4-auth", "4-auth", api, "b"),
            ("4-auth", "4-auth", Some("acme/app"), ""),
            ("4-auth", "4-auth", None, "a b"),
            ("5-pay", "5-pay", web, "c"),
            ("U9", "5-pay", web, "c"),
            ("6-map", "6-map", web, "d"),
            ("U9", "6-map", web, ""),
            ("U9", "6-map", None, ""),
            ("U3", "7-bus", web, "e"),
            ("7-bus", "7-bus", web, ""),
        ] {
            let found = found(id, slug, repository, &links);
            assert_eq!(found, expected, "{id} {slug} {repository:?}");
        }
    }
}
