//! `kiln new`: another chapter.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::build;
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
        #[arg(long)]
        title: Option<String>,
        /// Its place among its siblings: lower comes first.
        #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
        weight: i64,
    },
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
        return Err(Error::new(format!("`{path}` cannot be the folder of a chapter"))
            .hint("it becomes an address: letters, digits, `-` and `_`, with `/` between the parts"));
    }
    let (above, slug) = path.rsplit_once('/').unwrap_or(("", path));
    let title = title.clone().unwrap_or_else(|| title_of(slug));
    let mut written = Vec::new();
    for lang in build::languages(&common.root)? {
        let mut put = |file: String, text: String| -> Result<()> {
            if write(&common.root.join(&file), &text)? {
                written.push(file);
            }
            Ok(())
        };
        if !above.is_empty() {
            let name = above.rsplit('/').next().unwrap_or(above);
            put(format!("content/{above}/_index.{lang}.md"), front(&title_of(name), 0))?;
        }
        let body = format!("{}\nWhat this chapter is about.\n", front(&title, *weight));
        put(format!("content/{path}/{slug}.{lang}.md"), body)?;
    }
    if written.is_empty() {
        return Err(Error::new(format!("the chapter content/{path} is there already")));
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
