//! Texts and tokens, with what differs marked.

use std::fmt::Write;

use crate::content::html::escape;
use crate::snippet::output::Tokens;

/// `shown` as it was printed, with what is not as in `other` marked: parts of lines where both have as many
/// lines, else whole lines.
pub(super) fn side(shown: &str, other: &str) -> String {
    let (own, others): (Vec<&str>, Vec<&str>) = (shown.lines().collect(), other.lines().collect());
    let mut html = String::from("<pre><samp>");
    if own.len() == others.len() {
        for (own, other) in own.iter().zip(&others) {
            let chars = (own.chars().collect::<Vec<_>>(), other.chars().collect::<Vec<_>>());
            let (from, to) = middle(&chars.0, &chars.1);
            let part = |part: &[char]| escape(&part.iter().collect::<String>());
            html.push_str(&part(&chars.0[..from]));
            mark(&part(&chars.0[from..to]), own != other, &mut html);
            html.push_str(&part(&chars.0[to..]));
            html.push('\n');
        }
    } else {
        let (from, to) = middle(&own, &others);
        for (at, line) in own.iter().enumerate() {
            mark(&escape(line), (from..to).contains(&at), &mut html);
            html.push('\n');
        }
    }
    html.push_str("</samp></pre>");
    html
}

/// The tokens of `shown`, those that are not as in `other` marked.
pub(super) fn tokens(shown: &Tokens, other: &Tokens) -> String {
    let mut html = String::from("<p>");
    for (at, token) in shown.tokens.iter().enumerate() {
        let id = token.id.map(|id| format!(" {id}")).unwrap_or_default();
        let weight = token.weight.map(|weight| format!(" ({weight:.4})")).unwrap_or_default();
        let text = format!("<code>{}{id}{weight}</code>", escape(&token.text));
        mark(&text, other.tokens.get(at) != Some(token), &mut html);
        html.push(' ');
    }
    html.push_str("</p>");
    html
}

fn mark(text: &str, changed: bool, html: &mut String) {
    let _ = match changed {
        true => write!(html, "<mark class=\"changed\">{text}</mark>"),
        false => write!(html, "{text}"),
    };
}

/// Where `own` stops to be as `other` from the front, and where it begins to be from the back.
fn middle<T: PartialEq>(own: &[T], other: &[T]) -> (usize, usize) {
    let from = own.iter().zip(other).take_while(|(a, b)| a == b).count();
    let tail = own[from..].iter().rev().zip(other[from..].iter().rev()).take_while(|(a, b)| a == b).count();
    (from, own.len() - tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(shown: &str, other: &str, expect: &str) {
        let marked = side(shown, other).replace("<mark class=\"changed\">", "[").replace("</mark>", "]");
        assert_eq!(marked, format!("<pre><samp>{expect}</samp></pre>"));
    }

    #[test]
    fn what_differs_is_marked() {
        check("a\nb c\n", "a\nb c\n", "a\nb c\n");
        check("a <b>\nthird\n", "a <b>\nthrid\n", "a &lt;b&gt;\nth[ir]d\n");
        check("一二三", "一五三", "一[二]三\n");
        check("a\nb\nc", "a\nc", "a\n[b]\nc\n");
        check("a\nc", "a\nb\nc", "a\nc\n");
        check("aa", "a", "a[a]\n");
    }
}
