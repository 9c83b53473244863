//! The graph of concepts on the page: what a chapter needs, what it leads to, and the map of it all.

use crate::content::concepts::{NodeKind, Relation};
use crate::content::page::{Chapter, Lang, Page};
use crate::snippet::figure::{Arrow, Figure, Graph, Node};

use super::Input;
use super::context::{ConceptContext, LinkContext, RelationContext};
use super::figure;
use super::figure::map::{self, Band, Link, Place};
use super::links::relative;
use super::page::Writer;
use super::terms::anchor;
use super::theme::Words;

/// At most this many neighbours are drawn.
const DRAWN: usize = 14;

/// What a template is told about the concept of `chapter` for its page at `url`; `None` where nothing
/// is related to it.
pub(super) fn context<'a>(
    input: &Input<'a>,
    chapter: &Chapter,
    lang: &Lang,
    url: &str,
    words: &Words,
) -> Option<ConceptContext<'a>> {
    let graph = input.concepts;
    let own = graph.chapter(&chapter.path)?;
    if !graph.edges.iter().any(|edge| edge.from == own || edge.to == own) {
        return None;
    }
    let link =
        |node: usize| LinkContext { title: title(input, node, lang), url: way(input, node, lang, url) };
    // Terms are explained where they are used: the lists are of chapters.
    let chapters = |nodes: Vec<usize>| -> Vec<LinkContext<'a>> {
        nodes.into_iter().filter(|node| graph.nodes[*node].kind != NodeKind::Term).map(link).collect()
    };
    let mut relations = Vec::new();
    for kind in Relation::ALL {
        for backward in [false, true] {
            let ends =
                graph.edges.iter().filter(|edge| edge.kind == kind).filter_map(|edge| match backward {
                    false => (edge.from == own).then_some(edge.to),
                    true => (edge.to == own).then_some(edge.from),
                });
            let ends: Vec<LinkContext<'a>> = ends.map(link).collect();
            if !ends.is_empty() {
                let word = words.get(&kind.word(backward)).to_owned();
                relations.push(RelationContext { word, links: ends });
            }
        }
    }
    Some(ConceptContext {
        prerequisites: chapters(graph.prerequisites(own)),
        leads_to: chapters(graph.leads_to(own)),
        relations,
        figure: neighbourhood(input, own, lang, words),
    })
}

/// The chapter with what it needs and what needs it, drawn.
fn neighbourhood(input: &Input<'_>, own: usize, lang: &Lang, words: &Words) -> String {
    let graph = input.concepts;
    let (before, after) = (graph.prerequisites(own), graph.leads_to(own));
    let shown = |nodes: &[usize]| nodes.iter().copied().take(DRAWN / 2).collect::<Vec<_>>();
    let (before, after) = (shown(&before), shown(&after));
    let mut nodes = vec![own];
    nodes.extend(before.iter().chain(&after).filter(|node| !before.contains(node) || !after.contains(node)));
    nodes.dedup();
    if nodes.len() < 2 {
        return String::new();
    }
    let index = |node: usize| nodes.iter().position(|other| *other == node).unwrap_or(0);
    let arrow = |from: usize, to: usize| Arrow { from: index(from), to: index(to), label: String::new() };
    let edges = before.iter().map(|node| arrow(*node, own)).chain(after.iter().map(|node| arrow(own, *node)));
    let drawn = Graph {
        title: String::new(),
        edges: edges.filter(|arrow| arrow.from != arrow.to).collect(),
        nodes: nodes
            .iter()
            .map(|node| Node {
                name: graph.nodes[*node].id.clone(),
                label: title(input, *node, lang).to_owned(),
            })
            .collect(),
        across: true,
    };
    figure::draw(&Figure::Graph(drawn), "concept", words.get("neighbourhood"))
}

/// The title of `node` for readers of `lang`.
pub(super) fn title<'a>(input: &Input<'a>, node: usize, lang: &Lang) -> &'a str {
    let graph = input.concepts;
    let node = &graph.nodes[node];
    match &node.kind {
        NodeKind::Chapter(path) => {
            page(input, path, lang).map_or(node.id.as_str(), |page| page.title.as_str())
        }
        NodeKind::Planned(index) => {
            graph.planned[*index].title.get(lang).map_or(node.id.as_str(), String::as_str)
        }
        NodeKind::Term => input.glossary.get(&node.id).map_or(node.id.as_str(), |term| term.name(lang)),
    }
}

/// The way from the page at `url` to `node`; empty where there is no page to go to.
fn way(input: &Input<'_>, node: usize, lang: &Lang, url: &str) -> String {
    let node = &input.concepts.nodes[node];
    match &node.kind {
        NodeKind::Chapter(path) => {
            page(input, path, lang).map_or_else(String::new, |to| relative(url, &to.url))
        }
        NodeKind::Planned(_) => String::new(),
        NodeKind::Term => {
            let term = input.glossary.get(&node.id);
            let listed = term.and_then(|term| input.index.glossary(lang, term));
            listed.map_or_else(String::new, |to| format!("{}#{}", relative(url, &to.url), anchor(&node.id)))
        }
    }
}

