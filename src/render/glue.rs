//! What may not part from a formula in a line: the brackets around it and the punctuation behind it.
//!
//! Browsers break a line on both sides of a formula, as they do beside a picture, even before a comma.

/// What no line ends with.
const OPENING: [char; 11] = ['(', '[', '（', '“', '‘', '《', '「', '【', '〔', '≈', '−'];
/// What no line starts with.
const CLOSING: [char; 27] = [
    ',', '.', ';', ':', '!', '?', ')', ']', '%', '-', '’', '”', '，', '。', '；', '：', '、', '！', '？',
    '）', '》', '」', '】', '〕', '…', '—', '·',
];

/// Binds the formula that `html` ends with, from `start`, to the bracket before it and to what `after` starts
/// with. Returns how many bytes of `after` stand in `html` now.
pub(super) fn bind(html: &mut String, start: usize, after: &str) -> usize {
    let before = html[..start].chars().next_back().filter(|last| OPENING.contains(last));
    let closing = after.len() - after.trim_start_matches(CLOSING).len();
    let set = ["<math", "<span class=\"formula\">"].iter().any(|form| html[start..].starts_with(form));
    if (before.is_none() && closing == 0) || !set {
        return 0;
    }
    html.insert_str(start - before.map_or(0, char::len_utf8), "<span class=\"nb\">");
    html.push_str(&after[..closing]);
    html.push_str("</span>");
    closing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str, expect: &str) {
        let mut html = format!("{before}<math>x</math>");
        let taken = bind(&mut html, before.len(), after);
        assert_eq!(html + &after[taken..], expect);
    }

    #[test]
    fn punctuation_stays_with_its_formula() {
        check("记 ", "，它", "记 <span class=\"nb\"><math>x</math>，</span>它");
        check("宽度（", "）。另", "宽度<span class=\"nb\">（<math>x</math>）。</span>另");
        check("a (", " or b)", "a <span class=\"nb\">(<math>x</math></span> or b)");
        check("an ", "-gram", "an <span class=\"nb\"><math>x</math>-</span>gram");
        check("so ", " is", "so <math>x</math> is");
        check("so ", "", "so <math>x</math>");
    }

    #[test]
    fn long_formulas_are_bound_too() {
        let mut html = "<span class=\"formula\"><math>x</math></span>".to_owned();
        assert_eq!(bind(&mut html, 0, "，"), "，".len());
        assert_eq!(html, "<span class=\"nb\"><span class=\"formula\"><math>x</math></span>，</span>");
    }
}
