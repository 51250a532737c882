//! Documents of Jira Cloud as Markdown.

use pulldown_cmark::{Event, Options, Parser};
use serde_json::{Value, json};

use super::adf_documents::{FromSchema, OPEN, Random, of_own_making};
use super::schemas;
use crate::control_plane::trackers::adf::to_markdown;

fn markdown(content: &Value) -> String {
    to_markdown(&json!({"type": "doc", "version": 1, "content": content}).to_string())
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn marked(words: &str, marks: &[&str]) -> Value {
    let marks: Vec<_> = marks.iter().map(|mark| json!({"type": mark})).collect();
    json!({"type": "text", "text": words, "marks": marks})
}

fn link(words: &str, href: &str) -> Value {
    json!({"type": "text", "text": words, "marks": [{"type": "link", "attrs": {"href": href}}]})
}

fn node(kind: &str, content: &[Value]) -> Value {
    json!({"type": kind, "content": content})
}

fn with(kind: &str, attrs: Value, content: &[Value]) -> Value {
    json!({"type": kind, "attrs": attrs, "content": content})
}

fn paragraph(words: &str) -> Value {
    node("paragraph", &[text(words)])
}

fn item(words: &str) -> Value {
    node("listItem", &[paragraph(words)])
}

#[test]
fn every_block_has_its_form() {
    let nested = node(
        "listItem",
        &[paragraph("two"), node("bulletList", &[item("deep")])],
    );
    let long = node("listItem", &[paragraph("one"), paragraph("more")]);
    let task = |state: &str, words| with("taskItem", json!({"state": state}), &[text(words)]);
    let cell = |kind: &str, words| node(kind, &[paragraph(words)]);
    let header = node(
        "tableRow",
        &[cell("tableHeader", "a"), cell("tableHeader", "b|c")],
    );
    let two = node("tableCell", &[paragraph("1"), paragraph("2")]);
    let row = node("tableRow", &[two, cell("tableCell", "3")]);
    let wide = with("tableCell", json!({"colspan": 2}), &[paragraph("wide")]);
    let code =
        |language: &str, code| with("codeBlock", json!({"language": language}), &[text(code)]);
    let media = json!({"type": "media", "attrs": {"type": "file", "id": "1", "alt": "a plan"}});
    let external = json!({"type": "media", "attrs": {"type": "external", "url": "https://a/b"}});
    let cases = [
        (
            with("heading", json!({"level": 2}), &[text("Goal")]),
            "## Goal",
        ),
        (
            with("heading", json!({"level": 9}), &[text("C #")]),
            "###### C \\#",
        ),
        (paragraph("plain"), "plain"),
        (
            node("bulletList", &[item("one"), nested.clone()]),
            "- one\n- two\n  - deep",
        ),
        (
            with(
                "orderedList",
                json!({"order": 9}),
                &[item("nine"), nested, long],
            ),
            "9. nine\n10. two\n    - deep\n11. one\n\n    more",
        ),
        (
            node(
                "taskList",
                &[
                    task(OPEN, "now"),
                    task("DONE", "then"),
                    node("taskList", &[task(OPEN, "sub")]),
                ],
            ),
            "- [ ] now\n- [x] then\n  - [ ] sub",
        ),
        (
            node("blockquote", &[paragraph("a"), paragraph("b")]),
            "> a\n>\n> b",
        ),
        (
            with("panel", json!({"panelType": "info"}), &[paragraph("note")]),
            "> note",
        ),
        (
            with("expand", json!({"title": "More"}), &[paragraph("in")]),
            "**More**\n\nin",
        ),
        (code("rust", "let a = 1;\n"), "```rust\nlet a = 1;\n```"),
        (code("x y`", "a\n````\nb"), "`````\na\n````\nb\n`````"),
        (json!({"type": "rule"}), "---"),
        (
            node("table", &[header, row]),
            "| a | b\\|c |\n| --- | --- |\n| 1<br>2 | 3 |",
        ),
        (
            node("table", &[node("tableRow", &[wide])]),
            "|  |  |\n| --- | --- |\n| wide |  |",
        ),
        (
            node("mediaSingle", &[media, node("caption", &[text("cap")])]),
            "[attachment] a plan\n\ncap",
        ),
        (
            node("mediaGroup", &[external.clone(), external]),
            "[attachment](https://a/b)\n[attachment](https://a/b)",
        ),
        (
            json!({"type": "blockCard", "attrs": {"url": "https://a/b"}}),
            "<https://a/b>",
        ),
        (
            with("strange", json!({"text": "own"}), &[paragraph("inside")]),
            "own\n\ninside",
        ),
        (node("strange", &[text("just text")]), "just text"),
        (json!({"type": "strange", "text": "own"}), "own"),
        (node("paragraph", &[]), ""),
        (json!({}), ""),
        (json!("word"), ""),
    ];
    for (block, expected) in cases {
        assert_eq!(markdown(&json!([block])), expected, "{block}");
    }
}

#[test]
fn inline_nodes_between_blocks_are_paragraphs() {
    let blocks = json!([paragraph("a"), {"type": "rule"}, text("b"), text("c"), paragraph("d")]);
    assert_eq!(markdown(&blocks), "a\n\n---\n\nbc\n\nd");
}

#[test]
fn markers_of_lists_do_not_form_a_rule() {
    let empty = node("listItem", &[]);
    let rule = json!({"type": "rule"});
    let inner = node("bulletList", &[empty, item("text")]);
    let middle = node("bulletList", &[node("listItem", &[inner])]);
    let outer = node("bulletList", &[node("listItem", &[middle])]);
    assert_eq!(markdown(&json!([outer])), "- - - text");
    let code = node("codeBlock", &[text("x")]);
    let task = with("blockTaskItem", json!({"state": "DONE"}), &[code]);
    let tasks = node("taskList", &[task]);
    assert_eq!(markdown(&json!([tasks])), "- [x]\n  ```\n  x\n  ```");
    let ruled = node(
        "bulletList",
        &[node("listItem", &[rule, paragraph("text")])],
    );
    assert_eq!(markdown(&json!([ruled])), "- ***\n\n  text");
}

#[test]
fn every_inline_node_has_its_form() {
    let attrs = |kind: &str, attrs: Value| json!({"type": kind, "attrs": attrs});
    let data = json!({"data": {"url": "https://a/b", "name": "A [page]"}});
    let cases = [
        (vec![marked("bold", &["strong"])], "**bold**"),
        (vec![marked("it", &["em"]), text("!")], "*it*!"),
        (
            vec![marked("all", &["strong", "em", "strike"])],
            "***~~all~~***",
        ),
        (
            vec![marked("gone ", &["strike"]), text("on")],
            "~~gone~~ on",
        ),
        (
            vec![marked("one ", &["strong"]), marked("two", &["strong"])],
            "**one two**",
        ),
        (vec![marked("under", &["underline", "textColor"])], "under"),
        (vec![marked("a_b*c", &["code"])], "`a_b*c`"),
        (vec![marked("`", &["code"])], "`` ` ``"),
        (vec![text("[a"), marked("]: b", &["code"])], "\\[a`]: b`"),
        (vec![marked("a``b", &["code", "strong"])], "**```a``b```**"),
        (
            vec![link("here", "https://a/b (c)")],
            "[here](https://a/b%20%28c%29)",
        ),
        (
            vec![text("Look!"), link("[x]", "/y")],
            "Look\\![\\[x\\]](/y)",
        ),
        (
            vec![link("https://a/b_c", "https://a/b_c")],
            "<https://a/b_c>",
        ),
        (
            vec![text("a"), attrs("hardBreak", json!({})), text("b")],
            "a  \nb",
        ),
        (
            vec![attrs("mention", json!({"id": "1", "text": "@Ada L"}))],
            "@Ada L",
        ),
        (
            vec![attrs("mention", json!({"id": "1", "text": "Ada"}))],
            "@Ada",
        ),
        (vec![attrs("mention", json!({"id": "5b10"}))], "@5b10"),
        (
            vec![attrs("emoji", json!({"shortName": ":ok:", "text": "👌"}))],
            "👌",
        ),
        (vec![attrs("emoji", json!({"shortName": ":ok:"}))], ":ok:"),
        (
            vec![attrs("date", json!({"timestamp": "1800000000000"}))],
            "2027-01-15",
        ),
        (vec![attrs("date", json!({"timestamp": "soon"}))], "soon"),
        (
            vec![attrs(
                "status",
                json!({"text": "IN REVIEW", "color": "red"}),
            )],
            "IN REVIEW",
        ),
        (
            vec![attrs("inlineCard", json!({"url": "https://a/b"}))],
            "<https://a/b>",
        ),
        (
            vec![attrs("inlineCard", data)],
            "[A \\[page\\]](https://a/b)",
        ),
        (
            vec![attrs("mediaInline", json!({"id": "1"}))],
            "[attachment]",
        ),
        (
            vec![attrs("placeholder", json!({"text": "type here"}))],
            "type here",
        ),
        (
            vec![attrs("inlineExtension", json!({"text": "macro"}))],
            "macro",
        ),
    ];
    for (inline, expected) in cases {
        let paragraph = node("paragraph", &inline);
        assert_eq!(markdown(&json!([paragraph])), expected, "{paragraph}");
    }
}

#[test]
fn text_does_not_become_markup() {
    let cases = [
        (
            "snake_case, 2 * 3, [draft] & more",
            "snake_case, 2 * 3, [draft] & more",
        ),
        ("C:\\path <3 a > b", "C:\\path <3 a > b"),
        ("*not bold* __init__", "\\*not bold\\* \\_\\_init\\_\\_"),
        ("use `code`", "use \\`code\\`"),
        ("[a](b) and [c]: d", "[a\\](b) and [c\\]: d"),
        ("<b> &amp; &x", "\\<b> \\&amp; &x"),
        ("~~no~~ ~5 ~ 6", "\\~\\~no\\~\\~ \\~5 ~ 6"),
        ("# one", "\\# one"),
        ("#hash", "#hash"),
        ("- one", "\\- one"),
        ("-1 degree", "-1 degree"),
        ("1. one", "1\\. one"),
        ("1.5 ways", "1.5 ways"),
        ("> quote", "\\> quote"),
        ("---", "\\---"),
        ("    indented", "indented"),
        ("one\n===", "one\n\\==="),
    ];
    for (plain, expected) in cases {
        assert_eq!(markdown(&json!([paragraph(plain)])), expected, "{plain}");
    }
}

/// Every text of a document in the order of the document.
fn texts<'a>(node: &'a Value, all: &mut Vec<&'a str>) {
    let attribute = |name| node["attrs"].get(name).and_then(Value::as_str);
    let kind = node["type"].as_str().unwrap_or_default();
    let own = match kind {
        "emoji" => attribute("text")
            .filter(|text| !text.is_empty())
            .or(attribute("shortName")),
        "hardBreak" | "date" => None,
        _ => node["text"].as_str().or(attribute("text")),
    };
    all.extend(own);
    all.extend(attribute("title").filter(|_| kind.ends_with("xpand")));
    all.extend(attribute("alt").filter(|_| kind.starts_with("media")));
    for child in node["content"].as_array().into_iter().flatten() {
        texts(child, all);
    }
}

