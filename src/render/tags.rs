//! Tags: what pages say that they are about, and the pages that list those of one tag.

use std::collections::BTreeMap;

use crate::content::page::{Lang, Page};
use crate::content::slug::slug;

use super::Input;
use super::context::{EntryContext, LinkContext, TagContext};

/// The pages of a language by what they are about.
pub(super) type Tags<'a> = BTreeMap<&'a str, Vec<&'a Page>>;

/// The tags of the pages in `lang`; none where the theme has no template for them.
pub(super) fn of<'a>(input: &Input<'a>, lang: &Lang) -> Tags<'a> {
    let mut tags = Tags::new();
    if !input.theme.has("tags.html") || !input.theme.has("tag.html") {
        return tags;
    }
    for page in input.content.pages().filter(|page| page.lang == *lang) {
        for tag in page.front.tags.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()) {
            let pages = tags.entry(tag).or_default();
            // Somebody may write a tag twice.
            if pages.last().is_none_or(|last| last.url != page.url) {
                pages.push(page);
            }
        }
    }
    tags
}

/// The address of the list of tags in `lang`, or of one `tag`, below the root of the site.
pub(super) fn url(input: &Input<'_>, lang: &Lang, tag: Option<&str>) -> String {
    let tag = tag.map(|tag| format!("{}/", slug(tag))).unwrap_or_default();
    format!("{}tags/{tag}", input.config.folder(lang))
}

/// Links to the tags of `page`. `way` leads from the page to an address.
pub(super) fn links<'a>(
    input: &Input<'_>,
    page: &'a Page,
    tags: &Tags<'_>,
    way: &dyn Fn(&str) -> String,
) -> Vec<LinkContext<'a>> {
    let own = page.front.tags.iter().map(|tag| tag.trim()).filter(|tag| tags.contains_key(tag));
    own.map(|tag| LinkContext { title: tag, url: way(&url(input, &page.lang, Some(tag))) }).collect()
}

/// The tags for templates: all of them, or only `one`.
pub(super) fn context<'a>(
    input: &Input<'_>,
    lang: &Lang,
    tags: &Tags<'a>,
    one: Option<&str>,
    way: &dyn Fn(&str) -> String,
) -> Vec<TagContext<'a>> {
    let shown = tags.iter().filter(|(tag, _)| one.is_none_or(|one| one == **tag));
    shown
        .map(|(tag, pages)| TagContext {
            title: tag,
            url: way(&url(input, lang, Some(tag))),
            pages: pages
                .iter()
                .map(|page| EntryContext {
                    title: &page.title,
                    description: page.front.description.as_deref().unwrap_or(""),
                    url: way(&page.url),
                })
                .collect(),
        })
        .collect()
}
