//! Styles that have a name of their own: how each cites, and how it writes an entry of its list.
//!
//! They follow the guides of the institutions behind them for articles, papers, books and what is only on the web.

use crate::config::CitationStyle;
use crate::content::html::escape;

use super::authors;
use super::own::{Kind, Reference};

/// How a style cites.
#[derive(Debug)]
pub(super) struct Cites {
    /// Before the first work, between two, after the last.
    pub(super) around: [&'static str; 3],
    /// Before and after each work.
    pub(super) each: [&'static str; 2],
}

/// How `style` cites; `None` for Kiln's own.
pub(super) fn cites(style: CitationStyle) -> Option<Cites> {
    use CitationStyle::{Apa, ChicagoAuthorDate, Gb7714, HarvardCiteThemRight, Ieee, Mla, Nature, Vancouver};
    let cites = |around, each| Some(Cites { around, each });
    match style {
        CitationStyle::AuthorDate | CitationStyle::Numeric => None,
        Apa | ChicagoAuthorDate | HarvardCiteThemRight | Mla => cites(["(", "; ", ")"], ["", ""]),
        Ieee => cites(["", ", ", ""], ["[", "]"]),
        Vancouver => cites(["(", ",", ")"], ["", ""]),
        Gb7714 => cites(["<sup>[", ",", "]</sup>"], ["", ""]),
        Nature => cites(["<sup>", ",", "</sup>"], ["", ""]),
    }
}

/// What stands for `work` in a citation by authors, as HTML.
pub(super) fn cited(style: CitationStyle, work: &Reference) -> String {
    let (named, more) = work.named();
    let names = match named.is_empty() {
        true => format!("“{}”", escape(&work.title)),
        false => authors::cited(style, named, more),
    };
    let comma = match style {
        CitationStyle::Mla => return names,
        CitationStyle::ChicagoAuthorDate => " ",
        _ => ", ",
    };
    match (work.year.is_empty(), style) {
        (true, CitationStyle::Apa) => format!("{names}, n.d."),
        (true, _) => format!("{names}{comma}no date"),
        (false, _) => format!("{names}{comma}{}", escape(&work.year)),
    }
}

/// The fields of a work as HTML; what is not known is empty.
struct Fields {
    names: String,
    year: String,
    title: String,
    place: String,
    publisher: String,
    volume: String,
    number: String,
    pages: String,
    link: String,
}

/// `text` between `before` and `after`, where there is any.
fn set(before: &str, text: &str, after: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{before}{text}{after}") }
}

fn italic(text: &str) -> String {
    set("<i>", text, "</i>")
}

/// `text` with a full stop, unless it ends with a mark of its own.
fn stop(text: &str) -> String {
    let bare = text.trim_end_matches("</i>").trim_end_matches('”');
    if text.is_empty() || bare.ends_with(['.', '?', '!']) { text.to_owned() } else { format!("{text}.") }
}

/// What there is of `parts`, with `between` them.
fn join(parts: &[String], between: &str) -> String {
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    parts.join(between)
}

/// The entry of `work` in the list, as HTML.
pub(super) fn entry(style: CitationStyle, work: &Reference) -> String {
    let (named, more) = work.named();
    let link = work.link.as_deref().map(|link| {
        let link = escape(link);
        format!("<a href=\"{link}\" rel=\"noopener\">{link}</a>")
    });
    let fields = Fields {
        names: authors::listed(style, named, more),
        year: escape(&work.year),
        title: escape(&work.title),
        place: escape(&work.place),
        publisher: escape(&work.publisher),
        volume: escape(&work.volume),
        number: escape(&work.number),
        pages: escape(&work.pages.replace("--", "–")),
        link: link.unwrap_or_default(),
    };
    match style {
        // Kiln's own styles write their lists themselves.
        CitationStyle::AuthorDate | CitationStyle::Numeric | CitationStyle::Apa => apa(&fields, work.kind),
        CitationStyle::ChicagoAuthorDate => chicago(&fields, work.kind),
        CitationStyle::Gb7714 => gb7714(&fields, work.kind),
        CitationStyle::HarvardCiteThemRight => harvard(&fields, work.kind),
        CitationStyle::Ieee => ieee(&fields, work.kind),
        CitationStyle::Mla => mla(&fields, work.kind),
        CitationStyle::Nature => nature(&fields, work.kind),
        CitationStyle::Vancouver => vancouver(&fields, work.kind),
    }
}

fn apa(f: &Fields, kind: Kind) -> String {
    let date = format!("({}).", if f.year.is_empty() { "n.d." } else { f.year.as_str() });
    let issue = format!("{}{}", italic(&f.volume), set("(", &f.number, ")"));
    let rest = match kind {
        Kind::Article => {
            let place = join(&[italic(&f.place), issue, f.pages.clone()], ", ");
            [stop(&f.title), stop(&place)]
        }
        Kind::Paper => {
            let inside = format!("{}{}", italic(&f.place), set(" (pp. ", &f.pages, ")"));
            [stop(&f.title), stop(&join(&[stop(&set("In ", &inside, "")), f.publisher.clone()], " "))]
        }
        Kind::Book | Kind::Web => [stop(&italic(&f.title)), stop(&or(&f.publisher, &f.place))],
    };
    let [title, place] = rest;
    join(&[stop(&f.names), date, title, place, f.link.clone()], " ")
}

fn chicago(f: &Fields, kind: Kind) -> String {
    let quoted = format!("“{}”", stop(&f.title));
    let [title, place] = match kind {
        Kind::Article => {
            let issue = format!("{}{}", set(" ", &f.volume, ""), set(" (", &f.number, ")"));
            [quoted, format!("{}{issue}{}", italic(&f.place), set(": ", &f.pages, ""))]
        }
        Kind::Paper => {
            let inside = join(&[italic(&f.place), f.pages.clone()], ", ");
            [quoted, join(&[stop(&set("In ", &inside, "")), f.publisher.clone()], " ")]
        }
        Kind::Book => [stop(&italic(&f.title)), or(&f.publisher, &f.place)],
        Kind::Web => [quoted, or(&f.place, &f.publisher)],
    };
    join(&[stop(&f.names), stop(&f.year), title, stop(&place), stop(&f.link)], " ")
}

fn harvard(f: &Fields, kind: Kind) -> String {
    let date = format!("({})", if f.year.is_empty() { "no date" } else { f.year.as_str() });
    let quoted = format!("‘{}’", f.title);
    let issue = format!("{}{}", f.volume, set("(", &f.number, ")"));
    let rest = match kind {
        Kind::Article => join(&[quoted, italic(&f.place), issue, set("pp. ", &f.pages, "")], ", "),
        Kind::Paper => join(
            &[quoted, set("in ", &italic(&f.place), ""), f.publisher.clone(), set("pp. ", &f.pages, "")],
            ", ",
        ),
        Kind::Book | Kind::Web => format!("{} {}", stop(&italic(&f.title)), or(&f.publisher, &f.place)),
    };
    let head = join(&[f.names.clone(), date], " ");
    join(&[head, stop(rest.trim_end()), set("Available at: ", &f.link, ".")], " ")
}

fn ieee(f: &Fields, kind: Kind) -> String {
    // The comma belongs inside of the quotation, before what follows; a mark of the title's own takes its place.
    let quoted = |rest: String| match (rest.is_empty(), f.title.ends_with(['.', '?', '!'])) {
        (true, _) => format!("“{}”", stop(&f.title)),
        (false, true) => format!("“{}” {rest}", f.title),
        (false, false) => format!("“{},” {rest}", f.title),
    };
    let pages = set("pp. ", &f.pages, "");
    let rest = match kind {
        Kind::Article => {
            let (volume, number) = (set("vol. ", &f.volume, ""), set("no. ", &f.number, ""));
            quoted(join(&[italic(&f.place), volume, number, pages, f.year.clone()], ", "))
        }
        Kind::Paper => {
            let inside = set("in ", &italic(&f.place), "");
            quoted(join(&[inside, f.publisher.clone(), f.year.clone(), pages], ", "))
        }
        Kind::Book => {
            format!(
                "{} {}",
                stop(&italic(&f.title)),
                join(&[or(&f.publisher, &f.place), f.year.clone()], ", ")
            )
        }
        Kind::Web => quoted(join(&[or(&f.place, &f.publisher), f.year.clone()], ", ")),
    };
    let head = join(&[f.names.clone(), rest], ", ");
    join(&[stop(head.trim_end()), set("[Online]. Available: ", &f.link, "")], " ")
}

fn gb7714(f: &Fields, kind: Kind) -> String {
    let letter = match kind {
        Kind::Article => "J",
        Kind::Paper => "C",
        Kind::Book => "M",
        Kind::Web => "EB",
    };
    let online = if f.link.is_empty() { "" } else { "/OL" };
    let title = format!("{}[{letter}{online}]", f.title);
    let issue = format!("{}{}", f.volume, set("(", &f.number, ")"));
    let pages = set(": ", &f.pages, "");
    let rest = match kind {
        Kind::Article => stop(&title) + " " + &join(&[f.place.clone(), f.year.clone(), issue], ", ") + &pages,
        Kind::Paper => {
            let inside = stop(&set("//", &f.place, ""));
            join(
                &[format!("{title}{inside}"), join(&[f.publisher.clone(), f.year.clone()], ", ") + &pages],
                " ",
            )
        }
        Kind::Book | Kind::Web => {
            stop(&title) + " " + &join(&[or(&f.publisher, &f.place), f.year.clone()], ", ")
        }
    };
    join(&[stop(&f.names), stop(rest.trim_end()), stop(&f.link)], " ")
}

fn mla(f: &Fields, kind: Kind) -> String {
    let quoted = format!("“{}”", stop(&f.title));
    let (volume, number) = (set("vol. ", &f.volume, ""), set("no. ", &f.number, ""));
    let pages = set("pp. ", &f.pages, "");
    let [title, place] = match kind {
        Kind::Article | Kind::Paper => {
            let publisher = if kind == Kind::Paper { f.publisher.clone() } else { String::new() };
            let place = [italic(&f.place), publisher, volume, number, f.year.clone(), pages];
            [quoted, join(&place, ", ")]
        }
        Kind::Book => [stop(&italic(&f.title)), join(&[or(&f.publisher, &f.place), f.year.clone()], ", ")],
        Kind::Web => [quoted, join(&[italic(&or(&f.place, &f.publisher)), f.year.clone()], ", ")],
    };
    let place = join(&[place, f.link.clone()], ", ");
    join(&[stop(&f.names), title, stop(&place)], " ")
}

fn nature(f: &Fields, kind: Kind) -> String {
    let year = set("(", &f.year, ")");
    let rest = match kind {
        Kind::Article => {
            let volume = set("<b>", &f.volume, "</b>");
            let place = join(&[join(&[italic(&f.place), volume], " "), f.pages.clone()], ", ");
            format!("{} {}", stop(&f.title), join(&[place, year], " "))
        }
        Kind::Paper => {
            let inside = set("in ", &italic(&f.place), "");
            let place = join(
                &[
                    inside,
                    f.pages.clone(),
                    set("(", &join(&[f.publisher.clone(), f.year.clone()], ", "), ")"),
                ],
                " ",
            );
            format!("{} {place}", stop(&f.title))
        }
        Kind::Book | Kind::Web => {
            let place = set("(", &join(&[or(&f.publisher, &f.place), f.year.clone()], ", "), ")");
            format!("{} {place}", stop(&italic(&f.title)))
        }
    };
    join(&[stop(&f.names), stop(rest.trim_end()), f.link.clone()], " ")
}

fn vancouver(f: &Fields, kind: Kind) -> String {
    let issue = format!("{}{}", f.volume, set("(", &f.number, ")"));
    let place = match kind {
        Kind::Article => {
            let issue = format!("{issue}{}", set(":", &f.pages, ""));
            join(&[stop(&f.place), join(&[f.year.clone(), issue], ";")], " ")
        }
        Kind::Paper => {
            let published = join(&[f.publisher.clone(), f.year.clone()], "; ");
            join(&[stop(&set("In: ", &f.place, "")), stop(&published), set("p. ", &f.pages, "")], " ")
        }
        Kind::Book | Kind::Web => join(&[or(&f.publisher, &f.place), f.year.clone()], "; "),
    };
    join(&[stop(&f.names), stop(&f.title), stop(&place), set("Available from: ", &f.link, "")], " ")
}

/// The first of two texts, or else the second.
fn or(first: &str, second: &str) -> String {
    if first.is_empty() { second.to_owned() } else { first.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::Bibliography;
    use super::*;
    use crate::content::page::Lang;
    use crate::diag::Sources;

    const WORKS: &str = "@inproceedings{paper, author = {Vaswani, Ashish and Shazeer, Noam and Parmar, Niki and Uszkoreit, Jakob}, title = {Attention <Is> All You Need}, booktitle = {Advances in Neural Information Processing Systems}, pages = {5998--6008}, year = {2017}}\n\
        @article{article, author = {LeCun, Yann and Bengio, Yoshua}, title = {Deep learning}, journal = {Nature}, volume = {521}, number = {7553}, pages = {436--444}, year = {2015}, doi = {10.1038/nature14539}}\n\
        @book{book, author = {Goodfellow, Ian and Bengio, Yoshua and Courville, Aaron}, title = {Deep Learning}, publisher = {MIT Press}, year = {2016}}\n\
        @misc{web, author = {{OpenAI}}, title = {Introducing ChatGPT}, howpublished = {OpenAI Blog}, year = {2022}, url = {https://openai.com/blog/chatgpt}}\n\
        @misc{bare, title = {What Is Known?}}\n";

    #[test]
    fn styles_write_as_their_guides_say() {
        let parsed = Bibliography::parse(WORKS, Sources::default().add("a.bib", WORKS));
        assert_eq!(parsed.diagnostics, []);
        let styles = [
            CitationStyle::Apa,
            CitationStyle::ChicagoAuthorDate,
            CitationStyle::Gb7714,
            CitationStyle::HarvardCiteThemRight,
            CitationStyle::Ieee,
            CitationStyle::Mla,
            CitationStyle::Nature,
            CitationStyle::Vancouver,
        ];
        let keys = ["paper", "article", "book", "web", "bare"];
        let mut shown = String::new();
        for style in styles {
            let works = parsed.value.works(keys, [], style, &Lang("en".into()));
            shown += &format!("{style:?}: {}\n", works.cite_plainly(&["paper", "article"]));
            works.items().for_each(|(key, item)| shown += &format!("  {key}: {item}\n"));
        }
        insta::assert_snapshot!(shown);
    }
}
