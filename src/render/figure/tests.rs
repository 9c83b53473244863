//! Whole drawings: well formed, finite and short, whatever the numbers.

mod diagrams;
mod overlays;

use crate::snippet::figure::{Chart, Figure, Heatmap, Mark, Series};

use super::draw;

fn heatmap(values: Vec<Vec<Option<f64>>>) -> Heatmap {
    Heatmap { values, vmin: 0.0, vmax: 1.0, ..Heatmap::default() }
}

fn series(name: &str, mark: Mark, y: &[f64]) -> Series {
    let x = (0..y.len()).map(|i| i as f64).collect();
    Series { name: name.into(), mark, x, y: y.iter().map(|y| Some(*y)).collect(), labels: Vec::new() }
}

/// Draws `figure` and holds it to what every drawing must be.
#[track_caller]
fn check(figure: &Figure) -> String {
    let svg = draw(figure, "fig", "alt <text> & \"more\"");
    well_formed(&svg);
    for word in ["NaN", "inf", "style="] {
        assert!(!svg.contains(word), "{word} in {svg}");
    }
    assert!(svg.contains("<title id=\"fig-t\">alt &lt;text&gt; &amp; &quot;more&quot;</title>"), "{svg}");
    assert_eq!(svg, draw(figure, "fig", "alt <text> & \"more\""));
    svg
}

/// Tags are balanced, attributes quoted, nothing unescaped: the rules of XML that a drawing could break.
#[track_caller]
fn well_formed(svg: &str) {
    let mut open = Vec::new();
    let mut rest = svg;
    while let Some(at) = rest.find('<') {
        let text = &rest[..at];
        assert!(!text.contains('>') && !text.chars().any(char::is_control), "{text:?}");
        let end = rest[at..].find('>').expect("a tag ends") + at;
        let tag = &rest[at + 1..end];
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None => {
                assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
                let name = tag.split_whitespace().next().expect("a tag has a name");
                if !tag.ends_with('/') {
                    open.push(name);
                }
            }
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.is_empty(), "{open:?} {rest}");
}

#[test]
fn heatmaps_of_every_shape_are_drawn() {
    let empty = Heatmap::default();
    let one = heatmap(vec![vec![Some(0.5)]]);
    let none = heatmap(vec![vec![None, None], vec![None, None]]);
    let equal = Heatmap { vmin: 3.0, vmax: 3.0, ..heatmap(vec![vec![Some(3.0); 4]; 2]) };
    let odd = heatmap(vec![vec![Some(f64::NAN), Some(f64::INFINITY), Some(-1e308), Some(1e308)]]);
    let endless = Heatmap { vmin: f64::NEG_INFINITY, vmax: f64::NAN, ..heatmap(vec![vec![Some(0.0)]]) };
    let ragged = heatmap(vec![vec![Some(0.1)], vec![Some(0.2), Some(0.3)], vec![]]);
    let large = heatmap(vec![vec![Some(0.25); 700]; 5]);
    for mut map in [empty, one, none, equal, odd, endless, ragged, large] {
        check(&Figure::Heatmap(map.clone()));
        map.diverging = true;
        map.annotate = Some(2);
        check(&Figure::Heatmap(map));
    }
}

#[test]
fn neighbours_of_one_colour_are_one_shape() {
    let svg = check(&Figure::Heatmap(heatmap(vec![vec![Some(0.25); 400]; 400])));
    assert!(svg.len() < 12_000, "{}", svg.len());
}

#[test]
fn numbers_take_the_ink_of_their_colour() {
    let map = Heatmap { annotate: Some(3), ..heatmap(vec![vec![Some(0.0), Some(1.0), None]]) };
    let svg = check(&Figure::Heatmap(map));
    let (weak, strong) = (svg.find("class=\"weak\"").unwrap(), svg.find("class=\"strong\"").unwrap());
    assert!(
        weak < svg.find(">0.000</text>").unwrap() && svg.find(">1.000</text>").unwrap() > strong,
        "{svg}"
    );
}

