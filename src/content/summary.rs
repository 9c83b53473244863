//! mdBook's `SUMMARY.md`: which pages a book has, in which order.

use crate::diag::{Diagnostic, FileId, Parsed, Span};

use super::load::Place;

/// A page of the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its file, below the folder with the pages.
    pub file: String,
    /// Its title in the list.
    pub title: String,
    /// What it is a page of.
    pub place: Place,
    /// The path of the page above it that has pages below it; empty for none.
    pub section: String,
}

/// A line of the list.
struct Line {
    title: String,
    file: String,
    depth: usize,
    span: Span,
}

/// The pages in the summary `text`, in order. Drafts, which have no file, are left out.
pub fn parse(text: &str, file: FileId) -> Parsed<Vec<Item>> {
    let mut diagnostics = Vec::new();
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some((title, address, place)) = link(line) else { continue };
        let bulleted = line.trim_start().starts_with(['-', '*', '+']);
        let indent = line.len() - line.trim_start().len();
        if address.is_empty() {
            continue;
        }
        lines.push(Line {
            title: title.to_owned(),
            file: address.trim_start_matches("./").replace("%20", " "),
            depth: if bulleted { 1 + indent } else { 0 },
            span: Span::new(file, start + place.start..start + place.end),
        });
    }
    let mut items: Vec<Item> = Vec::new();
    // The pages above the one at hand: depth and path.
    let mut above: Vec<(usize, String)> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if items.iter().any(|item| item.file == line.file) {
            let message = format!("`{}` is listed twice", line.file);
            diagnostics.push(Diagnostic::warning(line.span, message).hint("the first place counts"));
            continue;
        }
        while above.last().is_some_and(|(depth, _)| *depth >= line.depth) {
            above.pop();
        }
        let path = path(&line.file);
        let parent = lines.get(index + 1).is_some_and(|next| next.depth > line.depth && line.depth > 0);
        let section = above.last().map_or_else(String::new, |(_, path)| path.clone());
        let place = if path.is_empty() || parent {
            Place::Section(path.clone())
        } else {
            Place::Chapter(path.clone())
        };
        if parent {
            above.push((line.depth, path));
        }
        items.push(Item { file: line.file.clone(), title: line.title.clone(), place, section });
    }
    Parsed { value: items, diagnostics }
}

/// `[title](address)` in a line, and where the address stands.
fn link(line: &str) -> Option<(&str, &str, std::ops::Range<usize>)> {
    let open = line.find('[')?;
    let middle = open + line[open..].find("](")?;
    let end = middle + line[middle..].find(')')?;
    let address = line[middle + 2..end].trim();
    Some((&line[open + 1..middle], address, middle + 2..end))
}

/// The path of the page in `file`: its folder, where it is the folder's own page.
fn path(file: &str) -> String {
    let stem = file.strip_suffix(".md").unwrap_or(file);
    match stem.rsplit_once('/') {
        Some((folder, "README" | "index")) => folder.to_owned(),
        None if stem == "README" || stem == "index" => String::new(),
        _ => stem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Sources;

    #[test]
    fn a_summary_is_read() {
        let text = "# Summary\n\n[Preface](README.md)\n\n# Part one\n\n- [One](one.md)\n  - [Deep](deep.md)\n  - [Draft]()\n- [Two](two/README.md)\n    - [Three](two/three.md)\n- [One again](one.md)\n\n---\n\n[End](end.md)\n";
        let mut sources = Sources::default();
        let file = sources.add("src/SUMMARY.md", text);
        let parsed = parse(text, file);
        let section = |path: &str| Place::Section(path.into());
        let chapter = |path: &str| Place::Chapter(path.into());
        let found: Vec<(&str, Place, &str)> =
            parsed.value.iter().map(|i| (i.title.as_str(), i.place.clone(), i.section.as_str())).collect();
        assert_eq!(
            found,
            [
                ("Preface", section(""), ""),
                ("One", section("one"), ""),
                ("Deep", chapter("deep"), "one"),
                ("Two", section("two"), ""),
                ("Three", chapter("two/three"), "two"),
                ("End", chapter("end"), ""),
            ]
        );
        assert_eq!(parsed.diagnostics.len(), 1);
    }
}
