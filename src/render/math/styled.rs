//! MathML that validators know: `displaystyle` and `scriptlevel` stand on `mstyle`, where MathML has
//! always had them, and not on any element, where only MathML Core has them. Nor is there a `style`: the policy of a
//! site lets no element have one.

const ATTRIBUTES: [&str; 2] = [" displaystyle=\"", " scriptlevel=\""];
const STYLE: &str = " style=\"";
/// The elements on which one of the two has always been allowed.
const KEEP: [(&str, &str); 3] =
    [("math", " displaystyle=\""), ("mstyle", " displaystyle=\""), ("mtable", " displaystyle=\"")];

/// What the style sheet has classes for. Other styles, as of colours and rules, are left out.
const CLASSES: [(&str, &str); 3] = [
    ("margin-left:-0.16666667em;", "math-tight"),
    ("text-align: left;justify-items: start;", "math-left"),
    ("text-align: right;justify-items: end;", "math-right"),
];

/// `mathml` with every such attribute moved to an `mstyle` around its element.
pub(super) fn styled(mathml: &str) -> String {
    if !ATTRIBUTES.iter().chain(&[STYLE]).any(|attribute| mathml.contains(attribute)) {
        return mathml.to_owned();
    }
    let mut out = String::with_capacity(mathml.len() + 64);
    // Whether each open element has an `mstyle` around it.
    let mut open: Vec<bool> = Vec::new();
    let mut rest = mathml;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        let end = rest[start..].find('>').map_or(rest.len(), |end| start + end + 1);
        let tag = &rest[start..end];
        rest = &rest[end..];
        if tag.starts_with("</") {
            out.push_str(tag);
            if open.pop() == Some(true) {
                out.push_str("</mstyle>");
            }
            continue;
        }
        let (around, inner) = parted(tag);
        let styled = !around.is_empty();
        if styled {
            out.push_str(&format!("<mstyle{around}>"));
        }
        out.push_str(&classed(inner));
        match (tag.ends_with("/>"), styled) {
            (true, true) => out.push_str("</mstyle>"),
            (true, false) => {}
            (false, _) => open.push(styled),
        }
    }
    out.push_str(rest);
    out
}

/// The attributes of `tag` that belong to an `mstyle`, and the tag without them.
fn parted(tag: &str) -> (String, String) {
    let name = tag[1..].split([' ', '>', '/']).next().unwrap_or("");
    let (mut around, mut inner) = (String::new(), tag.to_owned());
    for attribute in ATTRIBUTES {
        let kept = KEEP.contains(&(name, attribute)) || (name, attribute) == ("mstyle", ATTRIBUTES[1]);
        let Some(from) = inner.find(attribute).filter(|_| !kept) else { continue };
        let value = from + attribute.len();
        let Some(length) = inner[value..].find('"') else { continue };
        around.push_str(&inner[from..=value + length]);
        inner.replace_range(from..=value + length, "");
    }
    (around, inner)
}

/// `tag` with a class in place of its style.
fn classed(mut tag: String) -> String {
    while let Some(from) = tag.find(STYLE) {
        let value = from + STYLE.len();
        let Some(length) = tag[value..].find('"') else { break };
        let known = CLASSES.iter().find(|(style, _)| *style == &tag[value..value + length]);
        let class =
            known.filter(|_| !tag.contains(" class=\"")).map(|(_, class)| format!(" class=\"{class}\""));
        tag.replace_range(from..=value + length, class.as_deref().unwrap_or(""));
    }
    tag
}

#[cfg(test)]
mod tests {
    use super::styled;

    #[test]
    fn styles_move_outwards() {
        for (from, to) in [
            ("<math display=\"block\"><mi>x</mi></math>", "<math display=\"block\"><mi>x</mi></math>"),
            (
                "<math><mfrac displaystyle=\"true\"><mi>a</mi><mn>2</mn></mfrac></math>",
                "<math><mstyle displaystyle=\"true\"><mfrac><mi>a</mi><mn>2</mn></mfrac></mstyle></math>",
            ),
            (
                "<mtable displaystyle=\"true\" scriptlevel=\"0\" class=\"x\"><mtr/></mtable>",
                "<mstyle scriptlevel=\"0\"><mtable displaystyle=\"true\" class=\"x\"><mtr/></mtable></mstyle>",
            ),
            (
                "<mstyle scriptlevel=\"1\"><mi>x</mi></mstyle>",
                "<mstyle scriptlevel=\"1\"><mi>x</mi></mstyle>",
            ),
            (
                "<mspace style=\"margin-left:-0.16666667em;\"/><mi style=\"color:#000000;\">x</mi>",
                "<mspace class=\"math-tight\"/><mi>x</mi>",
            ),
        ] {
            assert_eq!(styled(from), to);
        }
    }
}
