//! What each command prints with `--json`, and how it can end. This is the only list of all
//! documents.

use schemars::Schema;

use super::commands as c;
use super::document::{Document, error_schema, keys_of, schema_of};
use super::early::HelpPage;
use super::{ExitCode, Failure, failure};

/// Makes the schema of a document.
type MakeSchema = fn() -> Schema;

/// A command that does something itself: `tracker bind`, not `tracker`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Its words; empty for the program itself.
    pub(super) path: &'static str,
    /// The name of its document.
    pub(super) document: &'static str,
    pub(super) schema: MakeSchema,
    /// Besides those of [`ALWAYS`].
    exits: &'static [ExitCode],
}

/// How every command can end: done, an error of the program or of the arguments, no current
/// directory, Ctrl-C.
const ALWAYS: [ExitCode; 5] = [
    ExitCode::Ok,
    ExitCode::Internal,
    ExitCode::Usage,
    ExitCode::RepoState,
    ExitCode::Interrupted,
];
/// A command that opens the project: another process may hold its lock.
const PROJECT: &[ExitCode] = &[ExitCode::Unavailable];
/// A command that looks a mission up.
const MISSION: &[ExitCode] = &[
    ExitCode::NotFound,
    ExitCode::Conflict,
    ExitCode::Unavailable,
];
/// A command that sends requests.
const SERVER: &[ExitCode] = &[
    ExitCode::NotFound,
    ExitCode::AuthRequired,
    ExitCode::Forbidden,
    ExitCode::Conflict,
    ExitCode::Unavailable,
    ExitCode::RateLimited,
];

/// A command that makes a mission without a ticket.
const CREATE: &[ExitCode] = &[ExitCode::Conflict, ExitCode::Unavailable, ExitCode::Partial];
/// A command that puts rejected events back.
const RETRY: &[ExitCode] = &[ExitCode::NotFound, ExitCode::Unavailable];
/// A command that removes a mission.
const DISCARD: &[ExitCode] = &[
    ExitCode::NotFound,
    ExitCode::Conflict,
    ExitCode::InputRequired,
    ExitCode::Unavailable,
    ExitCode::Partial,
];
/// A command that asks the user, and sends requests to the server or to a tracker.
const ASKING: &[ExitCode] = &[
    ExitCode::NotFound,
    ExitCode::AuthRequired,
    ExitCode::Forbidden,
    ExitCode::Conflict,
    ExitCode::InputRequired,
    ExitCode::Unavailable,
    ExitCode::RateLimited,
];
/// A command of the control plane.
const STORE: &[ExitCode] = &[
    ExitCode::NotFound,
    ExitCode::Forbidden,
    ExitCode::Conflict,
    ExitCode::InputRequired,
    ExitCode::Unavailable,
];
/// A command that asks, sends requests and writes.
const EVERY: &[ExitCode] = &ExitCode::ALL;

const fn entry<D: Document>(path: &'static str, exits: &'static [ExitCode]) -> Entry {
    Entry {
        path,
        document: D::SCHEMA,
        schema: schema_of::<D>,
        exits,
    }
}

/// It answers in its own protocol, and refuses `--json`.
const MCP: Entry = Entry {
    path: "mcp",
    document: failure::SCHEMA,
    schema: error_schema,
    exits: &[],
};

