//! Figures as tables of the numbers that they are drawn from.

use crate::render::theme::Words;
use crate::snippet::figure::{Chart, Figure, Graph, Heatmap, Relief, Sankey};
use crate::snippet::output::{Field, Frames, Output, Overlay, Table, Token, Tokens};

/// How a number is written.
type Digits = fn(f64) -> String;

/// The data of a figure, of what is found in an image, or of all frames of an animation; `None` for
/// what has none or shows it itself.
pub(super) fn sheet(output: &Output, words: &Words, digits: Digits) -> Option<Table> {
    let writer = Writer { words, digits };
    match output {
        Output::Figure(figure) => Some(writer.figure(figure)),
        Output::Overlay(overlay) => Some(writer.overlay(overlay)),
        Output::Animation(animation) => match &animation.frames {
            Frames::Figures(figures) => Some(writer.frames(figures, &animation.labels)),
            Frames::Images(_) => None,
        },
        Output::Text { .. } | Output::Table(_) | Output::Image(_) => None,
        Output::Tokens(tokens) => writer.tokens(tokens),
        Output::ImageGrid(_) | Output::Download(_) => None,
    }
}

struct Writer<'a> {
    words: &'a Words,
    digits: Digits,
}

impl Writer<'_> {
    fn figure(&self, figure: &Figure) -> Table {
        match figure {
            Figure::Heatmap(map) => self.heatmap(map),
            Figure::Chart(chart) => self.chart(chart),
            Figure::Relief(relief) => self.relief(relief),
            Figure::Graph(graph) => self.graph(graph),
            Figure::Sankey(sankey) => self.sankey(sankey),
        }
    }

    fn number(&self, number: f64) -> Field {
        Field::Number { number: (self.digits)(number) }
    }

    /// A number that may be missing.
    fn maybe(&self, number: Option<f64>) -> Field {
        match number.filter(|number| number.is_finite()) {
            Some(number) => self.number(number),
            None => Field::Number { number: String::new() },
        }
    }

    /// The word `key` in the page's language.
    fn word(&self, key: &str) -> String {
        self.words.get(key).to_owned()
    }

    /// What an axis or column is called: its label, or the word `key` where it has none.
    fn named(&self, label: &str, key: &str) -> String {
        if label.is_empty() { self.word(key) } else { label.to_owned() }
    }

    fn matrix(&self, corner: String, columns: Vec<String>, rows: &[String], z: &[Vec<Option<f64>>]) -> Table {
        let width = z.iter().map(Vec::len).max().unwrap_or(0);
        let mut heads = vec![corner];
        heads.extend((0..width).map(|at| columns.get(at).cloned().unwrap_or_else(|| at.to_string())));
        let row = |(at, values): (usize, &Vec<Option<f64>>)| {
            let name = rows.get(at).cloned().unwrap_or_else(|| at.to_string());
            let values = (0..width).map(|column| self.maybe(values.get(column).copied().flatten()));
            std::iter::once(Field::Text(name)).chain(values).collect()
        };
        Table { columns: heads, rows: z.iter().enumerate().map(row).collect() }
    }

    fn heatmap(&self, map: &Heatmap) -> Table {
        self.matrix(map.y_label.clone(), map.columns.clone(), &map.rows, &map.values)
    }

    fn relief(&self, relief: &Relief) -> Table {
        let write = |places: &[f64]| places.iter().map(|place| (self.digits)(*place)).collect::<Vec<_>>();
        let (x, y) = (self.named(&relief.x_label, "data_x"), self.named(&relief.y_label, "data_y"));
        self.matrix(format!("{y} \\ {x}"), write(&relief.x), &write(&relief.y), &relief.z)
    }

    /// A row a position with a column a series where all series have the same positions; else a row a
    /// point.
    fn chart(&self, chart: &Chart) -> Table {
        let common = chart.series.windows(2).all(|pair| pair[0].x == pair[1].x);
        let labelled = chart.series.iter().any(|series| !series.labels.is_empty());
        let named = !chart.categories.is_empty();
        // Axes are named by the page: lying bars have their values on the horizontal one.
        let (positions, values) = match chart.horizontal {
            true => (&chart.y_label, &chart.x_label),
            false => (&chart.x_label, &chart.y_label),
        };
        let x = self.named(positions, if named { "data_name" } else { "data_x" });
        let y = self.named(values, if named { "data_value" } else { "data_y" });
        let place = |at: usize, x: f64| match chart.categories.get(at) {
            Some(name) => Field::Text(name.clone()),
            None => self.number(x),
        };
        if common && !labelled {
            let mut columns = vec![x];
            columns.extend(chart.series.iter().map(|series| match series.name.as_str() {
                "" => y.clone(),
                name => name.to_owned(),
            }));
            let positions = chart.series.first().map_or(&[][..], |series| &series.x);
            let row = |(at, x): (usize, &f64)| {
                let values = chart.series.iter();
                let values = values.map(|series| self.maybe(series.y.get(at).copied().flatten()));
                std::iter::once(place(at, *x)).chain(values).collect()
            };
            return Table { columns, rows: positions.iter().enumerate().map(row).collect() };
        }
        let several = chart.series.len() > 1;
        let mut columns = Vec::new();
        columns.extend(several.then(|| self.word("data_series")));
        columns.extend(labelled.then(|| self.word("data_label")));
        columns.extend([x, y]);
        let mut rows = Vec::new();
        for series in &chart.series {
            for (at, (x, y)) in series.x.iter().zip(&series.y).enumerate() {
                let mut row = Vec::new();
                row.extend(several.then(|| Field::Text(series.name.clone())));
                row.extend(labelled.then(|| Field::Text(series.labels.get(at).cloned().unwrap_or_default())));
                row.extend([place(at, *x), self.maybe(*y)]);
                rows.push(row);
            }
        }
        Table { columns, rows }
    }

    fn graph(&self, graph: &Graph) -> Table {
        let labelled = graph.edges.iter().any(|edge| !edge.label.is_empty());
        let mut columns = vec![self.word("data_from"), self.word("data_to")];
        columns.extend(labelled.then(|| self.word("data_label")));
        let node = |at: usize| graph.nodes.get(at).map_or(String::new(), |node| node.label.clone());
        let row = |edge: &crate::snippet::figure::Arrow| {
            let mut row = vec![Field::Text(node(edge.from)), Field::Text(node(edge.to))];
            row.extend(labelled.then(|| Field::Text(edge.label.clone())));
            row
        };
        Table { columns, rows: graph.edges.iter().map(row).collect() }
    }

    fn sankey(&self, sankey: &Sankey) -> Table {
        let columns =
            vec![self.word("data_from"), self.word("data_to"), self.named(&sankey.unit, "data_value")];
        let node = |at: usize| Field::Text(sankey.nodes.get(at).cloned().unwrap_or_default());
        let flows = sankey.flows.iter();
        let rows = flows.map(|flow| vec![node(flow.from), node(flow.to), self.maybe(Some(flow.value))]);
        Table { columns, rows: rows.collect() }
    }

    /// A row a token, where tokens have weights: without them the text says it all.
    fn tokens(&self, tokens: &Tokens) -> Option<Table> {
        tokens.tokens.iter().any(|token| token.weight.is_some()).then(|| {
            let row = |token: &Token| vec![Field::Text(token.text.clone()), self.maybe(token.weight)];
            let columns = vec![self.word("data_token"), self.word("data_weight")];
            Table { columns, rows: tokens.tokens.iter().map(row).collect() }
        })
    }

    fn overlay(&self, overlay: &Overlay) -> Table {
        if overlay.boxes.is_empty() {
            let columns = vec![self.word("data_label"), self.word("data_pixels")];
            let masks = overlay.masks.iter();
            let rows =
                masks.map(|mask| vec![Field::Text(mask.label.clone()), self.number(mask.area() as f64)]);
            return Table { columns, rows: rows.collect() };
        }
        let scored = overlay.boxes.iter().any(|outline| outline.score.is_some());
        let mut columns = vec![self.word("data_label")];
        columns.extend(scored.then(|| self.word("data_score")));
        columns.extend(["xmin", "ymin", "xmax", "ymax"].map(str::to_owned));
        let boxes = overlay.boxes.iter().map(|b| {
            let mut row = vec![Field::Text(b.label.clone())];
            row.extend(scored.then(|| self.maybe(b.score)));
            row.extend([b.xmin, b.ymin, b.xmax, b.ymax].map(|side| self.maybe(Some(side))));
            row
        });
        Table { columns, rows: boxes.collect() }
    }

    /// The tables of all frames, one below the other, with the frame in the first column.
    fn frames(&self, figures: &[Figure], labels: &[String]) -> Table {
        let mut all = Table::default();
        for (at, figure) in figures.iter().enumerate() {
            let own = self.figure(figure);
            if all.columns.is_empty() {
                all.columns.push(self.word("data_frame"));
                all.columns.extend(own.columns);
            }
            let frame = labels.get(at).cloned().unwrap_or_else(|| (at + 1).to_string());
            all.rows.extend(own.rows.into_iter().map(|mut row| {
                row.insert(0, Field::Text(frame.clone()));
                row
            }));
        }
        let width = all.columns.len();
        all.rows.iter_mut().for_each(|row| row.resize(width, Field::Text(String::new())));
        all
    }
}

#[cfg(test)]
mod tests;
