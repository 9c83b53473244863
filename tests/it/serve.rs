//! `kiln serve`: the site while it is written.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::project::Project;

/// A running server, ended when dropped.
struct Server {
    child: Child,
    address: String,
    /// What it has printed.
    told: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(project: &Project) -> Self {
        Self::start_with(project, &[])
    }

    fn start_with(project: &Project, flags: &[&str]) -> Self {
        Self::start_telling(project, flags, Stdio::null())
    }

    /// A server that says on `told` what is wrong.
    fn start_telling(project: &Project, flags: &[&str], told: Stdio) -> Self {
        let mut command = project.command(&["serve", "--port", "0"]);
        command.args(flags);
        Self::run(command, told)
    }

    fn run(mut command: Command, told: Stdio) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(told).spawn().expect("kiln starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let line = lines.next().expect("a line");
        let address =
            line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
        let address = address.to_owned();
        let told = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&told);
        std::thread::spawn(move || lines.for_each(|line| hears.lock().expect("told").push(line)));
        Self { child, address, told }
    }

    /// How many builds it has told of.
    fn builds(&self) -> usize {
        self.told.lock().expect("told").iter().filter(|line| line.starts_with("built in")).count()
    }

    /// Waits until it has had nothing to tell for a while.
    fn rests(&self) {
        let mut before = usize::MAX;
        while before != self.builds() {
            before = self.builds();
            std::thread::sleep(Duration::from_millis(1500));
        }
    }

    /// Resident megabytes.
    #[cfg(target_os = "linux")]
    fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a size");
        line.split_whitespace().nth(1).expect("a number").parse::<usize>().expect("a number") / 1024
    }

    /// The status line and the body of the answer to `GET path`, asked as `host`.
    fn get(&self, path: &str, host: &str) -> (String, String) {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n"))
    }

    /// The status line and the body of the answer to a request with these lines.
    fn ask(&self, head: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        write!(stream, "{head}Connection: close\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        (head.lines().next().unwrap_or("").to_owned(), body.to_owned())
    }

    /// Waits until the answer for `path` has this status.
    #[track_caller]
    fn waits_for_code(&self, path: &str, code: &str) {
        let start = Instant::now();
        while !self.get(path, "localhost").0.contains(code) {
            assert!(start.elapsed() < Duration::from_secs(30), "{path} never answered {code}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the page at `path` holds `text`.
    #[track_caller]
    fn waits_for(&self, path: &str, text: &str) {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(30) {
            if self.get(path, "localhost").1.contains(text) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{path} never held {text:?}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn pages_that_show_a_cell_of_another_page_follow_it() {
    let cell = |code: &str| format!("# A\n\n```python run\n#| label: fig-x\n{code}\n```\n");
    let project = Project::new()
        .file("content/a/a.en.md", &cell("print('first', 40 + 2)"))
        .file("content/b/b.en.md", "# B\n\n{{< cell page=\"a\" label=\"fig-x\" >}}\n")
        .file("content/c/c.en.md", "# C\n\nBy @a/fig-x.\n");
    let server = Server::start(&project);
    server.waits_for("/en/b/", "first 42");
    assert!(server.get("/en/b/", "localhost").1.contains("href=\"../a/#fig-x\""));
    server.waits_for("/en/c/", "Figure\u{a0}1 in A");
    project.put("content/a/a.en.md", cell("print('second', 40 + 3)").as_bytes());
    server.waits_for("/en/b/", "second 43");
    // Another figure before it: its number is another one.
    let two = format!("{}\n```python run\n#| label: fig-y\n1\n```\n", "# A\n");
    project.put("content/a/a.en.md", (two + &cell("print('third', 3)")[4..]).as_bytes());
    server.waits_for("/en/c/", "Figure\u{a0}2 in A");
    server.waits_for("/en/b/", "third 3");
}

#[test]
fn an_edit_is_shown_a_fault_keeps_the_last_good_page_and_strangers_are_refused() {
    let project = Project::new().file("content/a/a.en.md", "# A\n\nFirst words.\n");
    let server = Server::start(&project);
    server.waits_for("/en/a/", "First words.");
    assert!(server.get("/en/a/", "localhost").1.contains("/__kiln/reload.js"));

    // As editors do it: a new file, renamed over the old one.
    project.put("content/a/.a.en.md.new", b"# A\n\nSecond words.\n");
    std::fs::rename(project.path("content/a/.a.en.md.new"), project.path("content/a/a.en.md"))
        .expect("renamed");
    server.waits_for("/en/a/", "Second words.");

    project.put("content/a/a.en.md", b"# A\n\n[gone](gone.en.md) third.\n");
    std::thread::sleep(Duration::from_millis(500));
    assert!(server.get("/en/a/", "localhost").1.contains("Second words."), "the last good page stays");
    project.put("content/a/a.en.md", b"# A\n\nFourth words.\n");
    server.waits_for("/en/a/", "Fourth words.");

    let (status, why) = server.get("/en/a/", "kiln.example");
    assert!(status.contains("403") && why.contains("localhost"), "{status}: {why}");
    assert!(server.get("/nowhere/", "localhost").0.contains("404"));
    assert!(server.get("/../kiln.toml", "localhost").0.contains("404"));
    assert!(server.get("/%2e%2e/kiln.toml", "localhost").0.contains("404"));
    assert!(!project.path("site").exists(), "serving writes nothing");
}

#[test]
fn a_figure_without_alternative_text_is_shown_and_warned_of() {
    let page = "# A\n\n```python run\n#| label: x\nimport kiln as k\nk.plot.heatmap(k.eye(3))\n```\n";
    let project = Project::new().file("content/a/a.en.md", page);
    let told = std::fs::File::create(project.path("told")).expect("a file");
    let server = Server::start_telling(&project, &[], told.into());
    server.waits_for("/en/a/", "<svg");
    let (start, mut told) = (Instant::now(), String::new());
    while told.is_empty() && start.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
        told = std::fs::read_to_string(project.path("told")).expect("a file");
    }
    assert!(told.contains("warning: the picture of `x` has no alternative text"), "{told}");
    assert!(!told.contains("error"), "{told}");
}

#[test]
fn pages_of_other_sites_get_nothing() {
    let project = Project::new().file("content/a/a.en.md", "# A\n\nFirst words.\n");
    let server = Server::start(&project);
    server.waits_for("/en/a/", "First words.");
    let asked = |lines: &str| server.ask(&format!("GET /en/a/ HTTP/1.1\r\n{lines}")).0;
    let address = &server.address;
    assert!(asked(&format!("Host: {address}\r\n")).contains("200"));
    assert!(asked(&format!("Host: {address}\r\nOrigin: http://{address}\r\n")).contains("200"));
    assert!(asked(&format!("Host: {address}\r\nOrigin: https://kiln.example\r\n")).contains("403"));
    assert!(
        asked(&format!("Host: {address}\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\n"))
            .contains("403")
    );
    let events =
        format!("GET /__kiln/events HTTP/1.1\r\nHost: {address}\r\nOrigin: https://kiln.example\r\n");
    assert!(server.ask(&events).0.contains("403"), "nor does it hear of changes");
    assert!(server.ask(&format!("POST /en/a/ HTTP/1.1\r\nHost: {address}\r\n")).0.contains("405"));
    // Until the whole site is there, what is not yet made is waited for.
    server.waits_for_code("/nowhere/", "404");
    for path in ["/..%2fkiln.toml", "/en/%2e%2e/%2e%2e/kiln.toml", "//kiln.toml", "/en/a/..%5c..%5ckiln.toml"]
    {
        assert!(server.get(path, "localhost").0.contains("404"), "{path}");
    }
}

/// Saves that editors and version control make, one after the other: none may be missed.
fn saves(project: &Project, server: &Server) {
    let page = project.path("content/a/a.en.md");
    let text = |word: &str| format!("# A\n\nWord {word}.\n");
    // In place.
    std::fs::write(&page, text("in-place")).expect("written");
    server.waits_for("/en/a/", "Word in-place.");
    // As vim does: the old file becomes the backup, a new one takes its name, the backup goes.
    let backup = project.path("content/a/a.en.md~");
    std::fs::rename(&page, &backup).expect("renamed");
    std::fs::write(&page, text("vim")).expect("written");
    std::fs::remove_file(&backup).expect("removed");
    server.waits_for("/en/a/", "Word vim.");
    // A row of automatic saves: the last one counts.
    for count in 0..40 {
        std::fs::write(&page, text(&format!("auto-{count}"))).expect("written");
    }
    server.waits_for("/en/a/", "Word auto-39.");
    // As git does: files disappear and others appear, in folders that come and go.
    std::fs::remove_dir_all(project.path("content/a")).expect("removed");
    project.put("content/b/b.en.md", text("checkout").as_bytes());
    server.waits_for("/en/b/", "Word checkout.");
    // The page that is asked for is shown before the whole site is: what is gone goes a moment later.
    server.waits_for_code("/en/a/", "404");
    // A file in a folder that was made while everything ran is watched too.
    project.put("content/b/b.en.md", text("again").as_bytes());
    server.waits_for("/en/b/", "Word again.");
    std::fs::rename(project.path("content/b"), project.path("content/c")).expect("moved");
    std::fs::rename(project.path("content/c/b.en.md"), project.path("content/c/c.en.md")).expect("moved");
    server.waits_for("/en/c/", "Word again.");
    // A change of everything.
    for count in 0..500 {
        project.put(&format!("content/many/p{count}.en.md"), text(&format!("many-{count}")).as_bytes());
    }
    project.put("content/many/_index.en.md", b"# Many\n");
    server.waits_for("/en/many/p499/", "Word many-499.");
}

#[test]
fn no_save_is_missed() {
    let project = Project::new().file("content/a/a.en.md", "# A\n\nFirst words.\n");
    let server = Server::start(&project);
    server.waits_for("/en/a/", "First words.");
    saves(&project, &server);
}

#[test]
fn no_save_is_missed_where_the_system_tells_nothing() {
    let project = Project::new().file("content/a/a.en.md", "# A\n\nFirst words.\n");
    let server = Server::start_with(&project, &["--poll"]);
    server.waits_for("/en/a/", "First words.");
    saves(&project, &server);
}

#[test]
fn a_page_is_shown_while_its_cells_still_run() {
    let cells = "# A\n\nProse at once.\n\n```python run\n#| label: slow\n#| echo: false\nimport time\nn = 0\n\
        for i in range(3_000_000):\n    n += i\nprint(f\"sum {n}\")\n```\n";
    let cells = cells.replace("import time\n", "");
    let project = Project::new().with_empty_cache().file("content/a/a.en.md", &cells);
    let server = Server::start(&project);
    let (_, first) = server.get("/en/a/", "localhost");
    assert!(first.contains("Prose at once.") && !first.contains("sum 4499998500000"), "{first}");
    server.waits_for("/en/a/", "sum 4499998500000");
}

#[test]
fn a_cell_that_was_mended_does_not_wait_for_what_it_was() {
    let page = |code: &str| format!("# A\n\nProse.\n\n```python run\n#| label: x\n{code}\n```\n");
    let project = Project::new().with_empty_cache().file("content/a/a.en.md", &page("while True:\n    pass"));
    let settings = std::fs::read_to_string(project.path("kiln.toml")).expect("read");
    project.put("kiln.toml", format!("{settings}[cells]\ntimeout = 3600\n").as_bytes());
    let server = Server::start(&project);
    server.waits_for("/en/a/", "Prose.");
    std::thread::sleep(Duration::from_millis(800));
    project.put("content/a/a.en.md", page("print('sum', 40 + 2)").as_bytes());
    server.waits_for("/en/a/", "sum 42");
}

#[test]
fn a_cell_goes_on_while_those_after_it_are_written() {
    let page = |after: &str| {
        let slow = "n = 0\nfor i in range(6_000_000):\n    n += i\nprint('slow', n)";
        format!(
            "# A\n\n{after}\n\n```python run\n#| label: x\n{slow}\n```\n\n```python run\n#| label: y\n\
             print('after', '{after}')\n```\n"
        )
    };
    let project = Project::new().with_empty_cache().file("content/a/a.en.md", &page("first"));
    let server = Server::start(&project);
    server.waits_for("/en/a/", "first");
    // Somebody types faster than it computes.
    let start = Instant::now();
    let mut count = 0;
    while !server.get("/en/a/", "localhost").1.contains("slow 17999997000000") {
        assert!(start.elapsed() < Duration::from_secs(60), "it is begun anew with every word");
        count += 1;
        project.put("content/a/a.en.md", page(&format!("word {count}")).as_bytes());
        std::thread::sleep(Duration::from_millis(400));
    }
    server.waits_for("/en/a/", &format!("after word {count}"));
}

#[test]
fn a_folder_that_is_moved_away_is_gone_and_one_save_is_told_once() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let project = Project::new()
        .file("content/part/_index.en.md", "# Part\n")
        .file("content/part/a/a.en.md", "# A\n\nFirst words.\n");
    let server = Server::start(&project);
    server.waits_for("/en/part/a/", "First words.");
    server.rests();
    let before = server.builds();
    project.put("content/part/a/a.en.md", b"# A\n\nSecond words.\n");
    server.waits_for("/en/part/a/", "Second words.");
    server.rests();
    assert_eq!(server.builds(), before + 1);
    // As a file manager moves it to the bin: the system tells of the folder alone.
    let bin = elsewhere.path().join("a");
    std::fs::rename(project.path("content/part/a"), &bin).expect("moved");
    server.waits_for_code("/en/part/a/", "404");
    std::fs::rename(&bin, project.path("content/part/a")).expect("moved");
    server.waits_for("/en/part/a/", "Second words.");
}

#[test]
fn programs_are_told_an_object_a_line() {
    let project = Project::new().file("content/a/a.en.md", "# A\n\nWords.\n");
    let server = Server::start_with(&project, &["--format", "json"]);
    server.waits_for("/en/a/", "Words.");
    let told = |wanted: &dyn Fn(&serde_json::Value) -> bool| {
        let start = Instant::now();
        loop {
            let lines = server.told.lock().expect("told").clone();
            let mut objects = lines.iter().map(|line| serde_json::from_str(line).expect(line));
            if objects.any(|object: serde_json::Value| wanted(&object)) {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{lines:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    told(&|object| object["event"] == "built" && object["diagnostics"] == serde_json::json!([]));
    project.put("content/a/a.en.md", b"# A\n\nWords and [gone](gone.md).\n");
    told(&|object| {
        let place = &object["diagnostics"][0]["place"];
        object["event"] == "built" && place["line"] == 3 && place["column"] == 11
    });
}

#[test]
#[cfg(unix)]
fn links_out_of_the_project_are_not_served() {
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("secret.txt"), "TOP SECRET\n").expect("written");
    std::fs::write(outside.path().join("secret.en.md"), "# TOP SECRET\n").expect("written");
    let link = |project: &Project, name: &str, to: &str| {
        std::os::unix::fs::symlink(outside.path().join(to), project.path(name)).expect("linked");
    };
    let paths =
        ["/a/secret.txt", "/secret.txt", "/en/secret/", "/folder/secret.txt", "/assets/secret.txt", "/en/a/"];
    let never = |server: &Server| {
        for path in paths {
            assert!(!server.get(path, "localhost").1.contains("TOP SECRET"), "{path}");
        }
    };
    // Links that were there before, and those that come while it runs.
    let project = Project::new().file("content/a/a.en.md", "# A\n\nFirst words.\n");
    link(&project, "content/a/secret.txt", "secret.txt");
    let server = Server::start(&project);
    server.waits_for("/en/a/", "First words.");
    never(&server);
    std::fs::remove_file(project.path("content/a/secret.txt")).expect("removed");
    project.put("content/a/a.en.md", b"# A\n\nSecond words.\n");
    server.waits_for("/en/a/", "Second words.");
    link(&project, "content/secret.txt", "secret.txt");
    link(&project, "content/secret.en.md", "secret.en.md");
    link(&project, "content/folder", "");
    link(&project, "templates/assets/secret.txt", "secret.txt");
    std::thread::sleep(Duration::from_millis(800));
    never(&server);
    assert!(server.get("/en/a/", "localhost").1.contains("Second words."), "the last good page stays");
}

#[test]
fn drafts_are_shown_to_those_who_ask_for_them() {
    let draft = "+++\ntitle = \"D\"\ndraft = true\n+++\n\nDraft words.\n";
    let project = Project::new().file("content/a.en.md", "# A\n\nWords.\n").file("content/d.en.md", draft);
    let server = Server::start(&project);
    server.waits_for("/en/a/", "Words.");
    server.waits_for_code("/en/d/", "404");
    drop(server);
    let server = Server::start_with(&project, &["--drafts"]);
    server.waits_for("/en/d/", "Draft words.");
    project.put("content/d.en.md", draft.replace("Draft", "Later").as_bytes());
    server.waits_for("/en/d/", "Later words.");
}

#[test]
#[cfg(target_os = "linux")]
fn the_browser_is_opened_for_those_who_ask_for_it() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new().file("content/a.en.md", "# A\n");
    let opener = project.path("bin/xdg-open");
    project.put("bin/xdg-open", b"#!/bin/sh\nprintf %s \"$1\" > \"$(dirname \"$0\")/opened.new\"\nmv \"$(dirname \"$0\")/opened.new\" \"$(dirname \"$0\")/opened\"\n");
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).expect("set");
    let path = format!("{}:{}", project.path("bin").display(), std::env::var("PATH").unwrap_or_default());
    let mut command = project.command(&["serve", "--port", "0", "--open"]);
    command.env("PATH", path);
    let server = Server::run(command, Stdio::null());
    let start = Instant::now();
    while !project.path("bin/opened").exists() {
        assert!(start.elapsed() < Duration::from_secs(20), "nothing was opened");
        std::thread::sleep(Duration::from_millis(20));
    }
    let opened = std::fs::read_to_string(project.path("bin/opened")).expect("read");
    assert_eq!(opened, format!("http://{}/", server.address));
}

#[test]
fn what_a_page_includes_is_watched_wherever_it_stands() {
    let project = Project::new()
        .file("content/a/a.en.md", "# A\n\n{{< include ../../examples/part.md >}}\n")
        .file("examples/part.md", "First part.\n");
    let server = Server::start(&project);
    server.waits_for("/en/a/", "First part.");
    server.rests();
    project.put("examples/part.md", b"Second part.\n");
    server.waits_for("/en/a/", "Second part.");
    // A file beside it that nobody includes is no input.
    server.rests();
    let builds = server.builds();
    project.put("examples/other.md", b"Nothing.\n");
    server.rests();
    assert_eq!(server.builds(), builds);
}

#[test]
fn a_storm_is_one_build_and_no_loop() {
    let page = |number: usize, word: &str| {
        (format!("content/p{number}.en.md"), format!("# P\n\n{word} {number}.\n"))
    };
    let project = Project::new();
    let put = |word: &str| {
        for (path, text) in (0..600).map(|number| page(number, word)) {
            project.put(&path, text.as_bytes());
        }
    };
    put("Calm");
    let server = Server::start(&project);
    server.waits_for("/en/p599/", "Calm 599.");
    server.rests();
    let before = server.builds();
    // All at once, twice, and one more word at the end.
    put("Windy");
    put("Stormy");
    project.put("content/p0.en.md", b"# P\n\nThe last word.\n");
    server.waits_for("/en/p0/", "The last word.");
    server.waits_for("/en/p599/", "Stormy 599.");
    server.rests();
    // The writes take longer than a storm has to be over where the machine is busy: a few builds, not hundreds.
    let after = server.builds();
    assert!((before + 1..before + 12).contains(&after), "{} builds", after - before);
    server.rests();
    assert_eq!(server.builds(), after, "nothing is built where nothing changes");
}

#[test]
#[cfg(target_os = "linux")]
fn memory_stays_flat_over_many_edits() {
    let project =
        Project::new().file("content/a.en.md", "# A\n").file("content/b.en.md", "# B\n\n[a](a.en.md#x)\n");
    let server = Server::start(&project);
    let edits = |from: usize| {
        for number in from..from + 150 {
            let extra =
                ["Word.", "## X {#x}", "```rust\nfn f() {}\n```", "[gone](gone.md)", "$x^2$"][number % 5];
            project.put(
                "content/a.en.md",
                format!("# A {number}\n\n{extra}\n\nEdit {number}.\n\n## X {{#x}}\n").as_bytes(),
            );
            std::thread::sleep(Duration::from_millis(15));
        }
        project.put("content/a.en.md", format!("# A\n\nAfter {from}.\n\n## X {{#x}}\n").as_bytes());
        server.waits_for("/en/a/", &format!("After {from}."));
        server.rests();
        server.memory()
    };
    let first = edits(0);
    let second = edits(1000);
    assert!(second < first + 32, "{first} MB, then {second} MB");
}
