//! The simple index of Python packages: JSON (PEP 691) or HTML (PEP 503).

use serde::Deserialize;
use ureq::Agent;

use super::http;
use super::pypi::Request;
use crate::models::sha256::Sha256;
use crate::{Error, Result};

const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, \
    application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/// One file that an index lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IndexFile {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) sha256: Option<Sha256>,
    pub(super) size: Option<u64>,
}

/// The files of the package `name` on the index at `url`.
pub(super) fn files(agent: &Agent, url: &str, name: &str) -> Result<Vec<IndexFile>> {
    let address = format!("{url}/{}/", normal_name(name));
    match http::page(agent, &address, ACCEPT)? {
        None => Err(Error::new(format!("the index has no package `{name}`"))),
        Some(page) if page.mime.ends_with("json") => from_json(&page.text, &page.url),
        Some(page) => Ok(from_html(&page.text, &page.url)),
    }
}

/// The name as indexes write it: lower case, runs of `-`, `_` and `.` as one `-`.
fn normal_name(name: &str) -> String {
    let words: Vec<&str> = name.split(['-', '_', '.']).filter(|word| !word.is_empty()).collect();
    words.join("-").to_ascii_lowercase()
}

fn from_json(text: &str, base: &str) -> Result<Vec<IndexFile>> {
    #[derive(Deserialize)]
    struct Listing {
        files: Vec<Item>,
    }
    #[derive(Deserialize)]
    struct Item {
        filename: String,
        url: String,
        #[serde(default)]
        hashes: std::collections::BTreeMap<String, String>,
        size: Option<u64>,
    }
    let listing: Listing = serde_json::from_str(text)
        .map_err(Error::because(format!("{} gives no listing that Kiln can read", http::shown(base))))?;
    let file = |item: Item| IndexFile {
        url: http::join(base, &item.url),
        sha256: item.hashes.get("sha256").and_then(|hex| Sha256::parse(hex)),
        size: item.size,
        name: item.filename,
    };
    Ok(listing.files.into_iter().map(file).collect())
}

/// The anchors of a page: PEP 503 says that each is a file, named by its text.
fn from_html(text: &str, base: &str) -> Vec<IndexFile> {
    let mut files = Vec::new();
    for anchor in text.split("<a").skip(1) {
        let Some((tag, rest)) = anchor.split_once('>') else { continue };
        let Some(href) = attribute(tag, "href") else { continue };
        let url = http::join(base, &unescape(href));
        let (url, fragment) = url.split_once('#').unwrap_or((&url, ""));
        let name = unescape(rest.split('<').next().unwrap_or_default().trim());
        let sha256 = fragment.strip_prefix("sha256=").and_then(Sha256::parse);
        files.push(IndexFile { name, url: url.to_owned(), sha256, size: None });
    }
    files
}

/// The value of attribute `name` in the inside of a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!("{name}="))?;
    match rest.chars().next()? {
        quote @ ('"' | '\'') => rest[1..].split(quote).next(),
        _ => rest.split_whitespace().next(),
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// The file that answers `request`: the source archive, the wheel for its target, or else the most
/// portable wheel. Which one it is matters little: what is taken out of it is pinned.
pub(super) fn choose<'a>(files: &'a [IndexFile], request: &Request<'_>) -> Option<&'a IndexFile> {
    if request.sdist {
        return files.iter().find(|file| {
            let stem = file.name.strip_suffix(".tar.gz").or_else(|| file.name.strip_suffix(".zip"));
            let version = stem.and_then(|stem| stem.rsplit_once('-')).map(|(_, version)| version);
            version.is_some_and(|version| same_version(version, request.version))
        });
    }
    let rank = |file: &IndexFile| -> Option<u8> {
        let parts: Vec<&str> = file.name.strip_suffix(".whl")?.split('-').collect();
        let [_, version, .., python, _abi, platform] = parts.as_slice() else { return None };
        if !same_version(version, request.version) {
            return None;
        }
        match request.target {
            Some(target) => (*python == target.tag()
                && platform.split('.').any(|tag| tag == target.platform))
            .then_some(0),
            None if *platform == "any" => Some(0),
            None if platform.contains(std::env::consts::OS) && platform.contains(std::env::consts::ARCH) => {
                Some(1)
            }
            None => Some(2),
        }
    };
    let ranked = files.iter().filter_map(|file| Some((rank(file)?, file)));
    ranked.min_by_key(|(rank, file)| (*rank, &file.name)).map(|(_, file)| file)
}

/// Whether two spellings are one version: `1.0` and `1.0.0`, `1.0_post1` and `1.0.post1`.
fn same_version(a: &str, b: &str) -> bool {
    let normal = |version: &str| {
        let mut text = version.to_ascii_lowercase().replace(['_', '-'], ".");
        while let Some(shorter) = text.strip_suffix(".0") {
            text = shorter.to_owned();
        }
        text
    };
    normal(a) == normal(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::fetch::Target;

    fn named(names: &[&str]) -> Vec<IndexFile> {
        let file =
            |name: &&str| IndexFile { name: (*name).into(), url: String::new(), sha256: None, size: None };
        names.iter().map(file).collect()
    }

    #[test]
    fn the_wheel_for_the_target_or_the_most_portable_one_is_chosen() {
        let files = named(&[
            "a-1.0.tar.gz",
            "a-2.0-cp311-cp311-win_amd64.whl",
            "a-2.0-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
            "a-2.0-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
            "a-2.0.1-py3-none-any.whl",
            "a-2.0.0.tar.gz",
        ]);
        let target = Target { python: "3.11", platform: "manylinux_2_28_x86_64", uv_platform: "" };
        let request = Request { name: "a", version: "2.0", sdist: false, target: Some(&target) };
        assert_eq!(choose(&files, &request).unwrap().name, files[3].name);
        let sdist = Request { sdist: true, target: None, ..request };
        assert_eq!(choose(&files, &sdist).unwrap().name, "a-2.0.0.tar.gz");
        let pure = Request { version: "2.0.1", target: None, ..request };
        assert_eq!(choose(&files, &pure).unwrap().name, "a-2.0.1-py3-none-any.whl");
        let absent = Request { version: "3", ..pure };
        assert_eq!(choose(&files, &absent), None);
    }

    #[test]
    fn both_kinds_of_listing_say_the_same() {
        let hex = "ab".repeat(32);
        let base = "https://i.example/simple/a-b/";
        let json = format!(
            r#"{{"meta":{{"api-version":"1.1"}},"name":"a-b","files":[{{"filename":"a_b-1.whl",
            "url":"../../f/a_b-1.whl","hashes":{{"sha256":"{hex}"}},"size":7,"yanked":false}}]}}"#
        );
        let html = format!(
            "<!DOCTYPE html><html><body><h1>Links</h1>\n<a data-requires-python=\"&gt;=3.8\" \
             href=\"../../f/a_b-1.whl#sha256={hex}\">a_b-1.whl</a><br></body></html>"
        );
        let from_json = from_json(&json, base).unwrap();
        let from_html = from_html(&html, base);
        assert_eq!(from_json[0].url, "https://i.example/f/a_b-1.whl");
        assert_eq!(from_json[0].size, Some(7));
        assert_eq!(from_html[0], IndexFile { size: None, ..from_json[0].clone() });
    }

    #[test]
    fn names_are_normalised() {
        assert_eq!(normal_name("Foo_.bar--Baz"), "foo-bar-baz");
    }
}
