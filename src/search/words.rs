//! The words of a text: the one rule by which pages and queries are cut.
//!
//! A run of letters and digits is a word, in lower case. Chinese and Japanese write no spaces, and a
//! dictionary that cuts a page in one way and a query in another finds nothing: there, each character is
//! a word. Single letters and bare numbers are no words.

/// A longer run of letters is a number, a key or a mistake.
const LONGEST: usize = 32;

/// Calls `word` with every word of `text`.
pub(super) fn each(text: &str, mut word: impl FnMut(&str)) {
    let mut run = String::new();
    for c in text.chars().map(narrow) {
        if c.is_alphanumeric() && !is_sign(c) {
            run.extend(c.to_lowercase());
            continue;
        }
        end(&mut run, &mut word);
        if is_sign(c) && c.is_alphanumeric() {
            word(c.encode_utf8(&mut [0; 4]));
        }
    }
    end(&mut run, &mut word);
}

fn end(run: &mut String, word: &mut impl FnMut(&str)) {
    let length = run.chars().count();
    if (2..=LONGEST).contains(&length) && !run.chars().all(|c| c.is_ascii_digit()) {
        word(run);
    }
    run.clear();
}

/// Whether each character of this script is a word: Han, kana, Hangul.
pub(super) fn is_sign(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// A full-width letter or digit as the ordinary one.
pub(super) fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_signs() {
        for (text, expect) in [
            ("Self-Attention, 2017", vec!["self", "attention"]),
            ("k.plot.heat_map(x2)", vec!["plot", "heat", "map", "x2"]),
            ("注意力（Attention）机制", vec!["注", "意", "力", "attention", "机", "制"]),
            ("ＢＥＲＴ和GPT", vec!["bert", "和", "gpt"]),
            ("Größe ÉCOLE", vec!["größe", "école"]),
            ("。，！a 7 42", vec![]),
        ] {
            let mut found = Vec::new();
            each(text, |word| found.push(word.to_owned()));
            assert_eq!(found, expect, "{text}");
        }
    }
}
