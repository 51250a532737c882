//! `spec-kitty completions` and `spec-kitty man`.

use std::fs;
use std::path::Path;

use crate::help::commands;
use crate::support::{Sandbox, Server, binary, finish, repository};

#[test]
fn every_shell_has_a_script_that_knows_the_commands() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let text = sandbox.run(&["completions", shell]).succeeds().stdout;
        assert!(text.contains("unbind"), "{shell}");
        let answer = sandbox
            .run(&["completions", shell, "--json"])
            .answer("spec-kitty.completions/1");
        assert_eq!(answer["shell"], shell);
        assert_eq!(
            answer["script"].as_str().unwrap().trim_end(),
            text.trim_end()
        );
    }
    let error = sandbox
        .run(&["completions", "zsg", "--json"])
        .error(2, "none");
    assert!(error["hint"].as_str().unwrap().contains("zsh"), "{error}");
}

#[test]
fn bash_accepts_its_script() {
    let sandbox = Sandbox::new();
    let script = sandbox.run(&["completions", "bash"]).succeeds().stdout;
    sandbox.write("script", script);
    let mut bash = sandbox.program("bash", &["-n", "script"]);
    assert!(bash.status().unwrap().success());
}

/// Two missions, one of them for a ticket.
fn project() -> (Server, Sandbox) {
    let server = Server::with_ticket("WEB-123", "Login page");
    let mut sandbox = Sandbox::ready(&server);
    let start = ["specify", "--from-ticket", "WEB-123", "--yes"];
    sandbox.run(&start).succeeds();
    server.forget();
    let folder = Path::new(binary()).parent().unwrap().to_str().unwrap();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    sandbox.set("PATH", path);
    (server, sandbox)
}

/// Command lines of which the last word is completed, and what it can become.
const COMPLETED: [(&[&str], &[&str]); 14] = [
    (&["tr"], &["tracker"]),
    (&["tracker", "bi"], &["bind", "bind-origin"]),
    (&["specify", "--from"], &["--from-ticket"]),
    (&["admin", "user", "a"], &["add"]),
    (&["mission", "show", ""], &["060-search", "061-web-123"]),
    (&["mission", "show", "06"], &["060-search", "061-web-123"]),
    (&["mission", "open", "we"], &["web-123"]),
    (
        &["tracker", "bind-origin", "--mission", "061"],
        &["061-web-123"],
    ),
    (&["tracker", "bind-origin", "--key", ""], &["WEB-123"]),
    (&["specify", "--from-ticket", "WEB"], &["WEB-123"]),
    (&["specify", "--from-ticket", "web-"], &["web-123"]),
    (&["tracker", "bind", "--provider", ""], &["jira", "linear"]),
    (&["-C", "..", "mission", "show", "0"], &[]),
    // A type, not a mission.
    (
        &["agent", "feature", "create-feature", "x", "--mission", "0"],
        &[],
    ),
];

#[test]
fn bash_completes_commands_missions_tickets_and_trackers() {
    let (server, sandbox) = project();
    let script = sandbox.run(&["completions", "bash"]).succeeds().stdout;
    sandbox.write("script", script);
    let asking = r#"
        source ./script
        function=$(complete -p spec-kitty) function=${function##*-F } function=${function%% *}
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        "$function" spec-kitty "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    for (words, expected) in COMPLETED {
        // The first word after the script is `$0`.
        let call = [&["-c", asking, "bash", "spec-kitty"], words].concat();
        let output = sandbox.program("bash", &call).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        // Where a flag is possible too, it comes after the values.
        let found = stdout.split_whitespace();
        let found: Vec<_> = found.take_while(|word| *word != "--refresh").collect();
        assert_eq!(found, expected, "{words:?}");
    }
    assert!(server.requests().is_empty());
}

/// The answers that the scripts of the other shells ask for, in the form of each.
#[test]
fn zsh_and_fish_get_titles_too() {
    let (_server, sandbox) = project();
    let ask = |shell: &str, words: &[&str]| {
        let call = [&["--", "spec-kitty"], words].concat();
        let mut command = sandbox.command(&call);
        command.env("COMPLETE", shell).env("_CLAP_IFS", "\n");
        command.env("_CLAP_COMPLETE_INDEX", words.len().to_string());
        finish(command, b"").succeeds().stdout
    };
    let show = ["mission", "show", "061"];
    assert_eq!(ask("fish", &show).trim_end(), "061-web-123\tLogin page");
    assert_eq!(ask("zsh", &show).trim_end(), "061-web-123:Login page");
    let mut unknown = sandbox.command(&["--", "spec-kitty", ""]);
    unknown.env("COMPLETE", "no-such-shell");
    let output = finish(unknown, b"").exits(2);
    assert!(output.stderr.contains("no-such-shell"), "{output:?}");
}

