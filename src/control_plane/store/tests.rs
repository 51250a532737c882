//! Expiry, and stores of other versions.

use chrono::{DateTime, TimeDelta, Utc};

use serde_json::json;
use sqlx::AssertSqlSafe;

use super::tickets::end_with_caller;
use super::*;
use crate::secret::Secret;
use crate::wire::Provider;
use crate::wire::candidate::OriginCandidate;
use crate::wire::ticket::{StatusFilter, StatusKind};

const LONG: Duration = Duration::from_mins(1);

pub(super) fn run<T>(test: impl AsyncFnOnce(&World, &Path, Store, DateTime<Utc>) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with_variables(folder.path().to_owned(), [] as [(&str, &str); 0]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let data = folder.path().join("data");
        let store = Store::open(&world, &data).await.unwrap();
        test(&world, &data, store, world.now()).await
    })
}

pub(super) fn hash(token: &str) -> TokenHash {
    TokenHash::of(&Secret::new(token))
}

pub(super) fn pair(name: &str) -> TokenPair {
    TokenPair {
        access: hash(&format!("{name}-access")),
        refresh: hash(&format!("{name}-refresh")),
    }
}

pub(super) async fn add_user(store: &Store, now: DateTime<Utc>) -> (i64, i64) {
    let links = [Provider::Linear];
    store
        .add_user("kit", "", "harbour", &links, now)
        .await
        .unwrap();
    let (user, _) = store.user_by_name("kit").await.unwrap().unwrap();
    let (team, _) = store.team_of_user(user, None).await.unwrap().unwrap();
    (user, team)
}

async fn project(store: &Store) -> ProjectMapping {
    let name = ProjectName::Slug("web");
    store.project(name).await.unwrap().unwrap()
}

fn ticket() -> OriginCandidate {
    let ticket = json!({
        "external_issue_id": "1", "external_issue_key": "WEB-1", "title": "T", "status": "",
        "url": "https://linear.app/x",
    });
    OriginCandidate::from_json(&ticket).unwrap()
}

#[test]
fn tokens_expire() {
    run(async |_, _, store, now| {
        let (user, team) = add_user(&store, now).await;
        store
            .open_session(user, team, &pair("a"), now)
            .await
            .unwrap();
        let at = async |elapsed: TimeDelta| {
            let session = store
                .session_of_access(&hash("a-access"), now + elapsed)
                .await;
            session.unwrap().is_some()
        };
        assert!(at(ACCESS_LIFETIME - TimeDelta::seconds(1)).await);
        assert!(!at(ACCESS_LIFETIME).await);

        let late = now + REFRESH_LIFETIME;
        let refused = store
            .rotate_session(&hash("a-refresh"), &pair("b"), late)
            .await;
        assert_eq!(refused.unwrap(), None);
        let in_time = late - TimeDelta::seconds(1);
        let renewed = store
            .rotate_session(&hash("a-refresh"), &pair("b"), in_time)
            .await;
        assert_eq!(renewed.unwrap().unwrap().user_id, user);
        let session = store.session_of_access(&hash("b-access"), in_time).await;
        assert!(session.unwrap().is_some());
        // The next login deletes sessions that can no longer be refreshed.
        let later = in_time + REFRESH_LIFETIME;
        store
            .open_session(user, team, &pair("c"), later)
            .await
            .unwrap();
        let sessions: (i64,) =
            sql!(fetch_one(&store.pool): "SELECT count(*) FROM sessions").unwrap();
        assert_eq!(sessions, (1,));
        let counts = store.counts(later).await.unwrap();
        assert!(counts.contains(&("sessions".to_owned(), 1)), "{counts:?}");
    });
}

