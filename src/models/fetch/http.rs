//! HTTP: one agent for all downloads, and errors that say what to do.

use std::path::Path;
use std::time::Duration;

use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, ResponseExt as _};

use super::sink::{Brought, Pin, Sink};
use crate::models::progress::Task;
use crate::{Error, Result};

/// Bytes of an index page or package document at most: far above any real one.
const PAGE_LIMIT: u64 = 256 << 20;

/// An agent with the system's trusted certificates, or those of `SSL_CERT_FILE`, and the proxy of
/// the environment.
pub fn agent() -> Result<Agent> {
    let roots = match std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) {
        None => RootCerts::PlatformVerifier,
        Some(path) => {
            let pem = std::fs::read(&path)
                .map_err(Error::because(format!("cannot read SSL_CERT_FILE `{}`", path.display())))?;
            let certificates = parse_pem(&pem).filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            });
            RootCerts::from(certificates)
        }
    };
    let config = Agent::config_builder()
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .user_agent(concat!("kiln/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_secs(60)))
        .timeout_per_read(Some(Duration::from_secs(60)))
        .build();
    Ok(config.new_agent())
}

/// A page: its text, its type, and the address it came from in the end.
pub(crate) struct Page {
    pub(crate) text: String,
    pub(crate) mime: String,
    pub(crate) url: String,
}

/// Gets a text; `None` where the server says that there is none.
pub(crate) fn page(agent: &Agent, url: &str, accept: &str) -> Result<Option<Page>> {
    let mut response = match agent.get(url).header("accept", accept).call() {
        Ok(response) => response,
        Err(ureq::Error::StatusCode(404 | 410)) => return Ok(None),
        Err(error) => return Err(refused(url, &error)),
    };
    let mime = response.body().mime_type().unwrap_or_default().to_owned();
    let url = response.get_uri().to_string();
    let body = response.body_mut().with_config().limit(PAGE_LIMIT).lossy_utf8(true);
    let text = body.read_to_string().map_err(|error| refused(&url, &error))?;
    Ok(Some(Page { text, mime, url }))
}

/// Downloads `url` into a temporary file in `folder`; it has to be what `pin` says.
pub(crate) fn download(agent: &Agent, url: &str, folder: &Path, pin: Pin, task: &Task) -> Result<Brought> {
    let mut response = agent.get(url).call().map_err(|error| refused(url, &error))?;
    let stated = response.body().content_length();
    task.total(pin.size.or(stated));
    let mut sink = Sink::create(folder, pin, Some(task))?;
    let shown = shown(url);
    let mut reader = response.body_mut().with_config().limit(u64::MAX).reader();
    sink.fill(&mut reader, &shown)?;
    sink.finish(&shown)
}

/// `url` without a user name and password.
pub(crate) fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
    let host = host.rsplit('@').next().unwrap_or(host);
    let path = path.split(['?', '#']).next().unwrap_or(path);
    format!("{scheme}://{host}/{path}")
}

/// `link`, found on the page `base`, as a whole address.
pub(crate) fn join(base: &str, link: &str) -> String {
    if link.contains("://") {
        return link.to_owned();
    }
    let scheme_end = base.find("://").map_or(0, |at| at + 3);
    let host_end = base[scheme_end..].find('/').map_or(base.len(), |at| scheme_end + at);
    if let Some(rest) = link.strip_prefix("//") {
        return format!("{}{rest}", &base[..scheme_end]);
    }
    if link.starts_with('/') {
        return format!("{}{link}", &base[..host_end]);
    }
    let path = base[host_end..].split(['?', '#']).next().unwrap_or_default();
    let mut parts: Vec<&str> = path.split('/').skip(1).collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("{}/{}", &base[..host_end], parts.join("/"))
}

/// A failed request as an error.
fn refused(url: &str, error: &ureq::Error) -> Error {
    let url = shown(url);
    match error {
        ureq::Error::StatusCode(status @ (401 | 403)) => {
            Error::new(format!("{url} refuses access (HTTP {status})"))
                .hint("give the index a user and password in its address, or use another source")
        }
        ureq::Error::StatusCode(404 | 410) => Error::new(format!("{url} does not exist (HTTP 404)")),
        ureq::Error::StatusCode(status) => {
            Error::new(format!("{url} answers with HTTP {status}")).hint("try again later")
        }
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed | ureq::Error::Timeout(_) => {
            Error::new(format!("{url} cannot be reached: {error}"))
                .hint("check the network; behind a proxy, set HTTPS_PROXY")
        }
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => {
            Error::new(format!("{url} cannot be trusted: {error}"))
                .hint("where a proxy re-signs connections, set SSL_CERT_FILE to its certificate")
        }
        _ => Error::new(format!("cannot download {url}: {error}"))
            .hint("check the network; behind a proxy, set HTTPS_PROXY"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_joined_as_browsers_do() {
        let base = "https://host.example/simple/pkg/?x=1";
        for (link, whole) in [
            ("https://other.example/a.whl", "https://other.example/a.whl"),
            ("//other.example/a.whl", "https://other.example/a.whl"),
            ("/files/a.whl", "https://host.example/files/a.whl"),
            ("a.whl#sha256=00", "https://host.example/simple/pkg/a.whl#sha256=00"),
            ("../../files/./a.whl", "https://host.example/files/a.whl"),
        ] {
            assert_eq!(join(base, link), whole);
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(shown("https://me:secret@host.example/simple/?t=1"), "https://host.example/simple/");
        assert_eq!(shown("https://host.example"), "https://host.example/");
    }
}
