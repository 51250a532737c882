//! Binding: control plane first, local second (DESIGN §6).

use serde_json::{Value, json};

use super::bound_event::emit_bound;
use super::models::{BoundOrigin, Ticket};
use super::origin::{OriginError, PartialCause, Service};
use crate::fs::FsError;
use crate::git::commit::PathState;
use crate::journey::intent::{Attempt, Intent, Intents};
use crate::mission::Mission;
use crate::mission::commit::{CommitOptions, CommitPolicy, commit_files};
use crate::mission::metadata::{
    Meta, MetadataError, MissionMetadata, OriginTicket, set_origin_ticket,
};
use crate::sync::emitter::{EmitError, Emitter};
use crate::sync::event_id;
use crate::text::chain;
use crate::wire::request::BindRequest;
use crate::world::EntropyError;

/// What may be chosen about a bind.
#[derive(Debug, Clone)]
pub(crate) struct BindOptions {
    /// An idempotency key of the caller's; a random one where `None`.
    pub idempotency_key: Option<String>,
    /// Whether and how to commit.
    pub commit: CommitPolicy,
    /// The commit just made, where there is one: what the event says HEAD is.
    pub head: Option<String>,
}

/// Makes a ticket the origin of a mission: asks the control plane, then records the answer in
/// `meta.json`, emits the event and commits. Where the control plane gives no bind, no byte of the
/// project has changed. `intent` is the one of the mission's creation, where this ends one.
pub(crate) fn bind_mission_origin(
    service: &Service<'_>,
    mission: &Mission,
    ticket: &Ticket,
    intent: Option<Intent>,
    options: &BindOptions,
) -> Result<BoundOrigin, OriginError> {
    let project = service.project;
    let meta = mission.load(&project.root)?;
    require_writable(mission)?;
    let lock_file = project.lock_file("meta", &mission.name)?;
    let (mut intent, ticket) = begin(service, mission, &meta, ticket, intent, options)?;
    let origin = OriginTicket::from_keys(&origin_keys(&ticket))?;
    let intents = Intents::of(project);
    let mut warnings = Vec::new();
    if let Err(error) = intents.save(&intent) {
        warnings.push(format!(
            "an interruption could not be healed: {}",
            chain(&error)
        ));
    }
    let attempt = intent
        .attempt
        .clone()
        .map_or_else(|| new_attempt(service, &meta, &ticket, options), Ok)?;
    let answer = service
        .client
        .bind_mission_origin(&attempt.request, &attempt.idempotency_key);
    let bound = answer.inspect_err(|error| {
        if error.is_definite_refusal() {
            give_up(service, &mut intent);
        }
    })?;

    let partial = |failed, source: PartialCause| OriginError::Partial {
        feature_slug: meta.feature_slug().to_owned(),
        done: "the control plane holds the bind",
        failed,
        source: Box::new(source),
    };
    set_origin_ticket(service.world, &lock_file, meta.path(), &origin)
        .map_err(|error| partial("meta.json does not record it", error.into()))?;

    let emitted = if intent.event_recorded {
        Ok(())
    } else {
        emit(service, &meta, &ticket, &attempt, options)
    };
    warnings.extend(emitted.as_ref().err().map(|error| {
        format!(
            "the MissionOriginBound event was not recorded: {}",
            chain(error)
        )
    }));
    let event_emitted = emitted.is_ok();
    intent.event_recorded = event_emitted;
    // An event that breaks a rule would break it again: nothing is left to do for it.
    let settled = matches!(emitted, Ok(()) | Err(EmitError::Rule(_)));
    let message = format!(
        "Bind {} to mission {}",
        one_word(&ticket),
        meta.feature_slug()
    );
    let files = [meta.path().to_owned()];
    let options = CommitOptions {
        policy: options.commit,
        state: PathState::Changed,
        wait: service.wait,
    };
    let committed =
        commit_files(service.world, project, &files, &message, options).map_err(|error| {
            // Kept, so that the same command goes on from here with the same event.
            drop(intents.save(&intent));
            partial("it is not committed", error.into())
        })?;
    warnings.extend(committed.warning);
    if settled && !committed.deferred {
        warnings.extend(end(service, mission));
    } else if let Err(error) = intents.save(&intent) {
        warnings.push(chain(&error));
    }
    Ok(BoundOrigin {
        feature_dir: mission.directory.clone(),
        feature_slug: meta.feature_slug().to_owned(),
        origin_ticket: Value::Object(origin.to_keys()),
        origin_link_id: bound.origin_link_id,
        bound_at: bound.bound_at,
        event_emitted,
        commit: committed.sha,
        warnings,
    })
}

