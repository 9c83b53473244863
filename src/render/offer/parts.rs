//! A page as its author wrote it, cut at its cells, with values, addresses, anchors and included files
//! filled in.

use std::borrow::Cow;
use std::ops::Range;

use crate::content::front_matter;
use crate::content::markdown::INCLUDES;
use crate::content::page::{Chapter, Page};
use crate::diag::FileId;
use crate::render::Input;
use crate::snippet::bake::Baked;
use crate::snippet::cell::Cell;

use super::edits::{Around, Edit, Edits};

/// A stretch of a page.
pub(in crate::render) enum Part<'a> {
    /// Markdown.
    Text(String),
    /// A cell: as the page shows it, with its code, and what it made.
    Cell(Box<Shown<'a>>),
}

/// A cell in a page.
pub(in crate::render) struct Shown<'a> {
    /// The cell in this page.
    pub(in crate::render) cell: &'a Cell,
    /// The cell that holds the code: itself, or its sibling in another language.
    pub(in crate::render) source: &'a Cell,
    /// What it made, in the words of the page.
    pub(in crate::render) baked: Option<Cow<'a, Baked>>,
    /// What its caption begins with, where it is numbered: `Figure 3`.
    pub(in crate::render) number: Option<String>,
}

impl Shown<'_> {
    /// Whether readers see the code.
    pub(in crate::render) fn echoes(&self) -> bool {
        let echoes = |cell: &Cell| cell.options.echo && cell.options.include;
        echoes(self.cell) && echoes(self.source)
    }

    /// Whether readers see what it made.
    pub(in crate::render) fn shows(&self) -> bool {
        let shows = |cell: &Cell| cell.options.output && cell.options.include;
        shows(self.cell) && shows(self.source)
    }
}

/// The parts of `page`, in order.
pub(super) fn parts<'a>(input: &Input<'a>, page: &'a Page, chapter: Option<&'a Chapter>) -> Vec<Part<'a>> {
    let around = Around::new(input, page, chapter);
    let edits = around.edits();
    let text = input.sources.text(page.file);
    let start = front_matter::parse(text, page.file, input.config.layout).value.1;
    let mut writer = Writer { input, around: &around, edits: &edits, parts: Vec::new(), open: String::new() };
    writer.write(page.file, start..text.len(), 0);
    writer.close();
    writer.open = around.list();
    writer.close();
    writer.parts
}

struct Writer<'w, 'a> {
    input: &'w Input<'a>,
    around: &'w Around<'w, 'a>,
    edits: &'w Edits,
    parts: Vec<Part<'a>>,
    /// The Markdown since the last cell.
    open: String,
}

impl Writer<'_, '_> {
    /// Writes `range` of `file`, which stands in `depth` others, with what stands in the place of its marks.
    fn write(&mut self, file: FileId, range: Range<usize>, depth: usize) {
        let text = self.input.sources.text(file);
        let mut at = range.start;
        for (place, edit) in self.edits.within(file, range.clone()) {
            // What stands inside something that was replaced is gone with it.
            if place.start < at || place.end > range.end {
                continue;
            }
            self.open.push_str(&text[at..place.start]);
            at = place.end;
            match edit {
                Edit::Put(put) => self.open.push_str(put),
                // Files that include each other without end are a fault, told elsewhere.
                Edit::File(part) if depth < INCLUDES => self.write(part.file, part.range(), depth + 1),
                Edit::File(_) => {}
                Edit::Cell(index) => {
                    self.close();
                    self.parts.push(Part::Cell(Box::new(self.around.shown(*index))));
                }
            }
        }
        self.open.push_str(&text[at.min(range.end)..range.end]);
    }

    /// Ends a stretch of Markdown.
    fn close(&mut self) {
        let text = std::mem::take(&mut self.open);
        if !text.trim().is_empty() {
            self.parts.push(Part::Text(text));
        }
    }
}
