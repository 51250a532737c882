//! `spec-kitty tracker bind`.

use clap::builder::{PossibleValue, PossibleValuesParser};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::cli::document::Document;
use crate::cli::{Code, CommandResult, Context, Failure, Hint, Outcome, ask, progress};
use crate::project::Project;
use crate::project::config::CONFIG_FILE;
use crate::text::one_line;
use crate::tracker::binding::{self, TrackerBinding};
use crate::tracker::control_plane_client::{ControlPlaneClient, TrackerError};
use crate::warning::{Warning, WarningCode};
use crate::wire::Provider;

/// Arguments of `tracker bind`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Tracker of the tickets
    #[arg(long, value_name = "PROVIDER", value_parser = provider_argument(), ignore_case = true)]
    provider: String,
    /// Name of the project on the control plane
    #[arg(long, value_name = "SLUG", value_parser = project_slug)]
    project_slug: String,
    /// Replace another binding without asking
    #[arg(short, long)]
    yes: bool,
    /// Do not ask the server whether it knows the project
    #[arg(long)]
    no_check: bool,
}

/// The project's tracker.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TrackerBind {
    provider: Provider,
    /// The project's name on the server.
    project_slug: String,
    /// The file that holds the binding.
    config_file: &'static str,
    /// Whether the file changed.
    changed: bool,
    /// The binding that this one replaced.
    replaced: Option<Replaced>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Replaced {
    provider: String,
    project_slug: Option<String>,
    binding_ref: Option<String>,
    display_label: Option<String>,
}

impl Document for TrackerBind {
    const SCHEMA: &'static str = "spec-kitty.tracker-bind/1";
}

/// The supported providers. The local trackers of other versions are recognised, so that the answer
/// can say more than that they are unknown.
fn provider_argument() -> PossibleValuesParser {
    let supported = Provider::ALL.map(|provider| PossibleValue::new(provider.as_str()));
    let local = ["beads", "fp"].map(|name| PossibleValue::new(name).hide(true));
    PossibleValuesParser::new(supported.into_iter().chain(local))
}

/// Writes the `tracker` block of `.kittify/config.yaml`, after a question if it replaces another
/// binding. A project that the server does not know is refused; a server that does not answer is
/// not needed.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    context.phase.start_reading();
    let provider: Provider = arguments.provider.to_ascii_lowercase().parse()?;
    let project_slug = &arguments.project_slug;
    let world = &context.world;
    let project = Project::open(world)?;
    let before = binding::recorded(&project.root)?;
    binding::rehearse_bind(&project.root, provider, project_slug)?;
    let replaced = before.filter(|binding| !binding.is(provider, project_slug));
    let unchecked = if arguments.no_check {
        None
    } else {
        check(context, provider, project_slug)?
    };
    if let Some(replaced) = &replaced {
        confirm(context, replaced, &arguments, provider)?;
    }
    context.phase.start_writing();
    let shared = project.shared_directory();
    let changed = binding::bind(world, &project.root, &shared, provider, project_slug)?;
    if let Some(replaced) = &replaced {
        context.ui.say(&format!("replaced {}", describe(replaced)));
    }
    let name = one_line(project_slug);
    let title = provider.title();
    let text = match (context.ui.stdout_is_terminal(), changed) {
        (false, _) => format!("{provider}\t{name}\n"),
        (true, true) => format!(
            "Bound this project to {title} project {name} in {CONFIG_FILE}.\n\
             Next: spec-kitty tracker search-origin QUERY"
        ),
        (true, false) => format!("This project is already bound to {title} project {name}."),
    };
    let answer = TrackerBind {
        provider,
        project_slug: project_slug.clone(),
        config_file: CONFIG_FILE,
        changed,
        replaced: replaced.as_ref().map(document),
    };
    Ok(Outcome::new(answer, text).warn(unchecked))
}

/// Refuses a project that the server does not map. Returns a warning if the server gave no answer.
fn check(context: &Context, provider: Provider, slug: &str) -> Result<Option<Warning>, Failure> {
    let asked = context.session().map(|session| {
        let client = ControlPlaneClient::new(session);
        let ask = || client.mapping(provider, ("project_slug", slug));
        let mapped = progress::during(&context.ui, "Asking the server", ask);
        (mapped, client.session().server().to_string())
    });
    let name = one_line(slug);
    let (mapped, server) = match asked {
        Ok(asked) => asked,
        Err(failure) if failure.code == Code::Usage => return Err(failure),
        Err(failure) => return Ok(Some(not_checked(&name, &failure))),
    };
    match mapped {
        Ok(Some(_)) => Ok(None),
        Ok(None) => {
            let message = format!("{server} has no {} project {name}", provider.title());
            let hint = format!("check --project-slug, or map the project at {server}");
            Err(Failure::new(Code::NotFound, message)
                .hint(hint)
                .detail("server_code", NO_MAPPING))
        }
        Err(TrackerError::Refused(refusal)) if refusal.code.as_deref() == Some(NO_MAPPING) => {
            Err((*refusal).into())
        }
        Err(error) if error.is_unsupported() => {
            let why = "the server cannot answer that";
            let message = format!("project {name} was not checked: {why}");
            Ok(Some(Warning::new(WarningCode::NotChecked, message)))
        }
        Err(error) => Ok(Some(not_checked(&name, &error.into()))),
    }
}

const NO_MAPPING: &str = "no_mapping";

fn not_checked(project: &str, why: &Failure) -> Warning {
    let why = one_line(&why.reason());
    let message = format!("project {project} was not checked: {why}");
    Warning::new(WarningCode::NotChecked, message)
}

/// Asks before another binding is replaced.
fn confirm(
    context: &Context,
    replaced: &TrackerBinding,
    arguments: &Arguments,
    provider: Provider,
) -> Result<(), Failure> {
    if arguments.yes {
        return Ok(());
    }
    let bound = describe(replaced);
    if !context.ui.may_ask() {
        let message = format!("this project is bound to {bound}; confirm to replace it");
        let command = context.typed.confirming(None);
        return Err(Failure::new(Code::InputRequired, message)
            .hint(Hint::run(&command))
            .detail("bound", json!(document(replaced)))
            .detail("confirm_command", command));
    }
    let (title, slug) = (provider.title(), &arguments.project_slug);
    let question = format!("Replace {bound} by {title} project {slug}?");
    let confirmed = ask::confirm(context, &question)?;
    let declined = || Failure::new(Code::NotConfirmed, "not confirmed; nothing was changed");
    confirmed.then_some(()).ok_or_else(declined)
}

/// `Linear project web`.
fn describe(binding: &TrackerBinding) -> String {
    let tracker = match binding.origin_provider() {
        Ok(provider) => provider.title(),
        Err(_) => &binding.provider,
    };
    let text = match binding.project() {
        Some(project) => format!("{tracker} project {project}"),
        None => format!("{tracker} without a project"),
    };
    one_line(&text)
}

fn document(binding: &TrackerBinding) -> Replaced {
    let TrackerBinding {
        provider,
        project_slug,
        binding_ref,
        display_label,
        ..
    } = binding.clone();
    Replaced {
        provider,
        project_slug,
        binding_ref,
        display_label,
    }
}

/// A name that fits on one line of a file and of an answer.
pub(crate) fn project_slug(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        return Err("must not be empty");
    }
    if one_line(text) != text {
        return Err("must be one line without control characters");
    }
    Ok(text.to_owned())
}
