//! Graphs of concepts, and what can be wrong with them.

use super::*;
use crate::content::load::{Place, RawPage};
use crate::content::page::Lang;
use crate::content::{Setting, parse};

/// The graph of chapters in the part `p` with these front matters, and the file `concepts.toml`.
fn graph(chapters: &[(&str, &str)], outline: &str) -> (Concepts, Vec<String>) {
    let mut sources = Sources::default();
    let mut raw = vec![("_index", "")];
    raw.extend(chapters);
    let raw: Vec<RawPage> = raw
        .into_iter()
        .map(|(slug, front)| RawPage {
            file: sources.add(format!("content/p/{slug}.en.md"), format!("+++\n{front}\n+++\n# {slug}\n")),
            lang: Lang("en".into()),
            place: match slug {
                "_index" => Place::Section("p".into()),
                slug => Place::Chapter(format!("p/{slug}")),
            },
            listed: None,
        })
        .collect();
    let mut faults = Vec::new();
    let content = parse(&raw, &Setting::default(), &sources).take(&mut faults);
    let file = sources.add("content/concepts.toml", outline);
    let outline = Outline::parse(outline, file).take(&mut faults);
    let text = "[[term]]\nid = \"softmax\"\nname = { en = \"softmax\" }\ndefinition = { en = \"S\" }\n";
    let file = sources.add("content/glossary.toml", text);
    let glossary = Glossary::parse(text, file, &[Lang("en".into())]).take(&mut faults);
    let graph = Concepts::new(&content, outline, &glossary, &sources).take(&mut faults);
    let told = |fault: &Diagnostic| {
        let span = fault.span.expect("a place");
        let (line, column) = sources.line_column(span.file, span.start as usize);
        format!(
            "{}:{line}:{column} {} {}",
            sources.path(span.file).display(),
            fault.message,
            fault.hints.join(" ")
        )
    };
    (graph, faults.iter().map(told).collect())
}

fn ids(graph: &Concepts, nodes: Vec<usize>) -> Vec<&str> {
    nodes.into_iter().map(|node| graph.nodes[node].id.as_str()).collect()
}

#[test]
fn chapters_plans_and_terms_are_related() {
    let (graph, faults) = graph(
        &[
            ("attention", "weight = 1\n[relations]\nuses = [\"softmax\"]\npart-of = [\"transformer\"]"),
            ("transformer", "weight = 3\n[relations]\ncontrasts-with = [\"rnn\"]"),
        ],
        "[[planned]]\nslug = \"rnn\"\npart = \"p\"\nweight = 2\ntitle = { en = \"RNN\" }\n\n[relations.rnn]\nprecedes = [\"transformer\"]\n",
    );
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(ids(&graph, (0..4).collect()), ["attention", "rnn", "transformer", "softmax"]);
    let transformer = graph.find("transformer").expect("a node");
    assert_eq!(ids(&graph, graph.prerequisites(transformer)), ["attention", "rnn"]);
    let attention = graph.find("attention").expect("a node");
    assert_eq!(ids(&graph, graph.prerequisites(attention)), ["softmax"]);
    assert_eq!(ids(&graph, graph.leads_to(attention)), ["transformer"]);
}

#[test]
fn both_ends_exist() {
    let (_, faults) =
        graph(&[("a", "[relations]\nis-a = [\"softmaxx\"]")], "[relations.b]\nuses = [\"a\"]\n");
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].starts_with("content/p/a.en.md:3:10 there is no chapter, planned chapter or term `softmaxx` did you mean `softmax`?"), "{faults:?}");
    assert!(
        faults[1].starts_with("content/concepts.toml:2:9 there is no chapter, planned chapter or term `b`"),
        "{faults:?}"
    );
}

#[test]
fn circles_are_told_at_a_place() {
    let (_, faults) = graph(
        &[
            ("a", "[relations]\nis-a = [\"b\"]"),
            ("b", "[relations]\npart-of = [\"c\"]"),
            ("c", "[relations]\nis-a = [\"a\"]\nuses = [\"c2\"]"),
            ("c2", "[relations]\nuses = [\"c\"]"),
        ],
        "",
    );
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0].starts_with("content/p/c.en.md:3:10 a circle: `a` is-a `b` part-of `c` is-a `a`"),
        "{faults:?}"
    );
}

#[test]
fn kinds_and_plans_are_checked() {
    let faults = |chapters: &[(&str, &str)], outline: &str| graph(chapters, outline).1;
    let misspelt = faults(&[("a", "[relations]\nis_a = [\"a\"]")], "");
    assert!(misspelt[0].contains("`is_a`") && misspelt[0].contains("did you mean `is-a`"), "{misspelt:?}");
    let itself = faults(&[("a", "[relations]\nuses = [\"a\"]")], "");
    assert!(itself[0].contains("related to itself"), "{itself:?}");
    let written = faults(&[("a", "")], "[[planned]]\nslug = \"a\"\npart = \"p\"\ntitle = { en = \"A\" }\n");
    assert!(written[0].contains("is written"), "{written:?}");
    let part = faults(&[], "[[planned]]\nslug = \"a\"\npart = \"q\"\ntitle = { en = \"A\" }\n");
    assert!(part[0].contains("no part `q`"), "{part:?}");
}
