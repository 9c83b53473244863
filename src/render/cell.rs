//! A cell and what it made, as the section that readers and other tools find in a page.

use std::fmt::Write;

use crate::content::html::{escape, escape_into};
use crate::content::markdown;
use crate::diag::{Cause, Diagnostic};
use crate::snippet::bake::{Baked, Provenance};
use crate::snippet::cell::{Cell, Fold};
use crate::snippet::output::{Check, Field, Output, Table, Tokens};

use super::data;
use super::figure;
use super::highlight::highlight;
use super::picture;
use super::theme::Words;

/// What a cell needs of its page.
pub(super) struct Surroundings<'a> {
    /// From the page to the root of the site.
    pub root: &'a str,
    /// The strings of the page's language.
    pub words: &'a Words,
    /// What its caption begins with, where it is numbered: `Figure 3`.
    pub number: Option<&'a str>,
    /// Where it comes from, where it is a cell of another page: HTML.
    pub origin: &'a str,
    /// Takes a file that the cell's HTML refers to: its path below the root, its bytes.
    pub files: &'a mut dyn FnMut(String, &[u8]),
    /// Sets a formula of a caption.
    pub math: &'a mut dyn FnMut(&str) -> String,
}

/// The cell `shown`, whose code stands in `source` (itself, or its sibling in another language), with
/// its bake, where it has one.
pub(super) fn cell(
    shown: &Cell,
    source: &Cell,
    baked: Option<&Baked>,
    around: &mut Surroundings<'_>,
) -> String {
    let options = &shown.options;
    if !(options.include && source.options.include) {
        // Links may still lead to it.
        return format!("<span id=\"{}\"></span>\n", escape(&options.label));
    }
    let key = baked.map(|baked| baked.key.cell.to_string()).unwrap_or_default();
    let mut html =
        format!("<section class=\"cell\" id=\"{}\" data-key=\"{}\">\n", escape(&options.label), escape(&key));
    if options.echo && source.options.echo {
        html.push_str(&code(shown, source, around.words));
    }
    if let Some(baked) = baked {
        if shows_output(shown, source) {
            outputs(baked, shown, source, around, &mut html);
            if options.warning && source.options.warning {
                warnings(&baked.bake.warnings, &mut html);
            }
        }
        checks(&baked.bake.checks, around.words, &mut html);
        provenance(&baked.bake.provenance, around, &mut html);
    }
    html.push_str("</section>\n");
    html
}

/// The fault of a cell that shows a picture without an alternative text.
pub(super) fn missing_alt(shown: &Cell, source: &Cell, baked: &Baked) -> Option<Diagnostic> {
    let pictures = baked.bake.outputs.iter().any(Output::is_picture);
    let described = shown.options.fig_alt.as_ref().is_some_and(|alt| !alt.trim().is_empty());
    (pictures && !described && shows_output(shown, source)).then(|| {
        let label = &shown.options.label;
        Diagnostic::error(
            shown.options.label_span,
            format!("the picture of `{label}` has no alternative text"),
        )
        .hint("say what it shows to those who cannot see it, in a line `#| fig-alt: …`")
        .because(Cause::MissingAlt)
    })
}

/// What the cell with the code hides stays hidden in the pages that share it.
fn shows_output(shown: &Cell, source: &Cell) -> bool {
    let shows = |cell: &Cell| cell.options.output && cell.options.include;
    shows(shown) && shows(source)
}

fn code(shown: &Cell, source: &Cell, words: &Words) -> String {
    let text = highlight(&source.code.text, "python");
    let code = format!("<pre class=\"code\"><code class=\"lang-python\">{text}</code></pre>");
    // Folding is inherited; a summary is not, as it is in the language of its own page.
    let fold = match shown.options.code_fold {
        Fold::No => source.options.code_fold,
        own => own,
    };
    if fold != Fold::No {
        let open = if fold == Fold::Open { " open" } else { "" };
        let summary = shown.options.code_summary.as_deref().unwrap_or_else(|| words.get("code"));
        format!("<details class=\"cell-code\"{open}><summary>{}</summary>{code}</details>\n", escape(summary))
    } else {
        format!("<div class=\"cell-code\">{code}</div>\n")
    }
}

