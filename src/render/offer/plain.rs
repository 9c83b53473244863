//! HTML as plain text: what is between the tags.

/// The text of `html`, its white space folded.
pub(super) fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        let tag = rest[open..].find('>').map_or(rest.len(), |end| open + end + 1);
        // Blocks stand apart, words of one line do not.
        if ["<p", "</p", "<li", "<br", "<div", "</div", "<t"]
            .iter()
            .any(|name| rest[open..].starts_with(name))
        {
            text.push(' ');
        }
        rest = &rest[tag..];
    }
    text.push_str(rest);
    let text = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text, |text, (entity, sign)| text.replace(entity, sign));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_text_stays() {
        assert_eq!(plain("<p>a <b>b</b>c</p><p>1 &lt; 2 &amp;lt; 3</p>"), "a bc 1 < 2 &lt; 3");
        assert_eq!(plain("a <b"), "a");
    }
}
