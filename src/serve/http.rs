//! The server: files from memory, and a stream of events that tells pages to load anew.
//!
//! A page of the wide web must not read an author's drafts through the browser: requests whose `Host` or
//! `Origin` is not this server's are refused, as are those that a browser makes for a page of another site,
//! unless a person follows a link.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, Method, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use super::Site;
use crate::build::Running;

const SCRIPT_PATH: &str = "/__kiln/reload.js";
const SCRIPT: &str = include_str!("reload.js");

/// How long a request waits for the first build.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is shown while there is no page: the script shows faults over it, and loads the page when it is there.
const WAIT: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Kiln</title></head>\
    <body><p>The site is being built.</p></body></html>";

/// What a request gets that is not this server's own.
const REFUSED: &str = "kiln serve answers requests for `localhost` or for an address in digits only, and none that \
    a page of another site makes.\n";

/// Serves `site` on `socket` for good.
pub(super) async fn run(socket: TcpListener, site: Arc<Site>, host: IpAddr) -> std::io::Result<()> {
    let app = Router::new()
        .route("/__kiln/events", get(events))
        .route(SCRIPT_PATH, get(|| async { typed("text/javascript; charset=utf-8", SCRIPT.into()) }))
        .fallback(file)
        .layer(axum::middleware::from_fn(move |request: Request, next: axum::middleware::Next| async move {
            match request.method() {
                _ if !is_local(&request, host) => (StatusCode::FORBIDDEN, REFUSED).into_response(),
                &Method::GET | &Method::HEAD => next.run(request).await,
                _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
            }
        }))
        .with_state(site);
    axum::serve(socket, app).await
}

/// Whether the request is one of this server's own pages, or of a person.
fn is_local(request: &Request, host: IpAddr) -> bool {
    let header = |name: HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap_or(""));
    if !header(header::HOST).is_some_and(|name| names_us(name, host)) {
        return false;
    }
    // `Origin` has the form `http://name:port`; a page without one sends `null`.
    let origin =
        |text: &str| text.split_once("://").is_some_and(|(_, name)| header(header::HOST) == Some(name));
    if header(header::ORIGIN).is_some_and(|text| !origin(text)) {
        return false;
    }
    let fetch = |name: &'static str| header(HeaderName::from_static(name));
    fetch("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"))
        || fetch("sec-fetch-mode") == Some("navigate")
}

/// Whether `value`, a name with or without a port, is an address of this server.
fn names_us(value: &str, host: IpAddr) -> bool {
    let name = value.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let name = name.map_or(value, |(name, _)| name).trim_start_matches('[').trim_end_matches(']');
    let address = name.parse::<IpAddr>().ok();
    name.eq_ignore_ascii_case("localhost")
        || address.is_some_and(|address| address.is_loopback() || address == host || host.is_unspecified())
}

async fn file(State(site): State<Arc<Site>>, request: Request) -> Response {
    let path = percent_decode(request.uri().path().trim_start_matches('/'));
    site.ask(&path);
    if site.is_new() {
        first_build(&site).await;
    }
    // Before the file is read: it is at least as new.
    let version = version(site.version());
    if let Some((path, bytes)) = site.file(&path) {
        return respond(StatusCode::OK, &path, &bytes, &version);
    }
    if site.file(&format!("{path}/")).is_some() {
        return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, format!("/{path}/"))]).into_response();
    }
    match site.file("404.html") {
        Some((path, bytes)) => respond(StatusCode::NOT_FOUND, &path, &bytes, &version),
        None => respond(StatusCode::SERVICE_UNAVAILABLE, "wait.html", WAIT.as_bytes(), &version),
    }
}

/// Waits until there is something to show, but not for good.
async fn first_build(site: &Site) {
    let mut news = site.subscribe();
    let shown = async { while site.is_new() && news.changed().await.is_ok() {} };
    let _ = tokio::time::timeout(PATIENCE, shown).await;
}

fn respond(status: StatusCode, path: &str, bytes: &[u8], version: &str) -> Response {
    let mime = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("xml") => "application/xml",
        Some("txt" | "md" | "py") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };
    let body = if path.ends_with(".html") { with_script(bytes, version) } else { bytes.to_vec() };
    (status, typed(mime, body)).into_response()
}

