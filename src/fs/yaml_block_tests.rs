use proptest::prelude::*;

use super::*;

const TEMPLATE: &str = "  provider: null\n  project_slug: null\n  workspace: null\n";
const BIND: [Change<'_>; 3] = [
    Change::Remove("binding_ref"),
    Change::Set("provider", "linear"),
    Change::Set("project_slug", "web"),
];
const BOUND: &str = "tracker:\n  provider: linear\n  project_slug: web\n  workspace: null\n";

fn bind(text: &str) -> Result<String, YamlError> {
    change_block(text, "tracker", TEMPLATE, &BIND)
}

/// Files without a tracker block that could confuse an editor of lines.
const UNBOUND: [&str; 19] = [
    "",
    "\n",
    "# only a comment\n",
    "# only a comment, no newline",
    "---\n",
    "a: 1\n",
    "a: 1",
    "a: 1\r\nb: 2\r\n",
    "a: 1\r\nb: 2",
    "\u{feff}a: 1\n",
    "a: 1\n...\n",
    "%YAML 1.2\n---\na: 1 # one\n...\n# after the end\n",
    "# head\n\nproject: # ours\n  uuid: \"x\"   # quoted\n\n  # indented tail\n\n# tail\n\n",
    "list:\n- a\n- b: c\n  d: e\n",
    "text: |\n  tracker: no\n\n  more\n",
    "text: |+\n  kept\n\n\n",
    "quoted: \"two\n  lines # no comment\"\nother: 'it''s'\n",
    "base: &base {x: 1}\nuse:\n  <<: *base\n  y: ~\n",
    "trackers: 1\n\"tracker.x\": 2\n? complex\n: value\n1: integer\nn: .nan\n",
];

