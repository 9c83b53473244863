//! What machines are told of a page in its head: structured data (JSON-LD, schema.org).

use serde_json::{Value, json};

use crate::content::page::Page;

use super::Input;
use super::context::LinkContext;

/// The structured data of `page`, ready to stand in a `script` element: an article about a term, and
/// the way to it. `base` is the address of the site.
pub(super) fn article(
    input: &Input<'_>,
    page: &Page,
    base: &str,
    site: &str,
    way: &[LinkContext<'_>],
) -> String {
    let address = format!("{base}/{}", page.url);
    let home = format!("{base}/{}", input.config.folder(&page.lang));
    let description = page.front.description.as_deref();
    let mut article = json!({
        "@type": "TechArticle",
        "@id": address,
        "url": address,
        "headline": page.title,
        "inLanguage": page.lang,
        "isPartOf": { "@type": "WebSite", "@id": home, "name": site },
        "about": { "@id": format!("{address}#term") },
    });
    let mut term = json!({
        "@type": "DefinedTerm",
        "@id": format!("{address}#term"),
        "name": page.title,
        "url": address,
        "inLanguage": page.lang,
        "inDefinedTermSet": { "@type": "DefinedTermSet", "@id": format!("{home}#terms"), "name": site },
    });
    if let Some(description) = description {
        article["description"] = description.into();
        term["description"] = description.into();
    }
    if let Some(date) = input.updated(page) {
        article["dateModified"] = date.into();
    }
    let mut items: Vec<Value> = Vec::new();
    for (at, link) in (1..).zip(way) {
        // Links are relative to the page; the list wants addresses.
        let item = absolute(&address, &link.url);
        items.push(json!({ "@type": "ListItem", "position": at, "name": link.title, "item": item }));
    }
    items.push(json!({ "@type": "ListItem", "position": items.len() + 1, "name": page.title }));
    let crumbs = json!({ "@type": "BreadcrumbList", "itemListElement": items });
    embed(&json!({ "@context": "https://schema.org", "@graph": [article, term, crumbs] }))
}

/// JSON that ends no element and starts no comment, wherever it stands in HTML.
fn embed(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// The address that `way` leads to from the folder `address`.
fn absolute(address: &str, way: &str) -> String {
    let mut folder = address.trim_end_matches('/');
    let mut rest = way;
    while let Some(up) = rest.strip_prefix("../") {
        folder = folder.rsplit_once('/').map_or(folder, |(above, _)| above);
        rest = up;
    }
    format!("{folder}/{}", rest.trim_start_matches("./"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_element_that_holds_it() {
        let text = embed(&json!({ "name": "</script><!--&" }));
        assert_eq!(text, "{\"name\":\"\\u003c/script\\u003e\\u003c!--\\u0026\"}");
    }

    #[test]
    fn ways_become_addresses() {
        assert_eq!(absolute("https://a.example/x/en/b/c/", "../"), "https://a.example/x/en/b/");
        assert_eq!(absolute("https://a.example/en/b/", "../../"), "https://a.example/");
    }
}
