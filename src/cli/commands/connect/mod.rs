//! `spec-kitty connect`: one laptop, one key. Maps and binds this repository to a live tracker through
//! the personal control plane.

mod checks;
mod choice;

use schemars::JsonSchema;
use serde::Serialize;

use self::choice::choose;
use crate::cli::commands::init;
use crate::cli::document::Document;
use crate::cli::ticket_arguments::provider_argument;
use crate::cli::{
    Code, CommandResult, CommitArguments, Context, Effect, Failure, Hint, Outcome, ask, progress,
};
use crate::control_plane::{
    Administration, ControlPlaneError, CredentialSource, NewConnection, ProbedConnection,
    default_data_directory, probe,
};
use crate::git::commit::PathState;
use crate::mission::commit::{CommitOptions, CommitOutcome, CommitPolicy, commit_files};
use crate::project::Project;
use crate::project::config::{self, CONFIG_FILE};
use crate::secret::Secret;
use crate::settings::server::set_server;
use crate::text::one_line;
use crate::tracker::binding;
use crate::wire::Provider;

/// Arguments of `connect`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Tracker of the tickets
    #[arg(value_parser = provider_argument(), ignore_case = true)]
    provider: Provider,
    /// Jira site, or GraphQL endpoint of Linear [default for Linear: its own]
    #[arg(long)]
    url: Option<String>,
    /// E-mail address of a Jira Cloud account; without it, the token is a personal access token
    #[arg(long, value_name = "EMAIL")]
    user: Option<String>,
    /// Read the token from standard input instead of asking
    #[arg(long)]
    token_stdin: bool,
    /// Key of the Linear team or Jira project [default: ask]
    #[arg(long, value_name = "KEY")]
    resource: Option<String>,
    /// Name of the connection [default: the tracker]
    #[arg(long)]
    name: Option<String>,
    /// Name of this project on the control plane [default: the repository's name]
    #[arg(long, value_name = "SLUG")]
    project_slug: Option<String>,
    /// Replace another binding of this repository without asking
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    commit: CommitArguments,
}

/// A repository with tickets of a live tracker.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Connect {
    /// The name of the connection.
    connection: String,
    provider: Provider,
    /// The name of the account that the key belongs to.
    account: String,
    resource: Connected,
    /// The project's name on the personal control plane.
    project_slug: String,
    /// Always `local`.
    server: &'static str,
    /// The commit of `.kittify/config.yaml`.
    commit: Option<String>,
    /// The command that starts a mission.
    next_step: String,
}

/// A Linear team or a Jira project.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Resource")]
struct Connected {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    key: String,
    name: String,
}

impl Document for Connect {
    const SCHEMA: &'static str = "spec-kitty.connect/1";
}

/// Everything that can be refused is refused before anything is written. Then the control plane comes
/// first, and the files of the repository second.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    context.phase.start_reading();
    context.require_home()?;
    checks::server(context)?;
    init::check(&context.world)?;
    let project = Project::open_to_commit(&context.world)?;
    let policy = arguments.commit.policy();
    if policy != CommitPolicy::Never {
        project.require_commits(&context.world)?;
    }
    let bound = binding::recorded(&project.root)?;
    let slug = checks::project_slug(&project, bound.as_ref(), &arguments)?;
    binding::rehearse_bind(&project.root, arguments.provider, &slug)?;
    let probed = probed(context, &arguments)?;
    let mapped = checks::mapping(context, &slug)?;
    let is_own = bound
        .as_ref()
        .is_some_and(|it| it.is(arguments.provider, &slug));
    let own = mapped.as_ref().filter(|_| is_own);
    let resource = choose(context, &arguments, &probed, own)?;
    checks::replaced(
        context,
        &arguments,
        bound.as_ref(),
        (&slug, mapped.as_ref()),
        &resource,
    )?;
    context.phase.start_writing();
    let data = default_data_directory(&context.world);
    let store = Administration::open(&context.world, &data)?;
    let connected = store.connect(&probed, &slug, &resource);
    connected.map_err(refused)?;
    store.close();
    let place = format!("{} {}", checks::kind(arguments.provider), resource.key);
    let commit = write(context, &project, &arguments, &slug, &place)
        .map_err(|failure| failure.effect(Effect::Applied))?;
    let next = format!("spec-kitty specify --from-ticket {}-123", resource.key);
    let answer = Connect {
        connection: probed.name().to_owned(),
        provider: arguments.provider,
        account: probed.account.name.clone(),
        resource: Connected {
            kind: arguments.provider.resource_type(),
            id: resource.id,
            key: resource.key,
            name: resource.name,
        },
        project_slug: slug,
        server: "local",
        commit: commit.sha.clone(),
        next_step: next.clone(),
    };
    let committed = match &commit.sha {
        Some(_) => format!(" Committed {CONFIG_FILE}."),
        None => String::new(),
    };
    let text = format!(
        "Hello {}.\nBound this repository to {}.{committed}\nNext: {next}\n",
        one_line(&probed.account.name),
        one_line(&place),
    );
    Ok(Outcome::new(answer, text).warn(commit.warning))
}

