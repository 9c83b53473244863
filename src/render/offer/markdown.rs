//! A page as Markdown: for language models, for search, for whoever likes plain text.

use std::fmt::Write;

use crate::content::page::Page;
use crate::render::cell::measured;
use crate::render::data;
use crate::render::theme::Words;
use crate::snippet::output::{Field, Output, Table};

use super::parts::{Part, Shown};

/// A longer table stands in the page's CSV file only.
const MOST_ROWS: usize = 40;

/// The copy of `page`, with headings that carry their anchors and cells followed by what they made.
pub(in crate::render) fn markdown(page: &Page, parts: &[Part<'_>], words: &Words) -> String {
    let mut text = head(page);
    for part in parts {
        match part {
            Part::Text(prose) => text.push_str(prose.trim()),
            Part::Cell(shown) => text.push_str(cell(shown, words).trim_end()),
        }
        text.push_str("\n\n");
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// The title, unless the page's first heading is it, and the description.
pub(super) fn head(page: &Page) -> String {
    let mut text = String::new();
    if let Some(title) = &page.front.title {
        let _ = write!(text, "# {title}\n\n");
    }
    if let Some(description) = &page.front.description {
        let _ = write!(text, "> {description}\n\n");
    }
    text
}

pub(super) fn cell(shown: &Shown<'_>, words: &Words) -> String {
    let mut text = String::new();
    if shown.echoes() {
        text.push_str(&fence("python", &shown.source.code.text));
    }
    let Some(baked) = shown.baked.as_deref() else { return text };
    if shown.shows() {
        for output in &baked.bake.outputs {
            text.push_str(&one(output, shown, words));
        }
        let options = &shown.cell.options;
        let mut number = shown.number.as_ref().map(|number| format!("{number}. ")).unwrap_or_default();
        for caption in [&options.fig_cap, &options.tbl_cap].into_iter().flatten() {
            let _ = write!(text, "*{}{}*\n\n", std::mem::take(&mut number), caption.replace('*', ""));
        }
    }
    for check in &baked.bake.checks {
        let mark = if check.ok { "✔" } else { "✘" };
        let control = if check.control { format!(" ({})", words.get("control")) } else { String::new() };
        let _ = writeln!(text, "- {mark} {}: `{}`{control}", check.name, measured(check));
    }
    text.push('\n');
    text
}

fn one(output: &Output, shown: &Shown<'_>, words: &Words) -> String {
    if let Output::Text { text } = output {
        return fence("text", text);
    }
    if let Output::Tokens(tokens) = output {
        let texts: Vec<&str> = tokens.tokens.iter().map(|token| token.text.as_str()).collect();
        return fence("text", &texts.join(" | "));
    }
    if let Output::Download(download) = output {
        return format!("`{}`\n\n", download.name);
    }
    let mut text = String::new();
    if output.is_picture() {
        let alt = shown.cell.options.fig_alt.as_deref().unwrap_or("");
        let _ = write!(text, "[{}: {alt}]\n\n", words.get("figure"));
    }
    if let Some(sheet) = data::shown(output, words).filter(|sheet| sheet.rows.len() <= MOST_ROWS) {
        text.push_str(&table(&sheet));
    }
    text
}

/// `text` between fences that it does not hold.
fn fence(lang: &str, text: &str) -> String {
    let mut ticks = "```".to_owned();
    while text.contains(&ticks) {
        ticks.push('`');
    }
    format!("{ticks}{lang}\n{}\n{ticks}\n\n", text.trim_end_matches('\n'))
}

/// A table of GitHub's Markdown.
pub(super) fn table(table: &Table) -> String {
    let escape = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    let row = |fields: Vec<String>| format!("| {} |\n", fields.join(" | "));
    let mut text = row(table.columns.iter().map(|column| escape(column)).collect());
    text.push_str(&row(vec!["---".to_owned(); table.columns.len()]));
    for fields in &table.rows {
        text.push_str(&row(fields
            .iter()
            .map(|field| match field {
                Field::Number { number } => escape(number),
                Field::Text(text) => escape(text),
            })
            .collect()));
    }
    text.push('\n');
    text
}
