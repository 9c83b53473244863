//! The server: files from memory, and a stream of events that tells pages to load anew.
//!
//! A page of the wide web must not read an author's drafts through the browser: requests whose
//! `Host` is not this server's are refused.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use super::Site;

const SCRIPT_PATH: &str = "/__kiln/reload.js";
const SCRIPT: &str = include_str!("reload.js");

/// Serves `site` on `socket` for good.
pub(super) async fn run(socket: TcpListener, site: Arc<Site>, host: IpAddr) -> std::io::Result<()> {
    let app = Router::new()
        .route("/__kiln/events", get(events))
        .route(SCRIPT_PATH, get(|| async { typed("text/javascript; charset=utf-8", SCRIPT.into()) }))
        .fallback(file)
        .layer(axum::middleware::from_fn(move |request: Request, next: axum::middleware::Next| async move {
            if is_local(&request, host) {
                next.run(request).await
            } else {
                StatusCode::FORBIDDEN.into_response()
            }
        }))
        .with_state(site);
    axum::serve(socket, app).await
}

/// Whether the request names this server by an address of its own.
fn is_local(request: &Request, host: IpAddr) -> bool {
    let Some(value) = request.headers().get(header::HOST).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let name = value.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let name = name.map_or(value, |(name, _)| name).trim_start_matches('[').trim_end_matches(']');
    let address = name.parse::<IpAddr>().ok();
    name == "localhost"
        || address.is_some_and(|address| address.is_loopback() || address == host || host.is_unspecified())
}

async fn file(State(site): State<Arc<Site>>, request: Request) -> Response {
    let path = percent_decode(request.uri().path().trim_start_matches('/'));
    if let Some((path, bytes)) = site.file(&path) {
        return respond(StatusCode::OK, &path, &bytes);
    }
    if site.file(&format!("{path}/")).is_some() {
        return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, format!("/{path}/"))]).into_response();
    }
    match site.file("404.html") {
        Some((path, bytes)) => respond(StatusCode::NOT_FOUND, &path, &bytes),
        None => (StatusCode::NOT_FOUND, "The site is not built yet, or has no such page.").into_response(),
    }
}

fn respond(status: StatusCode, path: &str, bytes: &[u8]) -> Response {
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
    let body = if path.ends_with(".html") { with_script(bytes) } else { bytes.to_vec() };
    (status, typed(mime, body)).into_response()
}

fn typed(mime: &'static str, body: Vec<u8>) -> Response {
    let headers = [(header::CONTENT_TYPE, mime), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from(body)).into_response()
}

/// The page with the script that reloads it, before the end of its body.
fn with_script(html: &[u8]) -> Vec<u8> {
    let tag = format!("<script src=\"{SCRIPT_PATH}\" defer></script>");
    let end = html.windows(7).rposition(|window| window == b"</body>").unwrap_or(html.len());
    [&html[..end], tag.as_bytes(), &html[end..]].concat()
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
        let data =
            serde_json::json!({ "version": now.version, "faults": now.faults, "running": [] }).to_string();
        Some((Ok(Event::default().data(data)), (news, false)))
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
    fn only_names_of_this_machine_are_served() {
        let host = IpAddr::from([127, 0, 0, 1]);
        let ask = |name: &str| {
            let request =
                Request::builder().header(header::HOST, name).body(Body::empty()).expect("a request");
            is_local(&request, host)
        };
        for name in ["localhost", "localhost:3000", "127.0.0.1:80", "[::1]:3000"] {
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
        let html = String::from_utf8(with_script(b"<body>x</body></html>")).expect("text");
        assert_eq!(html, "<body>x<script src=\"/__kiln/reload.js\" defer></script></body></html>");
    }
}
