//! An output in one line: what it is, its digest, its shape, and its numbers summed up.

use std::fmt::Write;

use crate::cache::Digest;

use super::figure::Figure;
use super::output::{Frames, Output};
use super::raw::Raw;

/// How many of the greatest numbers are told.
const TOP: usize = 3;

/// `output` in a line, for locks; `raws` are the tensors behind it.
pub(super) fn summary(output: &Output, raws: &[&Raw]) -> String {
    // Outputs are plain data: they can always be written.
    let json = serde_json::to_string(output).unwrap_or_default();
    let digest = Digest::of(json.as_bytes()).hex();
    let mut line = format!("{} b3:{:.16}: {}", output.mime(), digest, shape(output));
    match raws {
        [] => line.push_str(&spread(&numbers(output))),
        raws => {
            for raw in raws.iter().take(4) {
                let shape: Vec<String> = raw.shape.iter().map(usize::to_string).collect();
                let _ = write!(line, "; {} ({}){}", raw.dtype, shape.join(", "), spread(&raw.numbers()));
            }
            if raws.len() > 4 {
                let _ = write!(line, "; {} more tensors", raws.len() - 4);
            }
        }
    }
    line
}

fn shape(output: &Output) -> String {
    match output {
        Output::Text { text } => {
            let shown: String = text.trim_end().chars().take(60).collect();
            format!("{} characters, {shown:?}", text.chars().count())
        }
        Output::Table(table) => format!("{} rows of {}", table.rows.len(), table.columns.join(", ")),
        Output::Image(image) => format!("{} x {} pixels", image.width, image.height),
        Output::ImageGrid(grid) => {
            let size = grid.images.first().map_or((0, 0), |image| (image.width, image.height));
            format!("{} images of {} x {} pixels", grid.images.len(), size.0, size.1)
        }
        Output::Figure(figure) => figure.describe(),
        Output::Overlay(over) => format!("{} boxes, {} masks", over.boxes.len(), over.masks.len()),
        Output::Animation(animation) => format!("{} frames a second", animation.fps),
        Output::Download(download) => format!("{} of {} bytes", download.name, download.file.0.len()),
        Output::Tokens(tokens) => {
            let ids: Vec<String> =
                tokens.tokens.iter().filter_map(|token| token.id).take(12).map(|id| id.to_string()).collect();
            format!(
                "{} tokens, ids {}",
                tokens.tokens.len(),
                if ids.is_empty() { "not told".into() } else { ids.join(" ") }
            )
        }
    }
}

/// Count, least, greatest and mean of `numbers`, and where the greatest are; nothing of none.
fn spread(numbers: &[f64]) -> String {
    let finite: Vec<(usize, f64)> =
        numbers.iter().copied().enumerate().filter(|(_, v)| v.is_finite()).collect();
    if finite.is_empty() {
        return String::new();
    }
    let least = finite.iter().fold(f64::INFINITY, |least, (_, v)| least.min(*v));
    let most = finite.iter().fold(f64::NEG_INFINITY, |most, (_, v)| most.max(*v));
    let mean = finite.iter().map(|(_, v)| v).sum::<f64>() / finite.len() as f64;
    let mut text = format!(", {} numbers, min {least:.6}, max {most:.6}, mean {mean:.6}", numbers.len());
    if finite.len() > 1 {
        let mut top = finite;
        top.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let top: Vec<String> = top.iter().take(TOP).map(|(at, v)| format!("{v:.6} at {at}")).collect();
        let _ = write!(text, ", top {}", top.join(", "));
    }
    text
}

/// The numbers that are shown: not those that say how.
fn numbers(output: &Output) -> Vec<f64> {
    match output {
        Output::Figure(figure) => figure.numbers(),
        Output::Animation(animation) => match &animation.frames {
            Frames::Figures(figures) => figures.iter().flat_map(Figure::numbers).collect(),
            Frames::Images(_) => Vec::new(),
        },
        Output::Tokens(tokens) => tokens.tokens.iter().filter_map(|token| token.weight).collect(),
        Output::Text { .. } | Output::Table(_) | Output::Image(_) | Output::ImageGrid(_) => Vec::new(),
        Output::Overlay(_) | Output::Download(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_is_summed_up() {
        let output = Output::Text { text: "tensor([1.0, 3.0, 2.0])\n".into() };
        let line = summary(&output, &[&Raw::exact("float32", &[3], &[1.0, 3.0, 2.0])]);
        let (head, tail) = line.split_once(": ").expect("a digest first");
        assert!(head.starts_with("text/plain b3:") && head.len() == "text/plain b3:".len() + 16, "{line}");
        let expect = "24 characters, \"tensor([1.0, 3.0, 2.0])\"; float32 (3), 3 numbers, min 1.000000, \
                      max 3.000000, mean 2.000000, top 3.000000 at 1, 2.000000 at 2, 1.000000 at 0";
        assert_eq!(tail, expect);
    }
}
