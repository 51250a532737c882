//! Tells each step as it happens: what for, what to type, what came of it.

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use super::stage::{Ended, Stage};
use crate::cli::code::Code;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::ui::Ui;
use crate::git::command::Git;
use crate::text::{sanitize, shell_word};

/// Tells, and remembers what it told.
#[derive(Debug)]
pub(super) struct Narrator<'a> {
    ui: &'a Ui,
    stage: &'a Stage,
    explanation: &'static str,
    explanations: usize,
    steps: Vec<Value>,
}

impl<'a> Narrator<'a> {
    /// One that has told nothing yet.
    pub(super) fn new(ui: &'a Ui, stage: &'a Stage) -> Self {
        Self {
            ui,
            stage,
            explanation: "",
            explanations: 0,
            steps: Vec::new(),
        }
    }

    /// Where it all happens.
    pub(super) fn stage(&self) -> &'a Stage {
        self.stage
    }

    /// Says in a line what the next commands are for.
    pub(super) fn explain(&mut self, line: &'static str) -> Result<(), Failure> {
        self.stage.check_interruption()?;
        self.explanation = line;
        self.explanations += 1;
        let number = format!("{:>2}.", self.explanations);
        let bold = Style::new().bold();
        self.tell(&format!("{} {line}", self.ui.paint(bold, &number)));
        Ok(())
    }

    /// Shows a command as a person would type it, and its output.
    pub(super) fn show(&mut self, typed: &str, output: &str) {
        let cyan = Style::new().fg_color(Some(AnsiColor::Cyan.into()));
        let mut told = format!("    {}\n", self.ui.paint(cyan, &format!("$ {typed}")));
        for line in sanitize(output).lines() {
            told.push_str("      ");
            told.push_str(&line.replace('\t', "  "));
            told.push('\n');
        }
        self.tell(&told);
        self.steps.push(json!({
            "explanation": self.explanation,
            "command": typed,
            "output": output,
        }));
    }

    /// Runs a command of this program, which must succeed.
    pub(super) fn run(&mut self, arguments: &[&str]) -> Result<Ended, Failure> {
        self.run_to(arguments, ExitCode::Ok)
    }

    /// Runs a command of this program, which must end with this code.
    pub(super) fn run_to(&mut self, arguments: &[&str], code: ExitCode) -> Result<Ended, Failure> {
        let ended = self.stage.run(arguments, "")?;
        self.show_run(arguments, ended, code)
    }

    /// Shows a command that was run, with these arguments or with some that a person need not type.
    pub(super) fn show_run(
        &mut self,
        arguments: &[&str],
        ended: Ended,
        code: ExitCode,
    ) -> Result<Ended, Failure> {
        self.stage.check_interruption()?;
        let typed = command_line("spec-kitty", arguments);
        if ended.code != Some(code.number().into()) {
            return Err(failed(&typed).cause(ended.stderr.trim()));
        }
        let output = format!("{}{}", ended.stdout, ended.stderr);
        self.show(&typed, &output);
        Ok(ended)
    }

    /// Runs git in the project.
    pub(super) fn git(&mut self, arguments: &[&str]) -> Result<(), Failure> {
        self.stage.check_interruption()?;
        let world = self.stage.world();
        let output = Git::in_directory(world, world.directory()).run(arguments)?;
        let typed = command_line("git", arguments);
        self.show(&typed, &String::from_utf8_lossy(&output));
        Ok(())
    }

    /// What was told: each step's explanation, command and output.
    pub(super) fn into_steps(self) -> Vec<Value> {
        self.steps
    }

    /// At once, so that a person can read along; with `--json` the document tells it at the end.
    fn tell(&self, text: &str) {
        if !self.ui.json() {
            self.ui.answer(text);
        }
    }
}

/// A step that did not come out as it should.
pub(super) fn failed(typed: &str) -> Failure {
    let message = format!("the demo's step did not work: {typed}");
    Failure::new(Code::DemoFailed, message)
        .hint("run: spec-kitty demo --keep demo, and look into the folder")
}

fn command_line(program: &str, arguments: &[&str]) -> String {
    arguments.iter().fold(program.to_owned(), |line, argument| {
        line + " " + &shell_word(argument)
    })
}
