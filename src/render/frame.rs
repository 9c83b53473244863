//! What stands around a page's body: navigation, languages, neighbours; and the pages that are all
//! frame (the gateway at the root, 404).

use std::collections::BTreeMap;

use crate::config::Language;
use crate::content::lockstep;
use crate::content::page::{Chapter, Lang, Page};
use crate::diag::{Diagnostic, Span};

use super::book::{Book, Edition};
use super::context::{Context, PageContext, SiteContext};
use super::links::relative;
use super::offer::{self, Offered};
use super::tags::{self, Tags};
use super::{Input, Rendered, about, card, concepts, date, models, page, print, site};

mod around;
mod beside;

use around::{breadcrumbs, languages, link, navigation, toc};

/// A page to be made.
pub(super) struct Job<'a> {
    kind: Kind<'a>,
    lang: &'a Language,
}

/// How much of the site a page looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// One file and its chapter.
    Page,
    /// All chapters of a part.
    Part,
    /// Anything.
    Site,
}

enum Kind<'a> {
    /// A section's page; the root's is the home of its language.
    Section(&'a str, &'a Page),
    Chapter(&'a Chapter, &'a Page),
    /// The page of models, at this address.
    Models(String),
    /// The list of tags, at this address.
    Tags(String),
    /// The pages that carry this tag, at this address.
    Tag(&'a str, String),
    /// All chapters of a section on one page, at this address.
    Print(&'a str, &'a Page, String),
    /// The gateway to the languages, at the root of the site.
    Root,
    /// What a server shows for an address that does not exist.
    NotFound,
}

impl Job<'_> {
    /// The address, relative to the root.
    fn url(&self) -> &str {
        match &self.kind {
            Kind::Section(_, page) | Kind::Chapter(_, page) => &page.url,
            Kind::Models(url) | Kind::Tags(url) | Kind::Tag(_, url) | Kind::Print(_, _, url) => url,
            Kind::Root => "",
            Kind::NotFound => "404.html",
        }
    }

    /// How much of the site it looks at.
    pub(super) fn scope(&self) -> Scope {
        match self.kind {
            Kind::Section(..) | Kind::Chapter(..) => Scope::Page,
            Kind::Print(..) => Scope::Part,
            Kind::Models(_) | Kind::Tags(_) | Kind::Tag(..) | Kind::Root | Kind::NotFound => Scope::Site,
        }
    }

    /// The language and the folder of the part that it belongs to, or shows.
    pub(super) fn part(&self) -> Option<(&str, &str)> {
        let folder = match &self.kind {
            Kind::Section(path, _) | Kind::Print(path, ..) => path,
            Kind::Chapter(chapter, _) => chapter.section.as_str(),
            Kind::Models(_) | Kind::Tags(_) | Kind::Tag(..) | Kind::Root | Kind::NotFound => return None,
        };
        Some((&self.lang.tag.0, folder))
    }

    /// The file, below the output folder.
    pub(super) fn path(&self) -> String {
        match self.kind {
            Kind::NotFound => "404.html".to_owned(),
            _ => format!("{}index.html", self.url()),
        }
    }

    /// The address, where the page is one that search engines should list.
    pub(super) fn listed(&self) -> Option<String> {
        match self.kind {
            Kind::NotFound | Kind::Print(..) => None,
            _ => Some(self.url().to_owned()),
        }
    }

    /// The address of what has the path `to` below the root, as this page has to write it.
    fn way(&self, input: &Input<'_>, to: &str) -> String {
        match self.kind {
            // A server shows this page at any address: what is relative would lead astray.
            Kind::NotFound => format!("{}/{to}", base_path(input.config.base_url.as_deref())),
            _ => relative(self.url(), to),
        }
    }

    fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Section("", _) => "home",
            Kind::Section(..) => "section",
            Kind::Chapter(..) => "chapter",
            Kind::Models(_) => "models",
            Kind::Tags(_) => "tags",
            Kind::Tag(..) => "tag",
            Kind::Print(..) => "print",
            Kind::Root => "root",
            Kind::NotFound => "404",
        }
    }
}

/// The path in an address `https://host/path`, without a slash at its end.
fn base_path(base: Option<&str>) -> &str {
    let host = base.and_then(|base| base.split_once("://")).map_or("", |(_, host)| host);
    host.find('/').map_or("", |at| host[at..].trim_end_matches('/'))
}

