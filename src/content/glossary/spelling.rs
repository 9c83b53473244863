//! Finds terms that a text writes in another way than the glossary: with other capitals, or by a name that the
//! site does not want to use.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::super::page::Lang;
use super::Term;
use super::matcher::{is_word, is_written};

/// A word in small letters is not taken for a name of so many capitals or fewer: `it` is not always IT, and
/// `clip` not CLIP.
const SHORT: usize = 5;

/// Finds terms that are not written as the glossary writes them.
#[derive(Clone, Debug)]
pub struct Spellings {
    automaton: Option<AhoCorasick>,
    words: Vec<Word>,
}

/// What is looked for.
#[derive(Clone, Debug)]
struct Word {
    text: String,
    /// What to write in its place, where it is not wanted in any form.
    instead: Option<String>,
}

/// A term that is written in another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misspelt<'a> {
    /// The bytes of the text.
    pub range: Range<usize>,
    /// What the glossary writes.
    pub instead: &'a str,
}

impl Spellings {
    pub(super) fn new(terms: &[Term], lang: &Lang) -> Self {
        let mut words: Vec<Word> = Vec::new();
        for term in terms {
            words.extend(term.forms(lang).map(|text| Word { text: text.to_owned(), instead: None }));
            let avoided = term.avoid.get(lang).into_iter().flatten();
            let instead = Some(term.name(lang).to_owned());
            words.extend(avoided.map(|text| Word { text: text.clone(), instead: instead.clone() }));
        }
        words.retain(|word| word.text.chars().count() > 1);
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(words.iter().map(|word| &word.text))
            .ok();
        Self { automaton, words }
    }

    /// What `text` writes in another way, in order.
    pub fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Misspelt<'a>> {
        let matches = self.automaton.iter().flat_map(move |automaton| automaton.find_iter(text));
        matches.filter_map(move |found| {
            let (word, range) = (&self.words[found.pattern().as_usize()], found.range());
            if !is_word(text, &range) {
                return None;
            }
            let written = &text[range.clone()];
            match &word.instead {
                Some(instead) => Some(Misspelt { range, instead }),
                None => self.is_fault(&word.text, written).then_some(Misspelt { range, instead: &word.text }),
            }
        })
    }

    /// Whether `written` is `name`, and no form of any term.
    fn is_fault(&self, name: &str, written: &str) -> bool {
        let alike = self.words.iter().filter(|word| word.text.eq_ignore_ascii_case(written));
        // A sentence may start with any name.
        let starts =
            |name: &str| written.starts_with(char::is_uppercase) && name.get(1..) == written.get(1..);
        let fits = |name: &str| is_written(name, written) || starts(name);
        let known = alike.clone().any(|word| word.instead.is_none() && fits(&word.text));
        let small = |text: &str| !text.chars().any(|c| c.is_ascii_uppercase());
        let large = |text: &str| !text.chars().any(|c| c.is_ascii_lowercase());
        let a_word = small(written) && large(name) && name.len() <= SHORT;
        // A line in capitals says nothing of its words.
        let shouted = large(written) && small(name);
        !known && !a_word && !shouted
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;
    use super::*;

    #[test]
    fn other_capitals_and_unwanted_names_are_told() {
        let term = |id: &str, rest: &str| {
            format!("[[term]]\nid = \"{id}\"\ndefinition = {{ en = \"D.\", zh = \"定。\" }}\n{rest}\n")
        };
        let text = [
            term("onnx", "name = { en = \"ONNX\", zh = \"ONNX\" }"),
            term("genai", "name = { en = \"generative AI\", zh = \"生成式 AI\" }"),
            term("pytorch", "name = { en = \"PyTorch\", zh = \"PyTorch\" }"),
            term("clip", "name = { en = \"CLIP\", zh = \"CLIP\" }"),
            term(
                "token",
                "name = { en = \"token\", zh = \"词元\" }\navoid = { en = [\"word piece\"], zh = [\"令牌\"] }",
            ),
        ];
        let (glossary, faults) = read(&text.concat());
        assert_eq!(faults, Vec::<String>::new());
        let told = |lang: &str, text: &str| -> Vec<String> {
            let spellings = glossary.spellings(&Lang(lang.into()));
            spellings
                .find(text)
                .map(|found| format!("{}>{}", &text[found.range.clone()], found.instead))
                .collect()
        };
        assert_eq!(told("en", "Onnx, pytorch, Pytorch"), ["Onnx>ONNX", "pytorch>PyTorch", "Pytorch>PyTorch"]);
        assert_eq!(told("en", "A Word Piece or word pieces"), ["Word Piece>token", "word piece>token"]);
        assert_eq!(told("zh", "一个令牌和词元"), ["令牌>词元"]);
        let fine =
            "ONNX and PyTorch; Generative AI; Tokens, TOKENS; a clip, tokenizer, pytorch_model, onnx-file";
        assert_eq!(told("en", fine), Vec::<String>::new());
    }
}
