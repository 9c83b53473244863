//! Finds the terms of a glossary in a text.

use aho_corasick::{AhoCorasick, MatchKind};

use super::super::page::Lang;
use super::Term;

/// Finds the terms of a glossary in texts of one language.
#[derive(Clone, Debug)]
pub struct Matcher {
    automaton: Option<AhoCorasick>,
    /// The name behind each pattern, and the index of its term.
    patterns: Vec<(String, usize)>,
    ids: Vec<String>,
    auto: Vec<bool>,
}

/// A term found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// Its id.
    pub id: &'a str,
    /// The bytes of the text that name it.
    pub range: std::ops::Range<usize>,
}

impl Matcher {
    pub(super) fn new(terms: &[Term], lang: &Lang) -> Self {
        let names = |term: &Term| -> Vec<String> { term.forms(lang).map(str::to_owned).collect() };
        let patterns: Vec<(String, usize)> = terms
            .iter()
            .enumerate()
            .flat_map(|(index, term)| names(term).into_iter().map(move |name| (name, index)))
            // A single letter is not taken for a name.
            .filter(|(name, _)| name.chars().count() > 1)
            .collect();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(patterns.iter().map(|(name, _)| name))
            .ok();
        let ids = terms.iter().map(|term| term.id.clone()).collect();
        Self { automaton, patterns, ids, auto: terms.iter().map(|term| term.auto).collect() }
    }

    /// The terms in `text` that are marked without the author's doing, in order.
    pub fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Found<'a>> {
        let matches = self.automaton.iter().flat_map(move |automaton| automaton.find_iter(text));
        matches.filter_map(move |found| {
            let (name, term) = &self.patterns[found.pattern().as_usize()];
            let range = found.range();
            let fits = is_word(text, &range) && is_written(name, &text[range.clone()]);
            (fits && self.auto[*term]).then(|| Found { id: &self.ids[*term], range })
        })
    }

    /// The id of the term that is called `name`, or has it as its id.
    pub fn named(&self, name: &str) -> Option<&str> {
        if let Some(id) = self.ids.iter().find(|id| *id == name) {
            return Some(id);
        }
        let same = |other: &str| other.to_lowercase() == name.to_lowercase();
        self.patterns.iter().find(|(other, _)| same(other)).map(|(_, term)| self.ids[*term].as_str())
    }

    /// Every name, for did-you-mean.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(|(name, _)| name.as_str())
    }
}

/// Whether no letter of a script with words stands beside `range`: `state` is not in `statement`.
pub(super) fn is_word(text: &str, range: &std::ops::Range<usize>) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let inside = &text[range.clone()];
    let starts = inside.starts_with(|c: char| c.is_ascii_alphanumeric());
    let ends = inside.ends_with(|c: char| c.is_ascii_alphanumeric());
    let after = &text[range.end..];
    // The plural of a name is the name.
    let after = after.strip_prefix('s').filter(|_| ends).unwrap_or(after);
    let joined_before = starts && is_letter(text[..range.start].chars().next_back());
    let joined_after = ends && is_letter(after.chars().next());
    !joined_before && !joined_after
}

/// Whether `found` is how `name` is written: capitals inside a name are part of it, while a sentence
/// may start with any name.
pub(super) fn is_written(name: &str, found: &str) -> bool {
    let capitals = name.chars().any(|c| c.is_ascii_uppercase());
    let rest = |text: &str| text.chars().skip(1).collect::<String>();
    if capitals { name == found } else { rest(name) == rest(found) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{TERMS, read};
    use super::*;

    #[test]
    fn terms_are_found_as_words() {
        let (glossary, _) = read(TERMS);
        let found = |lang: &str, text: &'static str| -> Vec<&'static str> {
            let matcher = glossary.matcher(&Lang(lang.into())).expect("a language");
            matcher.find(text).map(|found| &text[found.range]).collect()
        };
        assert_eq!(found("en", "Convolutional networks, CNN, CNNs"), ["Convolutional network", "CNN", "CNN"]);
        assert_eq!(found("en", "a cnn, CNNX, xCNN, state"), Vec::<&str>::new());
        assert_eq!(found("zh", "用卷积神经网络（CNN）"), ["卷积神经网络", "CNN"]);
        let matcher = glossary.matcher(&Lang("en".into())).expect("a language");
        assert_eq!(matcher.named("Action"), Some("state"));
        assert_eq!(matcher.named("cnn"), Some("cnn"));
        assert_eq!(matcher.named("x"), None);
    }
}
