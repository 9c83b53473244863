//! Killed at any moment, a build leaves the old site or the new one, and the next build succeeds.

use std::process::Stdio;
use std::time::Duration;

use crate::project::{Project, files};

/// A chapter whose cell takes long enough to be killed in.
fn project() -> Project {
    let cell = |n: usize| {
        format!(
            "```python run\n#| label: c{n}\nimport kiln as k\ntotal = 0\nfor i in range(20000):\n    total += i * {n}\nprint(total)\n```\n\n"
        )
    };
    let page: String = (1..8).map(cell).collect();
    let mut project = Project::new();
    for chapter in 0..4 {
        project =
            project.file(&format!("content/c{chapter}/c{chapter}.en.md"), &format!("# C{chapter}\n\n{page}"));
    }
    project.with_empty_cache()
}

#[test]
fn ten_kills_at_ten_moments() {
    let whole = project();
    whole.build();
    let expected = files(&whole.path("site"));

    let project = project();
    for round in 0..10_u64 {
        let mut child = project
            .command(&["build"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("kiln starts");
        // Spread over the life of a build, from its first milliseconds on.
        std::thread::sleep(Duration::from_millis(3 + round * round * 9));
        child.kill().expect("it can be killed");
        child.wait().expect("it has ended");
        let site = project.path("site");
        if site.exists() {
            assert!(files(&site) == expected, "round {round} left half a site");
        }
    }
    project.build();
    assert!(files(&project.path("site")) == expected, "the build after the kills differs");
}
