//! `kiln new`: another chapter.

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::build;
use crate::content::load::absent;
use crate::content::page::Lang;
use crate::{Error, Result};

use super::init::write;
use super::{Common, Format, report};

/// Arguments of `kiln new`.
#[derive(Args, Clone, Debug)]
pub(super) struct NewArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Clone, Debug)]
enum What {
    /// A chapter: a folder with one page in each language of the project.
    Chapter {
        /// Its folder below content/: `language/bert`.
        path: String,
        /// Its title; made from the folder's name by default.
        #[arg(long, value_parser = line)]
        title: Option<String>,
        /// Its place among its siblings: lower comes first.
        #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
        weight: i64,
    },
}

/// A title: one line with something on it.
fn line(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a title is not empty".to_owned()),
        title if title.contains(char::is_control) => Err("a title is one line".to_owned()),
        title => Ok(title.to_owned()),
    }
}

/// Writes the pages of a chapter, none of them over one that is there.
///
/// # Errors
/// The path cannot be that of a chapter, there is one already, or the folder cannot be written to.
pub(super) fn run(common: &Common, args: &NewArgs) -> Result<ExitCode> {
    let What::Chapter { path, title, weight } = &args.what;
    let path = path.trim_matches('/');
    let path = path.strip_prefix("content/").unwrap_or(path);
    let fits = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '_'])
            && part.chars().all(|c| c.is_alphanumeric() || "-_.~".contains(c))
    };
    if !path.split('/').all(fits) {
        return Err(Error::usage(format!("`{path}` cannot be the folder of a chapter"))
            .hint("it becomes an address: letters, digits, `-` and `_`, with `/` between the parts"));
    }
    let content = common.root.join("content");
    if !content.is_dir() {
        return Err(absent(&content));
    }
    let slug = name_of(path);
    let title = title.clone().unwrap_or_else(|| title_of(slug));
    let above: Vec<&str> = path.match_indices('/').map(|(at, _)| &path[..at]).collect();
    let langs = build::languages(&common.root)?;
    fits_in(&content, path, &above, &langs)?;
    let mut written = Vec::new();
    for lang in langs {
        let mut put = |file: String, text: String| -> Result<()> {
            if write(&common.root.join(&file), &text)? {
                written.push(file);
            }
            Ok(())
        };
        for section in &above {
            put(format!("content/{section}/_index.{lang}.md"), front(&title_of(name_of(section)), 0))?;
        }
        if chapter(&content, path, &lang).is_none() {
            let body = format!("{}\nWhat this chapter is about.\n", front(&title, *weight));
            put(format!("content/{path}/{slug}.{lang}.md"), body)?;
        }
    }
    if written.is_empty() {
        return Err(Error::usage(format!("the chapter content/{path} is there already")));
    }
    match common.format {
        Format::Json => report::line(&json!({ "written": written }).to_string()),
        _ if common.quiet => {}
        Format::Text | Format::Github | Format::Sarif => {
            written.iter().for_each(|file| report::line(&format!("wrote {file}")))
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether a chapter at `path`, in the sections `above`, has a place of its own: a chapter holds no others, and a
/// section is none.
///
/// # Errors
/// It has not.
fn fits_in(content: &Path, path: &str, above: &[&str], langs: &[Lang]) -> Result<()> {
    for lang in langs {
        if let Some(page) = above.iter().find_map(|section| chapter(content, section, lang)) {
            return Err(Error::usage(format!("content/{page} is a chapter, and none can stand below it"))
                .hint(
                    "choose another path, or make that chapter a section: its page is then `_index.LANG.md`",
                ));
        }
        if content.join(format!("{path}/_index.{lang}.md")).exists() {
            return Err(Error::usage(format!(
                "content/{path} is a section, whose page is `_index.{lang}.md`"
            ))
            .hint(format!("name a chapter in it: `kiln new chapter {path}/NAME`")));
        }
    }
    Ok(())
}

/// The page of the chapter at `path` in `lang`, by its path below `content`, where there is one.
fn chapter(content: &Path, path: &str, lang: &Lang) -> Option<String> {
    let slug = name_of(path);
    [format!("{path}/{slug}.{lang}.md"), format!("{path}/index.{lang}.md"), format!("{path}.{lang}.md")]
        .into_iter()
        .find(|page| content.join(page).exists())
}

/// `b` of `a/b`.
fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `self-attention` is titled `Self attention`.
fn title_of(slug: &str) -> String {
    let words = slug.replace(['-', '_'], " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn front(title: &str, weight: i64) -> String {
    format!("+++\ntitle = {}\nweight = {weight}\n+++\n", toml::Value::from(title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_come_from_folders() {
        assert_eq!(title_of("self-attention"), "Self attention");
        assert_eq!(title_of("注意力"), "注意力");
        assert_eq!(front("A \"b\"", 2), "+++\ntitle = 'A \"b\"'\nweight = 2\n+++\n");
    }
}
