//! Pairs of characters that tell more than the characters alone.
//!
//! A page that holds both 卷 and 积 nearly always holds 卷积. Where it does not, reading the page shows it:
//! a search reads up to [`READ`] of them. A pair is worth a term where that leaves much to be desired, and
//! the pairs that are worth most for their bytes are taken until the index has its share of the text. Small
//! sites need none.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::words::{is_sign, narrow};
use super::{Document, Postings, Weight};

/// How many pages a search reads at most; the same in `templates/assets/search.js`.
pub(super) const READ: usize = 12;

/// The index may take one byte for so many of the text, before it is compressed to about half.
const SHARE: usize = 7;
/// How many bytes a pair has.
const PAIR: usize = 6;

/// The pairs that become terms, with the pages that hold them; `None` where `stop` says so.
pub(super) fn telling(
    documents: &[Document<'_>],
    stop: &dyn Fn() -> bool,
    vocabulary: &BTreeMap<String, Postings>,
) -> Option<BTreeMap<String, Postings>> {
    let pages = |sign: char| vocabulary.get(sign.encode_utf8(&mut [0; 4]) as &str);
    let frequent = |sign: char| pages(sign).is_some_and(|postings| postings.len() > READ);
    let read = |document: &Document<'_>| {
        let mut found: BTreeMap<(char, char), u32> = BTreeMap::new();
        each(&document.text, |pair| {
            if frequent(pair.0) && frequent(pair.1) {
                *found.entry(pair).or_default() += 1;
            }
        });
        found
    };
    let mut holding: BTreeMap<(char, char), Postings> = BTreeMap::new();
    super::each(documents, stop, read, |page, pairs| {
        for (pair, count) in pairs {
            let weight = if count < 3 { Weight::Text } else { Weight::Often };
            holding.entry(pair).or_default().push((page, weight));
        }
    })?;
    let both = |a: char, b: char| match (pages(a), pages(b)) {
        (Some(a), Some(b)) => common(a, b),
        _ => 0,
    };
    let mut worth: Vec<(f64, (char, char), Postings)> = holding
        .into_par_iter()
        .filter(|(_, holds)| holds.len() > 1)
        .map(|((a, b), holds)| (worth(both(a, b), holds.len()), (a, b), holds))
        .filter(|(worth, ..)| *worth > 0.0)
        .collect();
    worth.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let text: usize = documents.iter().map(|document| document.text.len()).sum();
    let taken: usize = vocabulary.iter().map(|(term, postings)| cost(term.len(), postings.len())).sum();
    let mut left = (text / SHARE).saturating_sub(taken);
    let affordable = worth.into_iter().take_while(|(.., holds)| {
        let bytes = cost(PAIR, holds.len());
        let fits = bytes <= left;
        left = left.saturating_sub(bytes);
        fits
    });
    Some(affordable.map(|(_, (a, b), holds)| ([a, b].iter().collect(), holds)).collect())
}

/// What a pair is worth for each of its bytes, when `both` pages hold its characters and `holds` the pair:
/// the share of good pages that a search would not come to read without it, times how often it is there.
fn worth(both: usize, holds: usize) -> f64 {
    let found = holds.max(READ) as f64 / both.max(1) as f64;
    (1.0 - found) * holds as f64 / cost(PAIR, holds) as f64
}

/// About how many bytes a term of `length` bytes in `pages` pages takes before it is compressed.
fn cost(length: usize, pages: usize) -> usize {
    3 + length / 2 + pages
}

/// How many pages are in both.
fn common(a: &Postings, b: &Postings) -> usize {
    let (mut a, mut b, mut count) = (a.iter().peekable(), b.iter().peekable(), 0);
    while let (Some((x, _)), Some((y, _))) = (a.peek(), b.peek()) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => drop(a.next()),
            std::cmp::Ordering::Greater => drop(b.next()),
            std::cmp::Ordering::Equal => {
                count += 1;
                a.next();
                b.next();
            }
        }
    }
    count
}

/// Calls `pair` with every two signs that stand side by side.
fn each(text: &str, mut pair: impl FnMut((char, char))) {
    let mut before = None;
    for c in text.chars().map(narrow) {
        let sign = (is_sign(c) && c.is_alphanumeric()).then_some(c);
        if let (Some(a), Some(b)) = (before, sign) {
            pair((a, b));
        }
        before = sign;
    }
}
