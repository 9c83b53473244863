//! `llms.txt` (llmstxt.org): what language models are told of a site, with links to the pages in Markdown.

use std::fmt::Write;

use crate::content::page::Page;
use crate::content::pages::Pages;
use crate::content::parent;
use crate::render::Input;
use crate::render::offer::COPY;

/// The list of all pages, a part at a time, one language after the other.
pub(super) fn list(input: &Input<'_>) -> String {
    let config = input.config;
    let first = config.languages.first().map(|language| &language.tag);
    let of_site = |texts: &std::collections::BTreeMap<_, String>| {
        first.and_then(|lang| texts.get(lang)).map(|text| line(text)).filter(|text| !text.is_empty())
    };
    let mut text = format!("# {}\n", of_site(&config.title).unwrap_or_else(|| "Site".into()));
    if let Some(description) = of_site(&config.description) {
        let _ = write!(text, "\n> {description}\n");
    }
    let link = |page: &Page| {
        let base = config.base_url.as_ref().map(|base| format!("{base}/")).unwrap_or_default();
        let description = page.front.description.as_deref().map(|said| format!(": {}", line(said)));
        let (title, url) = (line(&page.title).replace(['[', ']'], ""), &page.url);
        format!("- [{title}]({base}{url}{COPY}){}\n", description.unwrap_or_default())
    };
    for language in &config.languages {
        let page = |pages: &Pages| pages.get(&language.tag).map(link);
        for section in &input.content.sections {
            let chapters = input.content.chapters.iter();
            let chapters = chapters.filter(|chapter| parent(&chapter.path) == section.path);
            let chapters: String = chapters.filter_map(|chapter| page(&chapter.pages)).collect();
            let Some(own) = section.pages.get(&language.tag) else { continue };
            let _ = write!(text, "\n## {} · {}\n\n{}{chapters}", language.name, line(&own.title), link(own));
        }
    }
    text
}

fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
