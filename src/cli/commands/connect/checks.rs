//! What `connect` refuses before it writes anything.

use super::Arguments;
use crate::auth::server_choice::{ResolvedServer, Server, ServerSource, resolve};
use crate::auth::session::SessionError;
use crate::cli::commands::tracker::bind;
use crate::cli::{Code, Context, Failure, Hint, ask};
use crate::control_plane::store::{ProjectRow, Store};
use crate::control_plane::trackers::Resource;
use crate::control_plane::{Administration, default_data_directory};
use crate::project::Project;
use crate::text::{one_line, shell_word};
use crate::tracker::binding::TrackerBinding;
use crate::wire::Provider;

/// Refuses to replace another server, unless the user names `local`.
pub(super) fn server(context: &Context) -> Result<(), Failure> {
    let chosen = match resolve(&context.world, context.server.as_deref()) {
        Err(SessionError::NoServer) => return Ok(()),
        chosen => chosen?,
    };
    let ResolvedServer {
        server: Server::At(url),
        source,
    } = chosen
    else {
        return Ok(());
    };
    let message = format!("commands use {url} ({}), not this machine", source.as_str());
    let command = context.typed.at_server("local");
    let hint = match source {
        ServerSource::Flag => Hint::run(command),
        _ => Hint::lead_to("to use the personal control plane instead, run", command),
    };
    Err(Failure::new(Code::OtherServer, message)
        .hint(hint)
        .detail("server", url.to_string()))
}

/// The project's name: the typed one, the one it is bound by, else the repository's.
pub(super) fn project_slug(
    project: &Project,
    bound: Option<&TrackerBinding>,
    arguments: &Arguments,
) -> Result<String, Failure> {
    let bound = bound.filter(|it| it.origin_provider().ok() == Some(arguments.provider));
    let slug = arguments.project_slug.as_ref();
    let slug = slug.or_else(|| bound?.project_slug.as_ref());
    let slug = slug.unwrap_or(&project.identity.project_slug);
    bind::project_slug(slug).map_err(|rule| Failure::usage(format!("--project-slug {rule}")))
}

/// What the personal control plane maps this name to.
pub(super) fn mapping(context: &Context, slug: &str) -> Result<Option<ProjectRow>, Failure> {
    let data = default_data_directory(&context.world);
    if !Store::exists(&data) {
        return Ok(None);
    }
    let store = Administration::open(&context.world, &data)?;
    let rows = store.projects()?;
    store.close();
    Ok(rows.into_iter().find(|row| row.name == slug))
}

/// Refuses a name that belongs to another repository, and asks before this repository gets other
/// tickets.
pub(super) fn replaced(
    context: &Context,
    arguments: &Arguments,
    bound: Option<&TrackerBinding>,
    (slug, mapped): (&str, Option<&ProjectRow>),
    resource: &Resource,
) -> Result<(), Failure> {
    let is_own = |it: &TrackerBinding| it.is(arguments.provider, slug);
    let moves = mapped.filter(|row| row.resource_id != resource.id);
    let old = match (bound, moves) {
        (Some(bound), Some(row)) if is_own(bound) => shown(row),
        (_, Some(row)) => {
            let message = format!("the project name {slug} is mapped to {}", shown(row));
            let command = format!("{} --project-slug NAME", context.typed.quoted());
            return Err(Failure::new(Code::Conflict, message).hint(Hint::template(command)));
        }
        (Some(bound), None) if !is_own(bound) => {
            let project = bound.project().unwrap_or("no project");
            format!("{} {}", bound.provider, one_line(project))
        }
        _ => return Ok(()),
    };
    let new = format!("{} {}", kind(arguments.provider), resource.key);
    let question = format!("Replace {old} by {new}?");
    let what = format!("this repository is bound to {old}; confirm to replace it");
    ask::before_removal(context, arguments.yes, &what, &question)
}

fn shown(row: &ProjectRow) -> String {
    let key = row.resource_key.as_ref().unwrap_or(&row.resource_id);
    let provider: Result<Provider, _> = row.provider.parse();
    one_line(&match provider {
        Ok(provider) => format!("{} {key}", kind(provider)),
        Err(_) => key.clone(),
    })
}

/// What a resource is called.
pub(super) const fn kind(provider: Provider) -> &'static str {
    match provider {
        Provider::Linear => "Linear team",
        Provider::Jira => "Jira project",
    }
}

/// The typed command with the resource.
pub(super) fn with_resource(context: &Context, key: &str) -> String {
    format!("{} --resource {}", context.typed.quoted(), shell_word(key))
}
