//! What the payload of each type of event must hold (DESIGN §7): one table.

use serde_json::{Map, Value};

use crate::wire::Provider;

/// A payload that breaks a rule; such an event is never queued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} of a {event_type} event {rule}")]
pub struct RuleBroken {
    /// The event's type.
    pub event_type: String,
    /// The field of the payload; `payload` where the whole of it is wrong.
    pub field: &'static str,
    /// `must be a non-empty string`, …
    pub rule: &'static str,
}

/// A required field and what its value must be.
struct Field {
    name: &'static str,
    rule: &'static str,
    holds: fn(&Value) -> bool,
}

const fn text(name: &'static str) -> Field {
    Field {
        name,
        rule: "must be a non-empty string",
        holds: |value| value.as_str().is_some_and(|text| !text.is_empty()),
    }
}

const FEATURE_SLUG: Field = Field {
    name: "feature_slug",
    rule: "must be a mission slug such as 061-web-123",
    holds: |value| value.as_str().is_some_and(is_feature_slug),
};

const RULES: [(&str, &[Field]); 2] = [
    (
        "MissionOriginBound",
        &[
            FEATURE_SLUG,
            Field {
                name: "provider",
                rule: "must be jira or linear",
                holds: |value| {
                    value
                        .as_str()
                        .is_some_and(|name| name.parse::<Provider>().is_ok())
                },
            },
            text("external_issue_id"),
            text("external_issue_key"),
            text("external_issue_url"),
            text("title"),
        ],
    ),
    (
        "FeatureCreated",
        &[
            FEATURE_SLUG,
            Field {
                name: "feature_number",
                rule: "must be three or more digits",
                holds: |value| value.as_str().is_some_and(is_feature_number),
            },
            text("target_branch"),
            Field {
                name: "wp_count",
                rule: "must be a whole number, zero or more",
                holds: Value::is_u64,
            },
        ],
    ),
];

/// The types of events there are.
pub(crate) fn event_types() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(event_type, _)| *event_type)
}

/// Checks a payload against the rules of its type. Further keys are allowed.
pub fn validate(event_type: &str, payload: &Value) -> Result<(), RuleBroken> {
    let broken = |field, rule| RuleBroken {
        event_type: event_type.to_owned(),
        field,
        rule,
    };
    let (_, fields) = RULES
        .iter()
        .find(|(known, _)| *known == event_type)
        .ok_or_else(|| broken("event_type", "is not known"))?;
    let Value::Object(payload) = payload else {
        return Err(broken("payload", "must be an object"));
    };
    match fields.iter().find(|field| !field.is_kept_by(payload)) {
        Some(field) => Err(broken(field.name, field.rule)),
        None => Ok(()),
    }
}

impl Field {
    fn is_kept_by(&self, payload: &Map<String, Value>) -> bool {
        payload.get(self.name).is_some_and(self.holds)
    }
}

/// `061-web-123`, or the newer `web-123-01M82EBY` that ends in a ULID's first eight characters.
fn is_feature_slug(slug: &str) -> bool {
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
    use super::*;

    /// Strings that are too long to write out stand as `{"$repeat": [text, n], "$prefix": text}`.
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
            let verdict = validate("MissionOriginBound", &expand(&case["payload"]));
            let expected = case["field"].as_str();
            assert_eq!(case["accepted"].as_bool().unwrap(), expected.is_none());
            assert_eq!(verdict.err().map(|e| e.field), expected, "{}", case["name"]);
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
        let whole = serde_json::json!({
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
        assert_eq!(event_types().count(), RULES.len());
        assert_eq!(
            validate("Nope", &Value::Null).unwrap_err().field,
            "event_type"
        );
        for event_type in event_types() {
            let error = validate(event_type, &Value::Null).unwrap_err();
            assert_eq!(
                (error.field, error.event_type.as_str()),
                ("payload", event_type)
            );
        }
    }
}