#[test]
fn an_answer_is_stored_for_a_day() {
    run(async |_, _, store, now| {
        let (user, _) = add_user(&store, now).await;
        let resource = ("linear_team", "t");
        store
            .map_project("web", Provider::Linear, resource, None, "r")
            .await
            .unwrap();
        let project = project(&store).await;
        let ticket = ticket();
        let bind = async |mission: &str, link: &str, elapsed: TimeDelta| {
            let attempt = BindAttempt {
                caller: KeyedRequest {
                    user_id: user,
                    key: "key",
                    hash: mission.as_bytes(),
                    now: now + elapsed,
                },
                project: &project,
                mission: Mission {
                    id: mission,
                    slug: mission,
                    repository: None,
                },
                external_issue_id: "1",
                ticket: Some(&ticket),
                exclusive: false,
                new_link_id: link,
            };
            let answer = |outcome: &BindOutcome| {
                let BindOutcome::Bound(bound) = outcome else {
                    panic!("{outcome:?}");
                };
                let body = format!("{link}: {}", bound.origin_link_id.as_ref().unwrap());
                Ok(StoredAnswer { status: 200, body })
            };
            let stored = store.bind_origin(&attempt, answer).await.unwrap();
            stored.map(|answer| answer.body)
        };
        let answer = |text: &str| Some(text.to_owned());
        let first = bind("061-a", "one", TimeDelta::zero()).await;
        assert_eq!(first, answer("one: one"));
        let almost = TimeDelta::days(1) - TimeDelta::seconds(1);
        assert_eq!(bind("061-a", "two", almost).await, first);
        assert_eq!(bind("062-b", "two", almost).await, None, "another request");
        let next_day = bind("062-b", "two", TimeDelta::days(1)).await;
        assert_eq!(next_day, answer("two: two"));
        // The answer expires, but the origin of the mission does not.
        let later = bind("062-b", "three", TimeDelta::days(3)).await;
        assert_eq!(later, answer("three: two"));
    });
}

#[test]
fn the_store_of_a_newer_version_is_left_alone() {
    run(async |world, data, store, _| {
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (999, 'from the future', 1, x'', 0)",
        )
        .execute(&store.pool)
        .await
        .unwrap();
        let reopened = Store::open(world, data).await;
        assert!(
            matches!(reopened, Err(StoreError::Open { .. })),
            "{reopened:?}"
        );
    });
}

/// A store of 0.1.0 with a user, a session, two origins and the answers to three binds.
async fn store_of_0_1_0(data: &Path) {
    ensure_private_directory(data).unwrap();
    let options = SqliteConnectOptions::new()
        .filename(data.join(FILE_NAME))
        .create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let first = migrations().migrations.into_owned().into_iter().take(1);
    Migrator::with_migrations(first.collect())
        .run(&pool)
        .await
        .unwrap();
    for statement in [
        "INSERT INTO teams (slug) VALUES ('harbour')",
        "INSERT INTO users (name, password_hash, created_at) VALUES ('kit', 'hash', 7)",
        "INSERT INTO memberships VALUES (1, 1)",
        "INSERT INTO projects (slug, binding_ref, provider, resource_type, resource_id)
         VALUES ('web', 'r', 'linear', 'linear_team', 't')",
        "INSERT INTO tickets (provider, resource_type, resource_id, external_issue_id,
             external_issue_key, title, status, url, body)
         VALUES ('linear', 'linear_team', 't', '1', 'WEB-1', 'A', 'Closed', 'https://x', ''),
             ('linear', 'linear_team', 't', '2', 'WEB-2', 'A', 'Todo', 'https://x', '')",
        "INSERT INTO origin_links VALUES
             ('link-1', 1, '004-auth', '004-auth', '1', 'WEB-1', 'u', 't', 's', 1, 'then'),
             ('link-2', 1, '01ULID', '005-pay', '1', 'WEB-1', 'u', 't', 's', 1, 'then')",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    pool.close().await;
}

