//! Prints each step of the demo: an explanation, the commands and their output.

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;

use super::stage::Stage;
use crate::cli::{Code, ExitCode, Failure, Ui};
use crate::git::command::Git;
use crate::text::sanitize;

/// Prints the steps, and collects them for the JSON document.
#[derive(Debug)]
pub(super) struct Narrator<'a> {
    ui: &'a Ui,
    stage: &'a Stage,
    explanation: &'static str,
    explanations: usize,
    pub steps: Vec<Step>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Step {
    explanation: &'static str,
    command: String,
    output: String,
}

impl<'a> Narrator<'a> {
    pub(super) fn new(ui: &'a Ui, stage: &'a Stage) -> Self {
        Self {
            ui,
            stage,
            explanation: "",
            explanations: 0,
            steps: Vec::new(),
        }
    }

    pub(super) fn stage(&self) -> &'a Stage {
        self.stage
    }

    /// Prints what the next commands are for.
    pub(super) fn explain(&mut self, line: &'static str) -> Result<(), Failure> {
        self.stage.check_interruption()?;
        self.explanation = line;
        self.explanations += 1;
        let number = format!("{:>2}.", self.explanations);
        let bold = Style::new().bold();
        let number = self.ui.paint(bold, &number);
        self.ui.answer(&format!("{number} {line}"));
        Ok(())
    }

    /// Prints a command, as a user would type it, and its output.
    pub(super) fn show(&mut self, command: &str, output: &str) {
        let cyan = Style::new().fg_color(Some(AnsiColor::Cyan.into()));
        let mut text = format!("    {}\n", self.ui.paint(cyan, &format!("$ {command}")));
        for line in sanitize(output).lines() {
            text.push_str("      ");
            text.push_str(&line.replace('\t', "  "));
            text.push('\n');
        }
        self.ui.answer(&text);
        self.steps.push(Step {
            explanation: self.explanation,
            command: command.to_owned(),
            output: output.to_owned(),
        });
    }

    /// Runs and shows a command of this program, which must succeed. `arguments` are written as a
    /// user would type them.
    pub(super) fn run(&mut self, arguments: &str) -> Result<(), Failure> {
        self.run_to(arguments, ExitCode::Ok)
    }

    /// The same for a command that must end with this exit code.
    pub(super) fn run_to(&mut self, arguments: &str, code: ExitCode) -> Result<(), Failure> {
        self.run_with_input(arguments, "", "", code)
    }

    /// The same with further arguments that are not shown, and standard input.
    pub(super) fn run_with_input(
        &mut self,
        arguments: &str,
        hidden: &str,
        input: &str,
        code: ExitCode,
    ) -> Result<(), Failure> {
        let all = [words(arguments), words(hidden)].concat();
        let ended = self.stage.run(&all, input)?;
        self.stage.check_interruption()?;
        let command = format!("spec-kitty {arguments}");
        let stdout = String::from_utf8_lossy(&ended.stdout);
        let stderr = String::from_utf8_lossy(&ended.stderr);
        if ended.status.code() != Some(code.number().into()) {
            return Err(failed(&command).cause(stderr.trim()));
        }
        self.show(&command, &format!("{stdout}{stderr}"));
        Ok(())
    }

    /// Runs and shows git in the project.
    pub(super) fn git(&mut self, arguments: &str) -> Result<(), Failure> {
        self.stage.check_interruption()?;
        let world = self.stage.world();
        let output = Git::in_directory(world, world.directory()).run(words(arguments))?;
        let output = String::from_utf8_lossy(&output);
        self.show(&format!("git {arguments}"), &output);
        Ok(())
    }
}

/// Splits a command line at spaces, except between single quotes.
fn words(line: &str) -> Vec<&str> {
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    });
    words.collect()
}

pub(super) fn failed(command: &str) -> Failure {
    let message = format!("a step of the demo failed: {command}");
    Failure::new(Code::DemoFailed, message)
        .hint("run: spec-kitty demo --keep demo, and look into the folder")
}
