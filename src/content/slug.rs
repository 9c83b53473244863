//! Ids for headings: from their text, Chinese included, and each one once in a page.

use std::collections::BTreeSet;

/// Ids that a page's frame and its list of references use.
const FRAME: [&str; 3] = ["main", "parts", "references"];

/// The ids that a page has given out.
#[derive(Clone, Debug, Default)]
pub(super) struct Slugs {
    taken: BTreeSet<String>,
}

impl Slugs {
    /// Takes `id`; `false` where it was taken already, or belongs to every page.
    pub(super) fn claim(&mut self, id: &str) -> bool {
        !is_reserved(id) && self.taken.insert(id.to_owned())
    }

    /// A free id made from `text`.
    pub(super) fn make(&mut self, text: &str) -> String {
        let slug = slug(text);
        let base = if is_reserved(&slug) { format!("section-{slug}") } else { slug };
        let mut id = base.clone();
        let mut count = 1;
        while !self.claim(&id) {
            count += 1;
            id = format!("{base}-{count}");
        }
        id
    }
}

fn is_reserved(id: &str) -> bool {
    FRAME.contains(&id) || id.starts_with("ref-") || id.starts_with("term-")
}

/// Lower-case letters and digits of any script, with `-` for everything between them.
pub fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() {
            slug.extend(c.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let trimmed = slug.trim_end_matches('-');
    if trimmed.is_empty() { "section".to_owned() } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_keep_letters_of_any_script() {
        assert_eq!(slug("Query, Key & Value"), "query-key-value");
        assert_eq!(slug("自注意力 (Self-Attention)"), "自注意力-self-attention");
        assert_eq!(slug("!!"), "section");
    }

    #[test]
    fn ids_of_the_frame_are_not_given_out() {
        let mut slugs = Slugs::default();
        assert_eq!(slugs.make("References"), "section-references");
        assert_eq!(slugs.make("Ref vaswani"), "section-ref-vaswani");
        assert!(!slugs.claim("main"));
    }

    #[test]
    fn an_id_is_given_out_once() {
        let mut slugs = Slugs::default();
        assert_eq!(
            (slugs.make("A"), slugs.make("a"), slugs.make("A!")),
            ("a".into(), "a-2".into(), "a-3".into())
        );
    }
}
