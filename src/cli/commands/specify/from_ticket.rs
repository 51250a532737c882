//! The way from a ticket: find it, choose it, confirm it, start its mission.

use super::answer::planned;
use super::{Arguments, done};
use crate::cli::ticket_arguments::look_up;
use crate::cli::ticket_choice::Choice;
use crate::cli::{CommandResult, Context, Failure, Hint, progress};
use crate::journey::check;
use crate::journey::start::{self, Plan, start_mission_from_ticket};
use crate::project::Project;
use crate::tracker::binding::{BindingError, OriginBinding};
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::tracker::ticket::Ticket;
use crate::tracker::ticket_ref::parse_or_words;

/// Without a tracker there are no tickets to choose from.
fn no_tickets() -> Failure {
    Failure::usage("a NAME for the mission is missing, and no tracker is bound").hint(
        "name the mission, or bind a tracker to start from a ticket: spec-kitty tracker bind --help",
    )
}

/// Starts the mission of a ticket, or finishes it, or finds it.
pub(super) fn from_ticket(arguments: &Arguments, context: &Context) -> CommandResult {
    let (options, ticket, run) = (arguments.options(), &arguments.ticket, arguments.run);
    context.phase.start_reading();
    if run.yes && arguments.names_nothing() {
        let hint = Hint::lead_to(
            "name the ticket",
            "spec-kitty specify --from-ticket WEB-123 --yes",
        );
        return Err(Failure::usage("--yes confirms a ticket, and no ticket is named").hint(hint));
    }
    let project = Project::open_to_commit(&context.world)?;
    let binding = match OriginBinding::load(&project.root) {
        Err(BindingError::NotBound) if arguments.names_nothing() => return Err(no_tickets()),
        binding => binding?,
    };
    let wanted = arguments
        .from_ticket
        .as_deref()
        .map(parse_or_words)
        .transpose()?;
    ticket.check(wanted.as_ref(), &binding)?;
    let client = ControlPlaneClient::new(context.session()?);
    let service = context.binding_service(&project, &binding, &client, run.commit.policy());
    check(&service, &options)?;
    let choice = ticket.find(wanted, context, &binding, &client)?;
    let mut ticket = choice.choose(context, run)?;
    if !choice.is_by_key() {
        ticket = complete(context, &binding, &client, &choice, &ticket)?;
    }
    if arguments.no_context {
        ticket.file = None;
    }
    let mut branch = None;
    let (slug, new) = match start::plan(service, &ticket, &options)? {
        // Nothing will change, so there is nothing to confirm.
        Plan::Bound(mut found) => {
            if !run.dry_run {
                start::recall(service, &ticket, &mut found);
            }
            return Ok(done(arguments, context, &project, *found));
        }
        Plan::Finish(slug) => (slug, None),
        Plan::Switch(mission) => {
            branch = Some(mission.branch);
            (mission.name, None)
        }
        Plan::Create(mission) => {
            branch = mission.branch_name().map(str::to_owned);
            (mission.mission_slug.clone(), Some(mission))
        }
    };
    if run.dry_run {
        let (new, branch) = (new.as_ref(), branch.as_deref());
        return Ok(planned(
            context,
            &project,
            &slug,
            new,
            Some(&ticket),
            branch,
        ));
    }
    let effect = match (new, &branch) {
        (Some(mission), _) => {
            let branch = branch.unwrap_or(mission.current_branch);
            format!("Create mission {slug} on {branch} and bind it?")
        }
        (None, Some(branch)) => format!("Switch to {branch} and finish mission {slug} there?"),
        (None, None) => format!("Finish mission {slug} and bind it?"),
    };
    choice.confirm(context, &ticket, &effect, run)?;
    context.phase.start_writing();
    let arrival = progress::during(&context.ui, "Starting the mission", || {
        start_mission_from_ticket(service, &ticket, &options)
    })?;
    Ok(done(arguments, context, &project, arrival))
}

/// The ticket with its text, which a list and a search by words leave out or shorten.
fn complete(
    context: &Context,
    binding: &OriginBinding,
    client: &ControlPlaneClient<'_>,
    choice: &Choice,
    ticket: &Ticket,
) -> Result<Ticket, Failure> {
    let (key, id) = (
        ticket.candidate.external_issue_key(),
        ticket.candidate.external_issue_id(),
    );
    let full = look_up(context, binding, client, key, id)?;
    Ok(choice.ticket(context, &full))
}