fn outputs(baked: &Baked, shown: &Cell, source: &Cell, around: &mut Surroundings<'_>, html: &mut String) {
    let options = &shown.options;
    let most = options.max_lines.or(source.options.max_lines);
    let outputs = &baked.bake.outputs;
    if outputs.is_empty() {
        return;
    }
    let number = around.number.map(|number| format!("<b>{}</b>", escape(number)));
    // The number stands before the caption of what the label says it is.
    let of_table =
        options.tbl_cap.is_some() && (options.label.starts_with("tbl-") || options.fig_cap.is_none());
    let mut caption = |text: Option<&str>, numbered: bool| {
        let parts =
            [number.clone().filter(|_| numbered), text.map(|text| markdown::caption(text, around.math))];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    let figure_caption = caption(options.fig_cap.as_deref(), !of_table);
    let table_caption = caption(options.tbl_cap.as_deref(), of_table);
    // With both, the table's caption goes to the table and the figure's to the whole.
    let (caption, mut table_caption) = match figure_caption {
        Some(caption) => (Some(caption), table_caption),
        None => (table_caption, None),
    };
    if caption.is_some() {
        html.push_str("<figure class=\"cell-fig\">\n");
    }
    let alt = options.fig_alt.as_deref().unwrap_or("");
    for (index, output) in outputs.iter().enumerate() {
        let id = format!("{}-{index}", options.label);
        let _ = write!(html, "<div class=\"cell-out\" data-mime=\"{}\">", output.mime());
        match output {
            Output::Text { text } => printed(text, most, around.words, html),
            Output::Table(shown) => table(shown, table_caption.take(), html),
            Output::Image(shown) => picture::image(shown, alt, around, html),
            Output::Figure(shown) => html.push_str(&figure::draw(shown, &id, alt)),
            Output::Tokens(shown) => tokens(shown, html),
            Output::ImageGrid(shown) => picture::grid(shown, alt, around, html),
            Output::Overlay(shown) => picture::overlay(shown, &id, alt, around, html),
            Output::Animation(shown) => picture::animation(shown, &id, alt, around, html),
            Output::Download(shown) => data::download(shown, around, html),
        }
        let only = outputs.len() == 1;
        data::offer(output, if only { &options.label } else { &id }, around, html);
        html.push_str("</div>\n");
    }
    if let Some(caption) = caption {
        let _ = writeln!(html, "<figcaption>{caption}</figcaption>\n</figure>");
    }
}

/// Text, what is beyond `most` lines folded away.
fn printed(text: &str, most: Option<usize>, words: &Words, html: &mut String) {
    let cut = most.and_then(|most| text.match_indices('\n').nth(most - 1)).map(|(at, _)| at + 1);
    let (shown, rest) = text.split_at(cut.unwrap_or(text.len()));
    let _ = write!(html, "<pre><samp>{}</samp></pre>", escape(shown));
    if !rest.is_empty() {
        let summary = words.get("more_lines").replace("{count}", &rest.lines().count().to_string());
        let _ = write!(
            html,
            "<details class=\"more\"><summary>{}</summary><pre><samp>{}</samp></pre></details>",
            escape(&summary),
            escape(rest)
        );
    }
}

fn warnings(warnings: &[String], html: &mut String) {
    for warning in warnings {
        let _ = writeln!(html, "<pre class=\"cell-warning\"><samp>{}</samp></pre>", escape(warning));
    }
}

/// A table, with its caption where it has one.
pub(super) fn table(table: &Table, caption: Option<String>, html: &mut String) {
    let caption = caption.map(|caption| format!("<caption>{caption}</caption>")).unwrap_or_default();
    let _ = write!(html, "<div class=\"table-wrap\"><table>{caption}<thead><tr>");
    let numeric = |column: usize| {
        !table.rows.is_empty()
            && table.rows.iter().all(|row| matches!(row.get(column), Some(Field::Number { .. })))
    };
    for (index, column) in table.columns.iter().enumerate() {
        if column.is_empty() {
            // The corner above the names of rows: a header that says nothing is none.
            html.push_str("<td></td>");
            continue;
        }
        let class = if numeric(index) { " class=\"num\"" } else { "" };
        let _ = write!(html, "<th scope=\"col\"{class}>{}</th>", escape(column));
    }
    html.push_str("</tr></thead><tbody>");
    for row in &table.rows {
        html.push_str("<tr>");
        for field in row {
            let _ = match field {
                Field::Number { number } => write!(html, "<td class=\"num\">{}</td>", escape(number)),
                Field::Text(text) => write!(html, "<td>{}</td>", escape(text)),
            };
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div>");
}

fn tokens(tokens: &Tokens, html: &mut String) {
    html.push_str("<p class=\"tokens\">");
    for token in &tokens.tokens {
        html.push_str("<span class=\"token");
        if let Some(weight) = token.weight {
            let _ = write!(html, " w{}", (weight.clamp(0.0, 1.0) * 10.0).round());
        }
        html.push('"');
        if let Some(id) = token.id {
            let _ = write!(html, " title=\"id {id}\"");
        }
        html.push('>');
        escape_into(&token.text, html);
        html.push_str("</span>");
    }
    html.push_str("</p>");
}

fn checks(checks: &[Check], words: &Words, html: &mut String) {
    if checks.is_empty() {
        return;
    }
    html.push_str("<ul class=\"checks\">\n");
    for check in checks {
        let (control, mark) = (if check.control { " control" } else { "" }, if check.ok { "✔" } else { "✘" });
        let state = if check.passes() { "pass" } else { "fail" };
        let _ = write!(
            html,
            "<li class=\"check{control} {state}\"><span class=\"mark\">{mark}</span> <span class=\"claim\">{}</span> \
             <span class=\"measure\"><code>{}</code></span>",
            escape(&check.name),
            escape(&measured(check)),
        );
        if check.control {
            let _ = write!(html, " <span class=\"kind\">{}</span>", escape(words.get("control")));
        }
        html.push_str("</li>\n");
    }
    html.push_str("</ul>\n");
}

/// What was measured, and what it was compared with: `0.6401 > 0.2`.
pub(super) fn measured(check: &Check) -> String {
    format!("{} {} {}", value(&check.measured), check.op, value(&check.bound))
}

/// A measured value as a reader wants it: four significant digits, or the text itself.
fn value(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => match number.as_f64() {
            Some(float) if !number.is_i64() && !number.is_u64() => significant(float),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

fn significant(number: f64) -> String {
    if number == 0.0 {
        return "0".into();
    }
    let magnitude = number.abs().log10().floor();
    if !(-4.0..6.0).contains(&magnitude) {
        let text = format!("{number:.3e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits =
            if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
        return format!("{digits}e{exponent}");
    }
    // The magnitude lies between -4 and 5 here.
    let decimals = (3.0 - magnitude).max(0.0) as usize;
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn provenance(provenance: &Provenance, around: &Surroundings<'_>, html: &mut String) {
    html.push_str("<footer class=\"cell-prov\">");
    html.push_str(around.origin);
    for model in &provenance.models {
        let short = model.sha256.get(..8).unwrap_or(&model.sha256);
        let _ = write!(
            html,
            "<span class=\"prov-model\">{} <code title=\"sha256:{}\">sha256:{}</code></span> ",
            escape(&model.id),
            escape(&model.sha256),
            escape(short)
        );
    }
    if let (Some(runtime), Some(provider)) = (&provenance.runtime, &provenance.provider) {
        let _ =
            write!(html, "<span class=\"prov-runtime\">{} · {}</span> ", escape(runtime), escape(provider));
    }
    let _ = writeln!(
        html,
        "<span class=\"prov-seed\">{} {}</span></footer>",
        escape(around.words.get("seed")),
        provenance.seed
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_short() {
        for (number, text) in [
            (0.0, "0"),
            (0.640_123, "0.6401"),
            (8.881_784e-16, "8.882e-16"),
            (1e-6, "1e-6"),
            (33.8, "33.8"),
            (123_456.7, "123457"),
            (-0.5, "-0.5"),
            (2.0, "2"),
        ] {
            assert_eq!(significant(number), text);
        }
    }
}
