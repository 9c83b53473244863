//! The graph of concepts: chapters, planned chapters and terms, and how they relate.
//!
//! Relations stand in the front matter of chapters (`[relations]`) and in `content/concepts.toml`.
//! Both ends of each must exist, and nothing is a kind or a part of itself, however far around.

mod circle;
mod planned;
mod relation;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, Parsed, Sources, Span};

use super::Content;
use super::glossary::Glossary;
use super::page::Page;

pub use planned::{Outline, Planned};
pub use relation::{Need, Relation};

/// The graph of concepts.
#[derive(Clone, Debug, Default)]
pub struct Concepts {
    /// Everything that can be related, by its id, in reading order: chapters, then planned chapters
    /// where they belong, then terms.
    pub nodes: Vec<Node>,
    /// Every relation, by indices into `nodes`.
    pub edges: Vec<Edge>,
    /// The planned chapters that are not written yet.
    pub planned: Vec<Planned>,
    /// The indices of the chapters in `nodes`, by path.
    chapters: BTreeMap<String, usize>,
}

/// Something that can be related.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// A chapter's folder name, or a term's id.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeKind {
    /// The chapter with this path.
    Chapter(String),
    /// The planned chapter with this index in [`Concepts::planned`].
    Planned(usize),
    /// The term of the glossary with the node's id.
    Term,
}

/// A relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Index of the node it starts from.
    pub from: usize,
    /// Index of the node it leads to.
    pub to: usize,
    /// Its kind.
    pub kind: Relation,
    /// Where the author wrote it.
    pub span: Span,
}

impl Concepts {
    /// The graph of `content`, with what `outline` and `glossary` add to it.
    pub fn new(content: &Content, outline: Outline, glossary: &Glossary, sources: &Sources) -> Parsed<Self> {
        let mut diagnostics = Vec::new();
        let written = |plan: &Planned| content.chapters.iter().any(|chapter| chapter.path == plan.path());
        let (done, planned): (Vec<Planned>, Vec<Planned>) = outline.planned.into_iter().partition(written);
        for plan in done {
            let message = format!("the chapter `{}` is written: it is planned no more", plan.slug);
            diagnostics.push(Diagnostic::warning(plan.span, message).hint("remove this entry"));
        }
        for plan in &planned {
            if !content.sections.iter().any(|section| section.path == plan.part) {
                let fault = Diagnostic::error(plan.span, format!("there is no part `{}`", plan.part));
                let known = content.sections.iter().map(|section| section.path.as_str());
                diagnostics.push(fault.did_you_mean(&plan.part, known));
            }
        }
        let nodes = nodes(content, &planned, glossary);
        let path = |(index, node): (usize, &Node)| match &node.kind {
            NodeKind::Chapter(path) => Some((path.clone(), index)),
            NodeKind::Planned(_) | NodeKind::Term => None,
        };
        let chapters = nodes.iter().enumerate().filter_map(path).collect();
        let mut graph = Self { nodes, edges: Vec::new(), planned, chapters };
        let pages =
            content.chapters.iter().flat_map(|chapter| chapter.pages.values().map(move |p| (chapter, p)));
        for (chapter, page) in pages {
            let Some(from) = graph.chapter(&chapter.path) else { continue };
            for (kind, targets) in &page.front.relations {
                for target in targets {
                    let span = place(page, *kind, target, sources);
                    graph.add(from, *kind, target, span, &mut diagnostics);
                }
            }
        }
        for (source, kind, target, span) in outline.relations {
            match graph.find(&source) {
                Some(from) => graph.add(from, kind, &target, span, &mut diagnostics),
                None => diagnostics.push(graph.unknown(&source, span)),
            }
        }
        diagnostics.extend(circle::faults(&graph));
        Parsed { value: graph, diagnostics }
    }

    /// The index of the chapter at `path`.
    pub fn chapter(&self, path: &str) -> Option<usize> {
        self.chapters.get(path).copied()
    }

