//! The theme that Kiln brings along. A project overrides it file by file, in its own `templates/`.

use crate::diag::Sources;

use super::RawTheme;

macro_rules! files {
    ($($name:literal,)*) => { &[$(($name, include_bytes!(concat!("../../../templates/", $name)))),*] };
}

/// Every file of the theme: its path below `templates/`, and its content.
const FILES: &[(&str, &[u8])] = files![
    "404.html",
    "assets/favicon.svg",
    "assets/kiln.js",
    "assets/logo.svg",
    "assets/search.js",
    "assets/style.css",
    "assets/theme.js",
    "base.html",
    "chapter.html",
    "home.html",
    "models.html",
    "partials/about.html",
    "partials/breadcrumbs.html",
    "partials/cards.html",
    "partials/concept.html",
    "partials/footer.html",
    "partials/header.html",
    "partials/pager.html",
    "partials/sidebar.html",
    "partials/toc.html",
    "print.html",
    "root.html",
    "section.html",
    "tag.html",
    "tags.html",
    "ui.toml",
];

/// Where the files of Kiln's own theme stand, as far as places go.
pub const BUILT_IN: &str = "(built in)";

impl RawTheme {
    /// Takes in a file of a theme, whose path below `templates/` is `name`.
    ///
    /// # Errors
    /// A template is not UTF-8 text.
    pub fn add(
        &mut self,
        name: &str,
        bytes: Vec<u8>,
        sources: &mut Sources,
    ) -> Result<(), std::string::FromUtf8Error> {
        self.take(name, format!("templates/{name}"), bytes, sources)
    }

    /// Adds every file of Kiln's own theme that is not there yet.
    pub fn complete(&mut self, sources: &mut Sources) {
        for (name, bytes) in FILES {
            if !self.has(name) {
                // Kiln's own templates are text.
                let _ = self.take(name, format!("{BUILT_IN}/{name}"), bytes.to_vec(), sources);
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        match name.strip_prefix("assets/") {
            Some(asset) => self.assets.iter().any(|(other, _)| other == asset),
            None if name == WORDS => self.words.is_some(),
            None => self.templates.iter().any(|(other, _)| other == name),
        }
    }

    fn take(
        &mut self,
        name: &str,
        shown: String,
        bytes: Vec<u8>,
        sources: &mut Sources,
    ) -> Result<(), std::string::FromUtf8Error> {
        if let Some(asset) = name.strip_prefix("assets/") {
            self.assets.push((asset.to_owned(), bytes));
            return Ok(());
        }
        let file = sources.add(shown, String::from_utf8(bytes)?);
        if name == WORDS {
            self.words = Some(file);
        } else {
            self.templates.push((name.to_owned(), file));
        }
        Ok(())
    }
}

/// The file with the strings of the user interface.
const WORDS: &str = "ui.toml";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_brought_along() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let walk = walkdir::WalkDir::new(&folder).sort_by_file_name();
        let mut names: Vec<String> = walk
            .into_iter()
            .map(|entry| entry.expect("the folder can be walked"))
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                entry.path().strip_prefix(&folder).expect("below").to_string_lossy().replace('\\', "/")
            })
            .collect();
        names.sort();
        let known: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(known, names, "list every file of templates/ in FILES, in order");
    }

    #[test]
    fn a_projects_own_files_come_first() {
        let mut sources = Sources::default();
        let mut theme = RawTheme::default();
        theme.add("base.html", b"mine".to_vec(), &mut sources).expect("text");
        theme.complete(&mut sources);
        let (_, file) = theme.templates.iter().find(|(name, _)| name == "base.html").expect("a template");
        assert_eq!(sources.text(*file), "mine");
        assert_eq!(theme.templates.iter().filter(|(name, _)| name == "base.html").count(), 1);
        assert!(theme.words.is_some() && theme.assets.iter().any(|(name, _)| name == "style.css"));
    }
}
