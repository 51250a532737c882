//! `spec-kitty completions` and `spec-kitty man`.

use crate::help::commands;
use crate::support::{Sandbox, repository};

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

/// Mutation check: with version 4.6 of `clap_complete`, which looks for the commands of
/// `spec-kitty` under another name than it gives them, this test fails.
#[test]
fn bash_completes_behind_commands() {
    let sandbox = Sandbox::new();
    let script = sandbox.run(&["completions", "bash"]).succeeds().stdout;
    sandbox.write("script", script);
    let asking = r#"
        source ./script
        function=$(complete -p spec-kitty) function=${function##*-F } function=${function%% *}
        ask() {
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
            "$function" spec-kitty "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            echo "${COMPREPLY[*]}"
        }
        ask spec-kitty tr
        ask spec-kitty tracker bi
        ask spec-kitty specify --from
        ask spec-kitty admin user a
    "#;
    let output = sandbox.program("bash", &["-c", asking]).output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "tracker\nbind bind-origin\n--from-ticket\nadd\n"
    );
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
