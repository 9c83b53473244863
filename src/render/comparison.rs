//! A page for reviewers: what cells showed when they were locked, beside what they show now.
//!
//! One file without links, so that it can be kept as an artifact and opened anywhere.

mod picture;
mod table;
mod text;

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::content::html::escape;
use crate::snippet::bake::Bake;
use crate::snippet::drift::Drift;
use crate::snippet::output::{Frames, Image, Output};

use super::figure;

/// A cell to compare.
#[derive(Clone, Debug)]
pub struct Compared<'a> {
    /// Its name: `chapter#label`.
    pub name: &'a str,
    /// What became of it, in a few words.
    pub verdict: String,
    /// What differs.
    pub drifts: &'a [Drift],
    /// The processors that it was locked and run again on.
    pub cpus: [&'a str; 2],
    /// What was locked, where that can be read.
    pub was: Option<&'a Bake>,
    /// What it shows now.
    pub now: &'a Bake,
}

/// More than the figures of the site need, which bring their own style.
const STYLE: &str = "body{max-width:100rem;margin:2rem auto;padding:0 1rem;display:block}\
    .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(16rem,1fr));gap:1rem;align-items:start;margin:.3rem 0}\
    .pair>*{min-width:0;overflow-x:auto}.pair img{image-rendering:pixelated;max-width:100%;min-width:8rem}\
    .drifts td,.drifts th,.side td,.side th{padding:.2rem .6rem;text-align:left;vertical-align:top}\
    .drifts{max-width:100%}.drifts td{overflow-wrap:anywhere}.side h4{margin:.2rem 0}.made{opacity:.8}\
    .changed{background:#d97706;color:#000}h3,summary{margin:1rem 0 .3rem}\
    section{border-top:1px solid;margin-top:2rem}section h2{margin:1rem 0 .3rem}";

