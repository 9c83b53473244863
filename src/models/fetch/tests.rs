//! Fetching over HTTP, from a server in this process.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::models::Sha256;

/// Serves `pages` (path to type and body) until the test ends, and counts the requests.
struct Server {
    address: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn new(pages: &[(&str, &str, Vec<u8>)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let own = |(path, mime, body): &(&str, &str, Vec<u8>)| {
            let body = match String::from_utf8(body.clone()) {
                Ok(text) => text.replace("{HOST}", &address).into_bytes(),
                Err(error) => error.into_bytes(),
            };
            ((*path).to_owned(), ((*mime).to_owned(), body))
        };
        let pages: BTreeMap<String, (String, Vec<u8>)> = pages.iter().map(own).collect();
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = requests.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counter.fetch_add(1, Ordering::SeqCst);
                answer(stream, &pages);
            }
        });
        Self { address, requests }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }
}

/// Answers one request. A path that ends in `.short` gets half of its body.
fn answer(mut stream: TcpStream, pages: &BTreeMap<String, (String, Vec<u8>)>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let path = lines.next().and_then(|line| line.split(' ').nth(1).map(str::to_owned)).unwrap_or_default();
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let Some((mime, body)) = pages.get(&path) else {
        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {mime}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let sent = if path.ends_with(".short") { &body[..body.len() / 2] } else { body };
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(sent));
}

fn wheel(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A fetcher with a cache of its own, for the time of `test`.
fn with_fetcher<T>(test: impl FnOnce(&Fetcher<'_>) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path());
    let progress = Progress::quiet();
    let result = test(&Fetcher::new(&cache, &progress));
    let left: Vec<_> =
        folder.path().join("tmp").read_dir().map_or(Vec::new(), |list| list.flatten().collect());
    assert!(left.iter().all(|item| item.file_name() == "gate.lock"), "{left:?}");
    result
}

fn url_source(url: String, member: Option<&str>) -> Source {
    Source::Url { url, member: member.map(str::to_owned) }
}

fn read(brought: &Brought) -> Vec<u8> {
    std::fs::read(brought.file.path()).unwrap()
}

#[test]
fn two_members_of_an_archive_cost_one_download() {
    let server = Server::new(&[("/a.zip", "application/zip", wheel(&[("x", b"X"), ("y", b"Y")]))]);
    with_fetcher(|fetcher| {
        for (member, bytes) in [("x", b"X"), ("y", b"Y")] {
            let source = url_source(server.url("/a.zip"), Some(member));
            let pin = Pin { sha256: Some(Sha256::of(bytes)), size: Some(1) };
            assert_eq!(read(&fetcher.bring(&source, pin, None).unwrap()), bytes);
        }
        assert_eq!(server.requests.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_download_that_failed_is_not_tried_twice() {
    let server = Server::new(&[]);
    with_fetcher(|fetcher| {
        for member in ["x", "y"] {
            let error = fetcher.bring(&url_source(server.url("/a.zip"), Some(member)), Pin::default(), None);
            assert!(error.unwrap_err().to_string().contains("does not exist (HTTP 404)"));
        }
        assert_eq!(server.requests.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_download_that_is_cut_short_or_wrong_leaves_nothing() {
    let body = vec![0xff; 100_000];
    let server = Server::new(&[("/f.short", "x/y", body.clone()), ("/f", "x/y", body.clone())]);
    with_fetcher(|fetcher| {
        let pin = Pin { sha256: Some(Sha256::of(&body)), size: Some(body.len() as u64) };
        assert!(fetcher.bring(&url_source(server.url("/f.short"), None), pin, None).is_err());
        assert!(fetcher.bring(&url_source(server.url("/f"), None), pin, None).is_ok());
        let other = Pin { sha256: Some(Sha256::of(b"")), size: None };
        let error = fetcher.bring(&url_source(server.url("/f"), None), other, None).unwrap_err();
        assert!(error.to_string().contains("wrong sha256"), "{error}");
    });
}

#[test]
fn a_python_package_over_both_kinds_of_index() {
    let archive = wheel(&[("pkg/model.onnx", b"M")]);
    let hex = Sha256::of(&archive).to_string();
    let listing = format!(
        r#"{{"files":[{{"filename":"My_Pkg-1.0-py3-none-any.whl","url":"/f/w.whl","hashes":{{"sha256":"{hex}"}}}}]}}"#
    );
    let html = format!("<a href=\"{{HOST}}/f/w.whl#sha256={hex}\">My_Pkg-1.0-py3-none-any.whl</a>");
    let server = Server::new(&[
        ("/json/my-pkg/", "application/vnd.pypi.simple.v1+json", listing.into()),
        ("/html/my-pkg/", "text/html; charset=utf-8", html.into()),
        ("/f/w.whl", "application/octet-stream", archive),
    ]);
    for index in ["/json", "/html"] {
        with_fetcher(|fetcher| {
            let folder = fetcher.scratch().unwrap().folder("package-").unwrap();
            let request = pypi::Request { name: "My_Pkg", version: "1.0", sdist: false, target: None };
            let package = pypi::over_http(fetcher, &request, &server.url(index), &folder).unwrap();
            let mut sink = Sink::create(&folder, Pin::default(), None).unwrap();
            archive::copy_member(&package, "pkg/model.onnx", &folder, &mut sink).unwrap();
            assert_eq!(sink.finish("m").unwrap().sha256, Sha256::of(b"M"));
            let absent = pypi::Request { version: "2.0", ..request };
            let error = pypi::over_http(fetcher, &absent, &server.url(index), &folder).unwrap_err();
            assert_eq!(error.to_string(), "the index has no wheel of version 2.0");
        });
    }
}

#[test]
fn an_npm_package_over_a_registry() {
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_ustar();
    header.set_size(1);
    builder.append_data(&mut header, "package/onnx/m.onnx", &b"M"[..]).unwrap();
    let tarball = builder.into_inner().unwrap().finish().unwrap();
    let document = r#"{"name":"@s/p","dist":{"tarball":"{HOST}/@s/p/-/p-1.0.0.tgz"}}"#;
    let server = Server::new(&[
        ("/@s%2fp/1.0.0", "application/json", document.into()),
        ("/@s/p/-/p-1.0.0.tgz", "application/octet-stream", tarball),
    ]);
    with_fetcher(|fetcher| {
        let folder = fetcher.scratch().unwrap().folder("package-").unwrap();
        let package = npm::over_http(fetcher, &server.url("/"), "@s/p", "1.0.0", &folder).unwrap();
        let mut sink = Sink::create(&folder, Pin::default(), None).unwrap();
        archive::copy_member(&package, "onnx/m.onnx", &folder, &mut sink).unwrap();
        assert_eq!(sink.finish("m").unwrap().sha256, Sha256::of(b"M"));
        let error = npm::over_http(fetcher, &server.url("/"), "@s/p", "9.9.9", &folder).unwrap_err();
        assert_eq!(error.to_string(), "the registry has no @s/p 9.9.9");
    });
}
