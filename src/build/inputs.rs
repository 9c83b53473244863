//! What a project is made of on disk: the files that a watch waits for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::config::Config;
use crate::content;
use crate::diag::Sources;
use crate::render::theme::BUILT_IN;

use super::load;

/// Files and folders, below the project's folder, that any project may have.
const ALWAYS: [&str; 5] = ["kiln.toml", "models.toml", "data", "models", "templates"];

/// Files and folders below a project's folder.
pub type Inputs = BTreeSet<PathBuf>;

/// What the project in `root` is made of, as far as its settings tell.
///
/// # Errors
/// The settings cannot be read, or there is no project in `root`.
pub fn inputs(root: &Path) -> Result<Inputs> {
    let config = load::config(root, &mut Sources::default())?.value;
    let folder = root.join(config.layout.folder());
    if !folder.is_dir() {
        return Err(content::load::absent(&folder));
    }
    Ok(of(&config, &Sources::default()))
}

/// What a project with these settings is made of, of which the texts in `sources` were read: pages may include
/// files from anywhere in the project.
pub(super) fn of(config: &Config, sources: &Sources) -> Inputs {
    let mut inputs: Inputs = ALWAYS.iter().map(PathBuf::from).collect();
    inputs.insert(config.layout.folder().into());
    inputs.insert(BUILT_IN.into());
    let elsewhere = |path: &&Path| !inputs.iter().any(|input| path.starts_with(input));
    let included: Vec<PathBuf> = sources.paths().filter(elsewhere).map(Path::to_owned).collect();
    inputs.extend(included);
    inputs.remove(Path::new(BUILT_IN));
    inputs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pages_include_is_an_input_wherever_it_stands() {
        let mut sources = Sources::default();
        for path in ["kiln.toml", "content/a.en.md", "examples/a.py", "(built in)/page.html"] {
            sources.add(path, "");
        }
        let config = Config::parse("", sources.add("kiln.toml", "")).value;
        let inputs = of(&config, &sources);
        assert!(inputs.contains(Path::new("content")) && inputs.contains(Path::new("examples/a.py")));
        assert_eq!(inputs.len(), ALWAYS.len() + 2);
    }
}
