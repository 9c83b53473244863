//! Figures as rows of numbers.

use super::*;
use crate::snippet::figure::{Arrow, Flow, Mark, Node, Series};

/// The sheet of `figure`, a line a row, headings first.
fn lines(figure: Figure) -> Vec<String> {
    let words = Words::default();
    let sheet = sheet(&Output::Figure(figure), &words, |number| number.to_string()).expect("a sheet");
    let row = |row: &Vec<Field>| {
        let fields = row.iter().map(|field| match field {
            Field::Number { number } => number.as_str(),
            Field::Text(text) => text.as_str(),
        });
        fields.collect::<Vec<_>>().join("|")
    };
    std::iter::once(sheet.columns.join("|")).chain(sheet.rows.iter().map(row)).collect()
}

fn series(name: &str, x: &[f64], y: &[Option<f64>]) -> Series {
    Series { name: name.into(), mark: Mark::Line, x: x.into(), y: y.into(), labels: Vec::new() }
}

#[test]
fn series_of_common_positions_stand_side_by_side() {
    let two = vec![series("a", &[0.0, 1.0], &[Some(1.5), None]), series("b", &[0.0, 1.0], &[Some(f64::NAN)])];
    let chart = Chart { x_label: "x".into(), series: two, ..Chart::default() };
    assert_eq!(lines(Figure::Chart(chart)), ["x|a|b", "0|1.5|", "1||"]);
}

#[test]
fn series_of_their_own_positions_stand_one_below_the_other() {
    let two = vec![series("a", &[0.0], &[Some(1.0)]), series("b", &[5.0, 6.0], &[Some(2.0), Some(3.0)])];
    let chart = Chart { x_label: "x".into(), y_label: "y".into(), series: two, ..Chart::default() };
    assert_eq!(lines(Figure::Chart(chart))[1..], ["a|0|1", "b|5|2", "b|6|3"]);
}

#[test]
fn lying_bars_have_their_values_across() {
    let bars = Chart {
        x_label: "count".into(),
        y_label: "word".into(),
        categories: vec!["cat".into()],
        horizontal: true,
        series: vec![series("", &[0.0], &[Some(3.0)])],
        ..Chart::default()
    };
    assert_eq!(lines(Figure::Chart(bars)), ["word|count", "cat|3"]);
    assert_eq!(lines(Figure::Chart(Chart::default())).len(), 1);
}

#[test]
fn matrices_and_arrows_are_rows() {
    let map = Heatmap {
        y_label: "q".into(),
        values: vec![vec![Some(1.0)], vec![None, Some(2.0)]],
        ..Heatmap::default()
    };
    assert_eq!(lines(Figure::Heatmap(map)), ["q|0|1", "0|1|", "1||2"]);
    let graph = Graph {
        nodes: vec![Node { name: "a".into(), label: "A".into() }],
        edges: vec![Arrow { from: 0, to: 9, label: "l".into() }],
        ..Graph::default()
    };
    assert_eq!(lines(Figure::Graph(graph))[1..], ["A||l"]);
    let sankey = Sankey {
        unit: "kg".into(),
        nodes: vec!["a".into(), "b".into()],
        flows: vec![Flow { from: 0, to: 1, value: 2.5 }],
        ..Sankey::default()
    };
    assert_eq!(lines(Figure::Sankey(sankey))[1..], ["a|b|2.5"]);
}
