//! Flows as ribbons, as wide as what flows is large.

use std::fmt::Write;

use crate::snippet::figure::{Flow, Sankey};

use super::super::marks::COLOURS;
use super::super::scale::bounded;
use super::super::svg::{Anchor, MARGIN, Svg, Words, heading, num};
use super::super::text::{self, HALF};
use super::super::ticks;
use super::layers::{Wish, layers, spread};

/// Natural width of the figure, in pixels: as of every chart, or a little more for many columns.
const WIDTH: f64 = 480.0;
const WIDER: f64 = 540.0;
/// Height of the fullest column, in pixels; more where a column has many nodes.
const HEIGHT: f64 = 240.0;
/// Width of a node, in pixels.
const BAR: f64 = 10.0;
/// Between two nodes of a column, in pixels: the line of a label fits in.
const GAP: f64 = 15.0;
/// The widest label, in pixels.
const LABEL: f64 = 135.0;
/// From one line of a label to the next, in pixels.
const LINE: f64 = 14.0;
/// How often nodes are moved towards those they flow to and from.
const SWEEPS: usize = 8;

/// A node on the page.
#[derive(Clone, Debug)]
struct Bar {
    column: usize,
    middle: f64,
    height: f64,
    name: String,
    amount: String,
}

/// `sankey` as SVG.
pub(in super::super) fn draw(sankey: &Sankey, id: &str, alt: &str) -> String {
    let count = sankey.nodes.len();
    let flows: Vec<&Flow> =
        sankey.flows.iter().filter(|f| f.from < count && f.to < count && f.value > 0.0).collect();
    let (bars, scale) = stacked(sankey, &flows);
    let columns = bars.iter().map(|bar| bar.column + 1).max().unwrap_or(1);
    let width = if columns > 3 { WIDER } else { WIDTH };
    let widest = |column: usize| {
        let labels = bars.iter().filter(|bar| bar.column == column);
        labels.map(|bar| text::width(&bar.label(LABEL))).fold(0.0, f64::max).ceil()
    };
    let left = MARGIN + widest(0) + 6.0;
    let right = if columns > 1 { width - MARGIN - widest(columns - 1) - 6.0 - BAR } else { left };
    let room = (right - left) / (columns - 1).max(1) as f64 - BAR - 14.0;
    let place = |column: usize| left + (right - left) * column as f64 / (columns - 1).max(1) as f64;

    let mut svg = Svg::default();
    let above = bars.iter().map(|bar| bar.middle - bar.height / 2.0).fold(f64::INFINITY, f64::min);
    let start = MARGIN + heading(&mut svg, &sankey.title, width - 2.0 * MARGIN) + 6.0;
    let top = start - if above.is_finite() { above } else { 0.0 };
    ribbons(&mut svg, &flows, &bars, scale, top, &place);
    for (index, bar) in bars.iter().enumerate() {
        let (class, colour) = (index % COLOURS.len() + 1, COLOURS[index % COLOURS.len()]);
        let (x, y) = (place(bar.column), top + bar.middle - bar.height / 2.0);
        let path = format!("M{} {}h{BAR}v{}h-{BAR}z", num(x), num(y), num(bar.height));
        svg.path(&format!("class=\"s{class} bar\" fill=\"{colour}\""), &path);
        let (at, anchor) =
            if bar.column == 0 { (x - 6.0, Anchor::End) } else { (x + BAR + 6.0, Anchor::Start) };
        let middle = top + bar.middle + HALF;
        if bar.column == 0 || bar.column + 1 == columns {
            svg.text(at, middle, anchor, "", &bar.label(LABEL));
        } else if bar.height + GAP > 2.0 * LINE {
            // Between two columns there is room for a name, and below it for its amount.
            svg.text(at, middle - LINE / 2.0, anchor, "el", &text::fit(&bar.name, room));
            svg.text(at, middle + LINE / 2.0, anchor, "el tk", &text::fit(&bar.amount, room));
        } else {
            svg.text(at, middle, anchor, "el", &text::fit(&bar.name, room));
        }
    }
    let below = bars.iter().map(|bar| bar.middle + bar.height / 2.0).fold(above.min(0.0), f64::max);
    let data = data(sankey, &flows);
    let words = Words { id, alt, title: &sankey.title, data: &data };
    svg.finish("chart", width, top + below + MARGIN + 4.0, words)
}

impl Bar {
    /// Name and amount in one line of at most about `room` pixels.
    fn label(&self, room: f64) -> String {
        let name = text::fit(&self.name, (room - text::width(&self.amount)).max(40.0));
        format!("{name} {}", self.amount)
    }
}

