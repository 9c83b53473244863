//! Figures as data: what `k.plot` makes and `render::figure` draws as SVG.

use serde::{Deserialize, Serialize};

pub use super::diagram::{Arrow, Flow, Graph, Node, Sankey};

/// What is drawn from numbers and names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "figure", rename_all = "kebab-case")]
pub enum Figure {
    /// A matrix of numbers as coloured squares.
    Heatmap(Heatmap),
    /// Series over a common pair of axes.
    Chart(Chart),
    /// Heights over a plane.
    Relief(Relief),
    /// Nodes in layers, and the arrows between them.
    Graph(Graph),
    /// Amounts that flow from node to node.
    Sankey(Sankey),
}

impl Figure {
    /// What it is, in a few words.
    pub fn describe(&self) -> String {
        match self {
            Self::Heatmap(map) => format!("heatmap of {} rows", map.values.len()),
            Self::Chart(chart) => format!("chart of {} series", chart.series.len()),
            Self::Relief(relief) => format!("relief of {} rows", relief.z.len()),
            Self::Graph(graph) => format!("graph of {} nodes", graph.nodes.len()),
            Self::Sankey(sankey) => format!("sankey of {} flows", sankey.flows.len()),
        }
    }

    /// The numbers that it shows, in order: heights rather than places, none of how they are drawn.
    pub fn numbers(&self) -> Vec<f64> {
        let all = |rows: &[Vec<Option<f64>>]| rows.iter().flatten().map(|v| v.unwrap_or(f64::NAN)).collect();
        match self {
            Self::Heatmap(map) => all(&map.values),
            Self::Chart(chart) => {
                let series = chart.series.iter().flat_map(|series| &series.y);
                series.map(|v| v.unwrap_or(f64::NAN)).collect()
            }
            Self::Relief(relief) => all(&relief.z),
            Self::Graph(_) => Vec::new(),
            Self::Sankey(sankey) => sankey.flows.iter().map(|flow| flow.value).collect(),
        }
    }

    /// About how many bytes it adds to a page.
    pub fn weight(&self) -> usize {
        match self {
            Self::Heatmap(map) => map.values.iter().map(|row| 64 * row.len()).sum(),
            Self::Chart(chart) => chart.series.iter().map(|series| 32 * series.x.len()).sum(),
            Self::Relief(relief) => relief.z.iter().map(|row| 32 * row.len()).sum(),
            Self::Graph(graph) => 256 * (graph.nodes.len() + graph.edges.len()),
            Self::Sankey(sankey) => 256 * (sankey.nodes.len() + sankey.flows.len()),
        }
    }
}

/// A matrix drawn as coloured squares, row 0 at the top.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Heatmap {
    /// Title above the figure; may be empty.
    pub title: String,
    /// What the columns are; may be empty.
    pub x_label: String,
    /// What the rows are; may be empty.
    pub y_label: String,
    /// A label for each column; empty for none.
    pub columns: Vec<String>,
    /// A label for each row; empty for none.
    pub rows: Vec<String>,
    /// The numbers, row by row, all rows of one length; `None` where a number is not finite.
    pub values: Vec<Vec<Option<f64>>>,
    /// The number that gets the lowest colour.
    pub vmin: f64,
    /// The number that gets the highest colour; greater than `vmin`.
    pub vmax: f64,
    /// Whether colours run from one hue through neutral (at the middle) to another.
    pub diverging: bool,
    /// How many decimals to print in each square; `None` prints no numbers.
    pub annotate: Option<u8>,
}

/// Series over a common pair of axes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// Title above the figure; may be empty.
    pub title: String,
    /// What the horizontal axis measures, with its unit; may be empty.
    pub x_label: String,
    /// What the vertical axis measures, with its unit; may be empty.
    pub y_label: String,
    /// Names along the horizontal axis: series then have one value a name, at x = 0, 1, 2, ….
    pub categories: Vec<String>,
    /// Whether the horizontal axis is logarithmic (base 10).
    pub log_x: bool,
    /// Whether the vertical axis is logarithmic (base 10).
    pub log_y: bool,
    /// Whether bars lie on their side, categories running down.
    pub horizontal: bool,
    /// What the axes cover at least, so that the charts of an animation have the same ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
    /// What is drawn, back to front.
    pub series: Vec<Series>,
}

/// What the axes of a chart cover at least, each from its first number to its last.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reach {
    /// Positions: the numbers of `x`.
    pub positions: [f64; 2],
    /// Values: the numbers of `y`.
    pub values: [f64; 2],
}

/// One series of a chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The name in the legend; empty for none.
    pub name: String,
    /// How the points are drawn.
    pub mark: Mark,
    /// Horizontal positions, one a point.
    pub x: Vec<f64>,
    /// Vertical positions, one a point; `None` leaves a gap.
    pub y: Vec<Option<f64>>,
    /// A text beside each point; empty for none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
}

/// How the points of a series are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// A line through the points.
    Line,
    /// A bar from the axis to each point.
    Bar,
    /// A dot at each point.
    Point,
}

/// Heights over a plane, seen from above or at an angle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Relief {
    /// Title above the figure; may be empty.
    pub title: String,
    /// What the horizontal axis measures, with its unit; may be empty.
    pub x_label: String,
    /// What the axis into the page measures, with its unit; may be empty.
    pub y_label: String,
    /// What the heights measure, with their unit; may be empty.
    pub z_label: String,
    /// The place of each column, ascending.
    pub x: Vec<f64>,
    /// The place of each row, ascending.
    pub y: Vec<f64>,
    /// The heights, a row for each `y`; `None` where a number is not finite.
    pub z: Vec<Vec<Option<f64>>>,
    /// How it is seen.
    pub view: View,
}

/// How a relief is seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// At an angle, as a surface.
    #[default]
    Surface,
    /// From above, with a line at each of these heights, ascending.
    Contour(Vec<f64>),
}
