//! Which team or project the repository gets its tickets from.

use serde_json::json;

use super::checks::{kind, with_resource};
use super::{Arguments, ProbedConnection};
use crate::cli::picker::{self, Row};
use crate::cli::{Code, Context, Failure, Hint};
use crate::control_plane::store::ProjectRow;
use crate::control_plane::trackers::Resource;
use crate::text::one_line;

/// The typed resource, the one of an earlier run, the only one, or the one that the user chooses.
pub(super) fn choose(
    context: &Context,
    arguments: &Arguments,
    probed: &ProbedConnection,
    mapped: Option<&ProjectRow>,
) -> Result<Resource, Failure> {
    let resources = &probed.resources;
    let found = |is: &dyn Fn(&Resource) -> bool| resources.iter().find(|it| is(it)).cloned();
    if let Some(key) = &arguments.resource {
        let wanted = found(&|it| it.key.eq_ignore_ascii_case(key.trim()));
        return wanted.ok_or_else(|| unknown(arguments, key, resources));
    }
    let earlier = mapped.filter(|row| row.connection.as_deref() == Some(probed.name()));
    if let Some(resource) = earlier.and_then(|row| found(&|it| it.id == row.resource_id)) {
        return Ok(resource);
    }
    match resources.as_slice() {
        [] => {
            let message = format!("the account can see no {}", kind(arguments.provider));
            Err(Failure::new(Code::NotFound, message).hint("check the rights of the token"))
        }
        [only] => Ok(only.clone()),
        several if context.ui.may_show_list() => pick(context, arguments, several),
        several => Err(missing(context, arguments, several)),
    }
}

fn pick(
    context: &Context,
    arguments: &Arguments,
    resources: &[Resource],
) -> Result<Resource, Failure> {
    let rows = resources
        .iter()
        .map(|it| Row::new(&[&it.key, &it.name], ""));
    let prompt = format!("Which {}?", kind(arguments.provider));
    let chosen = picker::pick(context, &prompt, rows.collect())?;
    let chosen = chosen.and_then(|index| resources.get(index));
    let declined = || Failure::new(Code::NotConfirmed, "nothing was chosen or changed");
    chosen.cloned().ok_or_else(declined)
}

fn row(resource: &Resource) -> String {
    one_line(&format!("{}  {}", resource.key, resource.name))
}

fn document(resources: &[Resource]) -> Vec<serde_json::Value> {
    let resources = resources.iter();
    resources
        .map(|it| json!({"id": it.id, "key": it.key, "name": it.name}))
        .collect()
}

/// The error without a terminal, with the choices.
fn missing(context: &Context, arguments: &Arguments, resources: &[Resource]) -> Failure {
    let message = format!(
        "the account can see several {}s; choose one",
        kind(arguments.provider)
    );
    let commands = resources.iter().map(|it| with_resource(context, &it.key));
    let first = with_resource(context, "KEY");
    Failure::new(Code::InputRequired, message)
        .hint(Hint::template(first))
        .choices(resources.iter().map(row))
        .detail("choices", document(resources))
        .detail("confirm_commands", commands.collect::<Vec<_>>())
}

fn unknown(arguments: &Arguments, key: &str, resources: &[Resource]) -> Failure {
    let kind = kind(arguments.provider);
    let message = format!("the account can see no {kind} {}", one_line(key));
    Failure::new(Code::NotFound, message)
        .hint("pass one of these to --resource")
        .choices(resources.iter().map(row))
        .detail("choices", document(resources))
}