#[test]
fn a_store_of_0_1_0_keeps_what_it_has() {
    run(async |world, data, _, now| {
        let data = data.with_file_name("older");
        store_of_0_1_0(&data).await;
        let tokens = pair("a");
        let options = SqliteConnectOptions::new().filename(data.join(FILE_NAME));
        let pool = SqlitePool::connect_with(options).await.unwrap();
        sql!(execute(&pool): "INSERT INTO sessions VALUES (7, 1, 1, ?, ?2, ?2)";
            tokens.access.bytes(), (now + ACCESS_LIFETIME).timestamp())
        .unwrap();
        sql!(execute(&pool): "INSERT INTO refresh_tokens VALUES (?, 7, ?, NULL)";
            tokens.refresh.bytes(), (now + ACCESS_LIFETIME).timestamp())
        .unwrap();
        for (key, status, body) in [
            (
                "bound",
                200,
                r#"{"origin_link_id":"link-1","bound_at":"then"}"#,
            ),
            ("refused", 409, "{}"),
        ] {
            sql!(execute(&pool):
                "INSERT INTO idempotency_records VALUES (1, ?, x'00', ?, ?, ?)";
                key, status, body, now.timestamp())
            .unwrap();
        }
        pool.close().await;

        let store = Store::open(world, &data).await.unwrap();
        let origins: Vec<_> = store.origins().await.unwrap();
        let shown: Vec<_> = origins
            .iter()
            .map(|it| {
                (
                    &*it.id,
                    &*it.mission_id,
                    it.repository.as_deref(),
                    &*it.bound_by,
                )
            })
            .collect();
        let expected = [
            ("link-1", "004-auth", None, "kit"),
            ("link-2", "01ULID", None, "kit"),
        ];
        assert_eq!(shown, expected);
        let session = store.session_of_access(&tokens.access, now).await;
        assert_eq!(session.unwrap().unwrap().session_id, 7);
        let renewed = store
            .rotate_session(&tokens.refresh, &pair("b"), now)
            .await
            .unwrap();
        assert_eq!(renewed.unwrap().user_name, "kit");
        let project = project(&store).await;
        let all = store
            .ticket_by_key(&project, "web-1", StatusFilter::Done)
            .await;
        let ticket = &all.unwrap().tickets[0].candidate;
        assert_eq!(ticket.status_kind(), Some(StatusKind::Done));
        assert_eq!(ticket.missions().unwrap().len(), 2);
        // A stored answer goes with its link, and so do refusals whose link is not known.
        let keys = async || -> Vec<(String,)> {
            sql!(fetch_all(&store.pool): "SELECT key FROM idempotency_records").unwrap()
        };
        assert_eq!(keys().await, [("bound".to_owned(),)]);
        assert!(store.remove_origin("link-1").await.unwrap());
        assert_eq!(keys().await, []);
        // New ids follow the old ones.
        let (user, team) = (1, 1);
        store
            .open_session(user, team, &pair("c"), now)
            .await
            .unwrap();
        let ids: Vec<_> = store.sessions(now).await.unwrap();
        let ids: Vec<_> = ids.iter().map(|session| session.id).collect();
        assert_eq!(ids, [7, 8]);
    });
}

/// Mutation check: with `JOIN` instead of `CROSS JOIN` SQLite chooses the other outer loop.
#[test]
fn a_text_search_reads_tickets_that_the_index_names() {
    run(async |_, _, store, _| {
        let explained = format!("EXPLAIN QUERY PLAN {}", tickets::TEXT_SEARCH);
        let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(AssertSqlSafe(explained))
            .fetch_all(&store.pool)
            .await
            .unwrap();
        let steps: Vec<_> = plan.iter().map(|(.., step)| step.as_str()).collect();
        assert!(
            steps[0].starts_with("SCAN ticket_text VIRTUAL TABLE INDEX"),
            "{steps:?}"
        );
        assert_eq!(steps[1], "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)");
    });
}

/// Mutation check: without the index the plan sorts all tickets of the resource.
#[test]
fn a_list_reads_tickets_in_the_order_of_the_index() {
    run(async |_, _, store, _| {
        let explained = format!("EXPLAIN QUERY PLAN {}", ticket_list::LIST);
        let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(AssertSqlSafe(explained))
            .fetch_all(&store.pool)
            .await
            .unwrap();
        let steps: Vec<_> = plan.iter().map(|(.., step)| step.as_str()).collect();
        assert!(steps[0].contains("tickets_by_update"), "{steps:?}");
        let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
        assert!(!sorts, "{steps:?}");
    });
}

#[test]
fn a_bind_reads_only_the_links_of_its_mission() {
    run(async |_, _, store, _| {
        let explained = format!("EXPLAIN QUERY PLAN {}", missions::FIND);
        let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(AssertSqlSafe(explained))
            .fetch_all(&store.pool)
            .await
            .unwrap();
        let steps: Vec<_> = plan.iter().map(|(.., step)| step.as_str()).collect();
        for columns in [
            "project_id=? AND mission_slug=?",
            "project_id=? AND mission_id=?",
        ] {
            assert!(steps.iter().any(|step| step.contains(columns)), "{steps:?}");
        }
        assert!(
            !steps.iter().any(|step| step.starts_with("SCAN o")),
            "{steps:?}"
        );
    });
}

