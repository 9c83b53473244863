//! A page for reviewers: what cells showed when they were locked, beside what they show now.
//!
//! One file without links, so that it can be kept as an artifact and opened anywhere.

mod picture;
mod table;

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
    /// What was locked, where that can be read.
    pub was: Option<&'a Bake>,
    /// What it shows now.
    pub now: &'a Bake,
}

/// More than the figures of the site need, which bring their own style.
const STYLE: &str = "body{max-width:100rem;margin:2rem auto;padding:0 1rem;display:block}\
    .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(16rem,1fr));gap:1rem;align-items:start}\
    .pair>*{min-width:0;overflow-x:auto}.pair img{image-rendering:pixelated;max-width:100%;min-width:8rem}\
    .drifts td,.drifts th,.side td,.side th{padding:.2rem .6rem;text-align:left;vertical-align:top}\
    .changed{background:#d97706;color:#000}h3{margin:1rem 0 .3rem}section{border-top:1px solid;margin-top:2rem}";

/// The page for `cells`; `style` is the site's style sheet, which figures are drawn with.
pub fn comparison(cells: &[Compared<'_>], style: &str) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Drift</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<style>{}{STYLE}</style>\n</head>\n<body>\n",
        style.replace("</", "<\\/")
    );
    let _ = writeln!(
        html,
        "<h1>{} to review</h1>",
        if cells.len() == 1 { "1 cell".into() } else { format!("{} cells", cells.len()) }
    );
    if !cells.is_empty() {
        html.push_str("<ul>\n");
        for cell in cells {
            let name = escape(cell.name);
            let _ = writeln!(html, "<li><a href=\"#{name}\">{name}</a>: {}</li>", escape(&cell.verdict));
        }
        html.push_str("</ul>\n");
    }
    for (index, cell) in cells.iter().enumerate() {
        section(index, cell, &mut html);
    }
    html.push_str("</body>\n</html>\n");
    html
}

fn section(index: usize, cell: &Compared<'_>, html: &mut String) {
    let name = escape(cell.name);
    let _ = write!(html, "<section id=\"{name}\">\n<h2>{name}: {}</h2>\n", escape(&cell.verdict));
    if !cell.drifts.is_empty() {
        html.push_str("<table class=\"drifts\"><thead><tr><th>where</th><th>was</th><th>is</th><th>margin</th></tr></thead><tbody>\n");
        for Drift { place, was, now, margin } in cell.drifts {
            let margin = margin.map(|margin| format!("{margin:.3e}")).unwrap_or_default();
            let cells = [place, was, now, &margin].map(|text| format!("<td>{}</td>", escape(text)));
            let _ = writeln!(html, "<tr>{}</tr>", cells.concat());
        }
        html.push_str("</tbody></table>\n");
    }
    let empty = Vec::new();
    let was = cell.was.map_or(&empty, |bake| &bake.outputs);
    for at in 0..was.len().max(cell.now.outputs.len()) {
        let _ = writeln!(html, "<h3>output {at}</h3>");
        pair(&format!("o{index}-{at}"), was.get(at), cell.now.outputs.get(at), html);
    }
    html.push_str("</section>\n");
}

/// Two outputs side by side, and where they can be subtracted, their difference.
fn pair(id: &str, was: Option<&Output>, now: Option<&Output>, html: &mut String) {
    html.push_str("<div class=\"pair\">\n");
    match (was, now) {
        (Some(Output::Table(was)), Some(Output::Table(now))) => {
            html.push_str(&table::side("locked", was, now));
            html.push_str(&table::side("now", now, was));
        }
        (was, now) => {
            for (title, output) in [("locked", was), ("now", now)] {
                let _ = write!(html, "<div class=\"side\"><h4>{title}</h4>");
                match output {
                    Some(output) => one(&format!("{id}-{title}"), output, html),
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
                    img(difference, image.width * image.scale.max(1), html);
                }
                html.push_str("</div>\n");
            }
        }
    }
    html.push_str("</div>\n");
}

fn one(id: &str, output: &Output, html: &mut String) {
    match output {
        Output::Text { text } => {
            let _ = write!(html, "<pre><samp>{}</samp></pre>", escape(text));
        }
        Output::Table(shown) => html.push_str(&table::side("", shown, shown)),
        Output::Figure(shown) => html.push_str(&figure::draw(shown, id, "")),
        Output::Animation(animation) => match &animation.frames {
            Frames::Images(images) => pictures(&images.iter().collect::<Vec<_>>(), html),
            Frames::Figures(figures) => {
                for (at, frame) in figures.iter().enumerate() {
                    html.push_str(&figure::draw(frame, &format!("{id}-{at}"), ""));
                }
            }
        },
        Output::Tokens(tokens) => {
            html.push_str("<p>");
            for token in &tokens.tokens {
                let weight = token.weight.map(|weight| format!(" {weight:.4}")).unwrap_or_default();
                let _ = write!(html, "<code>{}{weight}</code> ", escape(&token.text));
            }
            html.push_str("</p>");
        }
        Output::Overlay(over) => html.push_str(&figure::overlay(over, &address(&over.image.png.0), id, "")),
        Output::Image(_) | Output::ImageGrid(_) => pictures(&images(output), html),
        Output::Download(download) => {
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

fn pictures(images: &[&Image], html: &mut String) {
    for image in images {
        img(&image.png.0, image.width * image.scale.max(1), html);
    }
}

fn img(png: &[u8], width: u32, html: &mut String) {
    let _ = write!(html, "<img width=\"{width}\" alt=\"\" src=\"{}\"> ", address(png));
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
        Compared { name: "a#x", verdict: "drifted".into(), drifts, was: Some(was), now }
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
