//! Graphs: labelled boxes in layers, arrows between them.

use std::fmt::Write;

use crate::snippet::figure::Graph;

use super::super::svg::{Anchor, MARGIN, Svg, Words, heading, num};
use super::super::text::{self, FONT, HALF};
use super::arrange::{Arranged, arrange};

/// Height of a box, in pixels.
const TALL: f64 = 30.0;
/// Between two layers, in pixels.
const STEP: f64 = 36.0;
/// How long a bend of an arrow is that passes a layer, in pixels.
const BEND: f64 = 6.0;
/// The widest label, in pixels.
const LABEL: f64 = 220.0;
/// Room for the head of an arrow, in pixels.
const HEAD: f64 = 8.0;
/// Up to this many arrows are told in words.
const TOLD: usize = 40;

/// A graph on the page: boxes with their size, layers with their place.
struct Sheet<'a> {
    graph: &'a Graph,
    edges: Vec<(usize, usize, &'a str)>,
    arranged: Arranged,
    labels: Vec<String>,
    /// The width of each box.
    sizes: Vec<f64>,
    /// Start and thickness of each layer, along.
    layers: Vec<(f64, f64)>,
    /// Where the drawing starts, across and down.
    left: f64,
    top: f64,
}

/// `graph` as SVG.
pub(in super::super) fn draw(graph: &Graph, id: &str, alt: &str) -> String {
    let count = graph.nodes.len();
    let labels: Vec<String> = graph.nodes.iter().map(|node| text::fit(&node.label, LABEL)).collect();
    let sizes: Vec<f64> = labels.iter().map(|label| (text::width(label) + 22.0).max(44.0).ceil()).collect();
    let edges: Vec<(usize, usize, &str)> = graph
        .edges
        .iter()
        .filter(|edge| edge.from < count && edge.to < count && edge.from != edge.to)
        .map(|edge| (edge.from, edge.to, edge.label.as_str()))
        .collect();
    let across: Vec<f64> = if graph.across { vec![TALL; count] } else { sizes.clone() };
    // Where an arrow passes a layer, its name stands beside no box.
    let long = |label: &str| match (label.is_empty(), graph.across) {
        (true, _) => BEND,
        (false, true) => FONT + BEND,
        (false, false) => text::width(label) + BEND,
    };
    let ends: Vec<(usize, usize, f64)> =
        edges.iter().map(|(from, to, label)| (*from, *to, long(label))).collect();
    let arranged = arrange(&across, &ends);

    let mut svg = Svg::default();
    let top = MARGIN + heading(&mut svg, &graph.title, LABEL * 2.0);
    let lettered = edges.iter().map(|(_, _, label)| text::width(label)).fold(0.0, f64::max);
    let step = match (lettered > 0.0, graph.across) {
        (false, _) => STEP,
        (true, false) => STEP + FONT,
        (true, true) => STEP + lettered,
    };
    let mut along = if graph.across { MARGIN } else { top };
    let mut layers = Vec::new();
    for layer in 0..arranged.depth {
        let inside = (0..count).filter(|node| arranged.layer[*node] == layer);
        let thick = if graph.across { inside.map(|node| sizes[node]).fold(0.0, f64::max) } else { TALL };
        layers.push((along, thick));
        along += thick + step;
    }
    let end = layers.last().map_or(along, |(start, thick)| start + thick) + MARGIN;
    let sheet = Sheet { graph, edges, arranged, labels, sizes, layers, left: MARGIN, top };
    sheet.arrows(&mut svg);
    sheet.boxes(&mut svg);
    let breadth = sheet.arranged.breadth;
    let (width, height) =
        if graph.across { (end, top + breadth + MARGIN) } else { (breadth + 2.0 * MARGIN, end) };
    let titled = if graph.title.is_empty() { 0.0 } else { text::width(&graph.title).min(LABEL * 2.0) };
    let width = width.max(titled * 1.1 + 2.0 * MARGIN);
    svg.finish("graph", width, height, Words { id, alt, title: &graph.title, data: &sheet.data() })
}

/// The way of an arrow: its points, across and along.
struct Route {
    points: Vec<(f64, f64)>,
    /// The points between which its name stands end here.
    named: usize,
}