#[test]
fn charts_of_every_shape_are_drawn() {
    let marks = [Mark::Line, Mark::Bar, Mark::Point];
    let extremes: [&[f64]; 10] = [
        &[],
        &[0.0],
        &[5.0, 5.0, 5.0],
        &[-3.0, -1.0],
        &[-2.0, 4.0],
        &[1e308, -1e308],
        &[1e-320, 0.0],
        &[f64::NAN, 1.0, f64::INFINITY],
        &[1.0, 1.0 + 1e-15],
        &[1e-9, 1e9],
    ];
    for mark in marks {
        for y in extremes {
            for flags in 0..16 {
                let on = |bit: usize| flags >> bit & 1 == 1;
                let categories =
                    if on(3) { (0..y.len()).map(|i| format!("name {i}")).collect() } else { Vec::new() };
                let (log_x, log_y, horizontal) = (on(0), on(1), on(2));
                let series = vec![series("", mark, y)];
                check(&Figure::Chart(Chart {
                    categories,
                    log_x,
                    log_y,
                    horizontal,
                    series,
                    ..Chart::default()
                }));
            }
        }
    }
    check(&Figure::Chart(Chart::default()));
}

#[test]
fn gaps_break_lines_and_lonely_points_stay_visible() {
    let mut gappy = series("", Mark::Line, &[1.0; 40]);
    gappy.y[10] = None;
    gappy.y[12] = None;
    let svg = check(&Figure::Chart(Chart { series: vec![gappy], ..Chart::default() }));
    let line =
        svg.split("class=\"s1 line\"").nth(1).and_then(|rest| rest.split(" d=\"").nth(1)).expect("a line");
    let line = line.split('"').next().expect("a path");
    assert_eq!(line.matches('M').count(), 3, "{line}");
    assert_eq!(svg.matches("h0").count(), 1, "{svg}");
}

#[test]
fn what_authors_write_is_escaped() {
    let evil = "</svg><script>alert(1)</script>\u{0}\"'&".to_owned();
    let map = Heatmap {
        title: evil.clone(),
        x_label: evil.clone(),
        y_label: evil.clone(),
        columns: vec![evil.clone()],
        rows: vec![evil.clone()],
        ..heatmap(vec![vec![Some(0.5)]])
    };
    let chart = Chart {
        title: evil.clone(),
        x_label: evil.clone(),
        y_label: evil.clone(),
        categories: vec![evil.clone()],
        series: vec![series(&evil, Mark::Bar, &[1.0])],
        ..Chart::default()
    };
    for figure in [Figure::Heatmap(map), Figure::Chart(chart)] {
        assert!(!check(&figure).contains("<script"));
        well_formed(&draw(&figure, &evil, &evil));
    }
}

#[test]
fn a_heatmap_as_it_is() {
    let map = Heatmap {
        title: "Cosine".into(),
        columns: vec!["cat".into(), "月光".into()],
        rows: vec!["cat".into(), "月光".into()],
        annotate: Some(2),
        ..heatmap(vec![vec![Some(1.0), Some(0.125)], vec![None, Some(0.75)]])
    };
    insta::assert_snapshot!(lines(&draw(&Figure::Heatmap(map), "fig-cosine-0", "Two words")));
}

#[test]
fn a_chart_as_it_is() {
    let chart = Chart {
        x_label: "d".into(),
        y_label: "entropy".into(),
        series: vec![
            series("with", Mark::Line, &[2.0, 1.5, 1.0]),
            series("without", Mark::Line, &[2.0, 0.5, 0.25]),
        ],
        ..Chart::default()
    };
    insta::assert_snapshot!(lines(&draw(&Figure::Chart(chart), "fig-entropy-0", "Two falling lines")));
}

fn lines(svg: &str) -> String {
    svg.replace("><", ">\n<")
}
