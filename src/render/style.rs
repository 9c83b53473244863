//! Style sheets as they ship: without the comments that are for whoever edits them.

/// `css` without comments and without the lines that they leave empty. Strings stay as they are.
pub(super) fn without_comments(css: &str) -> String {
    let mut kept = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find(['/', '"', '\'']) {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        let length = if from.starts_with("/*") {
            from.find("*/").map_or(from.len(), |end| end + 2)
        } else {
            let length = if from.starts_with('/') { 1 } else { string(from) };
            kept.push_str(&from[..length]);
            length
        };
        rest = &from[length..];
    }
    kept.push_str(rest);
    kept.lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .fold(String::new(), |text, line| text + line + "\n")
}

/// How many bytes the string has that `text` begins with, its quotes included.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if text.starts_with(c) => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::without_comments;

    #[test]
    fn comments_go_and_strings_stay() {
        for (css, expect) in [
            ("/* a */\na { b: c } /* d\n e */ f { g: h }\n\n", "a { b: c }  f { g: h }\n"),
            ("a::before { content: \"/* b */\" }", "a::before { content: \"/* b */\" }\n"),
            ("a { content: '\\'/*' } /* it's */ b {}", "a { content: '\\'/*' }  b {}\n"),
            ("a { grid-area: 1 / 2 } /* open", "a { grid-area: 1 / 2 }\n"),
        ] {
            assert_eq!(without_comments(css), expect, "{css}");
        }
    }
}
