//! Pictures of a cell: files of the site, and how a page shows them.

use std::fmt::Write;

use crate::content::html::escape;
use crate::snippet::output::{Animation, Frames, Image, ImageGrid, Overlay};

use super::cell::Surroundings;
use super::{figure, raster};

/// One picture.
pub(super) fn image(image: &Image, alt: &str, around: &mut Surroundings<'_>, html: &mut String) {
    let href = file(image, around);
    let class = if image.scale > 1 { " class=\"pixelated\"" } else { "" };
    let (width, height) = (image.width.saturating_mul(image.scale), image.height.saturating_mul(image.scale));
    let _ = write!(
        html,
        "<img src=\"{href}\" width=\"{width}\" height=\"{height}\" loading=\"lazy\" decoding=\"async\" alt=\"{}\"{class}>",
        escape(alt)
    );
}

/// Hands over the file of `image` and returns its address, relative to the page.
fn file(image: &Image, around: &mut Surroundings<'_>) -> String {
    let (extension, bytes) = raster::smallest(image);
    let path = format!("assets/cells/{}.{extension}", &blake3::hash(&bytes).to_hex()[..32]);
    let href = format!("{}{path}", around.root);
    (around.files)(path, &bytes);
    href
}

/// Several pictures, each over its label.
pub(super) fn grid(grid: &ImageGrid, alt: &str, around: &mut Surroundings<'_>, html: &mut String) {
    let (open, close) = if grid.filmstrip {
        ("<ol class=\"filmstrip\">".to_owned(), "</ol>")
    } else {
        (format!("<ul class=\"image-grid cols-{}\">", grid.columns.clamp(1, 16)), "</ul>")
    };
    // The alternative text describes the whole.
    let _ = write!(html, "<div role=\"group\" aria-label=\"{}\">{open}", escape(alt));
    for (index, shown) in grid.images.iter().enumerate() {
        let name = grid.labels.get(index).map_or("", String::as_str);
        html.push_str("<li>");
        // The label stands below in words: said twice it would only be in the way.
        image(shown, "", around, html);
        label(name, html);
        html.push_str("</li>");
    }
    html.push_str(close);
    html.push_str("</div>");
}

fn label(label: &str, html: &mut String) {
    if !label.is_empty() {
        let _ = write!(html, "<span class=\"label\">{}</span>", escape(label));
    }
}

/// Boxes or masks over a picture.
pub(super) fn overlay(
    overlay: &Overlay,
    id: &str,
    alt: &str,
    around: &mut Surroundings<'_>,
    html: &mut String,
) {
    let href = file(&overlay.image, around);
    html.push_str(&figure::overlay(overlay, &href, id, alt));
}

/// Frames one after the other: a filmstrip that the style sheet turns into a window with one frame at
/// a time, where readers have not asked for less motion. The box above it stops that.
pub(super) fn animation(
    animation: &Animation,
    id: &str,
    alt: &str,
    around: &mut Surroundings<'_>,
    html: &mut String,
) {
    let (kind, count) = match &animation.frames {
        Frames::Images(images) => ("images", images.len()),
        Frames::Figures(figures) => ("figures", figures.len()),
    };
    let _ = write!(
        html,
        "<div class=\"reel {kind}\" role=\"group\" aria-label=\"{}\"><label class=\"apart\">\
         <input type=\"checkbox\"> {}</label>\
         <div class=\"window\"><ol class=\"filmstrip frames n{} fps{}\">",
        escape(alt),
        escape(around.words.get("frames_apart")),
        count.clamp(2, 60),
        animation.fps.clamp(1, 30),
    );
    for index in 0..count {
        let name = animation.labels.get(index).map_or("", String::as_str);
        html.push_str("<li>");
        match &animation.frames {
            Frames::Images(images) => image(&images[index], "", around, html),
            Frames::Figures(figures) => {
                let named = if name.is_empty() { format!("{}", index + 1) } else { name.to_owned() };
                html.push_str(&figure::draw(&figures[index], &format!("{id}-{index}"), &named));
            }
        }
        label(name, html);
        html.push_str("</li>");
    }
    html.push_str("</ol></div></div>");
}
