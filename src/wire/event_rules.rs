//! The rules for events: one table, which the client checks before it queues an event and the
//! control plane checks when it receives one.
//!
//! A new event type touches two files: `sync/event.rs` (the struct and its variant of `Event`) and
//! this one (its entry in [`PAYLOADS`]). `tests/cases/payload_cases.json` holds examples.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::candidate::FieldError;
use super::{NON_EMPTY, PROVIDER_NAME, Provider};

/// A payload that breaks a rule. The client never queues such an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} of a {event_type} event {rule}")]
pub struct RuleBroken {
    pub event_type: String,
    /// The field of the payload, or `event_type` or `payload`.
    pub field: &'static str,
    /// `must be a non-empty string`, …
    pub rule: &'static str,
}

/// What a value must be. A missing field counts as null.
struct Rule {
    must: &'static str,
    holds: fn(&Value) -> bool,
}

type Fields = &'static [(&'static str, Rule)];

const fn rule(must: &'static str, holds: fn(&Value) -> bool) -> Rule {
    Rule { must, holds }
}

const TEXT: Rule = rule(NON_EMPTY, |v| {
    v.as_str().is_some_and(|text| !text.is_empty())
});
const OPTIONAL_TEXT: Rule = rule("must be a string or null", |v| v.is_null() || v.is_string());
const WHOLE_NUMBER: Rule = rule("must be a whole number, zero or more", Value::is_u64);
const ULID: Rule = rule("must be a ULID", |v| v.as_str().is_some_and(is_ulid));
const FEATURE: Rule = rule("must be \"Feature\"", |v| v == "Feature");
const NODE_ID: Rule = rule("must be 12 hexadecimal digits", |v| {
    v.as_str().is_some_and(is_node_id)
});
const TIME: Rule = rule("must be an RFC 3339 time", |v| {
    v.as_str()
        .is_some_and(|time| DateTime::parse_from_rfc3339(time).is_ok())
});
const PROVIDER: Rule = rule(PROVIDER_NAME, |v| {
    v.as_str()
        .is_some_and(|name| name.parse::<Provider>().is_ok())
});
const SLUG: Rule = rule("must be a mission slug such as 061-web-123", |v| {
    v.as_str().is_some_and(is_feature_slug)
});
const NUMBER: Rule = rule("must be three or more digits", |v| {
    v.as_str().is_some_and(is_feature_number)
});

const ENVELOPE: Fields = &[
    ("event_id", ULID),
    ("aggregate_id", TEXT),
    ("aggregate_type", FEATURE),
    ("node_id", NODE_ID),
    ("lamport_clock", WHOLE_NUMBER),
    ("timestamp", TIME),
    ("causation_id", OPTIONAL_TEXT),
    ("team_slug", OPTIONAL_TEXT),
    ("project_uuid", OPTIONAL_TEXT),
    ("project_slug", OPTIONAL_TEXT),
    ("git_branch", OPTIONAL_TEXT),
    ("head_commit_sha", OPTIONAL_TEXT),
    ("repo_slug", OPTIONAL_TEXT),
];

/// The required fields of each event type. Further fields are allowed.
const PAYLOADS: [(&str, Fields); 2] = [
    (
        "MissionOriginBound",
        &[
            ("feature_slug", SLUG),
            ("provider", PROVIDER),
            ("external_issue_id", TEXT),
            ("external_issue_key", TEXT),
            ("external_issue_url", TEXT),
            ("title", TEXT),
        ],
    ),
    (
        "FeatureCreated",
        &[
            ("feature_slug", SLUG),
            ("feature_number", NUMBER),
            ("target_branch", TEXT),
            ("wp_count", WHOLE_NUMBER),
        ],
    ),
];

/// Checks a payload against the rules of its event type.
pub fn validate(event_type: &str, payload: &Value) -> Result<(), RuleBroken> {
    let broken = |(field, rule)| RuleBroken {
        event_type: event_type.to_owned(),
        field,
        rule,
    };
    let (_, fields) = PAYLOADS
        .iter()
        .find(|(known, _)| *known == event_type)
        .ok_or_else(|| broken(("event_type", "must be a known event type")))?;
    let Value::Object(payload) = payload else {
        return Err(broken(("payload", "must be an object")));
    };
    check(payload, fields).map_err(broken)
}

