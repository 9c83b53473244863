//! How wide a text will be, without a font at hand.
//!
//! An estimate on the generous side: a label that is a little too narrow looks calm, one that is cut
//! off does not.

/// Font size of all labels, in pixels.
pub(super) const FONT: f64 = 13.0;

/// From a baseline up to the middle of the digits and small letters.
pub(super) const HALF: f64 = 0.35 * FONT;

/// The width of `text` in pixels at [`FONT`].
pub(super) fn width(text: &str) -> f64 {
    text.chars().map(em).sum::<f64>() * FONT
}

/// The width of the widest of `texts` in pixels.
pub(super) fn widest<S: AsRef<str>>(texts: &[S]) -> f64 {
    texts.iter().map(|text| width(text.as_ref())).fold(0.0, f64::max)
}

/// `text`, cut with an ellipsis where it is wider than `limit` pixels.
pub(super) fn fit(text: &str, limit: f64) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    let mut left = limit - em('…') * FONT;
    let kept: String = text
        .chars()
        .take_while(|c| {
            left -= em(*c) * FONT;
            left >= 0.0
        })
        .collect();
    format!("{}…", kept.trim_end())
}

/// The advance of one character in ems, for a humanist sans serif.
fn em(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' | '.' | ',' | ':' | ';' | '!' => 0.29,
        'f' | 't' | 'r' | 'I' | ' ' | '(' | ')' | '[' | ']' | '/' | '-' | '"' => 0.38,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '—' | '…' => 0.9,
        'A'..='Z' | '&' | '+' | '=' | '<' | '>' | '±' | '×' | '−' => 0.68,
        '0'..='9' => 0.58,
        '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' | '⁻' => 0.4,
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' => 0.0,
        _ if is_wide(c) => 1.0,
        _ if c.is_control() => 0.0,
        _ => 0.57,
    }
}

/// Whether a character fills a whole square: the wide and full-width ranges of Unicode's East Asian
/// Width (UAX #11), and pictographs.
fn is_wide(c: char) -> bool {
    matches!(c as u32,
        0x1100..=0x115f | 0x2e80..=0x303e | 0x3041..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_as_wide_as_it_is_set() {
        assert_eq!(width("注意力"), 3.0 * FONT);
        assert_eq!(width("（，。）"), 4.0 * FONT);
        assert!(width("iii") < width("www"));
        // A combining accent takes no room.
        assert_eq!(width("e\u{301}"), width("e"));
    }

    #[test]
    fn long_labels_are_cut_to_fit() {
        assert_eq!(fit("cat", 100.0), "cat");
        for text in ["a very long label indeed", "一个非常非常长的标签"] {
            let cut = fit(text, 60.0);
            assert!(cut.ends_with('…') && width(&cut) <= 60.0, "{cut}");
        }
    }
}
