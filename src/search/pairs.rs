//! Pairs of characters that tell more than the characters alone.
//!
//! A page that holds both 卷 and 积 nearly always holds 卷积. Where it does not, reading a page shows it:
//! a search reads up to [`READ`] of them. A pair becomes a term where more pages than that hold both
//! characters without holding the pair, so small sites have none and large ones what they need.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::words::{is_sign, narrow};
use super::{Document, Postings, Weight};

/// How many pages a search reads at most; the same in `templates/assets/search.js`.
pub(super) const READ: usize = 12;

/// The pairs that become terms, with the pages that hold them.
pub(super) fn telling(
    documents: &[Document],
    vocabulary: &BTreeMap<&str, Postings>,
) -> BTreeMap<String, Postings> {
    let pages = |sign: char| vocabulary.get(sign.encode_utf8(&mut [0; 4]) as &str);
    let frequent = |sign: char| pages(sign).is_some_and(|postings| postings.len() > READ);
    let read: Vec<BTreeMap<(char, char), u32>> = documents
        .par_iter()
        .map(|document| {
            let mut found = BTreeMap::new();
            each(&document.text, |pair| {
                if frequent(pair.0) && frequent(pair.1) {
                    *found.entry(pair).or_default() += 1;
                }
            });
            found
        })
        .collect();
    let mut holding: BTreeMap<(char, char), Postings> = BTreeMap::new();
    for (page, pairs) in (0..).zip(read) {
        for (pair, count) in pairs {
            let weight = if count < 3 { Weight::Text } else { Weight::Often };
            holding.entry(pair).or_default().push((page, weight));
        }
    }
    let both = |a: char, b: char| match (pages(a), pages(b)) {
        (Some(a), Some(b)) => common(a, b),
        _ => 0,
    };
    holding
        .into_par_iter()
        .filter(|((a, b), holds)| both(*a, *b) > holds.len() + READ)
        .map(|((a, b), holds)| ([a, b].iter().collect(), holds))
        .collect()
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
