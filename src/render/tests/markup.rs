//! A reader of HTML, just strict enough to see what a browser would take for markup.

/// A start tag with its attributes, in order.
#[derive(Debug)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
}

impl Tag {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// Elements without content.
const VOID: [&str; 7] = ["meta", "link", "img", "input", "br", "hr", "source"];

/// The start tags of `html`, which must be closed in the order they were opened.
#[track_caller]
pub(super) fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(end) = rest.strip_prefix('/') {
            let (name, after) = end.split_once('>').expect("an end tag ends");
            assert_eq!(
                open.pop().as_deref(),
                Some(name),
                "at {}",
                &html[html.len() - rest.len()..][..60.min(rest.len())]
            );
            rest = after;
        } else if !rest.starts_with('!') {
            let (tag, closed, after) = tag(rest);
            if !closed && !VOID.contains(&tag.name.as_str()) {
                open.push(tag.name.clone());
            }
            tags.push(tag);
            rest = after;
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    tags
}

/// The tag at the start of `text`, whether it closes itself, and what follows it.
#[track_caller]
fn tag(text: &str) -> (Tag, bool, &str) {
    let end = text.find(|c: char| c.is_whitespace() || c == '>' || c == '/').expect("a tag ends");
    let mut tag = Tag { name: text[..end].to_owned(), attributes: Vec::new() };
    let mut rest = &text[end..];
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("/>") {
            return (tag, true, after);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (tag, false, after);
        }
        let end = rest.find(['=', ' ', '>', '\n']).expect("an attribute ends");
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        let value = match rest.strip_prefix("=\"") {
            Some(value) => {
                let (value, after) = value.split_once('"').expect("a value is closed");
                rest = after;
                value.to_owned()
            }
            None => String::new(),
        };
        tag.attributes.push((name, value));
    }
}
