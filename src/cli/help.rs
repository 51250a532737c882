//! Texts of `--help` that are made from the code.

use super::exit_code::ExitCode;

/// The table of exit codes at the end of `--help`.
pub(super) fn exit_codes() -> String {
    let rows = ExitCode::ALL.map(|code| format!("  {:>3}  {}", code.number(), code.meaning()));
    format!("Exit codes:\n{}", rows.join("\n"))
}
