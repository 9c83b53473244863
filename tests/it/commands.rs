//! The commands around a build: starting a project, looking at cells, putting pages in order.

use crate::project::{Project, files, kiln, repository};

#[test]
fn a_new_project_builds_and_its_cells_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |args: &[&str]| {
        let output = kiln().args(args).current_dir(folder.path()).output().expect("kiln starts");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), stderr)
    };
    let (code, out, err) = run(&["init", "notes"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("kiln serve --open"), "{out}");
    let templates = folder.path().join("notes/templates");
    if !templates.exists() {
        crate::project::copy_templates(&templates);
    }
    let (code, _, err) = run(&["build", "--root", "notes"]);
    assert_eq!(code, Some(0), "{err}");
    let page = folder.path().join("notes/site/en/start/first/index.html");
    let page = std::fs::read_to_string(page).expect("the chapter is there");
    assert!(page.contains("The largest score gets") && page.contains("<svg"), "{page}");

    // What a build leaves beside the site is none of a repository's business.
    let ignored = std::fs::read_to_string(folder.path().join("notes/.gitignore")).expect("it is there");
    for entry in std::fs::read_dir(folder.path().join("notes")).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(".site") {
            assert!(ignored.lines().any(|line| name.starts_with(line.trim_matches(['/', '*']))), "{name}");
        }
    }

    let (code, _, err) = run(&["init", "notes"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("kiln.toml is there already"), "{err}");
    let (code, _, err) = run(&["init", "notes/kiln.toml"]);
    assert_eq!(code, Some(2), "{err}");
    let (code, out, err) = run(&["run", "start/first#probabilities", "--root", "notes"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("check holds: probabilities add up to one"), "{out}");
    let (code, out, _) = run(&["fmt", "--check", "--root", "notes"]);
    assert_eq!((code, out.as_str()), (Some(0), ""), "the starter is in order");
}

#[test]
fn a_chapter_is_written_once_in_every_language() {
    let project = Project::new();
    let ran = project.run(&["new", "chapter", "part/self-attention", "--weight", "3"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    project.build();
    assert!(project.site("en/part/self-attention/index.html").contains("Self attention"));
    assert!(project.path("content/part/self-attention/self-attention.zh.md").exists());
    assert!(project.path("content/part/_index.zh.md").exists());
    let refused = |args: &[&str], why: &str| {
        let ran = project.run(&[&["new", "chapter"], args].concat());
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(why), "{args:?}: {}", ran.stderr);
    };
    refused(&["part/self-attention"], "is there already");
    refused(&["../out"], "cannot be the folder of a chapter");
    refused(&["part"], "content/part is a section");
    refused(&["part/self-attention/more"], "none can stand below it");
    refused(&["other", "--title", "two\nlines"], "a title is one line");
    refused(&["other", "--title", " "], "a title is not empty");
    // Every section on the way gets its page, or no list would show the chapter.
    assert_eq!(
        project.run(&["new", "chapter", "one/two/three/four", "--title", "A \"b\" # c"]).code,
        Some(0)
    );
    let ran = project.build();
    assert!(!ran.stderr.contains("no list shows"), "{}", ran.stderr);
    assert!(project.site("en/one/two/three/four/index.html").contains("# c</h1>"));
}

#[test]
fn outside_of_a_project_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    for args in [
        &["new", "chapter", "a/b"][..],
        &["reference"],
        &["build"],
        &["fmt"],
        &["models", "ls"],
        &["build", "--root", "nowhere"],
    ] {
        let output = kiln().args(args).current_dir(folder.path()).output().expect("kiln starts");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let json = kiln().args(args).args(["--format", "json"]).current_dir(folder.path()).output();
        let told: serde_json::Value =
            serde_json::from_slice(&json.expect("kiln starts").stdout).expect("one object");
        assert_eq!(told["diagnostics"][0]["severity"], "error", "{args:?}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "{args:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_cannot_be_printed_is_told() {
    let project = Project::new().file("content/a/a.en.md", CELLS);
    for args in [&["graph"][..], &["build", "--format", "json"], &["models", "ls"], &["man"]] {
        let mut command = project.command(args);
        project.put("models.toml", b"");
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("it is there");
        let output = command.stdout(full).output().expect("kiln starts");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(5) && told.contains("cannot print"), "{args:?}: {told}");
    }
}

#[test]
#[cfg(unix)]
fn what_is_written_can_be_read_by_those_who_may() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new().file("content/a/a.en.md", CELLS);
    // The second build writes the manifest alone.
    project.build();
    project.build();
    assert_eq!(project.run(&["export", "script"]).code, Some(0));
    let mode = |path: &str| std::fs::metadata(project.path(path)).expect(path).permissions().mode() & 0o777;
    let usual = mode("content/a/a.en.md");
    for path in ["site/kiln-manifest.json", "site/index.html", "export/en/a/a.py"] {
        assert_eq!(mode(path), usual, "{path}");
    }
}

const CELLS: &str = "+++\ntitle=\"A\"\n+++\n\n```python run\n#|label: one\nn = 2\n```\n\n\
    ```python run\n#| echo: false\n#| label: two\nprint(n + 1)\n```\n";

#[test]
fn cells_are_run_alone_drawn_as_a_graph_and_put_in_order() {
    let project = Project::new().file("content/a/a.en.md", CELLS);
    let ran = project.run(&["run", "a#two"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "3\n"), "{}", ran.stderr);
    let typo = project.run(&["run", "a#twoo"]);
    assert_eq!(typo.code, Some(1));
    assert!(typo.stderr.contains("did you mean `a#two`?"), "{}", typo.stderr);
    // What is wrong with another chapter is that one's.
    project.put("content/b/b.en.md", b"# B\n\n```python run\n#| label: three\n#| lable: x\nn = (\n```\n");
    let beside = project.run(&["run", "a#two"]);
    assert_eq!((beside.code, beside.stdout.as_str(), beside.stderr.as_str()), (Some(0), "3\n", ""));
    let own = project.run(&["run", "b#three"]);
    assert!(own.code == Some(1) && own.stderr.contains("did you mean `label`?"), "{}", own.stderr);
    std::fs::remove_file(project.path("content/b/b.en.md")).expect("removed");
    let graph = project.run(&["graph"]);
    assert_eq!(graph.stdout, "a#one\na#two\n  reads n from a#one\n");
    assert!(project.run(&["graph", "--as", "dot"]).stdout.contains("\"a#one\" -> \"a#two\""));
    let nowhere = project.run(&["graph", "aa"]);
    assert_eq!((nowhere.code, nowhere.stdout.as_str()), (Some(1), ""));
    assert!(nowhere.stderr.contains("there is no chapter `aa`"), "{}", nowhere.stderr);

    assert_eq!(project.run(&["fmt", "--check"]).code, Some(1));
    assert_eq!(project.run(&["fmt"]).code, Some(0));
    let text = std::fs::read_to_string(project.path("content/a/a.en.md")).expect("there");
    assert!(text.contains("title = \"A\"") && text.contains("#| label: one\n"), "{text}");
    assert!(text.contains("#| label: two\n#| echo: false\nprint"), "{text}");
    assert_eq!(project.run(&["fmt", "--check"]).code, Some(0));
    // What cannot be read is told, and left as it is; the rest is put in order.
    project.put("content/b/b.en.md", b"+++\ntitle=\"B\"\n\nNever closed.\n");
    project.put("content/c/c.en.md", b"+++\ntitle=\"C\"\n+++\n\nNo text: \xff\n");
    project.put("content/d/d.en.md", b"+++\ntitle=\"D\"\n+++\n");
    let ran = project.run(&["fmt"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), "changed content/d/d.en.md\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("b.en.md:1:1") && ran.stderr.contains("c.en.md:5:10"), "{}", ran.stderr);
    assert!(std::fs::read(project.path("content/c/c.en.md")).expect("there").ends_with(b"\xff\n"));
    let json = project.run(&["fmt", "--check", "--format", "json"]);
    assert!(json.code == Some(1) && json.stdout.contains("\"line\":5"), "{}", json.stdout);
    std::fs::remove_file(project.path("content/b/b.en.md")).expect("removed");
    std::fs::remove_file(project.path("content/c/c.en.md")).expect("removed");
    // What a cell is keyed by has not changed.
    let json = project.run(&["run", "a#two", "--format", "json"]).stdout;
    assert!(json.contains("\"status\":\"cached\""), "{json}");
}

#[test]
fn shells_and_man_are_told_of_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = kiln().args(["completions", shell]).output().expect("kiln starts");
        let script = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(script.contains("explain"), "{shell}");
        let mut words = script.split(|c: char| !c.is_alphanumeric());
        assert!(words.all(|word| word != "worker"), "{shell}: what is for Kiln itself");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let pages = folder.path().join("share/man1");
    let status = kiln().args(["man", "--out"]).arg(&pages).status().expect("kiln starts");
    assert!(status.success());
    assert!(pages.join("kiln.1").exists() && pages.join("kiln-serve.1").exists());
    assert!(!pages.join("kiln-worker.1").exists(), "what is for Kiln itself is not in the manual");
}

#[test]
fn schemas_for_editors_are_those_of_the_types_that_read_the_files() {
    for name in ["kiln.toml", "models.toml", "front-matter"] {
        let output = kiln().args(["schema", name]).output().expect("kiln starts");
        let now = String::from_utf8_lossy(&output.stdout).into_owned();
        let path = repository().join(format!("docs/schemas/{name}.json"));
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(committed, now, "run `kiln schema {name} > docs/schemas/{name}.json`");
    }
}

/// A project with everything that a path, a clock or a locale could leave a mark on.
fn marked() -> Project {
    Project::new()
        .with_empty_cache()
        .file("kiln.toml", "title = \"T\"\nbase-url = \"https://kiln.example\"\nlast-updated = false\n")
        .file("content/part/_index.en.md", "# Part\n")
        .file("content/part/b/b.en.md", CELLS)
        .file("content/part/Ä/Ä.en.md", "# Ä\n\n```rust\nfn main() {}\n```\n")
        .file(
            "content/part/a/a.en.md",
            "# a\n\n```python run\n#| label: r\nimport kiln as k\nk.rng().normal(size=3)\n```\n",
        )
}

#[test]
fn a_site_has_the_same_bytes_wherever_and_whenever_it_is_built() {
    let (here, there) = (marked(), marked());
    let mut command = here.command(&["build", "--jobs", "1"]);
    assert!(command.env("TZ", "UTC").env("LC_ALL", "C").status().expect("kiln starts").success());
    // Another path, time zone and locale, another number of workers, and a folder that is named in full.
    let out = there.path("elsewhere/the site");
    let mut command = there.command(&["build", "--jobs", "3", "--out"]);
    let command =
        command.arg(&out).env("TZ", "Asia/Shanghai").env("LC_ALL", "zh_CN.UTF-8").env("LANG", "zh_CN.UTF-8");
    assert!(command.env("HOME", there.path("home")).status().expect("kiln starts").success());
    let (one, other) = (files(&here.path("site")), files(&out));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (path, bytes) in &one {
        assert_eq!(other.get(path), Some(bytes), "{path}");
    }
}

#[test]
fn a_deploy_report_says_what_publishing_changes() {
    let project = Project::new().file("content/a/a.en.md", "# A\n").file("content/b/b.en.md", "# B\n");
    project.build();
    let published = project.path("published.json");
    std::fs::copy(project.path("site/kiln-manifest.json"), &published).expect("copied");
    std::fs::remove_file(project.path("content/a/a.en.md")).expect("removed");
    project.put("content/c/c.en.md", b"# C\n");
    let ran = project.run(&["build", "--deploy-report", "report.md", "--against", "published.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let report = std::fs::read_to_string(project.path("report.md")).expect("written");
    for part in [
        "### Added",
        "- `en/c/index.html`",
        "### Changed",
        "- `en/b/index.html`",
        "### Removed",
        "- `en/a/index.html`",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
    let bad = project.run(&["build", "--deploy-report", "report.md", "--against", "kiln.toml"]);
    assert_eq!(bad.code, Some(2));
    assert!(bad.stderr.contains("name the kiln-manifest.json of a built site"), "{}", bad.stderr);
}

#[test]
fn chapters_are_exported_with_what_their_cells_show() {
    let project = Project::new()
        .with_empty_cache()
        .file("content/part/_index.en.md", "# Part\n")
        .file("content/part/b/b.en.md", CELLS)
        .file("content/part/c/c.en.md", "# C\n\n```python run\n#| label: y\nprint(1)\n```\n")
        .file("content/part/d/d.en.md", "# D\n\nNo cells.\n");
    let ran = project.run(&["export", "ipynb"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let names = |folder: &str| files(&project.path(folder)).into_keys().collect::<Vec<_>>();
    assert_eq!(names("export"), ["en/part/b/b.ipynb", "en/part/c/c.ipynb"]);
    let notebook = files(&project.path("export")).remove("en/part/c/c.ipynb").expect("a notebook");
    let notebook: serde_json::Value = serde_json::from_slice(&notebook).expect("JSON");
    let cells = notebook["cells"].as_array().expect("cells");
    let cell = cells.iter().find(|cell| cell["cell_type"] == "code").expect("a cell of code");
    assert_eq!(cell["outputs"][0]["text"], serde_json::json!(["1\n"]));

    // It is the file that the site offers, and one chapter is enough.
    project.build();
    let out = project.path("one");
    let ran =
        project.run(&["export", "script", "part/b", "--frozen", "--out", out.to_str().expect("a path")]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(names("one"), ["en/part/b/b.py"]);
    let script = files(&out).remove("en/part/b/b.py").expect("a script");
    assert_eq!(String::from_utf8(script).expect("text"), project.site("en/part/b/b.py"));

    let ran = project.run(&["export", "ipynb", "part/e"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("there is no chapter `part/e` with cells"), "{}", ran.stderr);
}

#[test]
fn a_check_tells_of_terms_that_are_written_otherwise_and_of_links_that_lead_nowhere() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let site = format!("http://{}", socket.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut stream in socket.incoming().flatten() {
            let mut asked = [0; 1024];
            let length = std::io::Read::read(&mut stream, &mut asked).unwrap_or(0);
            let gone = String::from_utf8_lossy(&asked[..length]).contains(" /gone ");
            let code = if gone { "404 Not Found" } else { "200 OK" };
            let answer = format!("HTTP/1.1 {code}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = std::io::Write::write_all(&mut stream, answer.as_bytes());
        }
    });
    let term = "[[term]]\nid = \"net\"\nname = { en = \"PyTorch\", zh = \"PyTorch\" }\navoid = { en = [\"torch library\"] }\ndefinition = { en = \"D.\", zh = \"定。\" }\n";
    let page = format!(
        "# A\n\nUse Pytorch, a [library]({site}/there) and\nno torch library: [gone]({site}/gone).\n"
    );
    let project =
        Project::new().with_empty_cache().file("content/glossary.toml", term).file("content/a.en.md", &page);
    let ran = project.run(&["check"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for told in [
        "a.en.md:3:5",
        "`Pytorch` is written `PyTorch`",
        "a.en.md:4:4",
        "`torch library` is written `PyTorch`",
    ] {
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("is not there"), "nobody was asked: {}", ran.stderr);
    let ran = project.run(&["check", "--external"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let told = format!("{site}/gone is not there: the site answers 404 Not Found");
    assert!(ran.stderr.contains(&told) && ran.stderr.contains("a.en.md:4:19"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("/there is not"), "{}", ran.stderr);
    // A build asks nobody, and tells nothing of spelling.
    let ran = project.run(&["build"]);
    assert!(ran.code == Some(0) && ran.stderr.is_empty(), "{}", ran.stderr);
}

#[test]
fn who_wants_to_know_more_is_told_more() {
    let project = Project::new().with_empty_cache().file("content/a.en.md", "# A\n");
    assert!(!project.run(&["build"]).stdout.contains("render:"));
    let ran = project.run(&["build", "--verbose", "--rerun"]);
    assert!(
        ["load and parse:", "render:", "write:"].iter().all(|step| ran.stdout.contains(step)),
        "{}",
        ran.stdout
    );
    assert_eq!(project.run(&["build", "--verbose", "--quiet"]).code, Some(2));
}