/// Parses what the rules read of an event. The rest is skipped: as a [`Value`] it could take a
/// hundred times its size.
pub(crate) fn read_event(document: &str) -> serde_json::Result<Map<String, Value>> {
    let of = |fields: Fields, name: &str| fields.iter().any(|(known, _)| *known == name);
    let fields = raw_fields(document)?;
    let mut event = values(&fields, |name| name == "event_type" || of(ENVELOPE, name))?;
    if let Some(payload) = fields.get("payload") {
        let of_any = |name: &str| PAYLOADS.iter().any(|(_, fields)| of(fields, name));
        // A payload that is not an object breaks a rule, whatever it is.
        let payload = match raw_fields(payload.get()) {
            Ok(fields) => values(&fields, of_any)?.into(),
            Err(_) => Value::Null,
        };
        event.insert("payload".to_owned(), payload);
    }
    Ok(event)
}

fn raw_fields(document: &str) -> serde_json::Result<BTreeMap<String, &RawValue>> {
    serde_json::from_str(document)
}

fn values(
    fields: &BTreeMap<String, &RawValue>,
    is_read: impl Fn(&str) -> bool,
) -> serde_json::Result<Map<String, Value>> {
    let read = fields.iter().filter(|(name, _)| is_read(name));
    read.map(|(name, raw)| Ok((name.clone(), serde_json::from_str(raw.get())?)))
        .collect()
}

/// Checks a received event: its envelope, its payload, and that both are about one mission.
pub(crate) fn check_event(event: &Map<String, Value>) -> Result<(), FieldError> {
    let field = |name| event.get(name).unwrap_or(&Value::Null);
    check(event, ENVELOPE).map_err(|(field, rule)| FieldError::new(field, rule))?;
    // An event type that is not a string is as unknown as an empty one.
    let (event_type, payload) = (field("event_type").as_str().unwrap_or(""), field("payload"));
    validate(event_type, payload).map_err(|broken| {
        let error = FieldError::new(broken.field, broken.rule);
        match broken.field {
            "event_type" | "payload" => error,
            _ => error.within("payload"),
        }
    })?;
    if Some(field("aggregate_id")) != payload.get("feature_slug") {
        let rule = "must be the payload's feature_slug";
        return Err(FieldError::new("aggregate_id", rule));
    }
    Ok(())
}

/// The first field that breaks its rule, and the rule.
fn check(object: &Map<String, Value>, fields: Fields) -> Result<(), (&'static str, &'static str)> {
    let value = |name| object.get(name).unwrap_or(&Value::Null);
    let broken = fields
        .iter()
        .find(|(name, rule)| !(rule.holds)(value(*name)));
    broken.map_or(Ok(()), |(name, rule)| Err((*name, rule.must)))
}

/// In its one spelling: the first character holds three bits, and lower case would be another id.
fn is_ulid(id: &str) -> bool {
    id.len() == 26 && id.starts_with(|c| matches!(c, '0'..='7')) && id.chars().all(is_crockford)
}

fn is_node_id(id: &str) -> bool {
    id.len() == 12 && id.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
}

/// `061-web-123`, or the newer form `web-123-01M82EBY`, which ends in the first eight characters of
/// a ULID.
pub(crate) fn is_feature_slug(slug: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let numbered = slug
        .split_once('-')
        .is_some_and(|(number, name)| is_feature_number(number) && !name.is_empty());
    if numbered && slug.chars().all(word) {
        return true;
    }
    slug.rsplit_once('-').is_some_and(|(name, id)| {
        name.starts_with(|c: char| word(c) && c != '-')
            && name.chars().all(word)
            && id.len() == 8
            && id.chars().all(is_crockford)
    })
}

