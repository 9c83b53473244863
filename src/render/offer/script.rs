//! A chapter's cells as one Python script, in the percent format that editors show as cells.

use std::fmt::Write;

use crate::content::page::Page;

use super::parts::Part;

/// The script of `page`.
pub(super) fn script(page: &Page, parts: &[Part<'_>]) -> String {
    let mut text = format!("# {}\n", one_line(&page.title));
    if let Some(description) = &page.front.description {
        let _ = writeln!(text, "# {}", one_line(description));
    }
    text.push_str("#\n# The cells of one page, in order. `kiln`, `check` and `control` are Kiln's own.\n");
    for part in parts {
        let Part::Cell(shown) = part else { continue };
        let _ = write!(text, "\n# %% {}\n", shown.cell.options.label);
        if let Some(baked) = shown.baked.as_deref() {
            for model in &baked.bake.provenance.models {
                let _ = writeln!(text, "# model {}, sha256 {}", model.id, model.sha256);
            }
        }
        let _ = writeln!(text, "{}", shown.source.code.text.trim_end());
    }
    text
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
