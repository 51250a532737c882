//! `spec-kitty admin project map`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::Store;
use crate::cli::document::Document;
use crate::cli::ticket_arguments::provider_argument;
use crate::cli::{CommandResult, Context, Failure, Outcome};
use crate::text::one_line;
use crate::wire::Provider;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Project name, as passed to `tracker bind --project-slug`
    pub slug: String,
    /// Connection to the tracker that has the tickets
    #[arg(long, value_name = "NAME", requires = "resource", conflicts_with_all = IMPORTED)]
    pub connection: Option<String>,
    /// Key of the Linear team or Jira project: `WEB`
    #[arg(long, value_name = "KEY", requires = "connection")]
    pub resource: Option<String>,
    /// Tracker that the imported tickets come from
    #[arg(
        long, value_parser = provider_argument(), ignore_case = true,
        required_unless_present = "connection", requires_all = ["resource_type", "resource_id"]
    )]
    pub provider: Option<Provider>,
    /// Kind of tracker resource: `linear_team`, `jira_project`
    #[arg(long, value_name = "TYPE", requires = "provider")]
    pub resource_type: Option<String>,
    /// Id of the resource in the tracker
    #[arg(long, value_name = "ID", requires = "provider")]
    pub resource_id: Option<String>,
    #[command(flatten)]
    pub store: Store,
}

/// The project and its tracker resource.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminProjectMap {
    /// False if the project existed.
    created: bool,
    /// The project's name.
    project_slug: String,
    /// A reference that can replace the name.
    binding_ref: String,
    provider: Provider,
    resource_type: &'static str,
    resource_id: String,
    /// The key of a live resource.
    resource_key: Option<String>,
    /// The connection that reads its tickets live.
    connection: Option<String>,
    /// The folder of the store.
    data: String,
}

impl Document for AdminProjectMap {
    const SCHEMA: &'static str = "spec-kitty.admin-project-map/1";
}

/// The arguments for imported tickets.
const IMPORTED: [&str; 3] = ["provider", "resource_type", "resource_id"];

/// What a project was mapped to.
struct Mapped {
    created: bool,
    binding_ref: String,
    provider: Provider,
    resource_id: String,
    /// `None` for imported tickets.
    resource_key: Option<String>,
}

pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let (slug, connection) = (&arguments.slug, &arguments.connection);
    let mapped = map(&arguments, context)?;
    let kind = mapped.provider.resource_type();
    let shown = mapped.resource_key.as_ref().unwrap_or(&mapped.resource_id);
    let text = format!(
        "Mapped project {} to {} {kind} {}",
        one_line(slug),
        mapped.provider.title(),
        one_line(shown),
    );
    let answer = AdminProjectMap {
        created: mapped.created,
        project_slug: slug.clone(),
        binding_ref: mapped.binding_ref,
        provider: mapped.provider,
        resource_type: kind,
        resource_id: mapped.resource_id,
        resource_key: mapped.resource_key,
        connection: connection.clone(),
        data: arguments.store.shown(context),
    };
    Ok(Outcome::new(answer, text))
}

fn map(arguments: &Arguments, context: &Context) -> Result<Mapped, Failure> {
    let Arguments {
        slug,
        connection,
        resource,
        provider,
        resource_type,
        resource_id,
        store,
    } = arguments;
    let administration = store.open(context)?;
    let mapped = match (connection, resource, provider, resource_type, resource_id) {
        (Some(connection), Some(key), ..) => {
            let (mapped, provider, resource) =
                administration.map_live_project(slug, connection, key)?;
            Mapped {
                created: mapped.created,
                binding_ref: mapped.binding_ref,
                provider,
                resource_id: resource.id,
                resource_key: Some(resource.key),
            }
        }
        (_, _, Some(provider), Some(kind), Some(id)) => {
            let mapped = administration.map_project(slug, *provider, kind, id)?;
            Mapped {
                created: mapped.created,
                binding_ref: mapped.binding_ref,
                provider: *provider,
                resource_id: id.clone(),
                resource_key: None,
            }
        }
        // The rules of the arguments exclude this.
        _ => return Err(Failure::usage("pass --connection, or --provider")),
    };
    administration.close();
    Ok(mapped)
}
