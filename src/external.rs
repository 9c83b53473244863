//! Whether other sites still have what pages link to. A build never asks: only `kiln check --external` does.
//!
//! A site is asked for the head of each address, and for the page itself where it gives no heads; for one
//! address at a time, and several sites at once. Only what a site says for certain is a fault of the page: one
//! that is slow, busy or wary of programs proves nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ureq::http::StatusCode;
use ureq::{Agent, Error as Fault};

use crate::models;
use crate::{Result, interrupt};

/// How many sites are asked at once.
const AT_ONCE: usize = 12;

/// How long an address is waited for, redirections and all.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What came of asking for an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is there.
    Found,
    /// It is not: the site says so, or there is no such site.
    Gone(String),
    /// Nobody can tell.
    Unsure(String),
}

/// What other sites say about `urls`, each of which is asked for once and waited for at most `patience`; `step`
/// hears of every answer.
///
/// # Errors
/// The certificates that connections are checked by cannot be read.
pub fn ask<'a>(
    urls: impl IntoIterator<Item = &'a str>,
    patience: Duration,
    step: &(dyn Fn() + Sync),
) -> Result<BTreeMap<String, Answer>> {
    let agent = models::agent()?;
    let mut sites: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for url in urls {
        sites.entry(site(url)).or_default().push(url);
    }
    let queue = Mutex::new(sites.into_values().collect::<Vec<_>>());
    let answers = Mutex::new(BTreeMap::new());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(urls) = next() {
                    for url in urls.into_iter().take_while(|_| !interrupt::asked()) {
                        let answer = one(&agent, url, patience);
                        let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
                        answers.insert(url.to_owned(), answer);
                        step();
                    }
                }
            });
        }
    });
    interrupt::check()?;
    Ok(answers.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// The site that has `url`: `https://host:port`.
fn site(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find(['/', '?', '#']).map_or(url, |end| &url[..host + end])
}

fn one(agent: &Agent, url: &str, patience: Duration) -> Answer {
    // What stands after `#` is not for the site.
    let url = url.split('#').next().unwrap_or(url);
    let head = agent.head(url).config().http_status_as_error(false).timeout_global(Some(patience)).build();
    match head.call().map(|answer| answer.status()) {
        Ok(status) if status.is_success() => return Answer::Found,
        Err(fault) if !may_be_another_way(&fault) => return unreached(&fault),
        // Many sites know no heads, and say anything about them.
        Ok(_) | Err(_) => {}
    }
    let get = agent.get(url).config().http_status_as_error(false).timeout_global(Some(patience)).build();
    match get.call().map(|answer| answer.status()) {
        Ok(status) if status.is_success() => Answer::Found,
        Ok(status @ (StatusCode::NOT_FOUND | StatusCode::GONE)) => {
            Answer::Gone(format!("the site answers {status}"))
        }
        Ok(status) => Answer::Unsure(format!("the site answers {status}")),
        Err(fault) => unreached(&fault),
    }
}

/// Whether the page may come where its head does not.
fn may_be_another_way(fault: &Fault) -> bool {
    matches!(fault, Fault::Protocol(_) | Fault::Io(_) | Fault::ConnectionFailed)
}

fn unreached(fault: &Fault) -> Answer {
    match fault {
        Fault::HostNotFound => Answer::Gone("there is no such site".to_owned()),
        Fault::BadUri(why) => Answer::Gone(format!("this is no address: {why}")),
        other => Answer::Unsure(format!("no answer: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// Answers each request with what its path says: `/200`, `/head-405` (404 to a head, 200 to the rest).
    fn answer(mut stream: TcpStream) -> std::io::Result<()> {
        let mut line = String::new();
        BufReader::new(stream.try_clone()?).read_line(&mut line)?;
        let code = match line.split_whitespace().nth(1).unwrap_or_default() {
            "/no-heads" if line.starts_with("HEAD") => "405 Method Not Allowed",
            "/no-heads" | "/there" => "200 OK",
            "/moved" => "301 Moved Permanently\r\nLocation: /there",
            "/gone" => "410 Gone",
            "/busy" => "503 Service Unavailable",
            "/slow" => {
                std::thread::sleep(Duration::from_secs(3));
                "200 OK"
            }
            _ => "404 Not Found",
        };
        write!(stream, "HTTP/1.1 {code}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    }

    #[test]
    fn only_what_is_certain_is_a_fault() {
        let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = socket.local_addr().expect("an address");
        std::thread::spawn(move || {
            for stream in socket.incoming().flatten() {
                std::thread::spawn(move || answer(stream));
            }
        });
        let urls: BTreeSet<String> =
            ["there", "there#part", "no-heads", "moved", "gone", "nowhere", "busy", "slow"]
                .iter()
                .map(|path| format!("http://{address}/{path}"))
                .collect();
        let answers = ask(urls.iter().map(String::as_str), Duration::from_secs(1), &|| {}).expect("answers");
        let of = |path: &str| &answers[&format!("http://{address}/{path}")];
        for path in ["there", "there#part", "no-heads", "moved"] {
            assert_eq!(*of(path), Answer::Found, "{path}");
        }
        assert_eq!(*of("gone"), Answer::Gone("the site answers 410 Gone".into()));
        assert_eq!(*of("nowhere"), Answer::Gone("the site answers 404 Not Found".into()));
        assert_eq!(*of("busy"), Answer::Unsure("the site answers 503 Service Unavailable".into()));
        assert!(
            matches!(of("slow"), Answer::Unsure(why) if why.starts_with("no answer")),
            "{:?}",
            of("slow")
        );
    }

    #[test]
    fn addresses_are_asked_for_site_by_site() {
        for (url, expect) in [
            ("https://a.example/x/y", "https://a.example"),
            ("http://a.example:80?x", "http://a.example:80"),
            ("https://a.example", "https://a.example"),
        ] {
            assert_eq!(site(url), expect, "{url}");
        }
    }
}
