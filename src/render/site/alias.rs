//! Pages at addresses that other pages once had: they lead on to where the content is now.

use crate::content::html::escape;
use crate::content::page::Page;
use crate::diag::{Diagnostic, Span};
use crate::render::links::relative;
use crate::render::{Input, address};
use crate::write::OutFile;

/// A page for every alias in front matter, and the faults of those that cannot be one.
pub(super) fn files(input: &Input<'_>) -> (Vec<OutFile>, Vec<Diagnostic>) {
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for page in input.content.pages() {
        for alias in &page.front.aliases {
            match place(input, page, alias) {
                Some(url) => files.push(OutFile {
                    path: format!("{url}index.html"),
                    bytes: leading(input, page, &url).into_bytes(),
                }),
                None => faults.push(
                    Diagnostic::error(span(input, page, alias), format!("`{alias}` cannot be an address of this site"))
                        .hint("write a path such as \"/en/old/name/\", or one below the page's language: \"old/name\""),
                ),
            }
        }
    }
    (files, faults)
}

/// The folder that `alias` names, from the root of the site; `None` where it leads out of it.
fn place(input: &Input<'_>, page: &Page, alias: &str) -> Option<String> {
    let path = match alias.strip_prefix('/') {
        Some(path) => path.to_owned(),
        None => format!("{}{alias}", input.config.folder(&page.lang)),
    };
    let path = path.strip_suffix("index.html").unwrap_or(&path).trim_end_matches('/');
    let fit = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.chars().all(|c| c.is_alphanumeric() || "-_.~".contains(c))
    };
    path.split('/').all(fit).then(|| format!("{path}/"))
}

/// Where the alias is written, or the top of the file.
fn span(input: &Input<'_>, page: &Page, alias: &str) -> Span {
    let at = input.sources.text(page.file).find(alias);
    at.map_or(Span::new(page.file, 0..0), |at| Span::new(page.file, at..at + alias.len()))
}

/// A page that leads from `url` to `page`, with and without scripts.
fn leading(input: &Input<'_>, page: &Page, url: &str) -> String {
    let way = escape(&address::encode(&relative(url, &page.url)));
    let canonical = match &input.config.base_url {
        Some(base) => {
            format!("<link rel=\"canonical\" href=\"{}\">\n", escape(&format!("{base}/{}", page.url)))
        }
        None => String::new(),
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <meta http-equiv=\"refresh\" content=\"0; url={way}\">\n{canonical}<title>{title}</title>\n</head>\n\
         <body>\n<main><h1><a href=\"{way}\">{title}</a></h1></main>\n</body>\n</html>\n",
        lang = escape(&page.lang.0),
        title = escape(&page.title),
    )
}
