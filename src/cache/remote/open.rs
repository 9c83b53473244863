//! From an address to a service.
//!
//! This is the one place that lets the environment say who we are: `AWS_*`, `GOOGLE_*`, `AZURE_*`, read by
//! the client of each service. No setting of Kiln's holds a credential.

#![expect(clippy::disallowed_methods, reason = "a shared store may be a folder, which is made here")]

use std::fmt;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use tokio::runtime::{Builder, Runtime};

use crate::{Error, Result};

/// Where a shared store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    kind: Kind,
    /// The bucket and the prefix in it, the path of a folder, or the whole address of a server.
    place: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    S3,
    Google,
    Azure,
    Http,
    Folder,
}

/// An opened service.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) objects: Box<dyn ObjectStore>,
    /// Where in it our files stand.
    base: Path,
    /// What talks to it.
    pub(super) runtime: Runtime,
}

impl Service {
    /// The place of the file that stands at `path` below our base.
    pub(super) fn path(&self, path: &Path) -> Path {
        self.base.parts().chain(path.parts()).collect()
    }
}

impl Address {
    /// Reads `url`.
    ///
    /// # Errors
    /// There is no such kind of store.
    pub(super) fn parse(url: &str) -> Result<Self> {
        let (kind, place) = match url.split_once("://") {
            None => (Kind::Folder, url),
            Some(("file", path)) => (Kind::Folder, path),
            Some(("s3", place)) => (Kind::S3, place),
            Some(("gs", place)) => (Kind::Google, place),
            Some(("az", place)) => (Kind::Azure, place),
            Some(("http" | "https", _)) => (Kind::Http, url),
            Some((other, _)) => {
                return Err(Error::new(format!("there is no shared store of the kind `{other}://`"))
                    .hint("use s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX, a folder, or https://…, which can only be read"));
            }
        };
        if place.trim_matches('/').is_empty() {
            return Err(Error::new(format!("the address `{url}` of the shared store names no place")));
        }
        Ok(Self { kind, place: place.to_owned() })
    }

    /// Whether a store of this kind can take anything.
    pub(super) fn is_writable(&self) -> bool {
        self.kind != Kind::Http
    }

    /// Opens the store. Nothing is sent yet.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub(super) fn open(&self) -> Result<Service, String> {
        // It fails where a provider was installed before, which is as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (place, prefix) = self.place.split_once('/').unwrap_or((&self.place, ""));
        let (objects, base) = match self.kind {
            Kind::S3 => {
                let builder = AmazonS3Builder::from_env().with_bucket_name(place).with_retry(retry());
                (boxed(builder.build())?, prefix)
            }
            Kind::Google => {
                let builder =
                    GoogleCloudStorageBuilder::from_env().with_bucket_name(place).with_retry(retry());
                (boxed(builder.build())?, prefix)
            }
            Kind::Azure => {
                let builder =
                    MicrosoftAzureBuilder::from_env().with_container_name(place).with_retry(retry());
                (boxed(builder.build())?, prefix)
            }
            Kind::Http => {
                let plain = ClientOptions::new().with_allow_http(self.place.starts_with("http://"));
                let builder = HttpBuilder::new().with_url(&self.place);
                (boxed(builder.with_client_options(plain).with_retry(retry()).build())?, "")
            }
            Kind::Folder => {
                std::fs::create_dir_all(&self.place).map_err(|error| error.to_string())?;
                (boxed(LocalFileSystem::new_with_prefix(&self.place))?, "")
            }
        };
        let base = Path::parse(base).map_err(|error| error.to_string())?;
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Ok(Service { objects, base, runtime: runtime.map_err(|error| error.to_string())? })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.kind {
            Kind::S3 => "s3://",
            Kind::Google => "gs://",
            Kind::Azure => "az://",
            Kind::Http | Kind::Folder => "",
        };
        write!(f, "{scheme}{}", self.place)
    }
}

fn boxed<S: ObjectStore>(opened: object_store::Result<S>) -> Result<Box<dyn ObjectStore>, String> {
    match opened {
        Ok(objects) => Ok(Box::new(objects)),
        Err(error) => Err(error.to_string()),
    }
}

/// A hiccup is waited for; a store that is gone must not hold up a build.
fn retry() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(2),
            base: 2.0,
        },
        max_retries: 3,
        retry_timeout: Duration::from_secs(20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_shown() {
        for (url, kind) in [
            ("s3://bucket/a/b", Kind::S3),
            ("gs://bucket", Kind::Google),
            ("az://container/a", Kind::Azure),
            ("https://example.org/bakes", Kind::Http),
            ("../bakes", Kind::Folder),
        ] {
            let address = Address::parse(url).expect("an address");
            assert_eq!((address.kind, address.to_string()), (kind, url.to_owned()));
            assert_eq!(address.is_writable(), kind != Kind::Http);
        }
        for (url, fault) in [("ftp://a/b", "`ftp://`"), ("s3://", "names no place"), ("", "names no place")] {
            let error = Address::parse(url).expect_err("a fault").to_string();
            assert!(error.contains(fault), "{error}");
        }
    }
}
