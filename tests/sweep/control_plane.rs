//! A control plane that records the requests, the binds and the events it accepts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

use crate::support::{
    BIND_PATH, EVENTS_PATH, REFRESH_PATH, Reply, Request, SEARCH_PATH, Server, UNBIND_PATH,
    candidate, search_answer,
};

/// What the control plane accepted.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// The key and the body of every complete bind request.
    pub binds: Vec<(String, Value)>,
    /// Which ticket each mission is bound to.
    pub bound: BTreeMap<String, String>,
    /// The key of every unbind that was carried out.
    pub unbinds: BTreeSet<String>,
    /// The ids of every batch of events, in order.
    pub batches: Vec<Vec<String>>,
    /// Events that were accepted, with their types; a second time they are duplicates.
    pub accepted: BTreeMap<String, String>,
    /// The number of refreshes; the tokens end with it.
    pub refreshes: usize,
}

/// How the server answers for one event, besides `success` and `duplicate`.
pub(super) type Verdict = fn(&str) -> Option<&'static str>;

/// A scripted server and its records.
pub(super) struct ControlPlane {
    server: Server,
    records: Arc<Mutex<Records>>,
}

/// The tokens that the n-th refresh gives.
pub(super) fn tokens(refreshes: usize) -> (String, String) {
    (
        format!("access-number-{refreshes}"),
        format!("refresh-number-{refreshes}"),
    )
}

impl ControlPlane {
    /// Accepts every request of the protocol.
    pub(super) fn start() -> Self {
        Self::judging(|_| None)
    }

    /// The same, with other verdicts for some events.
    pub(super) fn judging(verdict: Verdict) -> Self {
        let server = Server::start();
        let records = Arc::new(Mutex::new(Records::default()));
        server.handle(SEARCH_PATH, |request| {
            let key = request.json()["query_key"].as_str().unwrap().to_uppercase();
            let mut found = candidate(&key, &format!("Ticket {key}"), "exact");
            found["body"] = "Why, in words.".into();
            Reply::json(200, &search_answer(&[found]))
        });
        let with = |act: fn(&mut Records, &Request) -> Reply| {
            let records = Arc::clone(&records);
            move |request: &Request| act(&mut records.lock().unwrap(), request)
        };
        server.handle(BIND_PATH, with(bind));
        server.handle(UNBIND_PATH, with(unbind));
        server.handle(EVENTS_PATH, {
            let records = Arc::clone(&records);
            move |request| receive(&mut records.lock().unwrap(), request, verdict)
        });
        Self { server, records }
    }

    /// Accepts only tokens that it issued itself, so the session must be refreshed first. A refresh
    /// token is good for one use.
    pub(super) fn strict() -> Self {
        let plane = Self::start();
        let records = Arc::clone(&plane.records);
        plane.server.handle(SEARCH_PATH, move |request| {
            let (access, _) = tokens(records.lock().unwrap().refreshes);
            if request.header("authorization") != Some(&format!("Bearer {access}")) {
                return Reply::refusal(401, "token_expired", "the token expired");
            }
            let found = candidate("WEB-123", "Ticket WEB-123", "exact");
            Reply::json(200, &search_answer(&[found]))
        });
        let records = Arc::clone(&plane.records);
        plane.server.handle(REFRESH_PATH, move |request| {
            let mut records = records.lock().unwrap();
            let wanted = tokens(records.refreshes).1;
            if records.refreshes > 0 && request.json()["refresh"] != wanted {
                return Reply::refusal(401, "token_reused", "the refresh token was used");
            }
            records.refreshes += 1;
            let (access, refresh) = tokens(records.refreshes);
            Reply::json(
                200,
                &json!({"access": access, "refresh": refresh, "access_lifetime": 900}),
            )
        });
        plane
    }

    /// Records a bind that was made before.
    pub(super) fn bind(&self, mission: &str, issue: &str) {
        let mut records = self.records();
        records.bound.insert(mission.to_owned(), issue.to_owned());
    }

    /// Its address.
    pub(super) fn url(&self) -> String {
        self.server.url()
    }

    /// The records so far.
    pub(super) fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap()
    }
}

impl Records {
    /// How many distinct events of a type were accepted.
    pub(super) fn accepted_of(&self, event_type: &str) -> usize {
        self.accepted
            .values()
            .filter(|of| *of == event_type)
            .count()
    }

    /// How often each event was received.
    pub(super) fn receptions(&self) -> BTreeMap<&str, usize> {
        let mut receptions = BTreeMap::new();
        for id in self.batches.iter().flatten() {
            *receptions.entry(id.as_str()).or_default() += 1;
        }
        receptions
    }
}

fn bind(records: &mut Records, request: &Request) -> Reply {
    let (key, body) = (
        request.header("idempotency-key").unwrap_or_default(),
        request.json(),
    );
    let earlier = records.binds.iter().find(|(earlier, _)| earlier == key);
    let changed = earlier.is_some_and(|(_, earlier)| *earlier != body);
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let (mission, issue) = (text("mission_slug"), text("external_issue_id"));
    records.binds.push((key.to_owned(), body));
    if key.is_empty() || changed {
        return Reply::refusal(
            422,
            "idempotency",
            "no key, or another body under the same key",
        );
    }
    let bound = records
        .bound
        .entry(mission.clone())
        .or_insert_with(|| issue.clone());
    if *bound != issue {
        return Reply::refusal(409, "origin_conflict", "bound to another ticket");
    }
    let answer =
        json!({"origin_link_id": format!("link-{mission}"), "bound_at": "2026-11-22T10:00:00Z"});
    Reply::json(200, &answer)
}

fn unbind(records: &mut Records, request: &Request) -> Reply {
    let key = request.header("idempotency-key").unwrap_or_default();
    let mission = request.json()["mission_slug"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    if !records.unbinds.contains(key) && records.bound.remove(&mission).is_none() {
        return Reply::refusal(404, "origin_not_found", "no origin");
    }
    records.unbinds.insert(key.to_owned());
    Reply::json(200, &json!({"unbound": true}))
}

fn receive(records: &mut Records, request: &Request, verdict: Verdict) -> Reply {
    let text = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
    let body = request.json();
    let mut results = Vec::new();
    let mut batch = Vec::new();
    for event in body["events"].as_array().into_iter().flatten() {
        let id = text(event, "event_id");
        batch.push(id.clone());
        let status = match verdict(&id) {
            Some("absent") => continue,
            Some(status) => status,
            None => match records
                .accepted
                .insert(id.clone(), text(event, "event_type"))
            {
                None => "success",
                Some(_) => "duplicate",
            },
        };
        results.push(json!({"event_id": id, "status": status, "error_message": "a reason"}));
    }
    records.batches.push(batch);
    Reply::json(200, &json!({"results": results}))
}