fn is_feature_number(number: &str) -> bool {
    number.len() >= 3 && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Upper-case Crockford base 32: no I, L, O or U.
fn is_crockford(c: char) -> bool {
    c.is_ascii_digit() || (c.is_ascii_uppercase() && !"ILOU".contains(c))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Expands `{"$repeat": [text, n], "$prefix": text}`, which stands for a long string.
    fn expand(value: &Value) -> Value {
        match value {
            Value::Object(object) if object.contains_key("$repeat") => {
                let unit = object["$repeat"][0].as_str().unwrap();
                let times = usize::try_from(object["$repeat"][1].as_u64().unwrap()).unwrap();
                let prefix = object["$prefix"].as_str().unwrap();
                format!("{prefix}{}", unit.repeat(times)).into()
            }
            Value::Object(object) => object
                .iter()
                .map(|(key, value)| (key.clone(), expand(value)))
                .collect(),
            other => other.clone(),
        }
    }

    #[test]
    fn the_table_of_payloads_holds() {
        let text = include_str!("../../tests/cases/payload_cases.json");
        let cases: Value = serde_json::from_str(text).unwrap();
        for case in cases["cases"].as_array().unwrap() {
            let (name, payload) = (&case["name"], expand(&case["payload"]));
            let expected = case["field"].as_str();
            assert_eq!(case["accepted"].as_bool().unwrap(), expected.is_none());
            let client = validate("MissionOriginBound", &payload);
            assert_eq!(client.err().map(|e| e.field), expected, "{name}");

            // The envelope's own rule for aggregate_id comes before the payload's.
            let mut event = bound(payload);
            if !event["aggregate_id"].is_string() || event["aggregate_id"] == "" {
                event["aggregate_id"] = "x".into();
            }
            let server = received(&event).err().map(|e| e.field);
            let expected = expected.map(|field| format!("payload.{field}"));
            assert_eq!(server, expected, "{name}");
        }
    }

    #[test]
    fn slugs_are_checked_as_a_whole_and_in_ascii() {
        let table = [
            ("web-123-01M82EBY", true),
            ("0-01M82EBY", true),
            ("a--01M82EBY", true),
            ("-a-01M82EBY", false),
            ("web-01M82EB", false),
            ("web-01m82eby", false),
            ("web-01M82EBU", false),
            ("Web-01M82EBY", false),
            ("01M82EBY", false),
            ("-01M82EBY", false),
            ("001-web\n", false),
            ("٠٠١-web", false),
            ("01-web", false),
            ("001-WEB", false),
            ("12345-x", true),
        ];
        for (slug, accepted) in table {
            assert_eq!(is_feature_slug(slug), accepted, "{slug:?}");
        }
    }

    #[test]
    fn a_created_mission_is_checked_field_by_field() {
        let whole = json!({
            "feature_slug": "001-a", "feature_number": "001", "target_branch": "main", "wp_count": 0,
        });
        assert_eq!(validate("FeatureCreated", &whole), Ok(()));
        for (field, wrong) in [
            ("feature_slug", Value::from("a")),
            ("feature_number", 1.into()),
            ("feature_number", "01".into()),
            ("target_branch", "".into()),
            ("wp_count", (-1).into()),
            ("wp_count", 1.5.into()),
            ("wp_count", "0".into()),
        ] {
            let mut payload = whole.clone();
            payload[field] = wrong;
            assert_eq!(
                validate("FeatureCreated", &payload).unwrap_err().field,
                field
            );
        }
    }

    #[test]
    fn unknown_types_and_payloads_that_are_no_objects_are_refused() {
        assert_eq!(
            validate("Nope", &Value::Null).unwrap_err().field,
            "event_type"
        );
        for (event_type, _) in PAYLOADS {
            let error = validate(event_type, &Value::Null).unwrap_err();
            assert_eq!(
                (error.field, error.event_type.as_str()),
                ("payload", event_type)
            );
        }
    }

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

    fn received(event: &Value) -> Result<(), FieldError> {
        check_event(&read_event(&event.to_string()).unwrap())
    }

    #[test]
    fn values_that_no_rule_reads_are_skipped() {
        let deep = "[".repeat(1_000) + &"]".repeat(1_000);
        let event =
            format!(r#"{{"event_id": 1, "x": {deep}, "payload": {{"title": 2, "x": {deep}}}}}"#);
        let read = read_event(&event).unwrap();
        assert_eq!(
            Value::from(read),
            json!({"event_id": 1, "payload": {"title": 2}})
        );
        let event = format!(r#"{{"payload": {deep}}}"#);
        assert_eq!(
            Value::from(read_event(&event).unwrap()),
            json!({"payload": null})
        );
        for unreadable in ["[]", "7", r#"{"event_id": "\ud800"}"#] {
            assert!(read_event(unreadable).is_err(), "{unreadable}");
        }
    }

    #[test]
    fn every_rule_of_the_envelope() {
        let good = bound(json!({
            "feature_slug": "web-ABCDEFGH", "provider": "jira", "external_issue_id": "1",
            "external_issue_key": "K", "external_issue_url": "u", "title": "t",
        }));
        assert_eq!(received(&good), Ok(()));
        for (field, wrong) in [
            ("event_id", json!("01M82EBYAN55CA467NJEDVWYN")),
            ("event_id", json!("01M82EBYAN55CA467NJEDVWYNU")),
            ("event_id", json!("01m82ebyan55ca467njedvwynz")),
            ("event_id", json!("81M82EBYAN55CA467NJEDVWYNZ")),
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
            let error = received(&event).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("{field} must be ")),
                "{field}: {error}"
            );
        }
    }

    #[test]
    fn the_payload_of_a_received_event_follows_the_same_rules() {
        let payload = json!({"feature_slug": "061-web", "feature_number": "061",
            "target_branch": "main", "wp_count": 0});
        let mut event = bound(payload);
        event["event_type"] = "FeatureCreated".into();
        assert_eq!(received(&event), Ok(()));
        event["payload"]["wp_count"] = "0".into();
        assert_eq!(
            received(&event).unwrap_err().to_string(),
            "payload.wp_count must be a whole number, zero or more"
        );
    }
}
