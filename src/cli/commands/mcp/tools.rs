//! The tools: each is a command, with the arguments that a program needs.

use rmcp::model::{JsonObject, Tool as Described, ToolAnnotations};
use serde_json::Value;

use super::inputs::{
    Input, Kind, MissionList, MissionShow, MissionStart, OriginBind, SyncStatus, TicketList,
    TicketSearch, TicketShow,
};
use super::schemas::{of_input, of_output};
use crate::cli::Failure;

/// A call with valid arguments, as a command line.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) words: Vec<String>,
    /// Only of a tool that binds.
    pub(super) confirmed: Option<String>,
}

/// A tool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    /// The words of its command.
    pub(crate) command: &'static str,
    pub(crate) about: &'static str,
    kind: Kind,
    input: fn() -> JsonObject,
    read: fn(Value) -> serde_json::Result<Call>,
}

/// Every tool.
pub(crate) const TOOLS: &[Tool] = &[
    tool::<TicketList>(),
    tool::<TicketSearch>(),
    tool::<TicketShow>(),
    tool::<MissionList>(),
    tool::<MissionShow>(),
    tool::<MissionStart>(),
    tool::<OriginBind>(),
    tool::<SyncStatus>(),
];

/// The tool with this name.
pub(super) fn find(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name)
}

const fn tool<I: Input>() -> Tool {
    Tool {
        name: I::NAME,
        command: I::COMMAND,
        about: I::ABOUT,
        kind: I::KIND,
        input: of_input::<I>,
        read: read::<I>,
    }
}

fn read<I: Input>(arguments: Value) -> serde_json::Result<Call> {
    let input: I = serde_json::from_value(arguments)?;
    let command = I::COMMAND.split(' ').map(str::to_owned);
    Ok(Call {
        words: command.chain(input.words()).collect(),
        confirmed: input.confirmed().map(str::to_owned),
    })
}

impl Tool {
    /// Checks the arguments of a call.
    pub(super) fn call(&self, arguments: JsonObject) -> Result<Call, Failure> {
        (self.read)(Value::Object(arguments)).map_err(|error| {
            Failure::usage(format!("the arguments of {} are invalid", self.name))
                .cause(error.to_string())
                .hint("pass arguments that match the inputSchema of the tool")
        })
    }

    /// The tool as a client sees it.
    pub(super) fn describe(&self) -> Described {
        let hints = ToolAnnotations::new()
            .read_only(self.kind != Kind::Binds)
            .destructive(false)
            .idempotent(true)
            .open_world(self.kind != Kind::Reads);
        Described::new(self.name, self.about, (self.input)())
            .with_raw_output_schema(of_output(self.command).into())
            .with_annotations(hints)
    }
}