/// The intent of this bind: the one that an earlier, unfinished run left, with its idempotency key
/// and its view of the ticket, or a new one.
fn begin(
    service: &Service<'_>,
    mission: &Mission,
    meta: &MissionMetadata,
    ticket: &Ticket,
    given: Option<Intent>,
    options: &BindOptions,
) -> Result<(Intent, Ticket), EntropyError> {
    let intents = Intents::of(service.project);
    let same = |intent: &Intent| {
        intent.feature_slug == mission.name
            && intent.ticket.as_ref().is_some_and(|t| t.is_same(ticket))
    };
    let mut intent = given
        .or_else(|| intents.understood().into_iter().find(same))
        .unwrap_or_else(|| intents.begin(&mission.name));
    if let (Some(earlier), Some(attempt)) = (&intent.ticket, &intent.attempt)
        && options
            .idempotency_key
            .as_ref()
            .is_none_or(|key| *key == attempt.idempotency_key)
        && attempt.request == request(service, meta, earlier)
    {
        let ticket = earlier.clone();
        return Ok((intent, ticket));
    }
    intent.ticket = Some(ticket.clone());
    intent.attempt = Some(new_attempt(service, meta, ticket, options)?);
    Ok((intent, ticket.clone()))
}

fn new_attempt(
    service: &Service<'_>,
    meta: &MissionMetadata,
    ticket: &Ticket,
    options: &BindOptions,
) -> Result<Attempt, EntropyError> {
    let fact = [
        "MissionOriginBound",
        &service.project.identity.project_uuid,
        meta.feature_slug(),
        ticket.provider.as_str(),
        ticket.candidate.external_issue_id(),
    ];
    let idempotency_key = match options.idempotency_key.clone() {
        Some(key) => key,
        None => service.world.random_uuid()?.to_string(),
    };
    Ok(Attempt {
        request: request(service, meta, ticket),
        idempotency_key,
        event_id: event_id::of_fact(meta.text("created_at").unwrap_or_default(), &fact),
    })
}

fn request(service: &Service<'_>, meta: &MissionMetadata, ticket: &Ticket) -> BindRequest {
    let candidate = &ticket.candidate;
    BindRequest {
        provider: ticket.provider.to_string(),
        project_slug: service.binding.project_slug.clone(),
        binding_ref: service.binding.binding_ref.clone(),
        mission_id: meta.mission_id().to_owned(),
        mission_slug: meta.feature_slug().to_owned(),
        external_issue_id: candidate.external_issue_id().to_owned(),
        external_issue_key: candidate.external_issue_key().to_owned(),
        external_issue_url: candidate.url().to_owned(),
        external_title: candidate.title().to_owned(),
        external_status: candidate.status().to_owned(),
    }
}

fn origin_keys(ticket: &Ticket) -> Meta {
    let keys = json!({
        "provider": ticket.provider,
        "resource_type": ticket.resource_type,
        "resource_id": ticket.resource_id,
        "external_issue_id": ticket.candidate.external_issue_id(),
        "external_issue_key": ticket.candidate.external_issue_key(),
        "external_issue_url": ticket.candidate.url(),
        "title": ticket.candidate.title(),
    });
    if let Value::Object(keys) = keys {
        keys
    } else {
        Meta::new()
    }
}

/// `meta.json` is replaced by a new file, so its folder must be writable: found out before the
/// control plane is asked.
fn require_writable(mission: &Mission) -> Result<(), MetadataError> {
    let path = mission.meta_file();
    let real = std::fs::canonicalize(&path).map_err(FsError::on("read", &path))?;
    let folder = real.parent().unwrap_or(&mission.directory);
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK)
        .map_err(|error| FsError::on("write to", folder)(error.into()).into())
}

/// The control plane decided against it: a new attempt is a new request. What is known of the
/// mission's own creation stays, so that the ticket finds its mission again.
fn give_up(service: &Service<'_>, intent: &mut Intent) {
    let intents = Intents::of(service.project);
    intent.attempt = None;
    // Best effort: a kept attempt is only repeated, and refused once more.
    drop(if intent.creation.is_some() {
        intents.save(intent)
    } else {
        intents.remove(intent)
    });
}

fn emit(
    service: &Service<'_>,
    meta: &MissionMetadata,
    ticket: &Ticket,
    attempt: &Attempt,
    options: &BindOptions,
) -> Result<(), EmitError> {
    let project = service.project;
    let emitter = Emitter::of_project(service.world, project, service.client.session().team_slug());
    let git = project.git_metadata(options.head.as_deref());
    emit_bound(&emitter, &git, meta, ticket, attempt.event_id)
}

/// Ends every intent of the mission: it has its one origin now. What stays is a creation whose own
/// event could not be recorded, for that event alone.
fn end(service: &Service<'_>, mission: &Mission) -> Vec<String> {
    let intents = Intents::of(service.project);
    let of_ticket =
        |intent: &Intent| intent.feature_slug == mission.name && intent.ticket.is_some();
    let ours = intents.understood().into_iter().filter(of_ticket);
    let end = |intent: Intent| {
        if intent
            .creation
            .as_ref()
            .is_some_and(|creation| !creation.event_recorded)
        {
            let owed = Intent {
                ticket: None,
                attempt: None,
                event_recorded: false,
                only_event_missing: true,
                ..intent.clone()
            };
            intents.save(&owed)?;
        }
        intents.remove(&intent)
    };
    ours.filter_map(|intent| end(intent).err())
        .map(|error| chain(&error))
        .collect()
}

/// A ticket's key for a commit message.
fn one_word(ticket: &Ticket) -> String {
    crate::text::one_line(ticket.candidate.external_issue_key())
}