fn typed(mime: &'static str, body: Vec<u8>) -> Response {
    let headers = [(header::CONTENT_TYPE, mime), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from(body)).into_response()
}

/// The page with the script that keeps it up to date, before the end of its body, and which version it is.
fn with_script(html: &[u8], version: &str) -> Vec<u8> {
    // Not deferred: it has to see the page before other scripts change it.
    let tag = format!("<script src=\"{SCRIPT_PATH}\" data-version=\"{version}\"></script>");
    let end = html.windows(7).rposition(|window| window == b"</body>").unwrap_or(html.len());
    [&html[..end], tag.as_bytes(), &html[end..]].concat()
}

/// `count` as browsers get it: a server that was started again counts anew.
fn version(count: u64) -> String {
    format!("{}-{count}", std::process::id())
}

/// The stream of news: one event at once, then one a change.
async fn events(State(site): State<Arc<Site>>) -> impl IntoResponse {
    let news = site.subscribe();
    let stream = changes(news);
    Sse::new(stream).keep_alive(KeepAlive::default())
}

fn changes(
    news: tokio::sync::watch::Receiver<super::site::News>,
) -> impl futures_util::Stream<Item = Result<Event, Infallible>> {
    futures_util::stream::unfold((news, true), |(mut news, first)| async move {
        if !first && news.changed().await.is_err() {
            return None;
        }
        let now = news.borrow_and_update().clone();
        let running: Vec<serde_json::Value> = now.running.iter().map(running).collect();
        let data = serde_json::json!({
            "version": version(now.version), "faults": now.faults, "running": running, "renewed": now.renewed,
        });
        let data = data.to_string();
        Some((Ok(Event::default().data(data)), (news, false)))
    })
}

fn running(chapter: &Running) -> serde_json::Value {
    let Running { chapter, pages, waiting, total } = chapter;
    serde_json::json!({
        "name": chapter, "pages": pages, "waiting": waiting, "total": total, "done": total - waiting.len(),
    })
}

fn percent_decode(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = (first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(hex.unwrap_or(first));
        rest = if hex.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_for_pages_of_other_sites_are_refused() {
        let host = IpAddr::from([127, 0, 0, 1]);
        let ask = |headers: &[(&str, &str)]| {
            let request = Request::builder().header(header::HOST, "localhost:3000");
            let request =
                headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            is_local(&request.body(Body::empty()).expect("a request"), host)
        };
        assert!(ask(&[]));
        assert!(ask(&[("origin", "http://localhost:3000"), ("sec-fetch-site", "same-origin")]));
        assert!(ask(&[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")]));
        assert!(
            ask(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]),
            "a link was followed"
        );
        assert!(
            !ask(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]),
            "an image or a script"
        );
        assert!(!ask(&[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "cors")]), "another port");
        for origin in
            ["https://kiln.example", "http://localhost:3001", "null", "http://localhost:3000.kiln.example"]
        {
            assert!(!ask(&[("origin", origin)]), "{origin}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_served() {
        let host = IpAddr::from([127, 0, 0, 1]);
        let ask = |name: &str| {
            let request =
                Request::builder().header(header::HOST, name).body(Body::empty()).expect("a request");
            is_local(&request, host)
        };
        for name in ["localhost", "LocalHost:3000", "127.0.0.1:80", "[::1]:3000"] {
            assert!(ask(name), "{name}");
        }
        for name in ["kiln.example", "localhost.kiln.example:3000", "10.0.0.1:3000", ""] {
            assert!(!ask(name), "{name}");
        }
    }

    #[test]
    fn paths_are_decoded() {
        assert_eq!(percent_decode("a%20b/%E4%B8%AD"), "a b/中");
        assert_eq!(percent_decode("100%"), "100%");
    }

    #[test]
    fn the_script_stands_before_the_end_of_the_body() {
        let html = String::from_utf8(with_script(b"<body>x</body></html>", "7-1")).expect("text");
        assert_eq!(
            html,
            "<body>x<script src=\"/__kiln/reload.js\" data-version=\"7-1\"></script></body></html>"
        );
    }
}
