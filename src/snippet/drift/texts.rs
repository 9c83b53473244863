//! Texts, in which the numbers that a cell showed by itself are compared in full.

use super::super::raw::Raw;
use super::{Choices, Comparison};

impl Comparison {
    /// Compares two texts. Where tensors stand behind parts of them, those parts may differ in the digits
    /// of their numbers; all else has to be equal.
    pub(super) fn text(&mut self, place: &str, was: &str, now: &str, pairs: &[(&Raw, &Raw)]) {
        let parts = |text: &str, spans: Vec<Option<[usize; 2]>>| split(text, &spans);
        let a = parts(was, pairs.iter().map(|(a, _)| a.at).collect());
        let b = parts(now, pairs.iter().map(|(_, b)| b.at).collect());
        match (a, b) {
            (Some(a), Some(b)) if a == b => {
                for (at, (a, b)) in pairs.iter().enumerate() {
                    let place =
                        if pairs.len() == 1 { place.to_owned() } else { format!("{place}, value {at}") };
                    let before = self.found.len();
                    self.tensor(&place, a, b, Choices::Kept);
                    // What is told of the numbers need not be told of their digits again.
                    if self.found.len() == before {
                        let part = |text: &str, at: Option<[usize; 2]>| {
                            at.and_then(|[from, to]| text.get(from..to)).map(fractions).unwrap_or_default()
                        };
                        let digits = part(was, a.at).into_iter().zip(part(now, b.at));
                        digits.for_each(|(was, now)| self.printed(&place, &was, &now));
                    }
                }
            }
            _ if was == now => {}
            _ => {
                let (was, now) = first_difference(was, now);
                self.exact(place, was, now);
            }
        }
    }
}

impl Comparison {
    /// Compares two printed numbers: they may differ as the numbers may, and by what their last digit leaves
    /// open.
    pub(super) fn printed(&mut self, place: &str, was: &str, now: &str) {
        if was == now {
            return;
        }
        match (was.parse::<f64>(), now.parse::<f64>()) {
            (Ok(a), Ok(b)) => self.number(place, a, b, last_digit(was).max(last_digit(now))),
            _ => self.exact(place, was, now),
        }
    }
}

/// What the last digit of a printed number stands for.
fn last_digit(number: &str) -> f64 {
    let (digits, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let exponent: i32 = exponent.parse().unwrap_or(0);
    10_f64.powi(exponent - i32::try_from(decimals).unwrap_or(i32::MAX))
}

/// The fractions in `text`, with their signs.
fn fractions(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    blot(text, &mut |sign, number| found.push(format!("{sign}{number}")));
    found
}

/// `text` with the fractions in the bytes `spans` blotted out; `None` where there are no such bytes.
fn split(text: &str, spans: &[Option<[usize; 2]>]) -> Option<String> {
    let (mut plain, mut end) = (String::new(), 0);
    for span in spans {
        let [from, to] = (*span)?;
        plain.push_str(text.get(end..from)?);
        plain.push_str(&without_fractions(text.get(from..to)?));
        end = to;
    }
    plain.push_str(text.get(end..)?);
    Some(plain)
}

/// How many numbers with a fraction or an exponent stand in `text`.
pub fn count_fractions(text: &str) -> usize {
    without_fractions(text).matches(BLOT).count()
}

const BLOT: char = '\u{fffc}';

/// `text` with a mark for every number that has a fraction or an exponent, and for `nan` and `inf`. White
/// space around a number and its sign are part of it: columns move with their digits.
fn without_fractions(text: &str) -> String {
    blot(text, &mut |_, _| {})
}

/// As [`without_fractions`]; `each` gets the sign and the digits of every number that is blotted out.
fn blot(text: &str, each: &mut dyn FnMut(&str, &str)) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let word: usize = rest
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '.')
            .map(char::len_utf8)
            .sum();
        if word == 0 {
            plain.push(next);
            rest = &rest[next.len_utf8()..];
            continue;
        }
        let mut length = word;
        // An exponent with its sign.
        if rest[..word].ends_with(['e', 'E']) && rest[..word].starts_with(|c: char| c.is_ascii_digit()) {
            let tail = &rest[word..];
            let digits = tail[tail.len().min(1)..].bytes().take_while(u8::is_ascii_digit).count();
            if tail.starts_with(['+', '-']) && digits > 0 {
                length += 1 + digits;
            }
        }
        let (taken, after) = rest.split_at(length);
        if is_fraction(taken) {
            let unsigned = plain.trim_end_matches(['-', '+']);
            each(if plain.len() > unsigned.len() && plain.ends_with('-') { "-" } else { "" }, taken);
            let kept = unsigned.trim_end_matches(' ').len();
            plain.truncate(kept);
            plain.push(BLOT);
            rest = after.trim_start_matches(' ');
            continue;
        } else {
            plain.push_str(taken);
        }
        rest = after;
    }
    plain
}

fn is_fraction(word: &str) -> bool {
    matches!(word, "nan" | "inf")
        || (word.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            && word.contains(['.', 'e', 'E'])
            && word.bytes().any(|byte| byte.is_ascii_digit())
            && word.trim_end_matches('.').parse::<f64>().is_ok())
}

/// The first lines in which two texts differ.
fn first_difference(was: &str, now: &str) -> (String, String) {
    let (mut a, mut b) = (was.lines(), now.lines());
    let cut = |line: Option<&str>| match line {
        Some(line) => format!("{:?}", line.chars().take(120).collect::<String>()),
        None => "nothing".to_owned(),
    };
    loop {
        match (a.next(), b.next()) {
            (None, None) => return (format!("{was:?}"), format!("{now:?}")),
            (x, y) if x == y => {}
            (x, y) => return (cut(x), cut(y)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fractions_are_blotted_out() {
        for (text, expect) in [
            ("[0.1, -2.5e-07, 3]", "[\u{fffc},\u{fffc}, 3]"),
            ("tensor([[ 1.  , -0.5 ]])", "tensor([[\u{fffc},\u{fffc}]])"),
            ("v1.2 of 12 at x.5", "v1.2 of 12 at x.5"),
            ("nan inf -inf 1e5", "\u{fffc}\u{fffc}\u{fffc}\u{fffc}"),
            ("{'a': 0.5, 'nano': 2}", "{'a':\u{fffc}, 'nano': 2}"),
        ] {
            assert_eq!(without_fractions(text), expect, "{text}");
        }
        assert_eq!(count_fractions("0.5 and 1 and 2.25"), 2);
        assert_eq!(fractions("[-0.5, 1e-07, nan, 3]"), ["-0.5", "1e-07", "nan"]);
        assert_eq!((last_digit("0.25"), last_digit("-1.5e-07"), last_digit("1.")), (0.01, 1e-8, 1.0));
    }
}
