//! The pages of a chapter or a section: one a language.

use super::page::{Lang, Page};

/// Pages by language, in the order of the languages' tags. They are few, and a site has many such lists: a tree
/// would set aside room for eleven pages in each, more than all their texts.
#[derive(Clone, Debug, Default)]
pub struct Pages(Vec<Page>);

impl Pages {
    /// The page in `lang`.
    pub fn get(&self, lang: &Lang) -> Option<&Page> {
        self.0.iter().find(|page| page.lang == *lang)
    }

    /// The page in `lang`, to be changed into another one in the same language.
    pub(super) fn get_mut(&mut self, lang: &Lang) -> Option<&mut Page> {
        self.0.iter_mut().find(|page| page.lang == *lang)
    }

    /// Whether there is a page in `lang`.
    pub fn contains_key(&self, lang: &Lang) -> bool {
        self.get(lang).is_some()
    }

    /// Every page.
    pub fn values(&self) -> std::slice::Iter<'_, Page> {
        self.0.iter()
    }

    /// Takes in `page`; gives back the one in its language that was here before.
    pub(super) fn insert(&mut self, page: Page) -> Option<Page> {
        match self.0.binary_search_by(|known| known.lang.cmp(&page.lang)) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at], page)),
            Err(at) => {
                self.0.reserve_exact(1);
                self.0.insert(at, page);
                None
            }
        }
    }
}

impl FromIterator<Page> for Pages {
    /// Of pages in the same language the last one stays.
    fn from_iter<I: IntoIterator<Item = Page>>(all: I) -> Self {
        let mut pages = Self::default();
        for page in all {
            pages.insert(page);
        }
        pages
    }
}

#[cfg(test)]
mod tests {
    use crate::content::{Setting, parse_page};
    use crate::diag::Sources;

    use super::*;

    #[test]
    fn there_is_one_page_a_language() {
        let mut sources = Sources::default();
        let mut page = |lang: &str, text: &str| {
            let file = sources.add(format!("{lang}{text}"), text);
            parse_page(file, &Lang(lang.into()), String::new(), &Setting::default(), &sources).value
        };
        let mut pages = Pages::default();
        assert!(pages.insert(page("zh", "# One")).is_none());
        assert!(pages.insert(page("en", "# Two")).is_none());
        let before = pages.insert(page("zh", "# Three"));
        assert_eq!(before.map(|page| page.title).as_deref(), Some("One"));
        let titles: Vec<&str> = pages.values().map(|page| page.title.as_str()).collect();
        assert_eq!(titles, ["Two", "Three"]);
        assert!(pages.contains_key(&Lang("en".into())) && pages.get(&Lang("fr".into())).is_none());
    }
}