/// The connection with the user's token, and what the tracker says about it.
fn probed(context: &Context, arguments: &Arguments) -> Result<ProbedConnection, Failure> {
    let token = token(context, arguments)?;
    let provider = arguments.provider;
    let name = arguments.name.clone();
    let new = NewConnection {
        name: name.unwrap_or_else(|| provider.as_str().to_owned()),
        provider,
        url: arguments.url.clone(),
        user: arguments.user.clone(),
        credential: CredentialSource::Given(token),
        check: true,
    };
    let asking = format!("Asking {}", provider.title());
    let probed = progress::during(&context.ui, &asking, || probe(&context.world, &new));
    probed.map_err(refused)
}

/// A refusal with the advice for this command. That of the others is about `admin connection`.
fn refused(error: ControlPlaneError) -> Failure {
    let failure = Failure::from(error);
    let hint = match failure.code {
        Code::TrackerCredentialRefused | Code::TrackerForbidden => {
            Hint::then_again("check the key and its rights")
        }
        Code::TrackerBadAnswer => Hint::then_again("check --url"),
        Code::ConnectionInUse => Hint::text("choose another name for this site with --name"),
        Code::Usage => Hint::run("spec-kitty connect --help"),
        _ => return failure,
    };
    failure.hint(hint)
}

fn token(context: &Context, arguments: &Arguments) -> Result<Secret, Failure> {
    if arguments.token_stdin {
        return ask::within_time(context, "the token", ask::password_from_stdin);
    }
    if !context.ui.may_ask() {
        let command = format!("{} --token-stdin < FILE", context.typed.quoted());
        return Err(ask::password_required(command));
    }
    let prompt = match (arguments.provider, &arguments.user) {
        (Provider::Linear, _) => "Linear API key (from Linear, Settings, Security & access)",
        (Provider::Jira, Some(_)) => "Jira API token (from id.atlassian.com, Security)",
        (Provider::Jira, None) => "Jira personal access token",
    };
    ask::password(context, prompt)
}

/// Writes the user's settings and the repository's files, and commits the configuration.
fn write(
    context: &Context,
    project: &Project,
    arguments: &Arguments,
    slug: &str,
    place: &str,
) -> Result<CommitOutcome, Failure> {
    let world = &context.world;
    set_server(world, "local")?;
    init::establish(world)?;
    let shared = project.shared_directory();
    binding::bind(world, &project.root, &shared, arguments.provider, slug)?;
    let options = CommitOptions {
        policy: arguments.commit.policy(),
        state: PathState::Changed,
        wait: context.deadline.remaining(world),
    };
    let files = [config::path(&project.root)];
    let message = format!("Bind this project to {}", one_line(place));
    let commit = commit_files(world, project, &files, &message, options);
    commit.map_err(|error| {
        let again = Hint::then_again("fix what git reported");
        Failure::from(error).hint(again)
    })
}
