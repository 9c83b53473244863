//! An output in one line: what it is, its shape, and its numbers summed up.

use serde_json::Value;

use super::output::Output;

/// `output` in a line, for locks.
pub(super) fn summary(output: &Output) -> String {
    let mime = output.mime();
    match output {
        Output::Text { text } => {
            let shown: String = text.trim_end().chars().take(60).collect();
            format!("{mime}: {} characters, {shown:?}", text.chars().count())
        }
        Output::Table(table) => {
            format!("{mime}: {} rows of {}", table.rows.len(), table.columns.join(", "))
        }
        Output::Image(image) => format!("{mime}: {} x {} pixels", image.width, image.height),
        Output::ImageGrid(grid) => {
            let size = grid.images.first().map_or((0, 0), |image| (image.width, image.height));
            format!("{mime}: {} images of {} x {} pixels", grid.images.len(), size.0, size.1)
        }
        other => {
            // Outputs are plain data: they can always be written.
            let mut numbers = Vec::new();
            collect(&serde_json::to_value(other).unwrap_or_default(), &mut numbers);
            let count = numbers.len();
            let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
            let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mean = numbers.iter().sum::<f64>() / count.max(1) as f64;
            match count {
                0 => format!("{mime}: no numbers"),
                _ => format!("{mime}: {count} numbers, min {least:.6}, max {most:.6}, mean {mean:.6}"),
            }
        }
    }
}

fn collect(value: &Value, numbers: &mut Vec<f64>) {
    match value {
        Value::Number(number) => numbers.extend(number.as_f64()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, numbers)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, numbers)),
        _ => {}
    }
}
