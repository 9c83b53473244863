//! Diagrams from text: a fence `graph` draws boxes and arrows, a fence `flow` ribbons.
//!
//! ```text
//! #| fig-cap: From text to vectors.
//! #| fig-alt: Three boxes in a row.
//! #| direction: right
//! tok: tokens
//! text -> tok -> vectors: one each
//! ```

use crate::content::page::Diagram;
use crate::diag::{Diagnostic, FileId, Parsed, Span};
use crate::snippet::fence::Line;
use crate::snippet::figure::{Arrow, Figure, Flow, Graph, Node, Sankey};

/// The options, for did-you-mean.
const OPTIONS: [&str; 6] = ["label", "fig-cap", "fig-alt", "direction", "title", "unit"];
/// More than this nobody can read.
const MOST: usize = 60;

/// A kind of diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Graph,
    Flow,
}

impl Kind {
    /// The kind that a fence with this info string draws.
    pub(super) fn of(info: &str) -> Option<Self> {
        match info.trim() {
            "graph" => Some(Self::Graph),
            "flow" => Some(Self::Flow),
            _ => None,
        }
    }
}

/// The diagram in the lines of a fence whose opening stands at `span`; `None` where nothing is left to
/// draw.
pub(super) fn read(kind: Kind, file: FileId, span: Span, lines: &[Line<'_>]) -> Parsed<Option<Diagram>> {
    let mut reader = Reader { file, ..Reader::new(file, span) };
    for line in lines {
        reader.line(kind, *line);
    }
    let drawn = reader.finish(kind);
    Parsed { value: drawn, diagnostics: reader.diagnostics }
}

struct Reader {
    file: FileId,
    span: Span,
    title: String,
    unit: String,
    across: bool,
    label: Option<String>,
    caption: Option<String>,
    alt: Option<String>,
    nodes: Vec<Node>,
    edges: Vec<(usize, usize, String, Span)>,
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    fn new(file: FileId, span: Span) -> Self {
        Self {
            file,
            span,
            title: String::new(),
            unit: String::new(),
            across: false,
            label: None,
            caption: None,
            alt: None,
            nodes: Vec::new(),
            edges: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    fn line(&mut self, kind: Kind, line: Line<'_>) {
        let text = line.text.trim();
        let start = line.start + (line.text.len() - line.text.trim_start().len());
        let span = Span::new(self.file, start..start + text.len());
        if let Some(option) = text.strip_prefix("#|") {
            self.option(option, span);
        } else if text.is_empty() || text.starts_with('#') {
        } else if text.split(':').next().is_some_and(|path| path.contains("->")) {
            self.arrows(kind, text, span);
        } else if let Some((name, label)) = text.split_once(':').filter(|_| kind == Kind::Graph) {
            let node = self.node(name.trim());
            label.trim().clone_into(&mut self.nodes[node].label);
        } else {
            let hint = match kind {
                Kind::Graph => "write `a -> b`, `a -> b: text` or `a: what stands in its box`",
                Kind::Flow => "write `a -> b: 12`",
            };
            self.diagnostics.push(Diagnostic::error(span, "this line draws nothing").hint(hint));
        }
    }

    fn option(&mut self, option: &str, span: Span) {
        let (key, value) = option.split_once(':').unwrap_or((option, ""));
        let (key, value) = (key.trim(), value.trim().trim_matches('"'));
        if value.is_empty() {
            let fault = Diagnostic::error(span, format!("the option `{key}` has no value"));
            return self.diagnostics.push(fault.hint("write it as `#| name: value`"));
        }
        match key {
            "label" => self.label = Some(value.to_owned()),
            "fig-cap" => self.caption = Some(value.to_owned()),
            "fig-alt" => self.alt = Some(value.to_owned()),
            "title" => value.clone_into(&mut self.title),
            "unit" => value.clone_into(&mut self.unit),
            "direction" => match value {
                "right" => self.across = true,
                "down" => self.across = false,
                _ => {
                    let fault = Diagnostic::error(span, format!("`{value}` is no direction"));
                    self.diagnostics.push(fault.hint("a graph goes `down` or `right`"));
                }
            },
            _ => self.diagnostics.push(
                Diagnostic::error(span, format!("a diagram has no option `{key}`"))
                    .did_you_mean(key, OPTIONS)
                    .hint(format!("the options are {}", OPTIONS.join(", "))),
            ),
        }
    }

    /// `a -> b -> c: text`, where the text belongs to the last arrow.
    fn arrows(&mut self, kind: Kind, text: &str, span: Span) {
        let (path, words) = text.split_once(':').map_or((text, ""), |(path, words)| (path, words.trim()));
        let names: Vec<&str> = path.split("->").map(str::trim).collect();
        if names.iter().any(|name| name.is_empty()) {
            let fault = Diagnostic::error(span, "an arrow leads from one name to another");
            return self.diagnostics.push(fault.hint("write `a -> b`"));
        }
        if kind == Kind::Flow && (names.len() > 2 || amount(words).is_none()) {
            let fault = Diagnostic::error(span, "a flow needs an amount above 0");
            return self.diagnostics.push(fault.hint("write one arrow a line: `a -> b: 12`"));
        }
        let nodes: Vec<usize> = names.into_iter().map(|name| self.node(name)).collect();
        for (index, pair) in nodes.windows(2).enumerate() {
            let (from, to) = (pair[0], pair[1]);
            if self.reaches(to, from) {
                let (a, b) = (self.nodes[from].name.clone(), self.nodes[to].name.clone());
                let fault = Diagnostic::error(span, format!("`{a} -> {b}` closes a circle"));
                self.diagnostics.push(
                    fault.hint("boxes are drawn in layers, and arrows lead from one layer to a later one"),
                );
                continue;
            }
            let label = if index + 2 == nodes.len() { words } else { "" };
            self.edges.push((from, to, label.to_owned(), span));
        }
    }

    /// The node called `name`, made where there is none.
    fn node(&mut self, name: &str) -> usize {
        if let Some(at) = self.nodes.iter().position(|node| node.name == name) {
            return at;
        }
        self.nodes.push(Node { name: name.to_owned(), label: name.to_owned() });
        self.nodes.len() - 1
    }

    /// Whether arrows lead from `from` to `to`, or they are the same.
    fn reaches(&self, from: usize, to: usize) -> bool {
        let mut seen = vec![false; self.nodes.len()];
        let mut open = vec![from];
        while let Some(node) = open.pop() {
            if node == to {
                return true;
            }
            if !std::mem::replace(&mut seen[node], true) {
                open.extend(self.edges.iter().filter(|edge| edge.0 == node).map(|edge| edge.1));
            }
        }
        false
    }

    fn finish(&mut self, kind: Kind) -> Option<Diagram> {
        if self.nodes.is_empty() {
            self.diagnostics.push(
                Diagnostic::error(self.span, "this diagram is empty").hint("write lines such as `a -> b`"),
            );
            return None;
        }
        if self.nodes.len() > MOST {
            let message = format!("this diagram has {} boxes: at most {MOST} can be read", self.nodes.len());
            self.diagnostics.push(Diagnostic::error(self.span, message).hint("make two of it"));
            return None;
        }
        if let Some(label) = self.label.clone().filter(|label| !is_label(label)) {
            let fault = Diagnostic::error(self.span, format!("`{label}` cannot be the label of a diagram"));
            self.diagnostics.push(fault.hint("write `fig-` and letters, digits or dashes"));
            self.label = None;
        }
        let alt = self.alt.take().or_else(|| self.caption.clone());
        if alt.is_none() {
            self.diagnostics.push(
                Diagnostic::error(self.span, "this diagram has no alternative text")
                    .hint("say what it shows to those who cannot see it, in a line `#| fig-alt: …`"),
            );
        }
        let (title, nodes) = (std::mem::take(&mut self.title), std::mem::take(&mut self.nodes));
        let edges = std::mem::take(&mut self.edges);
        let figure = match kind {
            Kind::Graph => {
                let arrow = |(from, to, label, _)| Arrow { from, to, label };
                let edges = edges.into_iter().map(arrow).collect();
                Figure::Graph(Graph { title, nodes, edges, across: self.across })
            }
            Kind::Flow => {
                let flow =
                    |(from, to, words, _): (_, _, String, _)| Some(Flow { from, to, value: amount(&words)? });
                let flows = edges.into_iter().filter_map(flow).collect();
                let nodes = nodes.into_iter().map(|node| node.label).collect();
                Figure::Sankey(Sankey { title, unit: std::mem::take(&mut self.unit), nodes, flows })
            }
        };
        let (label, caption) = (self.label.take(), self.caption.take());
        Some(Diagram { figure, label, caption, alt: alt.unwrap_or_default(), span: self.span })
    }
}

fn amount(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite() && *value > 0.0)
}

fn is_label(label: &str) -> bool {
    label.strip_prefix("fig-").is_some_and(super::references::is_name)
}
