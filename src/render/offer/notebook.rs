//! A chapter as a Jupyter notebook (nbformat 4.5), with what its cells showed when the page was made.
//!
//! The cells use the module `kiln`, which only Kiln has: the notebook is to be read, and to take from.

use base64::Engine;
use serde_json::{Value, json};

use crate::content::page::Page;
use crate::render::{cell, figure};
use crate::snippet::cell::Fold;
use crate::snippet::output::{Frames, Image, Output, Tokens};

use super::markdown::{head, table};
use super::parts::{Part, Shown};

/// The notebook as the bytes of its JSON.
pub(super) fn notebook(page: &Page, parts: &[Part<'_>]) -> String {
    let mut cells = Vec::new();
    let opening = head(page);
    if !opening.is_empty() {
        cells.push(prose("title", &opening));
    }
    let mut count = 0;
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Text(text) => cells.push(prose(&format!("text-{index}"), text)),
            Part::Cell(shown) => {
                count += 1;
                cells.push(code(shown, count));
            }
        }
    }
    let notebook = json!({
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": { "name": "python3", "display_name": "Python 3", "language": "python" },
            "language_info": { "name": "python", "file_extension": ".py", "mimetype": "text/x-python" },
            "title": page.title,
        },
        "cells": cells,
    });
    format!("{notebook:#}\n")
}

fn prose(id: &str, text: &str) -> Value {
    json!({ "cell_type": "markdown", "id": id, "metadata": {}, "source": lines(text.trim()) })
}

fn code(shown: &Shown<'_>, count: usize) -> Value {
    let options = &shown.cell.options;
    let outputs = shown.baked.as_deref().filter(|_| shown.shows()).map(|baked| baked.bake.outputs.as_slice());
    let outputs: Vec<Value> = outputs.unwrap_or_default().iter().map(|out| output(out, shown)).collect();
    let mut metadata = json!({ "name": options.label });
    let folded = [options.code_fold, shown.source.options.code_fold].contains(&Fold::Closed);
    if !shown.echoes() || folded {
        metadata["jupyter"] = json!({ "source_hidden": true });
    }
    json!({
        "cell_type": "code",
        // Labels are letters, digits, dashes and underscores, as ids of cells have to be.
        "id": id(&options.label),
        "metadata": metadata,
        "execution_count": count,
        "source": lines(shown.source.code.text.trim_end()),
        "outputs": outputs,
    })
}

/// The label as an id of at most 64 characters that no prose has.
fn id(label: &str) -> String {
    let label: String = label.chars().take(60).collect();
    format!("run-{label}")
}

fn output(output: &Output, shown: &Shown<'_>) -> Value {
    let alt = shown.cell.options.fig_alt.as_deref().unwrap_or("");
    let bundle = match output {
        Output::Text { text } => {
            return json!({ "output_type": "stream", "name": "stdout", "text": lines(text) });
        }
        Output::Table(shown) => {
            let mut html = String::new();
            cell::table(shown, None, &mut html);
            json!({ "text/html": lines(&html), "text/plain": lines(&table(shown)) })
        }
        Output::Tokens(Tokens { tokens }) => {
            let texts: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
            json!({ "text/plain": texts.join(" | ") })
        }
        Output::Image(image) => picture(image, alt),
        Output::Overlay(overlay) => picture(&overlay.image, alt),
        Output::ImageGrid(grid) => many(grid.images.first(), grid.images.len(), alt),
        Output::Animation(animation) => match &animation.frames {
            Frames::Images(images) => many(images.first(), images.len(), alt),
            Frames::Figures(figures) => drawn(figures.first(), shown, alt),
        },
        Output::Figure(figure) => drawn(Some(figure), shown, alt),
        Output::Download(download) => json!({ "text/plain": download.name }),
    };
    json!({ "output_type": "display_data", "metadata": {}, "data": bundle })
}

fn picture(image: &Image, alt: &str) -> Value {
    let png = base64::engine::general_purpose::STANDARD.encode(&image.png.0);
    json!({ "image/png": png, "text/plain": alt })
}

/// The first of several pictures: a notebook has room for one in an output.
fn many(first: Option<&Image>, count: usize, alt: &str) -> Value {
    match first {
        Some(image) => picture(image, &format!("{alt} (1/{count})")),
        None => json!({ "text/plain": alt }),
    }
}

fn drawn(drawing: Option<&crate::snippet::figure::Figure>, shown: &Shown<'_>, alt: &str) -> Value {
    let Some(drawing) = drawing else { return json!({ "text/plain": alt }) };
    let svg = figure::draw(drawing, &shown.cell.options.label, alt);
    json!({ "image/svg+xml": lines(&svg), "text/plain": alt })
}

/// Text as the list of lines that notebooks hold.
fn lines(text: &str) -> Value {
    text.split_inclusive('\n').collect()
}
