//! Links between pages: every one is resolved when the site is built, or it is a fault.

use std::collections::{BTreeMap, BTreeSet};

use crate::content::html::escape;
use crate::content::page::Page;
use crate::diag::{Diagnostic, Sources, Span};

/// What links can lead to.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// Address and anchors of each page, by its file's path below `content/`.
    pages: BTreeMap<String, Target>,
    /// The files beside the pages, by path below `content/`; they go out under the same path.
    assets: BTreeSet<String>,
}

#[derive(Clone, Debug, Default)]
struct Target {
    url: String,
    anchors: BTreeSet<String>,
}

impl Targets {
    /// The targets among `pages` and `assets`.
    pub fn new<'a>(
        pages: impl Iterator<Item = &'a Page>,
        assets: impl Iterator<Item = &'a str>,
        sources: &Sources,
    ) -> Self {
        let pages = pages.map(|page| {
            let headings = page.headings.iter().map(|heading| heading.id.clone());
            let cells = page.cells.iter().map(|cell| cell.options.label.clone());
            let references = page.citations.iter().map(|(key, _)| format!("ref-{key}"));
            let mut anchors: BTreeSet<String> = headings.chain(cells).chain(references).collect();
            if !page.citations.is_empty() {
                anchors.insert("references".into());
            }
            (source(page, sources), Target { url: page.url.clone(), anchors })
        });
        Self { pages: pages.collect(), assets: assets.map(str::to_owned).collect() }
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
            return Ok(to.to_owned());
        }
        let (path, anchor) = to.split_once('#').map_or((to, None), |(path, anchor)| (path, Some(anchor)));
        let here = source(page, sources);
        let path = if path.is_empty() { here } else { join(&here, path) };
        if let Some(target) = self.pages.get(&path) {
            if let Some(anchor) = anchor.filter(|anchor| !target.anchors.contains(*anchor)) {
                let fault = Diagnostic::error(span, format!("{path} has no anchor `{anchor}`"));
                return Err(Box::new(fault.did_you_mean(anchor, target.anchors.iter().map(String::as_str))));
            }
            let anchor = anchor.map(|anchor| format!("#{anchor}")).unwrap_or_default();
            let address =
                if target.url == page.url { String::new() } else { relative(&page.url, &target.url) };
            return Ok(address + &anchor);
        }
        if self.assets.contains(&path) {
            return Ok(relative(&page.url, &path));
        }
        let known = self.pages.keys().chain(&self.assets).map(String::as_str);
        Err(Box::new(
            Diagnostic::error(span, format!("this link leads nowhere: there is no content/{path}"))
                .did_you_mean(&path, known)
                .hint("links between pages name the other page's .md file, relative to this one"),
        ))
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

/// The page's file below `content/`.
fn source(page: &Page, sources: &Sources) -> String {
    let path = sources.path(page.file).to_string_lossy().replace('\\', "/");
    path.strip_prefix("content/").unwrap_or(&path).to_owned()
}

fn is_external(to: &str) -> bool {
    let scheme = to.split_once(':').map(|(scheme, _)| scheme);
    to.starts_with("//")
        || scheme.is_some_and(|s| {
            !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        })
}

/// `path` as written in the file `here`, as a path below `content/`.
fn join(here: &str, path: &str) -> String {
    let mut parts: Vec<&str> = match path.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => here.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect(),
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
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
        assert_eq!(join("a/b/b.en.md", "../c/c.en.md"), "a/c/c.en.md");
        assert_eq!(join("a/b/b.en.md", "./x.png"), "a/b/x.png");
        assert_eq!(join("a/b/b.en.md", "/x/y.md"), "x/y.md");
        assert_eq!(join("a.md", "../../../x"), "x");
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
