//! Links between pages: every one is resolved when the site is built, or it is a fault.

use std::collections::BTreeMap;

use crate::content::embed;
use crate::content::glossary::Glossary;
use crate::content::html::escape;
use crate::content::join;
use crate::content::layout::Layout;
use crate::content::load::Asset;
use crate::content::page::Page;
use crate::diag::{Diagnostic, Sources, Span, closest};

use super::{address, terms};

/// What links can lead to.
#[derive(Clone, Debug, Default)]
pub struct Targets<'a> {
    /// Each page, by its file's path below `content/`.
    pages: BTreeMap<String, &'a Page>,
    /// The files beside the pages, by path below `content/`; they go out under the same path.
    assets: BTreeMap<&'a str, &'a Asset>,
    /// The terms, which glossaries list.
    terms: Option<&'a Glossary>,
    /// How the project is laid out.
    layout: Layout,
}

impl<'a> Targets<'a> {
    /// Whether something in `page` has the id `anchor`.
    fn has_anchor(&self, page: &Page, anchor: &str) -> bool {
        let cited = |key: &str| page.citations.iter().any(|(cited, _)| cited == key);
        anchors(page).any(|id| id == anchor)
            || anchor.strip_prefix("ref-").is_some_and(cited)
            || self.terms.is_some_and(|terms| terms::anchors(terms, page).any(|id| id == anchor))
    }

    /// The targets among `pages` and `assets`.
    pub fn new(
        pages: impl Iterator<Item = &'a Page>,
        assets: &'a [Asset],
        glossary: &'a Glossary,
        layout: Layout,
        sources: &Sources,
    ) -> Self {
        Self {
            pages: pages.map(|page| (source(page, sources), page)).collect(),
            assets: assets.iter().map(|asset| (asset.path.as_str(), asset)).collect(),
            terms: Some(glossary),
            layout,
        }
    }

    /// The address, relative to `page`, of what the author wrote as `to` at `span`.
    ///
    /// # Errors
    /// The link leads nowhere.
    pub fn resolve(
        &self,
        page: &Page,
        to: &str,
        span: Span,
        sources: &Sources,
    ) -> Result<String, Box<Diagnostic>> {
        if is_external(to) {
            return Ok(address::encode_spaces(to));
        }
        let (path, anchor) = to.split_once('#').map_or((to, None), |(path, anchor)| (path, Some(anchor)));
        let here = source(page, sources);
        let path = self.path(&here, path, span)?;
        if let Some(target) = self.pages.get(&path) {
            // Another generator may have made other anchors from the same headings.
            let anchor = anchor.map(address::decode);
            let known = |anchor: &String| self.has_anchor(target, anchor);
            let anchor = anchor.filter(|anchor| !self.layout.is_foreign() || known(anchor));
            if let Some(anchor) = anchor.as_ref().filter(|anchor| !known(anchor)) {
                let folder = self.layout.folder();
                let fault = Diagnostic::error(span, format!("{folder}/{path} has no anchor `{anchor}`"));
                return Err(Box::new(fault.did_you_mean(anchor, anchors(target))));
            }
            let anchor = anchor.map(|anchor| format!("#{anchor}")).unwrap_or_default();
            // Without an anchor a page's link to itself still needs an address.
            let itself = target.url == page.url && !anchor.is_empty();
            return Ok(if itself { anchor } else { relative(&page.url, &target.url) + &anchor });
        }
        if self.assets.contains_key(path.as_str()) {
            return Ok(relative(&page.url, &address::encode(&path)));
        }
        let known = self.pages.keys().map(String::as_str).chain(self.assets.keys().copied());
        let folder = self.layout.folder();
        let fault = Diagnostic::error(span, format!("this link leads nowhere: there is no {folder}/{path}"));
        Err(Box::new(
            nearest(fault, &here, &path, known)
                .hint("links between pages name the other page's .md file, relative to this one"),
        ))
    }

    /// What the author wrote as `path` in the file `here`, as the path of a page or a file below
    /// `content/`.
    ///
    /// # Errors
    /// It leads out of `content/`.
    fn path(&self, here: &str, path: &str, span: Span) -> Result<String, Box<Diagnostic>> {
        if path.is_empty() {
            return Ok(here.to_owned());
        }
        // Zola's `@/page.md` counts from the folder with the pages.
        let rooted = path.strip_prefix('@').filter(|rest| rest.starts_with('/'));
        let near = inside(here, rooted.unwrap_or(path), span)?;
        if !self.layout.is_foreign() {
            return Ok(near);
        }
        if let Some(file) = self.file(&near) {
            return Ok(file);
        }
        // Hugo's `relref` looks in the whole site where nothing is beside the page.
        let far = match self.layout {
            Layout::Hugo => inside(here, &format!("/{path}"), span).ok().and_then(|path| self.file(&path)),
            _ => None,
        };
        Ok(far.unwrap_or(near))
    }

    /// The page or file below `content/` that another generator's book names as `path`.
    fn file(&self, path: &str) -> Option<String> {
        if self.pages.contains_key(path) || self.assets.contains_key(path) {
            return Some(path.to_owned());
        }
        // Elsewhere links may name what becomes of a page instead of its file.
        let bare = path.strip_suffix(".html").unwrap_or(path);
        let files = ["{}.md", "{}/index.md", "{}/_index.md", "{}/README.md"]
            .map(|form| form.replace("{}", bare).trim_start_matches('/').to_owned());
        let by_address = || {
            let fits = |target: &Page| {
                let folder = format!("{}/", target.lang);
                let own = target.url.strip_prefix(&folder).unwrap_or(&target.url);
                own.trim_end_matches('/') == bare
            };
            self.pages.iter().find(|(_, target)| fits(target)).map(|(file, _)| file.clone())
        };
        files.into_iter().find(|file| self.pages.contains_key(file)).or_else(by_address)
    }

