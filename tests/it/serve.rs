//! `kiln serve`: the site while it is written.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::project::Project;

/// A running server, ended when dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(project: &Project) -> Self {
        let mut command = project.command(&["serve", "--port", "0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("kiln starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let address =
            line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
        Self { child, address: address.to_owned() }
    }

    /// The status line and the body of the answer to `GET path`, asked as `host`.
    fn get(&self, path: &str, host: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        (head.lines().next().unwrap_or("").to_owned(), body.to_owned())
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

    assert!(server.get("/en/a/", "kiln.example").0.contains("403"));
    assert!(server.get("/nowhere/", "localhost").0.contains("404"));
    assert!(server.get("/../kiln.toml", "localhost").0.contains("404"));
    assert!(server.get("/%2e%2e/kiln.toml", "localhost").0.contains("404"));
    assert!(!project.path("site").exists(), "serving writes nothing");
}