/// The nodes in their columns, near what they flow to, and the pixels of one unit.
fn stacked(sankey: &Sankey, flows: &[&Flow]) -> (Vec<Bar>, f64) {
    let count = sankey.nodes.len();
    let edges: Vec<(usize, usize)> = flows.iter().map(|flow| (flow.from, flow.to)).collect();
    let column = layers(count, &edges);
    let last = column.iter().copied().max().unwrap_or(0);
    let size = |node: usize| {
        let sum = |end: fn(&Flow) -> usize| -> f64 {
            flows.iter().filter(|flow| end(flow) == node).map(|flow| bounded(flow.value)).sum()
        };
        sum(|flow| flow.from).max(sum(|flow| flow.to)).min(super::super::ticks::LIMIT)
    };
    let sizes: Vec<f64> = (0..count).map(size).collect();
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); last + 1];
    (0..count).for_each(|node| rows[column[node]].push(node));
    let most = rows.iter().map(Vec::len).max().unwrap_or(0) as f64;
    let room = HEIGHT.max(most * (GAP + 12.0));
    let per_row = rows.iter().map(|row| {
        let total: f64 = row.iter().map(|node| sizes[*node]).sum();
        (room - GAP * (row.len() as f64 - 1.0)) / total
    });
    let scale = per_row.filter(|scale| scale.is_finite() && *scale > 0.0).fold(f64::INFINITY, f64::min);
    let scale = if scale.is_finite() { scale } else { 0.0 };
    let mut bars: Vec<Bar> = (0..count)
        .map(|node| Bar {
            column: column[node],
            middle: 0.0,
            height: (sizes[node] * scale).max(1.5),
            name: sankey.nodes[node].clone(),
            amount: format!("{} {}", ticks::short(sizes[node]), sankey.unit).trim_end().to_owned(),
        })
        .collect();
    for sweep in 0..SWEEPS {
        let order: Vec<usize> =
            if sweep % 2 == 0 { (0..=last).collect() } else { (0..=last).rev().collect() };
        for at in order {
            settle(&mut rows[at], &mut bars, flows, sweep);
        }
    }
    (bars, scale)
}

/// Moves the nodes of one column to the mean of what they flow from and to.
fn settle(row: &mut [usize], bars: &mut [Bar], flows: &[&Flow], sweep: usize) {
    let wish = |node: usize| {
        let near = flows.iter().filter_map(|flow| match (flow.from == node, flow.to == node) {
            (true, false) => Some((bars[flow.to].middle, flow.value)),
            (false, true) => Some((bars[flow.from].middle, flow.value)),
            _ => None,
        });
        let (sum, weight) = near.fold((0.0, 0.0), |(sum, weight), (y, w)| (sum + y * w, weight + w));
        let mean = sum / weight;
        if mean.is_finite() { mean } else { bars[node].middle }
    };
    // The first sweeps find an order, the last ones only places.
    if sweep > 0 && sweep + 2 < SWEEPS {
        row.sort_by(|a, b| wish(*a).total_cmp(&wish(*b)));
    }
    let wishes: Vec<Wish> = row
        .iter()
        .map(|node| Wish { middle: wish(*node), weight: 1.0, length: bars[*node].height })
        .collect();
    for (node, middle) in row.iter().zip(spread(&wishes, GAP)) {
        bars[*node].middle = middle;
    }
}

fn ribbons(
    svg: &mut Svg,
    flows: &[&Flow],
    bars: &[Bar],
    scale: f64,
    top: f64,
    place: &impl Fn(usize) -> f64,
) {
    // At each node flows stand in the order of where they come from or go, so that they do not cross.
    let start = |flow: usize, leaving: bool| {
        let end = |other: usize| if leaving { flows[other].from } else { flows[other].to };
        let far = |other: usize| bars[if leaving { flows[other].to } else { flows[other].from }].middle;
        let bar = &bars[end(flow)];
        let before: f64 = (0..flows.len())
            .filter(|other| end(*other) == end(flow))
            .filter(|other| far(*other).total_cmp(&far(flow)).then(other.cmp(&flow)).is_lt())
            .map(|other| bounded(flows[other].value) * scale)
            .sum();
        top + bar.middle - bar.height / 2.0 + before
    };
    svg.open("class=\"flows\" fill-opacity=\".38\"");
    for (index, flow) in flows.iter().enumerate() {
        let (x0, x1) = (place(bars[flow.from].column) + BAR, place(bars[flow.to].column));
        let (y0, y1) = (start(index, true), start(index, false));
        let (half, thick) = (num(f64::midpoint(x0, x1)), (bounded(flow.value) * scale).max(0.75));
        let mut path = String::new();
        let _ = write!(
            path,
            "M{} {}C{half} {} {half} {} {} {}",
            num(x0),
            num(y0),
            num(y0),
            num(y1),
            num(x1),
            num(y1)
        );
        let (y0, y1) = (y0 + thick, y1 + thick);
        let _ = write!(path, "V{}C{half} {} {half} {} {} {}z", num(y1), num(y1), num(y0), num(x0), num(y0));
        let (class, colour) = (flow.from % COLOURS.len() + 1, COLOURS[flow.from % COLOURS.len()]);
        svg.path(&format!("class=\"s{class} bar\" fill=\"{colour}\""), &path);
    }
    svg.close();
}

fn data(sankey: &Sankey, flows: &[&Flow]) -> String {
    if flows.len() > 40 {
        return format!("{} · {} →", sankey.nodes.len(), flows.len());
    }
    let told = flows.iter().map(|flow| {
        let (from, to) = (&sankey.nodes[flow.from], &sankey.nodes[flow.to]);
        format!("{from} → {to}: {}", ticks::short(bounded(flow.value)))
    });
    told.collect::<Vec<_>>().join("; ")
}