/// Without space, which lines change.
fn dense(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The text that a reader of the Markdown sees.
fn rendered(markdown: &str) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let text = Parser::new_ext(markdown, options).map(|event| match event {
        Event::Text(text) | Event::Code(text) => text.into_string(),
        _ => String::new(),
    });
    text.collect()
}

/// Checks that a reader of the Markdown sees every text of the document, in order.
fn check(document: &Value) {
    let markdown = to_markdown(&document.to_string());
    let mut all = Vec::new();
    texts(document, &mut all);
    let seen = dense(&rendered(&markdown));
    let mut rest = &*seen;
    for text in all {
        let wanted = dense(text);
        let Some(position) = rest.find(&wanted) else {
            panic!("{text:?} is lost\n{document:#}\n{markdown}");
        };
        rest = rest.split_at(position + wanted.len()).1;
    }
}

/// The same random numbers in every run, so that a failure is not a matter of luck.
fn seeds() -> impl Iterator<Item = Random> {
    (1..=1_000_u64).map(|number| Random::new(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}

#[test]
fn no_text_is_lost() {
    for mut random in seeds() {
        check(&of_own_making(&mut random));
    }
}

#[test]
fn a_document_that_breaks_every_rule_gives_some_text() {
    for mut random in seeds() {
        let document = of_own_making(&mut random).to_string();
        drop(to_markdown(&document.replace("content", "attrs")));
        drop(to_markdown(&document.replace("\"text\"", "\"content\"")));
        let middle = document.floor_char_boundary(document.len() / 2);
        drop(to_markdown(document.split_at(middle).0));
    }
}

#[test]
fn no_text_of_the_official_schema_is_lost() {
    if !schemas::are_there("documents made from the official schema") {
        return;
    }
    let schema = schemas::adf().unwrap();
    let validator = jsonschema::draft4::new(&schema).unwrap();
    for random in seeds() {
        let schema = &schema;
        let document = FromSchema { schema, random }.document();
        let errors: Vec<_> = validator.iter_errors(&document).collect();
        assert!(errors.is_empty(), "{errors:?}\n{document:#}");
        check(&document);
    }
}

#[test]
fn a_document_of_many_nodes_ends_with_a_mark() {
    let empty = node("paragraph", &[]);
    let mut content = vec![empty; 200_000];
    content.push(paragraph("the end"));
    let markdown = markdown(&json!(content));
    assert!(markdown.contains("[cut: "), "{markdown}");
}
