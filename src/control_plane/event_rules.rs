//! Which events are kept (DESIGN §7). A small table of its own: the control plane must not trust
//! that whoever sends an event has checked it by the same one.

use chrono::DateTime;
use serde_json::{Map, Value};
use ulid::Ulid;

use super::store::ReceivedEvent;

/// What shall become of an event.
#[derive(Debug)]
pub(super) enum Verdict<'a> {
    /// It keeps all rules.
    Keep(ReceivedEvent<'a>),
    /// It breaks a rule.
    Reject {
        /// Its id, as sent.
        event_id: String,
        /// `payload.provider must be "jira" or "linear"`.
        rule: String,
    },
    /// It has no id that an answer could name; why.
    Nameless(&'static str),
}

/// A rule: `None` stands for a field that is missing. The error says what must be.
type Rule = fn(Option<&Value>) -> Result<(), &'static str>;
/// Fields, and the rule of each.
type Rules = &'static [(&'static str, Rule)];

const ENVELOPE: Rules = &[
    ("event_id", ulid),
    ("aggregate_id", text),
    ("aggregate_type", feature),
    ("node_id", node_id),
    ("lamport_clock", whole_number),
    ("timestamp", time),
    ("causation_id", optional_text),
    ("team_slug", optional_text),
    ("project_uuid", optional_text),
    ("project_slug", optional_text),
    ("git_branch", optional_text),
    ("head_commit_sha", optional_text),
    ("repo_slug", optional_text),
];

const PAYLOADS: &[(&str, Rules)] = &[
    (
        "FeatureCreated",
        &[
            ("feature_slug", mission_slug),
            ("feature_number", text),
            ("target_branch", text),
            ("wp_count", whole_number),
        ],
    ),
    (
        "MissionOriginBound",
        &[
            ("feature_slug", mission_slug),
            ("provider", provider),
            ("external_issue_id", text),
            ("external_issue_key", text),
            ("external_issue_url", text),
            ("title", text),
        ],
    ),
];

/// Judges one event.
pub(super) fn check(document: &str) -> Verdict<'_> {
    let Ok(Value::Object(event)) = serde_json::from_str(document) else {
        return Verdict::Nameless("must be an object");
    };
    let word = |field| event.get(field).and_then(Value::as_str).map(str::to_owned);
    let Some(event_id) = word("event_id").filter(|id| !id.is_empty()) else {
        return Verdict::Nameless("event_id must be a non-empty string");
    };
    if let Err(rule) = check_object(&event) {
        return Verdict::Reject { event_id, rule };
    }
    Verdict::Keep(ReceivedEvent {
        event_id,
        event_type: word("event_type").unwrap_or_default(),
        aggregate_id: word("aggregate_id").unwrap_or_default(),
        document,
    })
}

fn check_object(event: &Map<String, Value>) -> Result<(), String> {
    check_fields("", event, ENVELOPE)?;
    let event_type = event.get("event_type").and_then(Value::as_str);
    let known = PAYLOADS.iter().find(|(name, _)| Some(*name) == event_type);
    let Some((_, rules)) = known else {
        return Err("event_type must be a known type of event".to_owned());
    };
    let Some(Value::Object(payload)) = event.get("payload") else {
        return Err("payload must be an object".to_owned());
    };
    check_fields("payload.", payload, rules)?;
    if event.get("aggregate_id") == payload.get("feature_slug") {
        Ok(())
    } else {
        Err("aggregate_id must be the payload's feature_slug".to_owned())
    }
}

fn check_fields(prefix: &str, object: &Map<String, Value>, rules: Rules) -> Result<(), String> {
    rules.iter().try_for_each(|(field, rule)| {
        rule(object.get(*field)).map_err(|must| format!("{prefix}{field} {must}"))
    })
}

fn demand(kept: bool, must: &'static str) -> Result<(), &'static str> {
    if kept { Ok(()) } else { Err(must) }
}

fn string(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str)
}

fn ulid(value: Option<&Value>) -> Result<(), &'static str> {
    let kept = string(value).is_some_and(|id| id.len() == 26 && Ulid::from_string(id).is_ok());
    demand(kept, "must be a ULID")
}

fn text(value: Option<&Value>) -> Result<(), &'static str> {
    let kept = string(value).is_some_and(|text| !text.is_empty());
    demand(kept, "must be a non-empty string")
}

fn optional_text(value: Option<&Value>) -> Result<(), &'static str> {
    let kept = matches!(value, None | Some(Value::Null | Value::String(_)));
    demand(kept, "must be a string or null")
}

fn feature(value: Option<&Value>) -> Result<(), &'static str> {
    demand(string(value) == Some("Feature"), "must be \"Feature\"")
}

fn node_id(value: Option<&Value>) -> Result<(), &'static str> {
    let hexadecimal = |c| matches!(c, '0'..='9' | 'a'..='f');
    let kept = string(value).is_some_and(|id| id.len() == 12 && id.chars().all(hexadecimal));
    demand(kept, "must be 12 hexadecimal digits")
}

fn whole_number(value: Option<&Value>) -> Result<(), &'static str> {
    let kept = value.is_some_and(Value::is_u64);
    demand(kept, "must be a whole number")
}

