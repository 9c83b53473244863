//! The page that shows what a check found.

use std::path::Path;

use crate::render::comparison::{Compared, comparison};
use crate::snippet::run::Verdict;
use crate::write::OutFile;
use crate::{Result, write};

use super::Checked;

/// Writes a page with all cells that are not as locked to `path`, before and after side by side.
///
/// # Errors
/// The file cannot be written.
pub fn review(checked: &Checked, path: &Path) -> Result<()> {
    let cells: Vec<Compared<'_>> = checked
        .cells
        .iter()
        .filter_map(|(name, cell)| {
            let (verdict, drifts) = match &cell.again.verdict {
                Verdict::Same => return None,
                Verdict::Drifted(drifts) => ("drifted".to_owned(), drifts.as_slice()),
                Verdict::Stale(why) => (format!("stale, as {}", why.join("; ")), [].as_slice()),
                Verdict::Unlocked => ("not locked".to_owned(), [].as_slice()),
            };
            let (was, now) = (cell.again.was.as_ref(), &cell.again.now.bake);
            let locked = name.rsplit_once('#').and_then(|(chapter, label)| {
                checked.project.locks.get(chapter)?.cells.get(label).map(|cell| cell.cpu.as_str())
            });
            let cpus = [locked.unwrap_or_default(), &cell.again.now.making.cpu];
            Some(Compared { name, verdict, drifts, cpus, was, now })
        })
        .collect();
    let is_style = |file: &&OutFile| file.path.starts_with("assets/style.") && file.path.ends_with(".css");
    let style = checked.project.theme.assets().find(is_style);
    let style = style.map(|file| String::from_utf8_lossy(&file.bytes)).unwrap_or_default();
    write::file(path, comparison(&cells, &style).as_bytes())
}
