//! The pinned release, platform by platform.

use std::path::PathBuf;

use crate::models::fetch::Target;
use crate::models::manifest::{Package, Source};
use crate::models::{Cache, Sha256};

/// The release that Kiln runs on. Output bits differ between releases, so it is in every key.
pub const VERSION: &str = "1.32.0";

/// The Python whose wheels were hashed.
const PYTHON: &str = "3.11";

/// A platform that the release was built for.
#[derive(Debug, PartialEq, Eq)]
pub struct Platform {
    os: &'static str,
    arch: &'static str,
    target: Target,
    library: &'static str,
    sha256: &'static str,
    size: u64,
}

/// The wheels that carry the library. There is no build for musl and none for Intel Macs.
const PLATFORMS: [Platform; 4] = [
    Platform {
        os: "linux",
        arch: "x86_64",
        target: target("manylinux_2_28_x86_64", "x86_64-manylinux_2_28"),
        library: "libonnxruntime.so.1.32.0",
        sha256: "6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f",
        size: 34_824_680,
    },
    Platform {
        os: "linux",
        arch: "aarch64",
        target: target("manylinux_2_28_aarch64", "aarch64-manylinux_2_28"),
        library: "libonnxruntime.so.1.32.0",
        sha256: "49852228a93995158b2a813d4df487d47a1b76b0eaa894507ef49e91b6d7954a",
        size: 27_165_936,
    },
    Platform {
        os: "macos",
        arch: "aarch64",
        target: target("macosx_14_0_arm64", "aarch64-apple-darwin"),
        library: "libonnxruntime.1.32.0.dylib",
        sha256: "fa585fabbea65b823b9a8f7e27d46aee3989d1be7e36b528203d3a1fd613aae7",
        size: 35_272_344,
    },
    Platform {
        os: "windows",
        arch: "x86_64",
        target: target("win_amd64", "x86_64-pc-windows-msvc"),
        library: "onnxruntime.dll",
        sha256: "e9feebaed867b76f741c14ae64e056a3da64a153a61994f1fb48eadc7f9b3ba8",
        size: 22_668_640,
    },
];

const fn target(platform: &'static str, uv_platform: &'static str) -> Target {
    Target { python: PYTHON, platform, uv_platform }
}

/// The licences that travel with the library.
pub(super) const LICENCES: [&str; 3] = ["LICENSE", "ThirdPartyNotices.txt", "Privacy.md"];

impl Platform {
    /// The platform that Kiln was built for, if the release has a library for it.
    pub fn host() -> Option<&'static Self> {
        // The wheels need glibc.
        if cfg!(target_env = "musl") {
            return None;
        }
        PLATFORMS
            .iter()
            .find(|platform| platform.os == std::env::consts::OS && platform.arch == std::env::consts::ARCH)
    }

    /// The library's file name.
    pub fn library(&self) -> &'static str {
        self.library
    }

    /// The library's sha256.
    pub fn sha256(&self) -> Sha256 {
        // A constant of this file; the test below reads every one. Zero bytes match no file.
        Sha256::parse(self.sha256).unwrap_or_else(|| Sha256::of(b""))
    }

    /// The library's length in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether `sha256` is the pinned library of any platform.
    pub(super) fn knows(sha256: Sha256) -> bool {
        PLATFORMS.iter().any(|platform| platform.sha256() == sha256)
    }

    /// The wheel to take it from.
    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// The library as a member of the wheel.
    pub(super) fn source(&self) -> Source {
        member(&format!("onnxruntime/capi/{}", self.library))
    }

    /// The folder in the cache that holds the library and its licences.
    pub fn folder(&self, cache: &Cache) -> PathBuf {
        cache.runtime().join(format!("onnxruntime-{VERSION}-{}-{}", self.os, self.arch))
    }
}

/// `path` inside the wheel.
pub(super) fn member(path: &str) -> Source {
    let package =
        Package { name: "onnxruntime".to_owned(), version: VERSION.to_owned(), member: path.to_owned() };
    Source::Pypi { package, sdist: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pin_is_a_sha256_and_they_differ() {
        let pins: std::collections::BTreeSet<Sha256> =
            PLATFORMS.iter().map(|platform| Sha256::parse(platform.sha256).unwrap()).collect();
        assert_eq!(pins.len(), PLATFORMS.len());
        assert!(PLATFORMS.iter().all(|platform| Platform::knows(platform.sha256())));
    }
}
