//! `spec-kitty completions` and `spec-kitty man`.

use crate::support::Sandbox;

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
    assert!(page.contains("Exit codes"), "{page}");
    let answer = sandbox
        .run(&["man", "tracker", "bind", "--json"])
        .answer("spec-kitty.man/1");
    assert_eq!(answer["name"], "spec-kitty-tracker-bind.1");
    assert!(answer["page"].as_str().unwrap().contains("project\\-slug"));
    let error = sandbox.run(&["man", "trakcer", "--json"]).error(2, "none");
    assert_eq!(error["hint"], "did you mean tracker?");
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