/// The commands in the order of the help.
pub(super) const COMMANDS: &[Entry] = &[
    entry::<HelpPage>("", &[]),
    entry::<c::init::Init>("init", PROJECT),
    entry::<c::auth::login::AuthLogin>("auth login", ASKING),
    entry::<c::auth::status::AuthStatus>("auth status", &[ExitCode::AuthRequired]),
    entry::<c::auth::logout::AuthLogout>("auth logout", PROJECT),
    entry::<c::connect::Connect>("connect", EVERY),
    entry::<c::specify::Specify>("specify", EVERY),
    entry::<c::mission::list::MissionList>("mission list", PROJECT),
    entry::<c::mission::show::MissionShow>("mission show", SERVER),
    entry::<c::mission::open::MissionOpen>("mission open", MISSION),
    entry::<c::mission::discard::MissionDiscard>("mission discard", DISCARD),
    entry::<c::ticket::list::TicketList>("ticket list", SERVER),
    entry::<c::ticket::show::TicketShow>("ticket show", SERVER),
    entry::<c::tracker::search_origin::SearchOrigin>("ticket search", SERVER),
    entry::<c::tracker::providers::TrackerProviders>("tracker providers", &[]),
    entry::<c::tracker::status::TrackerStatus>("tracker status", &[]),
    entry::<c::tracker::bind::TrackerBind>("tracker bind", ASKING),
    entry::<c::tracker::unbind::TrackerUnbind>("tracker unbind", PROJECT),
    entry::<c::tracker::search_origin::SearchOrigin>("tracker search-origin", SERVER),
    entry::<c::tracker::bind_origin::BindOrigin>("tracker bind-origin", EVERY),
    entry::<c::tracker::unbind_origin::UnbindOrigin>("tracker unbind-origin", EVERY),
    entry::<c::sync::status::SyncStatus>("sync status", &[]),
    entry::<c::sync::now::SyncNow>("sync now", SERVER),
    entry::<c::sync::list::SyncList>("sync list", PROJECT),
    entry::<c::sync::retry::SyncRetry>("sync retry", RETRY),
    entry::<c::doctor::Doctor>("doctor", &[]),
    entry::<c::agent::feature::create_feature::CreateFeature>(
        "agent feature create-feature",
        CREATE,
    ),
    MCP,
    entry::<c::serve::Serve>("serve", STORE),
    entry::<c::admin::user::add::AdminUserAdd>("admin user add", STORE),
    entry::<c::admin::user::list::AdminUserList>("admin user list", STORE),
    entry::<c::admin::user::link::AdminUserLink>("admin user link", STORE),
    entry::<c::admin::user::link::AdminUserUnlink>("admin user unlink", STORE),
    entry::<c::admin::user::passwd::AdminUserPasswd>("admin user passwd", STORE),
    entry::<c::admin::user::remove::AdminUserRemove>("admin user remove", STORE),
    entry::<c::admin::connection::add::AdminConnectionAdd>("admin connection add", ASKING),
    entry::<c::admin::connection::list::AdminConnectionList>("admin connection list", STORE),
    entry::<c::admin::connection::test::AdminConnectionTest>("admin connection test", ASKING),
    entry::<c::admin::connection::resources::AdminConnectionResources>(
        "admin connection resources",
        ASKING,
    ),
    entry::<c::admin::connection::remove::AdminConnectionRemove>("admin connection remove", STORE),
    entry::<c::admin::project::map::AdminProjectMap>("admin project map", ASKING),
    entry::<c::admin::project::list::AdminProjectList>("admin project list", STORE),
    entry::<c::admin::project::unmap::AdminProjectUnmap>("admin project unmap", STORE),
    entry::<c::admin::tickets::import::AdminTicketsImport>("admin tickets import", STORE),
    entry::<c::admin::origin::list::AdminOriginList>("admin origin list", STORE),
    entry::<c::admin::origin::remove::AdminOriginRemove>("admin origin remove", STORE),
    entry::<c::admin::session::list::AdminSessionList>("admin session list", STORE),
    entry::<c::admin::session::revoke::AdminSessionRevoke>("admin session revoke", STORE),
    entry::<c::admin::token::create::AdminTokenCreate>("admin token create", STORE),
    entry::<c::admin::token::list::AdminTokenList>("admin token list", STORE),
    entry::<c::admin::token::revoke::AdminTokenRevoke>("admin token revoke", STORE),
    entry::<c::admin::status::AdminStatus>("admin status", STORE),
    entry::<c::demo::Demo>("demo", &[ExitCode::Conflict]),
    entry::<c::commands::Commands>("commands", &[]),
    entry::<c::skill::Skill>("skill", &[]),
    entry::<c::schema::Schemas>("schema", &[]),
    entry::<c::completions::Completions>("completions", &[]),
    entry::<HelpPage>("help", &[]),
    entry::<c::man::Man>("man", &[]),
];

impl Entry {
    /// All its exit codes, in order.
    pub(super) fn exit_codes(&self) -> Vec<u8> {
        let codes = ALWAYS.iter().chain(self.exits);
        let mut numbers: Vec<_> = codes.map(|code| code.number()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

/// The command with these words.
pub(super) fn find(path: &str) -> Option<&'static Entry> {
    COMMANDS.iter().find(|entry| entry.path == path)
}

/// Every document by name, sorted, with its schema.
pub(super) fn documents() -> Vec<(&'static str, MakeSchema)> {
    let of_commands = COMMANDS.iter().map(|entry| (entry.document, entry.schema));
    let error: (_, MakeSchema) = (failure::SCHEMA, error_schema);
    let mut documents: Vec<_> = of_commands.chain([error]).collect();
    documents.sort_unstable_by_key(|(name, _)| *name);
    documents.dedup_by_key(|(name, _)| *name);
    documents
}

/// Refuses keys that the document of a command does not have.
pub(super) fn check_keys(path: &str, keys: &[String]) -> Result<(), Failure> {
    let Some(entry) = find(path) else {
        return Ok(());
    };
    let schema = (entry.schema)();
    let known = keys_of(&schema);
    let Some(unknown) = keys.iter().find(|key| !known.contains(&key.as_str())) else {
        return Ok(());
    };
    let message = format!("{} has no field {unknown:?}", entry.document);
    let hint = format!("its fields are {}", known.join(", "));
    Err(Failure::usage(message).hint(hint).detail("fields", known))
}
