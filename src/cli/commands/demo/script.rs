//! The steps of the demo.

use std::fs;
use std::path::Path;

use super::narrator::{Narrator, Step, failed};
use super::stage::Stage;
use crate::auth::login::{Login, with_password};
use crate::cli::{Context, ExitCode, Failure};
use crate::control_plane::{SAMPLE_TICKETS, ServeOptions, default_data_directory, start};
use crate::fs::FsError;
use crate::fs::replace::{Mode, replace};
use crate::http::ServerUrl;
use crate::secret::Secret;
use crate::text::one_line;

const USER: &str = "kit";
/// The Linear team of the sample tickets.
const LINEAR_TEAM: &str = "7c0b1f52-5d0e-4a6b-9a3c-2f1e8d7b6a90";

#[derive(Debug)]
pub(super) struct Played {
    pub steps: Vec<Step>,
    /// The slug of the new mission.
    pub slug: String,
    /// The address of the control plane.
    pub url: String,
}

/// Runs all steps. Stops the control plane even if a step fails.
pub(super) fn play(context: &Context, stage: &Stage) -> Result<Played, Failure> {
    let mut narrator = Narrator::new(&context.ui, stage);
    let password = Secret::new(context.world.random_uuid()?.to_string());
    fill_control_plane(&mut narrator, &password)?;
    let data = default_data_directory(stage.world());
    let control_plane = start(stage.world(), &ServeOptions::on_free_port(data))?;
    let url = control_plane.url().to_owned();
    let played = set_up_project(&mut narrator, &url)
        .and_then(|()| log_in(context, &mut narrator, &url, password))
        .and_then(|()| start_mission(&mut narrator))
        .and_then(|slug| deliver(&mut narrator).map(|()| slug));
    control_plane.stop();
    Ok(Played {
        slug: played?,
        steps: narrator.steps,
        url,
    })
}

/// What the administrator of a control plane does.
fn fill_control_plane(narrator: &mut Narrator<'_>, password: &Secret) -> Result<(), Failure> {
    narrator.explain("A control plane has users, who may use some of the trackers.")?;
    // A user would be prompted for the password.
    narrator.run_with_input(
        &format!("admin user add {USER} --team harbour --link linear"),
        "--password-stdin",
        password.expose(),
        ExitCode::Ok,
    )?;

    narrator.explain("It maps each project to the tracker resource with its tickets.")?;
    narrator.run(&format!(
        "admin project map web --provider linear --resource-type linear_team --resource-id {LINEAR_TEAM}"
    ))?;

    narrator.explain("It has a copy of the tickets: here, thirty samples.")?;
    let file = narrator.stage().path("sample-tickets.json");
    replace(&file, SAMPLE_TICKETS.as_bytes(), Mode::Shared)?;
    narrator.run("admin tickets import ../sample-tickets.json")
}

fn set_up_project(narrator: &mut Narrator<'_>, url: &str) -> Result<(), Failure> {
    narrator.explain("It listens on this machine only.")?;
    narrator.show("spec-kitty serve", &format!("listening on {url}"));

    narrator.explain(
        "A project is a git repository with a tracker; commit it, so the whole team has it.",
    )?;
    narrator.git("init --quiet")?;
    narrator.run("init")?;
    narrator.run("tracker bind --provider linear --project-slug web")?;
    narrator.git("add --all")?;
    narrator.git("commit --quiet --message Begin")
}

fn log_in(
    context: &Context,
    narrator: &mut Narrator<'_>,
    url: &str,
    password: Secret,
) -> Result<(), Failure> {
    narrator.explain("Log in once. Your token is sent only to the server that issued it.")?;
    let command = format!("spec-kitty auth login --server {url} --username {USER}");
    let login = Login {
        server: ServerUrl::parse(url).map_err(|_| failed(&command))?,
        username: Some(USER.to_owned()),
        team_slug: None,
    };
    // The command prompts for the password, which needs a terminal: call its code instead.
    let session = with_password(narrator.stage().world(), &context.deadline, login, password)
        .map_err(Failure::of_login)?;
    let team = one_line(&session.team_slug.ok_or_else(|| failed(&command))?);
    let output = format!("Password: \nLogged in to {url} as {USER} for team {team}");
    narrator.show(&command, &output);
    Ok(())
}

/// Starts a mission from a ticket, and returns its slug.
fn start_mission(narrator: &mut Narrator<'_>) -> Result<String, Failure> {
    narrator.explain("Search for the ticket, by its key or by words.")?;
    narrator.run("tracker search-origin 'waiting list'")?;

    narrator.explain("Start from it. This needs your confirmation: a prompt, or --yes.")?;
    narrator.run_to("specify --from-ticket WEB-123", ExitCode::InputRequired)?;

    narrator.explain("It creates the mission and binds it, first on the server, then in git.")?;
    narrator.run("specify --from-ticket WEB-123 --yes")?;

    let project = narrator.stage().world().directory();
    let slug = mission(&project.join("kitty-specs"))?;
    narrator.explain("The mission knows its ticket, and each commit has exactly its files.")?;
    let meta = format!("kitty-specs/{slug}/meta.json");
    let path = project.join(&meta);
    let text = fs::read_to_string(&path).map_err(FsError::on("read", &path))?;
    narrator.show(&format!("cat {meta}"), &text);
    narrator.git("log --oneline --stat")?;

    narrator.explain("The same command again finds that mission: one ticket, one mission.")?;
    narrator.run("specify --from-ticket WEB-123 --yes")?;
    Ok(slug)
}

fn deliver(narrator: &mut Narrator<'_>) -> Result<(), Failure> {
    narrator.explain("Events are queued on disk, online or not, until you deliver them.")?;
    narrator.run("sync list")?;
    narrator.run("sync now")?;

    narrator.explain("The control plane has the record.")?;
    narrator.run("admin status")
}

/// The name of the only folder in `kitty-specs`.
fn mission(folder: &Path) -> Result<String, Failure> {
    let name = fs::read_dir(folder)
        .and_then(|mut entries| entries.next().transpose())
        .map_err(FsError::on("read the folder", folder))?
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    name.ok_or_else(|| failed("spec-kitty specify"))
}
