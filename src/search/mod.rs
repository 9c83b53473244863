//! Pages to a search index that a browser can read a piece at a time.
//!
//! The index says which pages hold a word, not where: the few pages that fit best are then read
//! themselves, from their Markdown copies, which is where excerpts, anchors and exact matches come from.
//! So nothing is stored twice, and what is stored stays well under a tenth of the text.
//!
//! - A word is a run of letters and digits in lower case; in Chinese and Japanese each character is one
//!   ([`words`]). `templates/assets/search.js` cuts queries by the same rule.
//! - Two characters that stand side by side are stored as one term where the pages that hold both are too
//!   many to be read, as far as the index's share of the text allows ([`pairs`]).
//! - Terms are sorted, cut into shards and compressed ([`shard`]); a query loads the shards that can hold
//!   its words. Every file but the list of shards is named by its content.

mod pairs;
mod shard;
mod words;

use std::borrow::Cow;
use std::collections::BTreeMap;

use rayon::prelude::*;

/// A page as the index sees it.
#[derive(Clone, Debug, Default)]
pub struct Document<'a> {
    /// Its address below the root of the site.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Its headings.
    pub headings: Vec<String>,
    /// Its text; markup in it counts as space.
    pub text: Cow<'a, str>,
}

/// How much it says about a page that a term is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It is in the text.
    Text = 0,
    /// It is in the text three times or more.
    Often = 1,
    /// It is in a heading.
    Heading = 2,
    /// It is in the title.
    Title = 3,
}

/// The pages that hold a term, by number, each once and in order.
type Postings = Vec<(u32, Weight)>;

/// So many pages are cut into words at once: the words of all of them take more room than their texts.
const AT_ONCE: usize = 64;

/// A file of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexFile {
    /// Its name in the folder of the index.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The index of `documents`: the files of one folder, of which the browser reads `index.json` first.
///
/// `None` where `stop` says on the way that nobody wants it any more.
pub fn index(documents: &[Document<'_>], stop: &dyn Fn() -> bool) -> Option<Vec<IndexFile>> {
    let mut vocabulary: BTreeMap<String, Postings> = BTreeMap::new();
    each(documents, stop, terms, |page, terms| {
        for (term, weight) in terms {
            vocabulary.entry(term).or_default().push((page, weight));
        }
    })?;
    let pairs = pairs::telling(documents, stop, &vocabulary)?;
    vocabulary.extend(pairs);
    shard::files(&vocabulary, documents, stop)
}

/// Makes something of every document, on all processors, and hands it to `take` in their order.
fn each<T: Send>(
    documents: &[Document<'_>],
    stop: &dyn Fn() -> bool,
    make: impl Fn(&Document<'_>) -> T + Sync,
    mut take: impl FnMut(u32, T),
) -> Option<()> {
    let mut page = 0;
    for some in documents.chunks(AT_ONCE) {
        if stop() {
            return None;
        }
        for made in some.par_iter().map(&make).collect::<Vec<T>>() {
            take(page, made);
            page += 1;
        }
    }
    Some(())
}

/// The terms of one page.
fn terms(document: &Document<'_>) -> BTreeMap<String, Weight> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    words::each(&document.text, |word| match counts.get_mut(word) {
        Some(count) => *count += 1,
        None => drop(counts.insert(word.to_owned(), 1)),
    });
    // How often a page has a character says little, and costs a quarter of the index.
    let weigh = |word: &str, count| match count >= 3 && !word.starts_with(words::is_sign) {
        true => Weight::Often,
        false => Weight::Text,
    };
    let weighed = counts.into_iter().map(|(word, count)| (weigh(&word, count), word));
    let mut terms: BTreeMap<String, Weight> = weighed.map(|(weight, word)| (word, weight)).collect();
    for heading in &document.headings {
        words::each(heading, |word| {
            terms.insert(word.to_owned(), Weight::Heading);
        });
    }
    words::each(&document.title, |word| {
        terms.insert(word.to_owned(), Weight::Title);
    });
    terms
}

#[cfg(test)]
mod tests;
