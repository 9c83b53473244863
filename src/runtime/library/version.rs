//! Which version a library file is, read from its bytes without opening it as a library.

use std::path::Path;

use super::platform::{Platform, VERSION};
use crate::models::Cache;
use crate::{Error, Result};

/// The version of the library at `path`, where it can be told, and whether its bytes are pinned.
pub(super) fn of(path: &Path, cache: &Cache) -> Result<(Option<String>, bool)> {
    if cache.sha256(path)?.is_some_and(Platform::knows) {
        return Ok((Some(VERSION.to_owned()), true));
    }
    let bytes = std::fs::read(path).map_err(Error::because(format!("cannot read `{}`", path.display())))?;
    let version = in_bytes(&bytes).or_else(|| {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        in_name(&real.file_name()?.to_string_lossy())
    });
    Ok((version, false))
}

/// The version that the bytes tell: in ELF the symbols' version `VERS_1.32.0`, in a DLL the
/// resource `ProductVersion`. Mach-O tells nothing.
fn in_bytes(bytes: &[u8]) -> Option<String> {
    if let Some(at) = find(bytes, b"\0VERS_1.") {
        return leading_version(&bytes[at + 6..]);
    }
    let key: Vec<u8> = "ProductVersion".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = find(bytes, &key)? + key.len();
    let narrow: Vec<u8> = bytes[at..].iter().copied().take(64).filter(|byte| *byte != 0).collect();
    leading_version(&narrow)
}

/// The version in a file name: `libonnxruntime.so.1.32.0`, `libonnxruntime.1.32.0.dylib`.
fn in_name(name: &str) -> Option<String> {
    let at = name.find(|c: char| c.is_ascii_digit())?;
    leading_version(&name.as_bytes()[at..])
}

/// `1.32.0` at the start of `bytes`; further parts (`1.32.0.20261113`) are left out.
fn leading_version(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|b| !b.is_ascii_digit() && *b != b'.').unwrap_or(bytes.len());
    let text = std::str::from_utf8(&bytes[..end]).ok()?;
    let parts: Vec<&str> = text.split('.').filter(|part| !part.is_empty()).take(3).collect();
    (parts.len() == 3).then(|| parts.join("."))
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, rest) = needle.split_first()?;
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| byte == first)?;
        if bytes[at + 1..].starts_with(rest) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_bytes_and_names() {
        assert_eq!(in_bytes(b"\x7fELF..\0VERS_1.24.4\0GLIBC_2.17\0").as_deref(), Some("1.24.4"));
        let mut dll = b"MZ........".to_vec();
        dll.extend(
            "ProductVersion\0\u{0}1.32.0.20261113.1\0.............".encode_utf16().flat_map(u16::to_le_bytes),
        );
        assert_eq!(in_bytes(&dll).as_deref(), Some("1.32.0"));
        assert_eq!(in_bytes(b"no version here"), None);
        assert_eq!(in_name("libonnxruntime.so.1.32.0").as_deref(), Some("1.32.0"));
        assert_eq!(in_name("libonnxruntime.1.32.0.dylib").as_deref(), Some("1.32.0"));
        assert_eq!(in_name("libonnxruntime.so"), None);
    }
}
