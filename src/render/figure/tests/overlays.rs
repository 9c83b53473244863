//! Boxes and masks over images, and the axes that an animation asks for.

use super::{check, series, well_formed};
use crate::render::figure::overlay;
use crate::snippet::figure::{Chart, Figure, Mark, Reach};
use crate::snippet::output::{Bytes, Image, Mask, Outline, Overlay};

fn over(boxes: Vec<Outline>, masks: Vec<Mask>) -> Overlay {
    let image = Image { width: 8, height: 6, scale: 4, png: Bytes(Vec::new()) };
    Overlay { image, boxes, masks }
}

fn outline(sides: [f64; 4], label: &str) -> Outline {
    let [xmin, ymin, xmax, ymax] = sides;
    Outline { xmin, ymin, xmax, ymax, label: label.into(), score: Some(0.5) }
}

#[track_caller]
fn drawn(overlay_: &Overlay) -> String {
    let svg = overlay(overlay_, "a.png?\"<", "fig", "<alt>");
    well_formed(&svg);
    assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains("style="), "{svg}");
    svg
}

#[test]
fn boxes_stay_inside_their_image() {
    drawn(&over(vec![], vec![]));
    let svg = drawn(&over(
        vec![
            outline([-1e9, -1.0, 1e308, 3.0], "wide"),
            outline([f64::NAN, 0.0, f64::INFINITY, 2.0], "</svg><script>"),
            outline([5.0, 5.0, 2.0, 2.0], ""),
        ],
        vec![],
    ));
    assert!(svg.contains("M1.5 1.5H30.5V12H1.5z"), "{svg}");
    assert!(!svg.contains("<script"));
}

#[test]
fn masks_of_every_shape_are_drawn() {
    let masks = [
        Mask::new("all".into(), vec![true; 48]),
        Mask::new("none".into(), vec![false; 48]),
        Mask::new("short".into(), vec![true; 3]),
        Mask::new("long".into(), vec![true; 4800]),
        Mask::new("chess".into(), (0..48).map(|at| (at + at / 8) % 2 == 0)),
        Mask { label: "odd".into(), runs: vec![5, 0, 0, 7, 3] },
    ];
    for mask in &masks {
        drawn(&over(vec![], vec![mask.clone()]));
    }
    let svg = drawn(&over(vec![], masks.to_vec()));
    assert!(svg.contains(">chess</text>"), "{svg}");
    // A whole image is one shape with few corners.
    let whole = drawn(&over(vec![], vec![masks[0].clone()]));
    assert!(whole.len() < 1200, "{}", whole.len());
}

#[test]
fn one_label_has_one_colour() {
    let svg = drawn(&over(
        vec![
            outline([0.0, 0.0, 1.0, 1.0], "a"),
            outline([2.0, 0.0, 3.0, 1.0], "b"),
            outline([4.0, 0.0, 5.0, 1.0], "a"),
        ],
        vec![],
    ));
    assert_eq!((svg.matches("s1 line").count(), svg.matches("s2 line").count()), (2, 1), "{svg}");
}

#[test]
fn charts_reach_as_far_as_they_are_asked_to() {
    let chart =
        |y: &[f64], reach| Chart { series: vec![series("", Mark::Line, y)], reach, ..Chart::default() };
    let reach = Some(Reach { positions: [0.0, 10.0], values: [0.0, 100.0] });
    let ticks = |figure: &Figure| {
        let svg = check(figure);
        svg.split("class=\"tk\">")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap_or("").to_owned())
            .collect::<Vec<_>>()
    };
    let (small, large) =
        (Figure::Chart(chart(&[1.0, 2.0], reach)), Figure::Chart(chart(&[0.0, 100.0], reach)));
    assert_eq!(ticks(&small), ticks(&large));
    for odd in [[f64::NAN, 1.0], [5.0, -5.0], [f64::NEG_INFINITY, f64::INFINITY]] {
        for log_y in [false, true] {
            let reach = Some(Reach { positions: odd, values: odd });
            check(&Figure::Chart(Chart { log_y, ..chart(&[1.0, 2.0], reach) }));
            check(&Figure::Chart(Chart { log_y, ..chart(&[], reach) }));
        }
    }
}

#[test]
fn names_of_points_do_not_meet() {
    let mut crowd = series("", Mark::Point, &[1.0; 30]);
    crowd.x = (0..30).map(|at| f64::from(at) * 1e-3).collect();
    crowd.labels = (0..30).map(|at| format!("name {at}")).collect();
    let chart = Chart { series: vec![crowd], ..Chart::default() };
    let svg = check(&Figure::Chart(chart));
    let shown = svg.matches("class=\"pt\"").count();
    assert!((2..30).contains(&shown), "{shown} names");
}