async fn with_many_tickets(store: &Store) -> ProjectMapping {
    sqlx::query(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
         INSERT INTO tickets (provider, resource_type, resource_id, external_issue_id,
             external_issue_key, title, status, url, body)
         SELECT 'linear', 'linear_team', 't', i, 'WEB-' || i, 'A berth for ship ' || i, 'Todo',
             'https://linear.app/x', 'a light in the harbour'
         FROM n",
    )
    .execute(&store.pool)
    .await
    .unwrap();
    let resource = ("linear_team", "t");
    store
        .map_project("web", Provider::Linear, resource, None, "r")
        .await
        .unwrap();
    project(store).await
}

fn text_query(text: &str, limit: u32, time: Duration) -> TextQuery<'_> {
    TextQuery {
        text,
        status: StatusFilter::All,
        limit,
        time,
    }
}

#[test]
fn a_text_search_among_thousands_of_tickets_answers() {
    run(async |_, _, store, _| {
        let project = with_many_tickets(&store).await;
        for (text, expected) in [("ship 4321", 1), ("harbour berth", 10), ("a", 10)] {
            let query = text_query(text, 10, LONG);
            let found = store.tickets_by_text(&project, query).await.unwrap();
            assert_eq!(found.tickets.len(), expected, "{text}");
            assert_eq!(found.has_more, expected == 10, "{text}");
        }
    });
}

const ENDLESS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
    SELECT count(*) FROM n";

/// Mutation check: if the progress handler does not ask for the caller, no connection becomes free.
#[test]
fn a_search_ends_with_its_caller() {
    run(async |_, _, store, _| {
        let project = with_many_tickets(&store).await;
        for _ in 0..=PARALLEL_SEARCHES {
            let mut connection = store.searches.acquire().await.unwrap();
            let running = end_with_caller(&mut connection, &store.interrupted).await;
            let query = sqlx::query(ENDLESS).execute(&mut *connection);
            drop(tokio::time::timeout(Duration::ZERO, query).await);
            drop(running);
        }
        let query = text_query("a", 10, Duration::ZERO);
        let late = store.tickets_by_text(&project, query).await;
        assert!(matches!(late, Err(StoreError::SearchTooSlow)), "{late:?}");
        let query = text_query("ship 7", 1, LONG);
        let found = store.tickets_by_text(&project, query).await;
        assert_eq!(found.unwrap().tickets.len(), 1);
    });
}

impl Store {
    pub(in crate::control_plane) fn is_closed(&self) -> bool {
        self.pool.is_closed() && self.pool.size() == 0 && self.searches.size() == 0
    }

    /// Starts queries that do not end.
    pub(in crate::control_plane) async fn be_busy(&self) {
        for pool in [&self.pool, &self.searches] {
            let mut connection = pool.acquire().await.unwrap();
            let query = async move { sqlx::query(ENDLESS).execute(&mut *connection).await };
            drop(tokio::time::timeout(Duration::ZERO, query).await);
        }
    }
}

#[test]
fn an_interrupted_store_closes() {
    run(async |_, _, store, _| {
        store.be_busy().await;
        store.interrupt();
        store.close().await;
    });
}

/// Mutation check: if the connection of the failed transaction goes back to the pool, a later
/// batch fails too.
#[test]
fn a_full_disk_heals_by_itself() {
    run(async |_, _, store, now| {
        let (user, team) = add_user(&store, now).await;
        let tokens = pair("a");
        store.open_session(user, team, &tokens, now).await.unwrap();
        let owner = store.session_of_access(&tokens.access, now).await;
        let owner = owner.unwrap().unwrap();
        let receive = async |id: &str| {
            let event = ReceivedEvent {
                event_id: id.to_owned(),
                event_type: "FeatureCreated".to_owned(),
                aggregate_id: "061-web".to_owned(),
                document: &"x".repeat(1_000_000),
            };
            store.receive_events(&owner, &[event], now).await
        };
        let room = async |pages: u32| {
            let limit = format!("PRAGMA max_page_count = {pages}");
            let mut connections = Vec::new();
            for _ in 0..CONNECTIONS {
                connections.push(store.pool.acquire().await.unwrap());
            }
            for connection in &mut connections {
                let limit = sqlx::query(AssertSqlSafe(limit.clone()));
                limit.execute(&mut **connection).await.unwrap();
            }
        };
        room(100).await;
        let full = receive("one").await.unwrap_err();
        let reason = crate::text::chain(&full);
        assert!(reason.contains("database or disk is full"), "{reason}");
        room(u32::MAX - 1).await;
        for id in ["one", "two", "three", "four", "five"] {
            assert_eq!(receive(id).await.unwrap(), [Receipt::New], "{id}");
        }
    });
}