    /// The index of what is called `id`: a chapter, planned or written, before a term of that name.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.chapter(id).or_else(|| self.nodes.iter().position(|node| node.id == id))
    }

    /// The nodes that a reader of `node` should know first.
    pub fn prerequisites(&self, node: usize) -> Vec<usize> {
        self.needs(|before, after| (after == node).then_some(before))
    }

    /// The nodes that a reader of `node` can go on to.
    pub fn leads_to(&self, node: usize) -> Vec<usize> {
        self.needs(|before, after| (before == node).then_some(after))
    }

    /// What `pick` takes from the pairs of a node and one that needs it, in reading order, each once.
    fn needs(&self, pick: impl Fn(usize, usize) -> Option<usize>) -> Vec<usize> {
        let pairs = self.edges.iter().filter_map(|edge| match edge.kind.need() {
            Need::Target => Some((edge.to, edge.from)),
            Need::Source => Some((edge.from, edge.to)),
            Need::Order => Some((edge.from.min(edge.to), edge.from.max(edge.to))),
            Need::Neither => None,
        });
        let mut found: Vec<usize> = pairs.filter_map(|(before, after)| pick(before, after)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn add(&mut self, from: usize, kind: Relation, target: &str, span: Span, faults: &mut Vec<Diagnostic>) {
        let Some(to) = self.find(target) else {
            faults.push(self.unknown(target, span));
            return;
        };
        if from == to {
            faults.push(Diagnostic::error(span, format!("`{target}` is related to itself")));
            return;
        }
        // Pages of several languages may say the same.
        if !self.edges.iter().any(|edge| (edge.from, edge.to, edge.kind) == (from, to, kind)) {
            self.edges.push(Edge { from, to, kind, span });
        }
    }

    fn unknown(&self, id: &str, span: Span) -> Diagnostic {
        Diagnostic::error(span, format!("there is no chapter, planned chapter or term `{id}`"))
            .did_you_mean(id, self.nodes.iter().map(|node| node.id.as_str()))
            .hint("chapters go by the name of their folder, terms by their id in content/glossary.toml")
    }
}

fn nodes(content: &Content, planned: &[Planned], glossary: &Glossary) -> Vec<Node> {
    // In the order of the book: part by part, and by weight in each.
    let mut order: Vec<((usize, i64, String), Node)> = Vec::new();
    let part = |path: &str| content.sections.iter().position(|section| section.path == path);
    for chapter in &content.chapters {
        let slug = chapter.path.rsplit('/').next().unwrap_or(&chapter.path);
        let place = (
            part(&chapter.section).unwrap_or(usize::MAX),
            super::weight(&chapter.pages),
            chapter.path.clone(),
        );
        order.push((place, Node { id: slug.to_owned(), kind: NodeKind::Chapter(chapter.path.clone()) }));
    }
    for (index, plan) in planned.iter().enumerate() {
        let place = (part(&plan.part).unwrap_or(usize::MAX), plan.weight, plan.path());
        order.push((place, Node { id: plan.slug.clone(), kind: NodeKind::Planned(index) }));
    }
    order.sort_by(|a, b| a.0.cmp(&b.0));
    let terms = glossary.terms().iter().map(|term| Node { id: term.id.clone(), kind: NodeKind::Term });
    order.into_iter().map(|(_, node)| node).chain(terms).collect()
}

/// Where the front matter of `page` names `target`.
fn place(page: &Page, kind: Relation, target: &str, sources: &Sources) -> Span {
    let text = sources.text(page.file);
    let key = text.find(kind.name()).unwrap_or(0);
    let quoted = [format!("\"{target}\""), format!("'{target}'"), target.to_owned()];
    let found = quoted.iter().find_map(|quoted| {
        let at = key + text[key..].find(quoted.as_str())?;
        let quotes = usize::from(quoted.len() > target.len());
        Some(at + quotes..at + quotes + target.len())
    });
    Span::new(page.file, found.unwrap_or(key..key))
}

/// Relations by kind, as front matter holds them.
pub type Relations = BTreeMap<Relation, Vec<String>>;
