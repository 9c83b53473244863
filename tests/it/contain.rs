//! Nothing outside a project gets into its site, however a page, a link or a template asks for it.

use crate::project::Project;

/// A project beside a file that nobody may read.
fn project() -> (Project, tempfile::TempDir) {
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("secret.md"), "TOP SECRET\n").expect("written");
    std::fs::write(outside.path().join("secret.toml"), "word = \"TOP SECRET\"\n").expect("written");
    (Project::new().with_empty_cache(), outside)
}

#[track_caller]
fn refused(project: &Project, word: &str) {
    let ran = project.run(&["build"]);
    assert_eq!(ran.code, Some(1), "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains(word), "{}", ran.stderr);
    assert!(!ran.stderr.contains("TOP SECRET"), "{}", ran.stderr);
}

#[test]
fn includes_stay_in_the_project() {
    let (project, outside) = project();
    let secret = outside.path().join("secret.md");
    for path in [secret.to_str().expect("a path"), "../../../../../../../../etc/hostname", "/etc/hostname"] {
        project.put("content/a.en.md", format!("# A\n\n{{{{< include {path} >}}}}\n").as_bytes());
        refused(&project, "cannot be included");
        project.put("content/a.en.md", format!("# A\n\n```\n{{{{#include {path}}}}}\n```\n").as_bytes());
        refused(&project, "cannot be included");
    }
}

#[test]
#[cfg(unix)]
fn links_of_the_file_system_lead_nowhere_else() {
    let (project, outside) = project();
    std::os::unix::fs::symlink(outside.path().join("secret.md"), project.path("part.md")).expect("linked");
    project.put("content/a.en.md", b"# A\n\n{{< include ../part.md >}}\n");
    refused(&project, "a link leads out of the project");

    std::os::unix::fs::symlink(outside.path(), project.path("data")).expect("linked");
    project.put("content/a.en.md", b"# A\n");
    project.put("templates/chapter.html", b"{{ load_data(path=\"data/secret.toml\") }}");
    refused(&project, "there is no data file");
}

#[test]
fn raw_html_is_off_and_listed_where_it_is_on() {
    let project = Project::new().file("content/a.en.md", "# A\n\nA <kbd>key</kbd>.\n").with_empty_cache();
    refused(&project, "raw HTML is off");
    project.put("content/a.en.md", b"+++\nraw-html = true\n+++\n# A\n\nA <kbd>key</kbd>.\n");
    project.build();
    assert!(project.site("en/a/index.html").contains("A <kbd>key</kbd>."));
    let checked = project.run(&["check"]);
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    assert!(
        checked.stderr.contains("a.en.md:6:3") && checked.stderr.contains("raw HTML"),
        "{}",
        checked.stderr
    );
}
