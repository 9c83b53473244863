//! Figures as data: what `k.plot` makes and `render::figure` draws as SVG.

use serde::{Deserialize, Serialize};

/// A chart or a heatmap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "figure", rename_all = "kebab-case")]
pub enum Figure {
    /// A matrix of numbers as coloured squares.
    Heatmap(Heatmap),
    /// Series over a common pair of axes.
    Chart(Chart),
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
    /// What is drawn, back to front.
    pub series: Vec<Series>,
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
