//! Questions on the terminal. Whoever asks has made sure that it may ([`super::ui::Ui::may_ask`]).

use dialoguer::console::Term;
use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, Password};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::exit_code::ExitCode;
use super::failure::Failure;
use super::ui::Ui;
use crate::secret::Secret;
use crate::text::one_line;
use crate::world::World;

/// A line of text that is not empty.
pub fn text(world: &World, prompt: &str) -> Result<String, Failure> {
    let input = Input::<String>::new().with_prompt(prompt);
    let answer = world.ask(|| input.interact_text());
    answer
        .map(|text| text.trim().to_owned())
        .map_err(unanswered)
}

/// A line that is not shown while it is typed.
pub fn password(world: &World, prompt: &str) -> Result<Secret, Failure> {
    let input = Password::new().with_prompt(prompt);
    let answer = world.ask(|| input.interact());
    answer.map(Secret::new).map_err(unanswered)
}

/// Yes or no; No is what Enter gives. The question may name things from outside.
pub fn confirm(world: &World, question: &str) -> Result<bool, Failure> {
    let theme = ColorfulTheme::default();
    let asked = Confirm::with_theme(&theme)
        .with_prompt(one_line(question))
        .default(false);
    world.ask(|| asked.interact()).map_err(unanswered)
}

/// A terminal that went away, or a person who gave up.
pub fn unanswered(error: dialoguer::Error) -> Failure {
    let dialoguer::Error::IO(error) = error;
    if error.kind() == std::io::ErrorKind::Interrupted {
        return Failure::new("interrupted", ExitCode::Interrupted, "interrupted");
    }
    Failure::new(
        "input_required",
        ExitCode::InputRequired,
        "nothing was answered",
    )
    .cause(error.to_string())
}

/// How the terminal was before anything was asked. A question that is cut off cannot put back
/// itself that typing is shown, and the cursor.
#[derive(Debug)]
pub struct TerminalSettings(Termios);

impl TerminalSettings {
    /// Reads them; `None` where there is no terminal to ask on.
    pub fn read(ui: &Ui) -> Option<Self> {
        let settings = ui.may_ask().then(|| tcgetattr(std::io::stdin()));
        settings?.ok().map(Self)
    }

    /// Puts them back, as far as that can be done.
    pub fn restore(&self) {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0);
        drop(Term::stderr().show_cursor());
    }
}
