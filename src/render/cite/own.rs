//! A work that can be cited, and its entry in Kiln's own styles, which follow the language of the page.

use biblatex::{ChunksExt, Entry, EntryType, PermissiveType, Person};

use crate::content::html::escape;

/// What kind of work it is: styles write each in another way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// In a journal.
    Article,
    /// In proceedings or another collection.
    Paper,
    /// On its own: a book, a thesis, a report.
    Book,
    /// Whatever else there is.
    #[default]
    Web,
}

/// A work that can be cited.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reference {
    /// Given name and family name of each author.
    pub(super) authors: Vec<(String, String)>,
    pub(super) year: String,
    pub(super) title: String,
    /// Journal, proceedings, publisher: whatever says where it appeared.
    pub(super) place: String,
    pub(super) kind: Kind,
    pub(super) publisher: String,
    pub(super) volume: String,
    pub(super) number: String,
    pub(super) pages: String,
    /// Where it can be read, if the entry says so.
    pub(super) link: Option<String>,
}

/// What BibTeX writes for authors that are not named.
const OTHERS: &str = "others";

impl Reference {
    /// The authors that are named, and whether there are more.
    pub(super) fn named(&self) -> (&[(String, String)], bool) {
        match self.authors.split_last() {
            Some(((given, family), named)) if given.is_empty() && family == OTHERS => (named, true),
            _ => (&self.authors, false),
        }
    }

    fn short_authors(&self, zh: bool) -> String {
        let (named, more) = self.named();
        let family = |index: usize| named[index].1.clone();
        // Unnamed ones are at least two more.
        match (named.len() + usize::from(more) * 2, zh) {
            _ if named.is_empty() => self.title.clone(),
            (1, _) => family(0),
            (2, false) => format!("{} & {}", family(0), family(1)),
            (2, true) => format!("{} 和 {}", family(0), family(1)),
            (_, false) => format!("{} et al.", family(0)),
            (_, true) => format!("{} 等", family(0)),
        }
    }

    /// What stands for it in a citation.
    pub(super) fn short(&self, zh: bool) -> String {
        let (authors, comma) = (self.short_authors(zh), if zh { "，" } else { ", " });
        if self.year.is_empty() { authors } else { format!("{authors}{comma}{}", self.year) }
    }

    /// What lists are sorted by.
    pub(super) fn sort_key(&self) -> (String, String) {
        (self.authors.first().map_or(&self.title, |author| &author.1).to_lowercase(), self.year.clone())
    }

    /// The work in a list.
    pub(super) fn html(&self, zh: bool) -> String {
        let (named, more) = self.named();
        let names = named.iter().map(|(given, family)| format!("{given} {family}").trim().to_owned());
        let names: Vec<String> = names.collect();
        let comma = if zh { "、" } else { ", " };
        let names = match names.len() {
            0 => String::new(),
            1..=8 if !more => names.join(comma),
            count => format!("{}{}", names[..count.min(6)].join(comma), if zh { " 等" } else { " et al." }),
        };
        let title = match &self.link {
            Some(link) => {
                format!("<a href=\"{}\" rel=\"noopener\">{}</a>", escape(link), escape(&self.title))
            }
            None => escape(&self.title),
        };
        let mut parts =
            vec![escape(&names), format!("<cite>{title}</cite>"), escape(&self.place), escape(&self.year)];
        parts.retain(|part| !part.is_empty() && part != "<cite></cite>");
        // "et al." brings its own full stop, and some titles their own mark.
        let stopped = |part: &String| {
            let bare = part.trim_end_matches("</cite>").trim_end_matches("</a>");
            let own = bare.ends_with("et al.") || bare.ends_with(['?', '!', '？', '！']);
            if own { part.clone() } else { format!("{part}.") }
        };
        let parts: Vec<String> = parts.iter().map(stopped).collect();
        parts.join(" ")
    }
}

/// What `entry` says of a work.
pub(super) fn reference(entry: &Entry) -> Reference {
    let text = |field: &str| entry.get(field).map(|chunks| chunks.format_verbatim()).unwrap_or_default();
    let first = |fields: &[&str]| fields.iter().map(|field| text(field)).find(|text| !text.is_empty());
    let year = match entry.date() {
        Ok(PermissiveType::Typed(date)) => year_of(&date.value),
        _ => text("year"),
    };
    let link = first(&["url"])
        .or_else(|| first(&["doi"]).map(|doi| format!("https://doi.org/{doi}")))
        .or_else(|| {
            let eprint = first(&["eprint"])?;
            Some(format!("https://arxiv.org/abs/{eprint}"))
        });
    Reference {
        authors: entry.author().unwrap_or_default().iter().map(name).collect(),
        year,
        title: text("title"),
        place: first(&["journal", "journaltitle", "booktitle", "howpublished", "publisher", "institution"])
            .unwrap_or_default(),
        kind: match entry.entry_type {
            EntryType::Article | EntryType::Periodical => Kind::Article,
            EntryType::InProceedings | EntryType::InCollection | EntryType::InBook => Kind::Paper,
            EntryType::Book
            | EntryType::Thesis
            | EntryType::PhdThesis
            | EntryType::MastersThesis
            | EntryType::Report
            | EntryType::TechReport => Kind::Book,
            _ => Kind::Web,
        },
        publisher: first(&["publisher", "institution", "school", "organization"]).unwrap_or_default(),
        volume: text("volume"),
        number: first(&["number", "issue"]).unwrap_or_default(),
        pages: text("pages"),
        link: link.filter(|link| link.starts_with("https://") || link.starts_with("http://")),
    }
}

fn year_of(date: &biblatex::DateValue) -> String {
    match date {
        biblatex::DateValue::At(at) | biblatex::DateValue::After(at) | biblatex::DateValue::Before(at) => {
            at.year.to_string()
        }
        biblatex::DateValue::Between(from, _) => from.year.to_string(),
    }
}

fn name(person: &Person) -> (String, String) {
    let family = format!("{} {}", person.prefix, person.name).trim().to_owned();
    (person.given_name.clone(), family)
}
