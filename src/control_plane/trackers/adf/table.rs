//! Tables. A cell of Markdown is one line, so the lines of a cell are joined with `<br>`.

use serde_json::Value;

use super::escape::code_span;
use super::inline::is_inline;
use super::{Writer, children, groups, kind, number};

/// The most columns that a cell is counted for.
const MAX_SPAN: u64 = 20;

impl Writer {
    pub(super) fn table(&mut self, node: &Value) -> String {
        let rows: Vec<_> = children(node)
            .iter()
            .map(|row| (row, self.row(row)))
            .collect();
        let columns = rows
            .iter()
            .map(|(_, cells)| cells.len())
            .max()
            .unwrap_or_default();
        if columns == 0 {
            return String::new();
        }
        let is_header = |row: &Value| children(row).iter().all(|cell| kind(cell) == "tableHeader");
        let mut rows = rows.into_iter().peekable();
        let mut header = rows
            .next_if(|(row, _)| is_header(row))
            .map_or(Vec::new(), |row| row.1);
        // Markdown ignores cells without a header.
        header.resize(columns, String::new());
        let separator = vec!["---".to_owned(); columns];
        let rows = rows.map(|(_, cells)| cells);
        let all = [header, separator].into_iter().chain(rows);
        all.map(|cells| line(&cells)).collect::<Vec<_>>().join("\n")
    }

    fn row(&mut self, row: &Value) -> Vec<String> {
        let mut cells = Vec::new();
        for cell in children(row) {
            if !self.may_go_on() {
                break;
            }
            let content = match kind(cell) {
                "tableCell" | "tableHeader" => children(cell),
                _ => std::slice::from_ref(cell),
            };
            cells.push(self.lines(content).join("<br>").replace('|', "\\|"));
            let span = number(cell, "colspan").unwrap_or(1).clamp(1, MAX_SPAN);
            cells.extend((1..span).map(|_| String::new()));
        }
        cells
    }

    /// The lines of blocks without the form of the blocks, which a cell cannot have.
    fn lines(&mut self, nodes: &[Value]) -> Vec<String> {
        let mut lines = Vec::new();
        for group in groups(nodes) {
            match group {
                [node] if !is_inline(node) => self.lines_of_block(node, &mut lines),
                inline => lines.extend(self.inline(inline).lines().map(|l| l.trim().to_owned())),
            }
        }
        lines.retain(|line| !line.is_empty());
        lines
    }

    fn lines_of_block(&mut self, node: &Value, lines: &mut Vec<String>) {
        if !self.may_go_on() {
            return;
        }
        match kind(node) {
            "codeBlock" => lines.extend(self.code(node).lines().map(code_span)),
            "media" | "blockCard" | "embedCard" => {
                lines.push(self.inline(std::slice::from_ref(node)));
            }
            "listItem" | "taskItem" | "decisionItem" => {
                let item = self.lines(children(node));
                lines.push(format!("- {}", item.join("<br>")));
            }
            _ => {
                lines.extend(self.own_texts(node));
                lines.extend(self.lines(children(node)));
            }
        }
    }
}

fn line(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| format!(" {cell} |")).collect();
    format!("|{}", cells.concat())
}
