//! Moments of one process, shown one after the other.

use rustpython_vm::{AsObject, PyObjectRef, PyResult};

use super::super::call::{Call, Function};
use super::super::display::PyDisplay;
use super::super::{behind, convert};
use super::picture::{Style, pictures};
use crate::snippet::figure::{Chart, Figure, Reach};
use crate::snippet::output::{Animation, Frames, Image, Output};
use crate::snippet::raw::Raw;

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "animate",
    params: &[
        "frames",
        "labels=None",
        "fps=4",
        "cmap='gray'",
        "scale=None",
        "vmin=None",
        "vmax=None",
        "scale_each=False",
    ],
    run: animate,
}];

/// More frames than this are a film, and make a page as heavy as one.
const MAX_FRAMES: usize = 60;
/// More frames a second than this nobody tells apart.
const MAX_FPS: usize = 30;

/// `animate(images)`, pictures as `image` takes them, or `animate(figures)`, charts or heatmaps.
fn animate(c: &Call<'_>) -> PyResult {
    let given = c.object("frames")?;
    let (frames, raws) = match shown(&given, c)? {
        Some((outputs, raws)) => (of_outputs(outputs, c)?, raws),
        None => {
            let tensors = convert::tensors(given.as_object(), c.vm)?;
            let frames = Frames::Images(pictures(&tensors, "frames", Style::read(c)?, 256, c)?);
            (frames, behind::pictures(&tensors))
        }
    };
    let count = match &frames {
        Frames::Images(images) => images.len(),
        Frames::Figures(figures) => figures.len(),
    };
    if !(2..=MAX_FRAMES).contains(&count) {
        return Err(c.value_error(format!("animate(): {count} frames; from 2 to {MAX_FRAMES} can be shown")));
    }
    let labels = c.texts("labels")?.unwrap_or_default();
    if !labels.is_empty() && labels.len() != count {
        return Err(c.value_error(format!("{} labels for {count} frames", labels.len())));
    }
    let fps = c.count("fps", 4)?;
    if !(1..=MAX_FPS).contains(&fps) {
        return Err(
            c.value_error(format!("animate(): {fps} frames a second; from 1 to {MAX_FPS} can be shown"))
        );
    }
    let fps = u32::try_from(fps).unwrap_or(1);
    Ok(PyDisplay::of(Output::Animation(Animation { frames, labels, fps }), raws, c.vm))
}

/// What a list of figures or pictures shows, and the numbers behind it; `None` where it is no such list.
fn shown(given: &PyObjectRef, c: &Call<'_>) -> PyResult<Option<(Vec<Output>, Vec<Raw>)>> {
    let Ok(items) = given.clone().try_to_value::<Vec<PyObjectRef>>(c.vm) else { return Ok(None) };
    if !items.iter().any(|item| item.downcast_ref::<PyDisplay>().is_some()) {
        return Ok(None);
    }
    let output = |item: &PyObjectRef| match item.downcast_ref::<PyDisplay>() {
        Some(display) => Ok((display.output(), display.raws().to_vec())),
        None => Err(c.expected("frames", "tensors, or figures of one kind", item)),
    };
    let shown = items.iter().map(output).collect::<PyResult<Vec<_>>>()?;
    let (outputs, raws): (Vec<Output>, Vec<Vec<Raw>>) = shown.into_iter().unzip();
    Ok(Some((outputs, raws.concat())))
}

fn of_outputs(outputs: Vec<Output>, c: &Call<'_>) -> PyResult<Frames> {
    let (mut images, mut charts, mut maps) = (Vec::new(), Vec::new(), Vec::new());
    for output in outputs {
        match output {
            Output::Image(image) => images.push(image),
            Output::Figure(Figure::Chart(chart)) => charts.push(chart),
            Output::Figure(Figure::Heatmap(map)) => maps.push(map),
            _ => return Err(c.value_error("pictures, charts and heatmaps can be animated".to_owned())),
        }
    }
    match (images.is_empty(), charts.is_empty(), maps.is_empty()) {
        (false, true, true) if same_size(&images) => Ok(Frames::Images(images)),
        (false, true, true) => Err(c.value_error("the frames have different sizes".to_owned())),
        (true, false, true) => {
            let reach = reach(&charts);
            charts.iter_mut().for_each(|chart| chart.reach = reach);
            Ok(Frames::Figures(charts.into_iter().map(Figure::Chart).collect()))
        }
        (true, true, false) => {
            // One colour means one number in all frames.
            let low = maps.iter().map(|map| map.vmin).fold(f64::INFINITY, f64::min);
            let high = maps.iter().map(|map| map.vmax).fold(f64::NEG_INFINITY, f64::max);
            maps.iter_mut().for_each(|map| (map.vmin, map.vmax) = (low, high));
            Ok(Frames::Figures(maps.into_iter().map(Figure::Heatmap).collect()))
        }
        _ => Err(c.value_error("the frames are of different kinds".to_owned())),
    }
}

fn same_size(images: &[Image]) -> bool {
    images.windows(2).all(|pair| (pair[0].width, pair[0].height) == (pair[1].width, pair[1].height))
}

/// What the points of all charts cover; `None` where there is no point.
fn reach(charts: &[Chart]) -> Option<Reach> {
    // Axes are named by the page: with lying bars positions run down it.
    let log = |chart: &Chart| match chart.horizontal {
        true => (chart.log_y, chart.log_x),
        false => (chart.log_x, chart.log_y),
    };
    let points = charts.iter().flat_map(|chart| {
        let (log_position, log_value) = log(chart);
        let all = chart.series.iter().flat_map(|series| series.x.iter().copied().zip(&series.y));
        all.filter_map(|(x, y)| y.map(|y| (x, y)))
            .filter(move |(x, y)| (!log_position || *x > 0.0) && (!log_value || *y > 0.0))
    });
    points.fold(None, |reach: Option<Reach>, (x, y)| {
        let reach = reach.unwrap_or(Reach { positions: [x, x], values: [y, y] });
        let widen = |[low, high]: [f64; 2], v: f64| [low.min(v), high.max(v)];
        Some(Reach { positions: widen(reach.positions, x), values: widen(reach.values, y) })
    })
}