/// The section that lists the chapter at `path`.
fn section<'a>(input: &Input<'a>, path: &str) -> &'a str {
    let chapter = input.content.chapters.iter().find(|chapter| chapter.path == path);
    chapter.map_or("", |chapter| chapter.section.as_str())
}

fn page<'a>(input: &Input<'a>, path: &str, lang: &Lang) -> Option<&'a Page> {
    let chapter = input.content.chapters.iter().find(|chapter| chapter.path == path)?;
    chapter.pages.get(lang)
}

impl Writer<'_> {
    /// The map of all concepts: a band a part, a box a concept, a line a relation; and the same in words.
    pub(super) fn concept_map(&mut self) {
        let (input, lang) = (self.input, &self.page.lang);
        let graph = input.concepts;
        let related = |node: usize| graph.edges.iter().any(|edge| edge.from == node || edge.to == node);
        let mut bands: Vec<Band> = Vec::new();
        let mut place_of = vec![None; graph.nodes.len()];
        let mut put = |bands: &mut Vec<Band>, name: &str, node: usize| {
            if bands.last().is_none_or(|band| band.title != name) {
                bands.push(Band { title: name.to_owned(), places: Vec::new() });
            }
            let Some(band) = bands.len().checked_sub(1) else { return };
            let planned = matches!(graph.nodes[node].kind, NodeKind::Planned(_));
            place_of[node] = Some((band, bands[band].places.len()));
            bands[band].places.push(Place {
                label: title(input, node, lang).to_owned(),
                href: way(input, node, lang, &self.page.url),
                planned,
            });
        };
        for (node, shown) in graph.nodes.iter().enumerate() {
            let folder = match &shown.kind {
                NodeKind::Chapter(path) => section(input, path),
                NodeKind::Planned(index) => graph.planned[*index].part.as_str(),
                NodeKind::Term => "",
            };
            let section = input.content.sections.iter().find(|section| section.path == folder);
            let part = section.filter(|_| !folder.is_empty()).and_then(|section| section.pages.get(lang));
            match (&shown.kind, part) {
                (NodeKind::Term, _) if related(node) => put(&mut bands, self.words.get("terms"), node),
                (NodeKind::Chapter(_), Some(part)) if related(node) => put(&mut bands, &part.title, node),
                (NodeKind::Planned(_), Some(part)) => put(&mut bands, &part.title, node),
                _ => {}
            }
        }
        let lines: Vec<Link> = graph
            .edges
            .iter()
            .filter_map(|edge| {
                Some(Link { from: place_of[edge.from]?, to: place_of[edge.to]?, style: style(edge.kind) })
            })
            .collect();
        let legend: Vec<(&str, usize)> =
            [("map_kinds", 1), ("map_uses", 2), ("map_flow", 3), ("map_contrast", 4), ("map_planned", 0)]
                .map(|(word, style)| (self.words.get(word), style))
                .into();
        let svg = map::draw(&bands, &lines, &legend, self.words.get("concept_map"));
        self.push(&format!("<figure class=\"concept-map\">{svg}</figure>\n"));
        self.relations();
    }

    /// Every relation as a sentence, for those who do not see the map.
    fn relations(&mut self) {
        use crate::content::html::escape;
        let (input, lang, graph) = (self.input, &self.page.lang, self.input.concepts);
        let linked = |node: usize| {
            let (text, to) = (escape(title(input, node, lang)), way(input, node, lang, &self.page.url));
            if to.is_empty() { text } else { format!("<a href=\"{}\">{text}</a>", escape(&to)) }
        };
        let mut html = format!(
            "<details class=\"relations-all\"><summary>{}</summary>\n<ul>\n",
            escape(self.words.get("all_relations"))
        );
        for edge in &graph.edges {
            let word = edge.kind.word(false);
            let word = escape(self.words.get(&word));
            html += &format!("<li>{} {word} {}</li>\n", linked(edge.from), linked(edge.to));
        }
        html += "</ul></details>\n";
        self.push(&html);
    }
}

/// Every relation as a line of a list in Markdown.
pub(super) fn written(input: &Input<'_>, lang: &Lang, words: &Words) -> String {
    let edges = input.concepts.edges.iter();
    let line = |edge: &crate::content::concepts::Edge| {
        let word = words.get(&edge.kind.word(false)).to_owned();
        format!("- {} {word} {}\n", title(input, edge.from, lang), title(input, edge.to, lang))
    };
    edges.map(line).collect()
}

/// The line of a relation on the map.
fn style(kind: Relation) -> usize {
    match kind {
        Relation::IsA | Relation::PartOf | Relation::InstanceOf => 1,
        Relation::Uses | Relation::TrainedBy => 2,
        Relation::AppliedTo | Relation::Precedes | Relation::SuppliesDataTo | Relation::DemonstratedBy => 3,
        Relation::ContrastsWith => 4,
    }
}
