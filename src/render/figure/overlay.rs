//! What is found in an image: boxes and masks over it, each kind of thing in its colour.

use std::fmt::Write;

use crate::content::html::escape;
use crate::snippet::output::{Mask, Outline, Overlay};

use super::marks::COLOURS;
use super::rings::Field;
use super::scale::bounded;
use super::svg::{Anchor, Svg, Words, num};
use super::text::{self, FONT, HALF};
use super::ticks;

/// Height of a label's plate, in pixels.
const PLATE: f64 = FONT + 5.0;
/// Names below an image have at least this width, in pixels, however small it is.
const NAMES: f64 = 160.0;

/// `overlay` as one `<svg>` element over the image at `href`.
pub fn draw(overlay: &Overlay, href: &str, id: &str, alt: &str) -> String {
    let image = &overlay.image;
    let scale = f64::from(image.scale.max(1));
    let (width, height) = (f64::from(image.width) * scale, f64::from(image.height) * scale);
    let labels = overlay.boxes.iter().map(|b| &b.label).chain(overlay.masks.iter().map(|m| &m.label));
    let kinds = labels.fold(Vec::new(), |mut kinds: Vec<&str>, label| {
        if label.is_empty() || !kinds.contains(&label.as_str()) {
            kinds.push(label);
        }
        kinds
    });
    let mut svg = Svg::default();
    let class = if image.scale > 1 { " class=\"pixelated\"" } else { "" };
    let (w, h) = (num(width), num(height));
    svg.raw(&format!("<image href=\"{}\" width=\"{w}\" height=\"{h}\"{class}/>", escape(href)));
    for (at, mask) in overlay.masks.iter().enumerate() {
        cover(&mut svg, mask, kind(&kinds, &mask.label, at), (image.width, image.height), scale);
    }
    for (at, outline) in overlay.boxes.iter().enumerate() {
        boxed(&mut svg, outline, kind(&kinds, &outline.label, at), (width, height), scale);
    }
    let named = overlay.masks.iter().any(|mask| !mask.label.is_empty());
    let width = if named { width.max(NAMES) } else { width };
    let height = height + legend(&mut svg, overlay, &kinds, (width, height));
    let data = data(overlay);
    svg.finish("overlay", width, height, Words { id, alt, title: "", data: &data })
}

/// The colour of a thing: that of its label, or its own where it has none.
fn kind(kinds: &[&str], label: &str, at: usize) -> usize {
    let known = kinds.iter().position(|kind| !label.is_empty() && *kind == label);
    known.unwrap_or(at) % COLOURS.len()
}

fn boxed(svg: &mut Svg, outline: &Outline, kind: usize, (width, height): (f64, f64), scale: f64) {
    // Lines at the border of the image stay inside it.
    let across = |x: f64| (bounded(x) * scale).clamp(1.5, (width - 1.5).max(1.5));
    let down = |y: f64| (bounded(y) * scale).clamp(1.5, (height - 1.5).max(1.5));
    let (left, right) = (across(outline.xmin), across(outline.xmax));
    let (top, bottom) = (down(outline.ymin), down(outline.ymax));
    let path = format!("M{} {}H{}V{}H{}z", num(left), num(top), num(right), num(bottom), num(left));
    // A wider line below the coloured one sets it off from an image of any colour.
    svg.path(
        "class=\"halo\" fill=\"none\" stroke=\"#fff\" stroke-opacity=\".7\" stroke-width=\"4.5\"",
        &path,
    );
    let (class, colour) = (kind + 1, COLOURS[kind]);
    let attributes =
        format!("class=\"s{class} line\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"");
    svg.path(&attributes, &path);
    let score = outline.score.map(|score| ticks::fixed(bounded(score), 2));
    let words: Vec<&str> = [outline.label.as_str(), score.as_deref().unwrap_or("")]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect();
    let label = text::fit(&words.join(" "), width - 8.0);
    if label.is_empty() {
        return;
    }
    // Above the box where there is room, else inside.
    let y = if top >= PLATE { top - PLATE } else { top };
    let long = (text::width(&label) + 8.0).min(width);
    let x = (left - 1.0).min(width - long).max(0.0);
    let plate = format!("M{} {}h{}v{}h-{}z", num(x), num(y), num(long), num(PLATE), num(long));
    svg.path(&format!("class=\"s{class} bar\" fill=\"{colour}\""), &plate);
    svg.open("class=\"strong\" fill=\"#fff\"");
    svg.text(x + 4.0, y + PLATE / 2.0 + HALF, Anchor::Start, "", &label);
    svg.close();
}

fn cover(svg: &mut Svg, mask: &Mask, kind: usize, (width, height): (u32, u32), scale: f64) {
    let (width, height) = (width as usize, height as usize);
    // A margin outside the image lets outlines end at its sides.
    let places = |count: usize| -> Vec<f64> {
        let place = |at: usize| (at as f64 - 0.5).clamp(0.0, count as f64) * scale;
        (0..count + 2).map(place).collect()
    };
    let mut z = vec![vec![Some(0.0); width + 2]; height + 2];
    for (at, inside) in mask.pixels().take(width * height).enumerate() {
        if inside {
            z[at / width + 1][at % width + 1] = Some(1.0);
        }
    }
    let (x, y) = (places(width), places(height));
    let path = Field { x: &x, y: &y, z: &z }.path(0.5);
    let (class, colour) = (kind + 1, COLOURS[kind]);
    svg.path(
        &format!(
            "class=\"s{class} mask\" fill=\"{colour}\" fill-opacity=\".45\" fill-rule=\"evenodd\" \
             stroke=\"{colour}\" stroke-width=\"1.5\""
        ),
        &path,
    );
}

/// Adds the names of the masks below the image, in as many rows as they need; returns their height.
fn legend(svg: &mut Svg, overlay: &Overlay, kinds: &[&str], (width, height): (f64, f64)) -> f64 {
    let mut named: Vec<(usize, &str)> = Vec::new();
    for (at, mask) in overlay.masks.iter().enumerate() {
        if !mask.label.is_empty() && !named.iter().any(|(_, known)| *known == mask.label) {
            named.push((kind(kinds, &mask.label, at), &mask.label));
        }
    }
    if named.is_empty() {
        return 0.0;
    }
    let (mut x, mut y) = (2.0, height + 18.0);
    for (kind, label) in named {
        let label = text::fit(label, width - 24.0);
        let long = 18.0 + text::width(&label) + 14.0;
        if x > 2.0 && x + long > width {
            (x, y) = (2.0, y + FONT + 7.0);
        }
        let mut swatch = String::new();
        let _ = write!(swatch, "M{} {}h11v11h-11z", num(x), num(y - 5.5));
        svg.path(&format!("class=\"s{} bar\" fill=\"{}\"", kind + 1, COLOURS[kind]), &swatch);
        svg.text(x + 18.0, y + HALF, Anchor::Start, "", &label);
        x += long;
    }
    y - height + FONT
}

/// What stands where, for up to 24 things.
fn data(overlay: &Overlay) -> String {
    let short = |number: f64| ticks::short(bounded(number));
    let boxes = overlay.boxes.iter().map(|b| {
        let corners = [b.xmin, b.ymin, b.xmax, b.ymax].map(short).join(" ");
        let score = b.score.map(|score| format!(" {}", short(score))).unwrap_or_default();
        format!("{}{score}: {corners}", b.label)
    });
    let masks = overlay.masks.iter().map(|mask| format!("{}: {}", mask.label, mask.area()));
    boxes.chain(masks).take(24).collect::<Vec<_>>().join("; ")
}