/// The installed line of each shell that this machine has.
#[test]
fn the_other_shells_accept_their_scripts_if_they_are_here() {
    let (_server, sandbox) = project();
    let lines = [
        (
            "fish",
            "spec-kitty completions fish | source; complete -C 'spec-kitty mission show 061'",
        ),
        (
            "zsh",
            "autoload compinit; compinit -u; source <(spec-kitty completions zsh); echo ok",
        ),
    ];
    for (shell, line) in lines {
        match sandbox.program(shell, &["-c", line]).output() {
            Err(_) => println!("SKIPPED: there is no {shell} here"),
            Ok(output) => {
                let stdout = String::from_utf8(output.stdout).unwrap();
                assert!(
                    output.status.success() && !stdout.is_empty(),
                    "{shell}: {stdout}"
                );
            }
        }
    }
}

/// The line of the README is put into a new home, and a shell started there knows the command.
#[test]
fn the_line_of_the_readme_installs_the_completion() {
    let (_server, sandbox) = project();
    let readme = repository::read("README.md");
    fs::create_dir_all(sandbox.root().join("home/.config/fish")).unwrap();
    for (shell, check, expected) in [
        (
            "bash",
            "complete -p spec-kitty",
            "_clap_complete_spec_kitty",
        ),
        (
            "zsh",
            "echo $_comps[spec-kitty]",
            "_clap_dynamic_completer_spec_kitty",
        ),
        (
            "fish",
            "complete -C 'spec-kitty mission show 061'",
            "061-web-123",
        ),
    ] {
        let call = format!("spec-kitty completions {shell}");
        let mut lines = readme.lines().filter_map(|line| line.strip_prefix("$ "));
        let line = lines.find(|line| line.contains(&call)).unwrap();
        sandbox.run_line(line).succeeds();
        match sandbox.program(shell, &["-i", "-c", check]).output() {
            Err(_) => println!("SKIPPED: there is no {shell} here"),
            Ok(output) => {
                let stdout = String::from_utf8(output.stdout).unwrap();
                assert!(stdout.contains(expected), "{shell}: {stdout:?}");
            }
        }
    }
}

#[test]
fn a_variable_of_that_name_can_be_switched_off() {
    let mut sandbox = Sandbox::with_project();
    for off in ["", "0"] {
        sandbox.set("COMPLETE", off);
        let list = sandbox.run(&["mission", "list"]).succeeds().stdout;
        assert!(list.contains("060-search"), "{list}");
    }
}

#[test]
fn every_command_has_a_page() {
    let sandbox = Sandbox::new();
    let page = sandbox.run(&["man"]).succeeds().stdout;
    assert!(page.contains(".TH spec-kitty 1"), "{page}");
    let answer = sandbox
        .run(&["man", "tracker", "bind", "--json"])
        .answer("spec-kitty.man/1");
    assert_eq!(answer["name"], "spec-kitty-tracker-bind.1");
    assert!(answer["page"].as_str().unwrap().contains("project\\-slug"));
    let error = sandbox.run(&["man", "trakcer", "--json"]).error(2, "none");
    assert_eq!(error["hint"], "did you mean tracker?");
}

#[test]
fn every_page_has_the_usual_sections_and_a_version() {
    let sandbox = Sandbox::new();
    let version = env!("CARGO_PKG_VERSION");
    for command in commands() {
        let words = [&["man".to_owned()], &command[..]].concat();
        let page = sandbox.run(&words).succeeds().stdout;
        let (title, _) = page.split_once(".SH").unwrap();
        assert!(title.contains(version), "{command:?}: {title}");
        let sections: Vec<_> = page
            .lines()
            .filter_map(|line| line.strip_prefix(".SH "))
            .collect();
        let last = [
            "EXAMPLES",
            "\"EXIT STATUS\"",
            "ENVIRONMENT",
            "FILES",
            "\"SEE ALSO\"",
        ];
        assert!(sections.ends_with(&last), "{command:?}: {sections:?}");
        for name in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"] {
            assert!(sections.contains(&name), "{command:?}: no {name}");
        }
    }
    let page = sandbox.run(&["man", "tracker", "bind"]).succeeds().stdout;
    let first = "\nspec\\-kitty tracker bind \\-\\-provider linear \\-\\-project\\-slug web\n";
    assert!(page.contains(first), "{page}");
    assert!(page.contains("spec\\-kitty\\-tracker(1), "), "{page}");
    // Also the arguments that the short help leaves out have a text.
    assert!(page.contains("Never prompt"), "{page}");
}

/// The variables are documented ones.
#[test]
fn the_pages_name_documented_variables() {
    let page = Sandbox::new().run(&["man"]).succeeds().stdout;
    let (_, environment) = page.split_once(".SH ENVIRONMENT").unwrap();
    let (environment, _) = environment.split_once(".SH FILES").unwrap();
    let document = repository::read("docs/environment.md");
    let mut names = environment
        .lines()
        .filter_map(|line| line.strip_prefix("\\fB"));
    assert!(names.clone().count() > 3);
    assert!(names.all(|name| document.contains(name.trim_end_matches("\\fR"))));
}

#[test]
fn the_version_is_a_document_too() {
    let sandbox = Sandbox::new();
    for arguments in [["--version", "--json"], ["--json", "-V"]] {
        let answer = sandbox.run(&arguments).answer("spec-kitty.help/1");
        assert_eq!(answer["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(
            answer["text"],
            format!("spec-kitty {}\n", env!("CARGO_PKG_VERSION"))
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["completions", "bash"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command.stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{output:?}");
}