/// The page for `cells`; `style` is the site's style sheet, which figures are drawn with.
pub fn comparison(cells: &[Compared<'_>], style: &str) -> String {
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Drift</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<style>{}{STYLE}</style>\n</head>\n<body>\n<main>\n",
        style.replace("</", "<\\/")
    );
    let _ = writeln!(
        html,
        "<h1>{} to review</h1>",
        if cells.len() == 1 { "1 cell".into() } else { format!("{} cells", cells.len()) }
    );
    if !cells.is_empty() {
        html.push_str("<ul>\n");
        for (index, cell) in cells.iter().enumerate() {
            let (name, verdict) = (escape(cell.name), escape(&cell.verdict));
            let _ = writeln!(html, "<li><a href=\"#c{index}\">{name}</a>: {verdict}</li>");
        }
        html.push_str("</ul>\n");
    }
    for (index, cell) in cells.iter().enumerate() {
        section(index, cell, &mut html);
    }
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

fn section(index: usize, cell: &Compared<'_>, html: &mut String) {
    let name = escape(cell.name);
    let _ = write!(
        html,
        "<section id=\"c{index}\" data-cell=\"{name}\">\n<h2>{name}: {}</h2>\n",
        escape(&cell.verdict)
    );
    let cpus = cell.cpus.map(|cpu| if cpu.is_empty() { "not known".to_owned() } else { escape(cpu) });
    let made = match &cpus {
        [was, now] if was == now => format!("Locked and run again on: {now}."),
        [was, now] => format!("Locked on: {was}.<br>Run again on: {now}."),
    };
    let _ = writeln!(html, "<p class=\"made\">{made}</p>");
    if !cell.drifts.is_empty() {
        differences(cell.drifts, html);
    }
    let empty = Vec::new();
    let was = cell.was.map_or(&empty, |bake| &bake.outputs);
    for at in 0..was.len().max(cell.now.outputs.len()) {
        let (id, pair_of) = (format!("o{index}-{at}"), (was.get(at), cell.now.outputs.get(at)));
        let place = format!("outputs[{at}]");
        // Where nothing is said of single outputs, all of them are to be looked at.
        let told = |drift: &Drift| drift.place.starts_with(&place) || !drift.place.starts_with("outputs[");
        let as_locked = cell.was.is_some() && !cell.drifts.is_empty() && !cell.drifts.iter().any(told);
        match as_locked {
            true => {
                let _ = writeln!(html, "<details><summary>output {at}, as locked</summary>");
                pair(&id, pair_of, html);
                html.push_str("</details>\n");
            }
            false => {
                let _ = writeln!(html, "<h3>output {at}</h3>");
                pair(&id, pair_of, html);
            }
        }
    }
    html.push_str("</section>\n");
}

/// What differs, in a table; with margins where a choice came out otherwise.
fn differences(drifts: &[Drift], html: &mut String) {
    let choices = drifts.iter().any(|drift| drift.margin.is_some());
    let margin = if choices { "<th scope=\"col\">locked choice ahead by</th>" } else { "" };
    let head = ["where", "was", "is"].map(|name| format!("<th scope=\"col\">{name}</th>")).concat();
    let _ = writeln!(html, "<table class=\"drifts\"><thead><tr>{head}{margin}</tr></thead><tbody>");
    for Drift { place, was, now, margin } in drifts {
        let margin = margin.map(|margin| format!("{margin:.3e}")).unwrap_or_default();
        let mut cells = [place, was, now].map(|text| format!("<td>{}</td>", escape(text))).concat();
        if choices {
            let _ = write!(cells, "<td>{margin}</td>");
        }
        let _ = writeln!(html, "<tr>{cells}</tr>");
    }
    html.push_str("</tbody></table>\n");
}

/// Two outputs side by side, and where they can be subtracted, their difference.
fn pair(id: &str, (was, now): (Option<&Output>, Option<&Output>), html: &mut String) {
    html.push_str("<div class=\"pair\">\n");
    for (title, output, other) in [("locked", was, now), ("now", now, was)] {
        let _ = write!(html, "<div class=\"side\"><h4>{title}</h4>");
        match output {
            Some(output) => one(&format!("{id}-{title}"), title, output, other.unwrap_or(output), html),
            None => html.push_str("<p>nothing</p>"),
        }
        html.push_str("</div>\n");
    }
    let (a, b) = (was.map(images).unwrap_or_default(), now.map(images).unwrap_or_default());
    let differences: Vec<Vec<u8>> =
        a.iter().zip(&b).filter_map(|(a, b)| picture::difference(&a.png.0, &b.png.0)).collect();
    if !differences.is_empty() {
        html.push_str("<div class=\"side\"><h4>difference, made stronger</h4>");
        for (difference, image) in differences.iter().zip(a) {
            img(difference, image.width * image.scale.max(1), "difference", html);
        }
        html.push_str("</div>\n");
    }
    html.push_str("</div>\n");
}

/// One of two outputs; what is not as in the `other` is marked where it can be.
fn one(id: &str, title: &str, output: &Output, other: &Output, html: &mut String) {
    match (output, other) {
        (Output::Text { text }, Output::Text { text: other }) => html.push_str(&text::side(text, other)),
        (Output::Text { text }, _) => html.push_str(&text::side(text, text)),
        (Output::Table(shown), Output::Table(other)) => html.push_str(&table::side(shown, other)),
        (Output::Table(shown), _) => html.push_str(&table::side(shown, shown)),
        (Output::Tokens(shown), Output::Tokens(other)) => html.push_str(&text::tokens(shown, other)),
        (Output::Tokens(shown), _) => html.push_str(&text::tokens(shown, shown)),
        (Output::Figure(shown), _) => html.push_str(&figure::draw(shown, id, title)),
        (Output::Animation(animation), _) => match &animation.frames {
            Frames::Images(images) => pictures(&images.iter().collect::<Vec<_>>(), title, html),
            Frames::Figures(figures) => {
                for (at, frame) in figures.iter().enumerate() {
                    html.push_str(&figure::draw(frame, &format!("{id}-{at}"), title));
                }
            }
        },
        (Output::Overlay(over), _) => {
            html.push_str(&figure::overlay(over, &address(&over.image.png.0), id, title));
        }
        (Output::Image(_) | Output::ImageGrid(_), _) => pictures(&images(output), title, html),
        (Output::Download(download), _) => {
            let _ = write!(html, "<p><code>{}</code></p>", escape(&download.name));
        }
    }
}

/// The pictures of an output.
fn images(output: &Output) -> Vec<&Image> {
    match output {
        Output::Image(image) => vec![image],
        Output::ImageGrid(grid) => grid.images.iter().collect(),
        Output::Overlay(over) => vec![&over.image],
        Output::Animation(animation) => match &animation.frames {
            Frames::Images(images) => images.iter().collect(),
            Frames::Figures(_) => Vec::new(),
        },
        Output::Text { .. } | Output::Table(_) | Output::Figure(_) => Vec::new(),
        Output::Tokens(_) | Output::Download(_) => Vec::new(),
    }
}

fn pictures(images: &[&Image], title: &str, html: &mut String) {
    for image in images {
        img(&image.png.0, image.width * image.scale.max(1), title, html);
    }
}

fn img(png: &[u8], width: u32, alt: &str, html: &mut String) {
    let _ = write!(html, "<img width=\"{width}\" alt=\"{alt}\" src=\"{}\"> ", address(png));
}

/// A PNG file as an address of its own.
fn address(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", STANDARD.encode(png))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snippet::output::{Bytes, Field, Table};

    fn cell<'a>(was: &'a Bake, now: &'a Bake, drifts: &'a [Drift]) -> Compared<'a> {
        let cpus = ["x86_64 avx", ""];
        Compared { name: "a#x", verdict: "drifted".into(), drifts, cpus, was: Some(was), now }
    }

    #[test]
    fn fields_that_differ_are_marked() {
        let bake = |number: &str| {
            let row = vec![Field::Text("<b>".into()), Field::Number { number: number.into() }];
            let table = Table { columns: vec!["name".into(), "value".into()], rows: vec![row] };
            Bake { outputs: vec![Output::Table(table)], ..Bake::default() }
        };
        let (was, now) = (bake("1.5"), bake("2.5"));
        let drifts = [Drift { margin: Some(0.5), ..Drift::new("outputs[0]", "1.5", "2.5") }];
        let html = comparison(&[cell(&was, &now, &drifts)], "");
        assert!(
            html.contains("<td class=\"changed\">1.5</td>")
                && html.contains("<td class=\"changed\">2.5</td>")
        );
        assert!(html.contains("<td>&lt;b&gt;</td>") && html.contains("<td>5.000e-1</td>"), "{html}");
        assert!(html.contains("Locked on: x86_64 avx.<br>Run again on: not known."), "{html}");
    }

    #[test]
    fn pictures_have_their_difference_beside_them() {
        let bake = |level: u8| {
            let png = picture::encode(1, 1, &[level, level, level]).expect("a picture");
            let image = Image { width: 1, height: 1, scale: 4, png: Bytes(png) };
            Bake { outputs: vec![Output::Image(image)], ..Bake::default() }
        };
        let (was, now) = (bake(10), bake(20));
        assert_eq!(comparison(&[cell(&was, &now, &[])], "").matches("<img").count(), 3);
    }
}