    /// The picture that the author wrote as `to` at `span`; its path below `content/` is that below the
    /// site's root too.
    ///
    /// # Errors
    /// There is no such file, or it is somewhere else.
    pub fn picture(
        &self,
        page: &Page,
        to: &str,
        span: Span,
        sources: &Sources,
    ) -> Result<&'a Asset, Box<Diagnostic>> {
        if is_external(to) {
            let fault = Diagnostic::error(span, "this picture is not part of the project");
            return Err(Box::new(
                fault.hint("put the file beside the page: a site loads nothing from elsewhere"),
            ));
        }
        let here = source(page, sources);
        let path = inside(&here, to, span)?;
        if let Some(asset) = self.assets.get(path.as_str()) {
            return Ok(asset);
        }
        let fault = Diagnostic::error(span, format!("there is no picture content/{path}"));
        Err(Box::new(nearest(fault, &here, &path, self.assets.keys().copied())))
    }

    /// The opening tag of a link.
    ///
    /// # Errors
    /// The link leads nowhere.
    pub fn open(
        &self,
        page: &Page,
        to: &str,
        title: &str,
        span: Span,
        sources: &Sources,
    ) -> Result<String, Box<Diagnostic>> {
        let address = escape(&self.resolve(page, to, span, sources)?);
        let title = if title.is_empty() { String::new() } else { format!(" title=\"{}\"", escape(title)) };
        let rel = if is_external(to) { " rel=\"noopener\"" } else { "" };
        Ok(format!("<a href=\"{address}\"{title}{rel}>"))
    }
}

/// The ids in `page` that an author has chosen or could have.
fn anchors(page: &Page) -> impl Iterator<Item = &str> {
    let headings = page.headings.iter().map(|heading| heading.id.as_str());
    let embeds = page.shortcodes.iter().filter_map(embed::id);
    let references = (!page.citations.is_empty()).then_some("references");
    headings.chain(page.labels()).chain(embeds).chain(references)
}

/// The page's file below `content/`.
fn source(page: &Page, sources: &Sources) -> String {
    let path = sources.path(page.file).to_string_lossy().replace('\\', "/");
    // The first part is the folder with the pages.
    path.split_once('/').map_or(path.as_str(), |(_, below)| below).to_owned()
}

fn is_external(to: &str) -> bool {
    let scheme = to.split_once(':').map(|(scheme, _)| scheme);
    to.starts_with("//")
        || scheme.is_some_and(|s| {
            !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        })
}

/// `path`, as written in the file `here`, as a path below `content/`.
///
/// # Errors
/// It leads out of `content/`.
fn inside(here: &str, path: &str, span: Span) -> Result<String, Box<Diagnostic>> {
    join(here, &address::decode(path)).ok_or_else(|| {
        let fault = Diagnostic::error(span, format!("`{path}` leads out of the folder content/"));
        Box::new(fault.hint("a page can only show and link what stands in content/"))
    })
}

/// The hint `did you mean …?`, with the way that the author has to write.
fn nearest<'a>(
    fault: Diagnostic,
    here: &str,
    path: &str,
    known: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    match closest(path, known) {
        Some(near) => fault.hint(format!("did you mean `{}`?", relative(here, near))),
        None => fault,
    }
}

/// The way from the page at `from` to `to`; both are paths from the site's root.
pub fn relative(from: &str, to: &str) -> String {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let from: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let parts: Vec<&str> = to.split('/').collect();
    let (folders, name) = parts.split_at(parts.len() - 1);
    let common = from.iter().zip(folders).take_while(|(a, b)| a == b).count();
    let mut way = "../".repeat(from.len() - common);
    for folder in &folders[common..] {
        way.push_str(folder);
        way.push('/');
    }
    way.push_str(name[0]);
    if way.is_empty() { "./".to_owned() } else { way }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_relative() {
        for (from, to, way) in [
            ("en/a/b/", "en/a/c/", "../c/"),
            ("en/a/b/", "zh/a/b/", "../../../zh/a/b/"),
            ("en/a/b/", "en/", "../../"),
            ("en/a/b/", "en/a/b/", "./"),
            ("", "en/", "en/"),
            ("404.html", "assets/style.css", "assets/style.css"),
            ("en/", "assets/style.css", "../assets/style.css"),
        ] {
            assert_eq!(relative(from, to), way, "{from} to {to}");
        }
    }

    #[test]
    fn paths_join() {
        for (here, path, expect) in [
            ("a/b/b.en.md", "../c/c.en.md", Some("a/c/c.en.md")),
            ("a/b/b.en.md", "./x.png", Some("a/b/x.png")),
            ("a/b/b.en.md", "/x/y.md", Some("x/y.md")),
            ("a.md", "x/../y.md", Some("y.md")),
            ("a/b/b.en.md", "../../x.md", Some("x.md")),
            ("a/b/b.en.md", "../../../x", None),
            ("a.md", "../x", None),
        ] {
            assert_eq!(join(here, path).as_deref(), expect, "{path} in {here}");
        }
    }

    #[test]
    fn outside_is_told_from_inside() {
        for outside in ["https://a.example", "mailto:a@b.example", "//a.example"] {
            assert!(is_external(outside), "{outside}");
        }
        for inside in ["a.md", "../a.md", "#x", "a/b:c.md", ""] {
            assert!(!is_external(inside), "{inside}");
        }
    }
}
