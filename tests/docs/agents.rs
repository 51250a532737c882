//! `docs/agents.md` and `docs/skill.md` say what the program says.

use serde_json::Value;

use crate::support::{Agent, Sandbox, repository, words_of};

/// The text between `<!-- made: NAME -->` and `<!-- end -->` is replaced.
fn with_block(document: &str, name: &str, rows: &[String]) -> String {
    let begin = format!("<!-- made: {name} -->\n");
    let (before, rest) = document.split_once(&begin).expect(name);
    let (_, after) = rest.split_once("<!-- end -->").expect(name);
    format!("{before}{begin}{}<!-- end -->{after}", rows.concat())
}

fn table(heading: &str, rows: impl Iterator<Item = String>) -> Vec<String> {
    let columns = heading.matches('|').count() - 1;
    let head = format!("{heading}\n|{}\n", " --- |".repeat(columns));
    std::iter::once(head).chain(rows).collect()
}

/// The commands of an agent: those of the control plane are for its host.
fn commands(sandbox: &Sandbox) -> Vec<String> {
    let answer = sandbox.run(&["commands", "--json"]).succeeds().json();
    let listed = answer["commands"].as_array().unwrap().clone().into_iter();
    let rows = listed.filter_map(|command| {
        let path = words_of(&command).join(" ");
        let exits = command["exit_codes"].as_array().unwrap().iter();
        let exits: Vec<_> = exits.map(Value::to_string).collect();
        (!path.is_empty() && !path.starts_with("admin")).then(|| {
            format!(
                "| `{path}` | {} | `{}` | {} |\n",
                command["about"].as_str().unwrap(),
                command["schema"].as_str().unwrap(),
                exits.join(", ")
            )
        })
    });
    table("| command | does | document | exit codes |", rows)
}

fn tools(sandbox: &Sandbox) -> Vec<String> {
    let tools = Agent::ready(sandbox).tools().into_iter();
    let rows = tools.map(|tool| {
        let arguments = tool["inputSchema"]["properties"]
            .as_object()
            .unwrap()
            .keys();
        let required = tool["inputSchema"]["required"].as_array().cloned();
        let required = required.unwrap_or_default();
        let arguments: Vec<_> = arguments
            .map(|name| {
                if required.contains(&Value::from(name.as_str())) {
                    format!("`{name}`")
                } else {
                    format!("`[{name}]`")
                }
            })
            .collect();
        let document = &tool["outputSchema"]["anyOf"][0]["properties"]["schema"]["const"];
        let writes = tool["annotations"]["readOnlyHint"] == false;
        format!(
            "| `{}` | {} | {} | `{}` | {} |\n",
            tool["name"].as_str().unwrap(),
            tool["description"].as_str().unwrap(),
            arguments.join(" "),
            document.as_str().unwrap(),
            if writes { "yes" } else { "no" },
        )
    });
    table("| tool | does | arguments | document | writes |", rows)
}

fn exits() -> Vec<String> {
    let codes = spec_kitty::ExitCode::ALL.into_iter();
    let rows = codes.map(|code| format!("| {} | {} |\n", code.number(), code.meaning()));
    table("| exit | meaning |", rows)
}

/// The file is this text, or becomes it.
fn assert_made(path: &str, text: &str) {
    if std::env::var_os("RENEW_SNAPSHOTS").is_some() {
        std::fs::write(repository::path(path), text).unwrap();
    }
    let kept = std::fs::read_to_string(repository::path(path)).unwrap_or_default();
    assert!(
        kept == text,
        "{path} differs from the program: `just renew`"
    );
}

#[test]
fn the_tables_for_agents_are_what_the_program_says() {
    let sandbox = Sandbox::with_project();
    let document = repository::read("docs/agents.md");
    let document = with_block(&document, "commands", &commands(&sandbox));
    let document = with_block(&document, "tools", &tools(&sandbox));
    assert_made("docs/agents.md", &with_block(&document, "exits", &exits()));
}

#[test]
fn the_skill_file_is_what_the_program_prints() {
    let sandbox = Sandbox::new();
    let text = sandbox.run(&["skill"]).succeeds().stdout;
    assert_made("docs/skill.md", &text);
    let mut parts = text.splitn(3, "---\n");
    assert_eq!(parts.next(), Some(""));
    let front = parts.next().unwrap();
    let keys: Vec<_> = front
        .lines()
        .map(|line| line.split_once(": ").unwrap().0)
        .collect();
    assert_eq!(keys, ["name", "description"]);
    let answer = sandbox
        .run(&["skill", "--json"])
        .answer("spec-kitty.skill/1");
    assert_eq!(answer["text"], text);
    assert_eq!(answer["name"], "spec-kitty");
}

/// The server that the configuration names starts.
#[test]
fn the_configuration_for_clients_works() {
    let document = repository::read("docs/agents.md");
    let (_, rest) = document.split_once("```json\n").unwrap();
    let (configuration, _) = rest.split_once("```").unwrap();
    let configuration: Value = serde_json::from_str(configuration).unwrap();
    let server = &configuration["mcpServers"]["spec-kitty"];
    assert_eq!(server["command"], "spec-kitty");
    let arguments = server["args"].as_array().unwrap().iter();
    let arguments: Vec<_> = arguments.map(|it| it.as_str().unwrap()).collect();
    let sandbox = Sandbox::with_project();
    sandbox.run(&arguments).succeeds();
}