/// Every page of the site.
pub(super) fn jobs<'a>(input: &Input<'a>, book: &Book<'a>) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for lang in &input.config.languages {
        let sections = input.content.sections.iter();
        jobs.extend(sections.filter_map(|section| {
            let page = section.pages.get(&lang.tag)?;
            Some(Job { kind: Kind::Section(&section.path, page), lang })
        }));
        jobs.extend(input.content.chapters.iter().filter_map(|chapter| {
            let page = chapter.pages.get(&lang.tag)?;
            Some(Job { kind: Kind::Chapter(chapter, page), lang })
        }));
        let parts = input.content.sections.iter().filter(|section| !section.path.is_empty());
        jobs.extend(parts.filter(|part| print::exists(input, &lang.tag, &part.path)).filter_map(|part| {
            let page = part.pages.get(&lang.tag)?;
            let url = print::url(input, &lang.tag, &part.path);
            Some(Job { kind: Kind::Print(&part.path, page, url), lang })
        }));
        if models::exists(input, &lang.tag) {
            jobs.push(Job { kind: Kind::Models(models::url(input, &lang.tag)), lang });
        }
        let none = Tags::default();
        let tags = book.edition(&lang.tag).map_or(&none, |edition| &edition.tags);
        if !tags.is_empty() {
            jobs.push(Job { kind: Kind::Tags(tags::url(input, &lang.tag, None)), lang });
        }
        jobs.extend(tags.keys().map(|&tag| {
            let url = tags::url(input, &lang.tag, Some(tag));
            Job { kind: Kind::Tag(tag, url), lang }
        }));
    }
    if let Some(lang) = input.config.languages.first() {
        // A home page at the root needs no gateway.
        if !jobs.iter().any(|job| job.url().is_empty()) {
            jobs.push(Job { kind: Kind::Root, lang });
        }
        jobs.push(Job { kind: Kind::NotFound, lang });
    }
    jobs
}