fn time(value: Option<&Value>) -> Result<(), &'static str> {
    let kept = string(value).is_some_and(|time| DateTime::parse_from_rfc3339(time).is_ok());
    demand(kept, "must be an RFC 3339 time")
}

fn provider(value: Option<&Value>) -> Result<(), &'static str> {
    let kept = matches!(string(value), Some("jira" | "linear"));
    demand(kept, "must be \"jira\" or \"linear\"")
}

fn mission_slug(value: Option<&Value>) -> Result<(), &'static str> {
    let kept =
        string(value).is_some_and(is_numbered_slug) || string(value).is_some_and(is_ulid_slug);
    demand(kept, "must be a mission's slug")
}

/// `[0-9]{3,}-[a-z0-9-]+`
fn is_numbered_slug(slug: &str) -> bool {
    slug.split_once('-').is_some_and(|(number, name)| {
        number.len() >= 3 && number.bytes().all(|b| b.is_ascii_digit()) && is_slug_text(name)
    })
}

/// `[a-z0-9][a-z0-9-]*-` and 8 characters of upper-case Crockford base 32.
fn is_ulid_slug(slug: &str) -> bool {
    slug.rsplit_once('-').is_some_and(|(name, mark)| {
        let crockford = |b: u8| {
            b.is_ascii_digit()
                || (b.is_ascii_uppercase() && !matches!(b, b'I' | b'L' | b'O' | b'U'))
        };
        is_slug_text(name)
            && !name.starts_with('-')
            && mark.len() == 8
            && mark.bytes().all(crockford)
    })
}

fn is_slug_text(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bound(payload: Value) -> Value {
        json!({
            "event_id": "01M82EBYAN55CA467NJEDVWYNZ",
            "event_type": "MissionOriginBound",
            "aggregate_id": payload.get("feature_slug").cloned().unwrap_or("x".into()),
            "aggregate_type": "Feature",
            "node_id": "0123456789ab",
            "lamport_clock": 1,
            "timestamp": "2026-11-22T10:00:00Z",
            "payload": payload,
        })
    }

    fn judge(event: &Value) -> Result<(), String> {
        match check(&event.to_string()) {
            Verdict::Keep(_) => Ok(()),
            Verdict::Reject { rule, .. } => Err(rule),
            Verdict::Nameless(rule) => Err(format!("nameless: {rule}")),
        }
    }

    #[test]
    fn every_payload_case() {
        let table: Value =
            serde_json::from_str(include_str!("../../tests/cases/payload_cases.json")).unwrap();
        for case in table["cases"].as_array().unwrap() {
            let mut payload = case["payload"].clone();
            if payload["title"].is_object() {
                payload["title"] = "t".repeat(100_000).into();
            }
            let field = case["field"]
                .as_str()
                .map(|field| format!("payload.{field} "));
            // An aggregate id that is no mission's slug is refused as such, before the payload.
            let mut event = bound(payload);
            if !event["aggregate_id"].is_string() || event["aggregate_id"] == "" {
                event["aggregate_id"] = "x".into();
            }
            match (judge(&event), field) {
                (Ok(()), None) => {}
                (Err(rule), Some(field)) if rule.starts_with(&field) => {}
                (judged, field) => panic!("{}: {judged:?}, not {field:?}", case["name"]),
            }
        }
    }

    #[test]
    fn every_rule_of_the_envelope() {
        let good = bound(json!({
            "feature_slug": "web-ABCDEFGH", "provider": "jira", "external_issue_id": "1",
            "external_issue_key": "K", "external_issue_url": "u", "title": "t",
        }));
        assert_eq!(judge(&good), Ok(()));
        for (field, wrong) in [
            ("event_id", json!("01M82EBYAN55CA467NJEDVWYN")),
            ("event_id", json!("01M82EBYAN55CA467NJEDVWYNU")),
            ("event_type", json!("MissionCreated")),
            ("event_type", Value::Null),
            ("aggregate_id", json!("")),
            ("aggregate_id", json!("001-another")),
            ("aggregate_type", json!("Mission")),
            ("node_id", json!("0123456789AB")),
            ("node_id", json!("0123456789a")),
            ("lamport_clock", json!(-1)),
            ("lamport_clock", json!(1.5)),
            ("lamport_clock", json!("1")),
            ("timestamp", json!("yesterday")),
            ("causation_id", json!(1)),
            ("project_uuid", json!({})),
            ("git_branch", json!([])),
            ("payload", json!([])),
        ] {
            let mut event = good.clone();
            event[field] = wrong;
            let rule = judge(&event).unwrap_err();
            assert!(
                rule.starts_with(&format!("{field} must be ")),
                "{field}: {rule}"
            );
        }
        for nameless in [
            json!(7),
            json!({}),
            json!({"event_id": 7}),
            json!({"event_id": ""}),
        ] {
            assert!(judge(&nameless).unwrap_err().starts_with("nameless: "));
        }
    }

    #[test]
    fn a_created_mission() {
        let payload = json!({"feature_slug": "061-web", "feature_number": "061",
            "target_branch": "main", "wp_count": 0});
        let mut event = bound(payload);
        event["event_type"] = "FeatureCreated".into();
        assert_eq!(judge(&event), Ok(()));
        event["payload"]["wp_count"] = "0".into();
        assert_eq!(
            judge(&event),
            Err("payload.wp_count must be a whole number".to_owned())
        );
    }
}
