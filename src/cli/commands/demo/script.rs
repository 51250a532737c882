//! What happens on the stage, step by step.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::narrator::{Narrator, failed};
use super::stage::Stage;
use crate::auth::login::{Login, with_password};
use crate::cli::context::Context;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::control_plane::{SAMPLE_TICKETS, ServeOptions, default_data_directory, start};
use crate::fs::FsError;
use crate::fs::replace::{Mode, replace};
use crate::http::ServerUrl;
use crate::secret::Secret;
use crate::text::one_line;

/// The ticket that the mission begins from.
const TICKET: &str = "WEB-123";
/// The Linear team that it is in.
const LINEAR_TEAM: &str = "7c0b1f52-5d0e-4a6b-9a3c-2f1e8d7b6a90";
const USER: &str = "kit";
const TEAM: &str = "harbour";

/// A demo that came to its end.
#[derive(Debug)]
pub(super) struct Played {
    /// Each step: explanation, command, output.
    pub steps: Vec<Value>,
    /// The mission that was made.
    pub slug: String,
    /// Where the control plane listened.
    pub url: String,
}

/// Plays all steps. The control plane is stopped whatever comes of them.
pub(super) fn play(context: &Context, stage: &Stage) -> Result<Played, Failure> {
    let mut narrator = Narrator::new(&context.ui, stage);
    let password = Secret::new(context.world.random_uuid()?.to_string());
    fill_control_plane(&mut narrator, &password)?;
    let data = default_data_directory(stage.world());
    let control_plane = start(stage.world(), &ServeOptions::on_free_port(data))?;
    let url = control_plane.url().to_owned();
    let played = listen_and_log_in(context, &mut narrator, &url, password)
        .and_then(|()| start_mission(&mut narrator))
        .and_then(|slug| deliver(&mut narrator).map(|()| slug));
    control_plane.stop();
    let slug = played?;
    Ok(Played {
        steps: narrator.into_steps(),
        slug,
        url,
    })
}

/// The part of whoever runs the control plane.
fn fill_control_plane(narrator: &mut Narrator<'_>, password: &Secret) -> Result<(), Failure> {
    narrator
        .explain("A control plane knows who may log in, and which trackers they may act for.")?;
    let add = [
        "admin", "user", "add", USER, "--team", TEAM, "--link", "linear",
    ];
    // A person is asked for the password instead.
    let piped = [&add[..], &["--password-stdin"]].concat();
    let ended = narrator.stage().run(&piped, password.expose())?;
    narrator.show_run(&add, ended, ExitCode::Ok)?;

    narrator.explain("It knows in which part of the tracker a project's tickets are.")?;
    let map = ["admin", "project", "map", "web", "--provider", "linear"];
    let resource = [
        "--resource-type",
        "linear_team",
        "--resource-id",
        LINEAR_TEAM,
    ];
    narrator.run(&[&map[..], &resource].concat())?;

    narrator
        .explain("It has the tickets themselves: here, the thirty that ship with spec-kitty.")?;
    let file = narrator.stage().path("sample-tickets.json");
    replace(&file, SAMPLE_TICKETS.as_bytes(), Mode::Shared)?;
    narrator.run(&["admin", "tickets", "import", "../sample-tickets.json"])?;
    Ok(())
}

/// From an empty folder to a project that is bound to its tracker, and a session.
fn listen_and_log_in(
    context: &Context,
    narrator: &mut Narrator<'_>,
    url: &str,
    password: Secret,
) -> Result<(), Failure> {
    narrator.explain("It listens on this machine only.")?;
    narrator.show("spec-kitty serve", &format!("listening on {url}"));

    narrator
        .explain("A project is a git repository that knows its tracker; git keeps that for all.")?;
    narrator.git(&["init", "--quiet"])?;
    narrator.run(&["init"])?;
    narrator.run(&[
        "tracker",
        "bind",
        "--provider",
        "linear",
        "--project-slug",
        "web",
    ])?;
    narrator.git(&["add", "--all"])?;
    narrator.git(&["commit", "--quiet", "--message", "Begin"])?;

    narrator.explain(
        "You log in once. Your token goes to the server that issued it, and to no other.",
    )?;
    let server = ServerUrl::parse(url).map_err(|_| failed("spec-kitty auth login"))?;
    let login = Login {
        server,
        username: Some(USER.to_owned()),
        team_slug: None,
    };
    // A person is asked for the password, which takes a terminal: the command itself cannot be run.
    let session = with_password(narrator.stage().world(), &context.deadline, login, password)?;
    let team = one_line(session.team_slug.as_deref().unwrap_or_default());
    narrator.show(
        &format!("spec-kitty auth login --server {url} --username {USER}"),
        &format!("Password: \nLogged in to {url} as {USER} for team {team}"),
    );
    Ok(())
}

/// The main job. The slug of the mission.
fn start_mission(narrator: &mut Narrator<'_>) -> Result<String, Failure> {
    narrator.explain("Look for the ticket, by its key or by words.")?;
    narrator.run(&["tracker", "search-origin", "waiting list"])?;

    narrator
        .explain("Start from it. You have to confirm: a terminal asks, a script is told how.")?;
    let specify = ["specify", "--from-ticket", TICKET];
    narrator.run_to(&specify, ExitCode::InputRequired)?;

    narrator
        .explain("The mission is made, bound at the control plane, and then in its meta.json.")?;
    narrator.run(&[&specify[..], &["--yes"]].concat())?;

    let project = narrator.stage().world().directory();
    let slug = mission(&project.join("kitty-specs"))?;
    narrator.explain("So it knows its ticket, and every commit holds exactly what it says.")?;
    let meta = format!("kitty-specs/{slug}/meta.json");
    let path = project.join(&meta);
    let text = fs::read_to_string(&path).map_err(FsError::on("read", &path))?;
    narrator.show(&format!("cat {meta}"), &text);
    narrator.git(&["log", "--oneline", "--stat"])?;

    narrator.explain("The same command again finds that mission: one ticket, one mission.")?;
    narrator.run(&[&specify[..], &["--yes"]].concat())?;
    Ok(slug)
}

/// What was waiting goes out.
fn deliver(narrator: &mut Narrator<'_>) -> Result<(), Failure> {
    narrator
        .explain("What happened waits in a queue on disk, online or not, until you deliver it.")?;
    narrator.run(&["sync", "list"])?;
    narrator.run(&["sync", "now"])?;

    narrator.explain("And the control plane holds the record.")?;
    narrator.run(&["admin", "status"])?;
    Ok(())
}

/// The one folder in `kitty-specs`.
fn mission(folder: &Path) -> Result<String, Failure> {
    let name = fs::read_dir(folder)
        .and_then(|mut entries| entries.next().transpose())
        .map_err(FsError::on("read the folder", folder))?
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    name.ok_or_else(|| failed("spec-kitty specify"))
}