#[test]
fn bind_then_unbind_gives_the_same_bytes() {
    for text in UNBOUND {
        let bound = bind(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_ne!(bound, text);
        assert_eq!(
            bind(&bound).unwrap(),
            bound,
            "binding twice changes nothing"
        );
        assert_eq!(remove_block(&bound, "tracker").unwrap(), text, "{bound:?}");
    }
}

#[test]
fn a_new_block_is_at_the_end_in_the_style_of_the_file() {
    assert_eq!(bind("").unwrap(), BOUND);
    assert_eq!(bind("a: 1\n").unwrap(), format!("a: 1\n{BOUND}"));
    assert_eq!(bind("a: 1").unwrap(), format!("a: 1\n{}", BOUND.trim_end()));
    assert_eq!(
        bind("a: 1\r\n").unwrap(),
        format!("a: 1\r\n{}", BOUND.replace('\n', "\r\n"))
    );
    assert_eq!(
        bind("a: 1\n...\n# x\n").unwrap(),
        format!("a: 1\n{BOUND}...\n# x\n")
    );
}

#[test]
fn only_the_values_that_change_are_touched() {
    let table = [
        (
            "tracker: # which one\n    # the team's\n    provider: 'jira'   # since May\n    project_slug: web\n    extra: [1,\n      2]\n# tail\nz: 1\n",
            "tracker: # which one\n    # the team's\n    provider: linear   # since May\n    project_slug: web\n    extra: [1,\n      2]\n# tail\nz: 1\n",
        ),
        (
            "tracker:\n  binding_ref: old\n\n  provider: jira\n",
            "tracker:\n  project_slug: web\n\n  provider: linear\n",
        ),
        (
            "\"tracker\" :\n  'provider': \"x # y\" # z\n  project_slug: |\n    long\n    text\n  keep: 1",
            "\"tracker\" :\n  'provider': linear # z\n  project_slug: web\n  keep: 1",
        ),
        (
            "tracker:\n  provider: linear\n  binding_ref:\n    deep: 1\n    # inside\n  project_slug: web",
            "tracker:\n  provider: linear\n  project_slug: web",
        ),
        (
            "tracker: {} # none yet\nz: 1\n",
            "tracker: # none yet\n  provider: linear\n  project_slug: web\n  workspace: null\nz: 1\n",
        ),
        ("tracker:", BOUND.trim_end()),
        (
            "tracker: ~\r\nz: 1\r\n",
            "tracker:\r\n  provider: linear\r\n  project_slug: web\r\n  workspace: null\r\nz: 1\r\n",
        ),
        (
            "\u{feff}tracker:\n  provider: jira\n  project_slug: 'web'\n",
            "\u{feff}tracker:\n  provider: linear\n  project_slug: 'web'\n",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(bind(text).unwrap(), expected, "{text:?}");
    }
}

#[test]
fn what_cannot_be_changed_alone_is_refused_with_the_lines_to_write() {
    let refused = [
        "{a: 1}\n",
        "  a: 1\n",
        "tracker: {provider: jira}\n",
        "tracker:\n  provider: &p jira\nz: *p\n",
        "tracker: &t\n  provider: jira\nz: *t\n",
        "a: 1\rb: 2\r",
    ];
    for text in refused {
        match bind(text) {
            Err(YamlError::Refused { lines, .. }) => assert_eq!(
                lines, "tracker:\n  provider: linear\n  project_slug: web",
                "{text:?}"
            ),
            other => panic!("{text:?}: {other:?}"),
        }
    }
    assert!(matches!(
        remove_block("tracker: &t\n  provider: jira\nz: *t\n", "tracker"),
        Err(YamlError::Refused { .. })
    ));
}

#[test]
fn what_is_no_single_mapping_is_a_syntax_error() {
    for text in [
        "[]",
        "word",
        "a: 1\n---\nb: 2\n",
        "a: [",
        "a: 1\na: 2\n",
        "a: *nowhere\n",
        "tracker: word\n",
        "tracker: [a]\n",
    ] {
        let error = bind(text).unwrap_err();
        assert!(matches!(error, YamlError::Syntax(_)), "{text:?}: {error:?}");
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
    }
}

#[test]
fn removing_keeps_the_text_around_the_block() {
    let text = "# head\na: 1\n\n# ours\ntracker:\n  provider: x\n# inside\n  project_slug: y\n  # end\n\n# next\nb: 2\n";
    assert_eq!(
        remove_block(text, "tracker").unwrap(),
        "# head\na: 1\n\n# ours\n\n# next\nb: 2\n"
    );
    assert_eq!(remove_block("a: 1\n", "tracker").unwrap(), "a: 1\n");
}

#[test]
fn scalars_read_back_as_the_same_text() {
    for text in [
        "web",
        "123",
        "1.10",
        "yes",
        "null",
        "",
        " a",
        "a: b",
        "a #b",
        "é",
        "-",
        "~",
        "\"",
        "\\",
        "a\nb",
        "0x1F",
        "1e3",
        "nan",
        ".nan",
        "inf",
        "Infinity",
        "\u{85}",
        "\u{2028}",
        "2001-01-01",
        "!x",
        "*x",
    ] {
        let yaml = format!("k: {}\n", scalar(text));
        let read: Map<String, Value> = parse(&yaml).unwrap();
        assert_eq!(read["k"], text, "{yaml:?}");
    }
}

/// A random document without a tracker block.
fn document() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("# comment\n".to_owned()),
        Just("\n".to_owned()),
        Just("   \n".to_owned()),
        "[b-s][a-z_]{3,8}".prop_map(|key| format!("{key}_: plain text # why\n")),
        "[b-s][a-z_]{3,8}".prop_map(|key| format!("{key}:\n- 1\n-   two: 2\n    three: 'x'\n")),
        "[b-s][a-z_]{3,8}".prop_map(|key| format!("{key}-: |\n  tracker:\n    provider: x\n\n")),
        "[b-s][a-z_]{3,8}".prop_map(|key| format!("{key}.:\n    deep: {{a: [1, 2]}}\n    # in\n")),
    ];
    (
        proptest::collection::vec(part, 0..8),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(parts, windows, unended, mark)| {
            let mut text = parts.concat();
            if unended && text.ends_with('\n') {
                text.pop();
            }
            if windows {
                text = text.replace('\n', "\r\n");
            }
            if mark && !text.is_empty() {
                text.insert(0, '\u{feff}');
            }
            text
        })
        .prop_filter("a mapping", |text| {
            parse::<Map<String, Value>>(text).is_ok()
        })
}

proptest! {
    #[test]
    fn any_document_survives_bind_and_unbind(text in document(), slug in "\\PC{1,12}") {
        let changes = [Change::Set("provider", "jira"), Change::Set("project_slug", &slug)];
        let bound = change_block(&text, "tracker", TEMPLATE, &changes).unwrap();
        let read: Map<String, Value> = parse(&bound).unwrap();
        prop_assert_eq!(read["tracker"]["project_slug"].as_str(), Some(slug.as_str()));
        prop_assert_eq!(remove_block(&bound, "tracker").unwrap(), text);
    }

    #[test]
    fn no_text_makes_it_panic_or_change_anything_else(text in "([a-c:#\"'&*|>{}\\[\\]~ \t\r\n-]|tracker){0,24}") {
        if let Ok(bound) = bind(&text) {
            let mut before: Map<String, Value> = parse(&text).unwrap();
            let mut after: Map<String, Value> = parse(&bound).unwrap();
            before.remove("tracker");
            after.remove("tracker");
            prop_assert_eq!(before, after);
        }
    }
}