impl Sheet<'_> {
    /// A point of the page.
    fn point(&self, across: f64, along: f64) -> (f64, f64) {
        if self.graph.across { (along, self.top + across) } else { (self.left + across, along) }
    }

    fn boxes(&self, svg: &mut Svg) {
        let mut outlines = String::new();
        let mut names = Svg::default();
        for (node, label) in self.labels.iter().enumerate() {
            let (start, thick) = self.layers[self.arranged.layer[node]];
            let (x, y) = self.point(self.arranged.middle[node], start + thick / 2.0);
            let (width, corner) = (self.sizes[node], 6.0);
            let _ = write!(
                outlines,
                "M{} {}h{w}a6 6 0 0 1 6 6v{h}a6 6 0 0 1-6 6h-{w}a6 6 0 0 1-6-6v-{h}a6 6 0 0 1 6-6z",
                num(x - width / 2.0 + corner),
                num(y - TALL / 2.0),
                w = num(width - 2.0 * corner),
                h = num(TALL - 2.0 * corner),
            );
            names.text(x, y + HALF, Anchor::Middle, "", label);
        }
        svg.path("class=\"box\" fill=\"#e3eeea\" stroke=\"#8a8272\"", &outlines);
        svg.raw(&names.into_body());
    }

    fn arrows(&self, svg: &mut Svg) {
        let (mut lines, mut heads) = (String::new(), String::new());
        let mut names = Svg::default();
        for (edge, (from, to, label)) in self.edges.iter().enumerate() {
            let Route { points, named } = self.route(edge, *from, *to);
            let mut last = points[0];
            let (x, y) = self.point(last.0, last.1);
            let _ = write!(lines, "M{} {}", num(x), num(y));
            for (at, point) in points.iter().enumerate().skip(1) {
                let half = f64::midpoint(last.1, point.1);
                let (tip, back) = (at + 1 == points.len(), point.1 - 5.0);
                let end = if tip { back } else { point.1 };
                let bent = [(last.0, half), (point.0, half), (point.0, end)]
                    .map(|(across, along)| self.point(across, along))
                    .map(|(x, y)| format!("{} {}", num(x), num(y)));
                let straight = last.0 == point.0;
                let _ = if straight {
                    write!(lines, "L{}", bent[2])
                } else {
                    write!(lines, "C{} {} {}", bent[0], bent[1], bent[2])
                };
                if at == named && !label.is_empty() {
                    let (x, y) = self.point(f64::midpoint(last.0, point.0), half);
                    names.text(x, y + HALF, Anchor::Middle, "el", label);
                }
                last = *point;
            }
            self.head(&mut heads, last);
        }
        svg.path("class=\"arrow\" fill=\"none\" stroke=\"#6b655a\" stroke-width=\"1.2\"", &lines);
        svg.path("class=\"head\" fill=\"#6b655a\"", &heads);
        svg.raw(&names.into_body());
    }

    /// The way of an arrow: out of its tail, past the layers between, to its head.
    fn route(&self, edge: usize, from: usize, to: usize) -> Route {
        let arranged = &self.arranged;
        let (tail, head) = (self.faces(from).1, self.faces(to).0);
        let at = |node: usize, leaving: bool| arranged.middle[node] + self.port(edge, node, leaving);
        let (start, thick) = self.layers[arranged.layer[from]];
        let mut points = vec![(at(from, true), tail)];
        // A box may be narrower than its layer: beside its neighbours an arrow runs straight.
        if start + thick - tail >= HEAD {
            points.push((at(from, true), start + thick));
        }
        let mut named = points.len();
        for (at, bend) in arranged.bends[edge].iter().enumerate() {
            let (start, thick) = self.layers[arranged.layer[from] + 1 + at];
            points.push((*bend, start));
            points.push((*bend, start + thick));
        }
        // The name of a long arrow stands beside the first layer that it passes.
        named += usize::from(!arranged.bends[edge].is_empty());
        let (start, _) = self.layers[arranged.layer[to]];
        if head - start >= HEAD {
            points.push((at(to, false), start));
        }
        points.push((at(to, false), head));
        Route { points, named }
    }

    /// Where the box of `node` starts and ends, along.
    fn faces(&self, node: usize) -> (f64, f64) {
        let (start, thick) = self.layers[self.arranged.layer[node]];
        let long = if self.graph.across { self.sizes[node] } else { TALL };
        let middle = start + thick / 2.0;
        (middle - long / 2.0, middle + long / 2.0)
    }

    /// How far from the middle of `node` an arrow leaves or meets it: several stand side by side, in
    /// the order of where they come from or go.
    fn port(&self, edge: usize, node: usize, leaving: bool) -> f64 {
        let arranged = &self.arranged;
        let toward = |edge: usize| {
            let (from, to, _) = self.edges[edge];
            let bends = &arranged.bends[edge];
            let far = if leaving { bends.first() } else { bends.last() };
            far.copied().unwrap_or(arranged.middle[if leaving { to } else { from }])
        };
        let mut own: Vec<usize> = (0..self.edges.len())
            .filter(|other| node == if leaving { self.edges[*other].0 } else { self.edges[*other].1 })
            .collect();
        own.sort_by(|a, b| toward(*a).total_cmp(&toward(*b)).then(a.cmp(b)));
        let at = own.iter().position(|other| *other == edge).unwrap_or(0) as f64;
        let room = if self.graph.across { TALL } else { 44.0 };
        let apart = (room * 0.6 / own.len().max(1) as f64).min(9.0);
        (at - (own.len().max(1) - 1) as f64 / 2.0) * apart
    }

    fn head(&self, heads: &mut String, (across, along): (f64, f64)) {
        let corners = [(across, along), (across - 4.0, along - HEAD), (across + 4.0, along - HEAD)];
        let [a, b, c] = corners
            .map(|(across, along)| self.point(across, along))
            .map(|(x, y)| format!("{} {}", num(x), num(y)));
        let _ = write!(heads, "M{a}L{b}L{c}z");
    }

    fn data(&self) -> String {
        let name = |node: usize| self.graph.nodes[node].label.as_str();
        if self.edges.len() > TOLD {
            return format!("{} · {} →", self.graph.nodes.len(), self.edges.len());
        }
        let told = self.edges.iter().map(|(from, to, label)| match *label {
            "" => format!("{} → {}", name(*from), name(*to)),
            label => format!("{} → {} ({label})", name(*from), name(*to)),
        });
        told.collect::<Vec<_>>().join("; ")
    }
}
