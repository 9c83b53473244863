//! The rules of one source.

use toml::Spanned;

use crate::diag::Diagnostic;

use super::check::Faults;
use super::raw::RawSource;
use super::{Package, Source};

const KINDS: &str = "path, pypi, npm, hf, url";

type Field<'a> = Option<&'a Spanned<String>>;

/// The source that `raw` describes.
pub(super) fn source(raw: &Spanned<RawSource>, faults: &mut Faults<'_>) -> Option<Source> {
    let at = faults.span(raw);
    let raw = raw.get_ref();
    let kinds: Vec<(&str, &Spanned<String>)> =
        [("path", &raw.path), ("pypi", &raw.pypi), ("npm", &raw.npm), ("hf", &raw.hf), ("url", &raw.url)]
            .into_iter()
            .filter_map(|(kind, value)| Some((kind, value.as_ref()?)))
            .collect();
    let &[(kind, value)] = kinds.as_slice() else {
        let message = match kinds.first() {
            None => "a source of no known kind",
            Some(_) => "a source of two kinds",
        };
        return faults.push(Diagnostic::error(at, message).hint(format!("name exactly one of {KINDS}")));
    };
    // What else a kind takes, and what it needs of that.
    let (takes, needs): (&[&str], &[&str]) = match kind {
        "path" => (&[], &[]),
        "pypi" => (&["version", "member", "sdist"], &["version", "member"]),
        "npm" => (&["version", "member"], &["version", "member"]),
        "hf" => (&["revision", "file"], &["revision", "file"]),
        _ => (&["member"], &[]),
    };
    let others = [
        ("version", raw.version.as_ref().map(Spanned::span)),
        ("member", raw.member.as_ref().map(Spanned::span)),
        ("revision", raw.revision.as_ref().map(Spanned::span)),
        ("file", raw.file.as_ref().map(Spanned::span)),
        ("sdist", raw.sdist.as_ref().map(Spanned::span)),
    ];
    let mut sound = true;
    for (field, span) in others {
        match span {
            Some(span) if !takes.contains(&field) => {
                let at = crate::diag::Span::new(faults.entry.file, span);
                faults.list.push(Diagnostic::error(at, format!("a `{kind}` source takes no `{field}`")));
                sound = false;
            }
            None if needs.contains(&field) => {
                faults.list.push(
                    Diagnostic::error(at, format!("this `{kind}` source has no `{field}`"))
                        .hint(format!("a `{kind}` source needs {}", needs.join(" and "))),
                );
                sound = false;
            }
            _ => {}
        }
    }
    if !sound {
        return None;
    }
    build(raw, kind, value, faults)
}

fn build(raw: &RawSource, kind: &str, value: &Spanned<String>, faults: &mut Faults<'_>) -> Option<Source> {
    let text = |field: Field<'_>| field.map(|f| f.get_ref().clone()).unwrap_or_default();
    let member = match &raw.member {
        Some(member) => Some(inner_path(member, faults)?),
        None => None,
    };
    match kind {
        "path" => Some(Source::Path(inner_path(value, faults)?.into())),
        "pypi" | "npm" => {
            let name = package_name(value, faults)?;
            let version = version(raw.version.as_ref()?, faults)?;
            let package = Package { name, version, member: member.unwrap_or_default() };
            Some(match kind {
                "npm" => Source::Npm(package),
                _ => Source::Pypi { package, sdist: raw.sdist.as_ref().is_some_and(|s| *s.get_ref()) },
            })
        }
        "hf" => {
            let revision = raw.revision.as_ref()?;
            let pinned =
                revision.get_ref().len() == 40 && revision.get_ref().chars().all(|c| c.is_ascii_hexdigit());
            if !pinned {
                let at = faults.span(revision);
                return faults.push(
                    Diagnostic::error(at, "a revision is a full commit id of 40 hex digits")
                        .hint("branches and tags move; take the commit id from the repository's history"),
                );
            }
            let file = inner_path(raw.file.as_ref()?, faults)?;
            Some(Source::Hub { repo: value.get_ref().clone(), revision: text(Some(revision)), file })
        }
        _ => {
            if !value.get_ref().starts_with("https://") {
                let at = faults.span(value);
                return faults.push(Diagnostic::error(at, "a `url` source starts with `https://`"));
            }
            Some(Source::Url { url: value.get_ref().clone(), member })
        }
    }
}

/// A path that stays inside its archive or project: relative, with `/`, without `..`.
fn inner_path(raw: &Spanned<String>, faults: &mut Faults<'_>) -> Option<String> {
    let path = raw.get_ref();
    let sound = !path.is_empty()
        && !path.contains('\\')
        && path.split('!').all(|part| {
            !part.starts_with('/')
                && part.split('/').all(|s| !matches!(s, "" | "." | ".."))
                && !has_drive(part)
        });
    if sound {
        return Some(path.clone());
    }
    let at = faults.span(raw);
    faults.push(
        Diagnostic::error(at, format!("`{path}` is not a path inside an archive or the project"))
            .hint("write it relative, with `/` between the parts and without `..`"),
    )
}

/// Whether `path` starts with a Windows drive: such a path is absolute there.
fn has_drive(path: &str) -> bool {
    path.as_bytes().get(1) == Some(&b':')
}

/// One exact version: a range would let the package change under the pin.
fn version(raw: &Spanned<String>, faults: &mut Faults<'_>) -> Option<String> {
    let version = raw.get_ref();
    let sound = version.starts_with(|c: char| c.is_ascii_digit())
        && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_'));
    if sound {
        return Some(version.clone());
    }
    let at = faults.span(raw);
    faults.push(
        Diagnostic::error(at, format!("`{version}` is not an exact version"))
            .hint("write it as `1.2.3`, without a range"),
    )
}

/// A package name; nothing that a package client could take for an option or an address.
fn package_name(raw: &Spanned<String>, faults: &mut Faults<'_>) -> Option<String> {
    let name = raw.get_ref();
    let sound = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '@')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '/'));
    if sound {
        return Some(name.clone());
    }
    let at = faults.span(raw);
    faults.push(Diagnostic::error(at, format!("`{name}` is not a package name")))
}