/// The page that `job` asks for.
pub(super) fn render(input: &Input<'_>, book: &Book<'_>, job: &Job<'_>) -> Rendered {
    let words = input.theme.words(&job.lang.tag);
    let none = Edition::default();
    let edition = book.edition(&job.lang.tag).unwrap_or(&none);
    let mut rendered = match &job.kind {
        Kind::Section(_, page) => page::body(input, page, None, words),
        Kind::Chapter(chapter, page) => page::body(input, page, Some(chapter), words),
        Kind::Print(path, _, url) => print::body(input, &job.lang.tag, path, url, words),
        Kind::Models(_) | Kind::Tags(_) | Kind::Tag(..) | Kind::Root | Kind::NotFound => Rendered::default(),
    };
    let mut offered = match &job.kind {
        Kind::Section(_, page) => offer::offer(input, page, None, words),
        Kind::Chapter(chapter, page) => offer::offer(input, page, Some(chapter), words),
        Kind::Print(..) | Kind::Models(_) | Kind::Tags(_) | Kind::Tag(..) | Kind::Root | Kind::NotFound => {
            Offered::default()
        }
    };
    rendered.files.append(&mut offered.files);
    rendered.copy = offered.copy.take();
    let url = job.url();
    let lang = &job.lang.tag;
    let text = |texts: &'_ BTreeMap<Lang, String>| texts.get(lang).cloned().unwrap_or_default();
    let (site_title, site_description) = (text(&input.config.title), text(&input.config.description));
    let written = match &job.kind {
        Kind::Section(_, page) | Kind::Chapter(_, page) => Some(*page),
        Kind::Print(..) | Kind::Models(_) | Kind::Tags(_) | Kind::Tag(..) | Kind::Root | Kind::NotFound => {
            None
        }
    };
    let chapter = match &job.kind {
        Kind::Chapter(chapter, _) => Some(*chapter),
        _ => None,
    };
    let (previous, next) = edition.neighbours(url);
    let title = match job.kind {
        Kind::NotFound => words.get("not_found_title"),
        Kind::Models(_) => words.get("models_title"),
        Kind::Tags(_) => words.get("tags"),
        Kind::Tag(tag, _) => tag,
        Kind::Print(_, page, _) => &page.title,
        _ => written.map_or(&*site_title, |page| &page.title),
    };
    let description = match job.kind {
        Kind::Models(_) => words.get("models_text"),
        Kind::Print(_, page, _) => page.front.description.as_deref().unwrap_or_default(),
        _ => written.and_then(|page| page.front.description.as_deref()).unwrap_or_default(),
    };
    let crumbs = breadcrumbs(input, book, job);
    let base = input.config.base_url.as_deref().unwrap_or_default();
    let json_ld = match &job.kind {
        Kind::Chapter(_, page) if !base.is_empty() => about::article(input, page, base, &site_title, &crumbs),
        _ => String::new(),
    };
    // Only a site that knows its address can name a card to others.
    let image = if base.is_empty() {
        String::new()
    } else {
        let own = written.and_then(|page| beside::card(input, chapter, page));
        let path = own.as_ref().map_or(card::SITE.to_owned(), |file| file.path.clone());
        rendered.files.extend(own);
        format!("{base}/{}", super::address::encode(&path))
    };
    let beside_page =
        |name: Option<&str>| name.map(|name| job.way(input, &format!("{url}{name}"))).unwrap_or_default();
    let models_url = if edition.models { job.way(input, &models::url(input, lang)) } else { String::new() };
    let way = |to: &str| job.way(input, to);
    let updated = written.and_then(|page| input.updated(page)).unwrap_or_default();
    let nothing = toml::Table::new();
    let context = Context {
        site: SiteContext {
            title: &site_title,
            description: &site_description,
            root: job.way(input, ""),
            home: job.way(input, edition.home.map_or("", |page| &page.url)),
            extra: &input.config.extra,
            kiln: env!("CARGO_PKG_VERSION"),
            assets: input.theme.paths().map(|(key, path)| (key.to_owned(), job.way(input, path))).collect(),
            integrity: input.theme.digests().collect(),
            base,
            search: job.way(input, &site::index_folder(job.lang)),
            feed: match edition.feed {
                true => job.way(input, &site::feed_path(input, job.lang)),
                false => String::new(),
            },
            models: models_url.clone(),
        },
        page: PageContext {
            kind: job.kind(),
            title,
            description,
            lang: &lang.0,
            lang_name: &job.lang.name,
            languages: languages(input, book, job),
            canonical: canonical(input, job),
            content: std::mem::take(&mut rendered.html),
            toc: written.map(toc).unwrap_or_default(),
            breadcrumbs: crumbs,
            previous: previous.map(|page| link(input, job, page)),
            next: next.map(|page| link(input, job, page)),
            cells: written.map_or(0, |page| page.cells.len()),
            markdown: beside_page(written.map(|_| offer::COPY)),
            print: match &job.kind {
                Kind::Section(path, _) if print::exists(input, lang, path) => {
                    way(&print::url(input, lang, path))
                }
                _ => String::new(),
            },
            notebook: beside_page(offered.notebook.as_deref()),
            script: beside_page(offered.script.as_deref()),
            models: beside::used(input, chapter, written, &models_url),
            minutes: offered.minutes,
            updated: updated.to_owned(),
            updated_words: date::written(updated, words),
            tags: written.map(|page| tags::links(input, page, &edition.tags, &way)).unwrap_or_default(),
            outdated: outdated(book, job, written).map(&way).unwrap_or_default(),
            edit: beside::edit(input, written),
            image,
            json_ld,
            extra: written.map_or(&nothing, |page| &page.front.extra),
            concept: match &job.kind {
                Kind::Chapter(chapter, page) => concepts::context(input, chapter, lang, &page.url, words),
                _ => None,
            },
        },
        nav: navigation(input, edition, job),
        models: match job.kind {
            Kind::Models(_) => models::context(input, lang, &way),
            _ => Vec::new(),
        },
        tags: match job.kind {
            Kind::Tags(_) => tags::context(input, lang, &edition.tags, None, &way),
            Kind::Tag(tag, _) => tags::context(input, lang, &edition.tags, Some(tag), &way),
            _ => Vec::new(),
        },
        ui: words.table(),
    };
    let template = match job.kind {
        Kind::Section("", _) => "home.html",
        Kind::Section(..) => "section.html",
        Kind::Chapter(..) => "chapter.html",
        Kind::Models(_) => "models.html",
        Kind::Tags(_) => "tags.html",
        Kind::Tag(..) => "tag.html",
        Kind::Print(..) => "print.html",
        Kind::Root => "root.html",
        Kind::NotFound => "404.html",
    };
    if input.theme.is_broken() {
        return rendered;
    }
    let template = match written.and_then(|page| Some((page, page.front.template.as_deref()?))) {
        Some((_, own)) if input.theme.has(own) => own,
        Some((page, own)) => {
            let fault =
                Diagnostic::error(Span::new(page.file, 0..0), format!("there is no template `{own}`"));
            let fault = fault.did_you_mean(own, input.theme.templates());
            rendered.diagnostics.push(fault.hint(format!("write it as templates/{own}")));
            template
        }
        None => template,
    };
    match page::frame(input, template, &context, url) {
        // Templates are ASCII and text: what they make is text.
        Ok(bytes) => rendered.html = String::from_utf8(bytes).unwrap_or_default(),
        Err(fault) => rendered.diagnostics.push(*fault),
    }
    rendered
}

/// The address of the original of `page`, where it has changed since `page` was translated from it.
fn outdated<'a>(book: &Book<'a>, job: &Job<'a>, page: Option<&Page>) -> Option<&'a str> {
    let pages = match &job.kind {
        Kind::Chapter(chapter, _) => &chapter.pages,
        Kind::Section(path, _) => &book.section(path)?.pages,
        _ => return None,
    };
    let original = lockstep::original(page?, pages.values())?;
    lockstep::is_outdated(page?, original).then_some(original.url.as_str())
}

fn canonical(input: &Input<'_>, job: &Job<'_>) -> String {
    match (&input.config.base_url, &job.kind) {
        // It stands for no address of its own.
        (None, _) | (_, Kind::NotFound) => String::new(),
        // Its text has an address already.
        (Some(base), Kind::Print(_, page, _)) => format!("{base}/{}", page.url),
        (Some(base), _) => format!("{base}/{}", job.url()),
    }
}
