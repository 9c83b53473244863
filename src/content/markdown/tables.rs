//! Tables: where a row stands, and how the fields of a column are set.

use pulldown_cmark::Alignment;

use crate::diag::Diagnostic;

use super::{Range, Writer};

/// The table that is open.
#[derive(Default)]
pub(super) struct Table {
    alignments: Vec<Alignment>,
    /// How many fields of the row have begun.
    column: usize,
    /// Where the last field ended.
    end: usize,
    pub(super) in_head: bool,
}

impl Writer<'_> {
    pub(super) fn start_table(&mut self, alignments: Vec<Alignment>) {
        self.table = Table { alignments, ..Table::default() };
        self.push("<div class=\"table-wrap\"><table>\n");
    }

    pub(super) fn start_head(&mut self) {
        self.table.in_head = true;
        self.table.column = 0;
        self.push("<thead><tr>");
    }

    pub(super) fn end_head(&mut self) {
        self.table.in_head = false;
        self.push("</tr></thead>\n<tbody>\n");
    }

    pub(super) fn start_row(&mut self) {
        self.table.column = 0;
        self.push("<tr>");
    }

    /// A row ends; fields beyond the last column are no part of the table, and would be lost without a word.
    pub(super) fn end_row(&mut self, row: Range) {
        self.push("</tr>\n");
        let end = self.table.end.clamp(row.start, row.end);
        let Some(rest) = self.text.get(end..row.end).map(str::trim_end) else { return };
        let lost = rest.trim_start().trim_start_matches('|').trim_start();
        if !lost.trim_matches(['|', ' ', '\t']).is_empty() {
            let to = end + rest.len();
            let columns = self.table.alignments.len();
            self.diagnostics.push(
                Diagnostic::warning(
                    self.span(to - lost.len()..to),
                    format!("the table has {columns} columns: this is left out"),
                )
                .hint("a `|` that is part of the text is written `\\|`, in code and in formulas too"),
            );
        }
    }

    pub(super) fn start_field(&mut self) {
        let class = match self.table.alignments.get(self.table.column) {
            Some(Alignment::Center) => " class=\"align-center\"",
            Some(Alignment::Right) => " class=\"align-right\"",
            Some(Alignment::Left | Alignment::None) | None => "",
        };
        self.table.column += 1;
        let tag = if self.table.in_head { "th scope=\"col\"" } else { "td" };
        self.push(&format!("<{tag}{class}>"));
    }

    pub(super) fn end_field(&mut self, field: Range) {
        self.table.end = field.end;
        self.push(if self.table.in_head { "</th>" } else { "</td>" });
    }
}
