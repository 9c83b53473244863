//! One member out of an archive: zip (wheels), tar, tar.gz, gz, and archives inside archives.
//!
//! Nothing is ever unpacked under a name that an archive chose: a member is looked up by the name
//! in the manifest and streamed to a file that Kiln named. So `../` members and links do no harm.

use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::sink::{Pin, Sink, broken};
use crate::models::store::failed;
use crate::{Error, Result};

/// Bytes that a member without a stated size may have.
const NO_SIZE_LIMIT: u64 = 32 << 30;

/// A package as its client or its index gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Package {
    /// One archive file. With `top`, members are named inside its one top folder.
    Archive { path: PathBuf, name: String, top: Top },
    /// A folder that the client has already unpacked.
    Folder(PathBuf),
}

/// Whether a package's members share one top folder that their names leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Top {
    /// Names are as in the archive.
    Kept,
    /// The first part of each name is left out.
    Dropped,
}

/// Streams `member` of `package` into `sink`. `scratch` takes the archives inside archives.
pub(crate) fn copy_member(
    package: &Package,
    member: &str,
    scratch: &Path,
    sink: &mut Sink<'_>,
) -> Result<()> {
    let (first, rest) = match member.split_once('!') {
        Some((first, rest)) => (first, Some(rest)),
        None => (member, None),
    };
    match package {
        Package::Folder(folder) => {
            let path = folder.join(first);
            match rest {
                None => {
                    let mut file = File::open(&path).map_err(|_| absent(first, &folder.display(), &[]))?;
                    sink.fill(&mut file, first)
                }
                Some(rest) => copy_member(&inner(path, first), rest, scratch, sink),
            }
        }
        Package::Archive { path, name, top } => match rest {
            None => read_member(path, name, *top, first, sink),
            Some(rest) => {
                let pin = Pin { sha256: None, size: None };
                let mut outer = Sink::create(scratch, pin, None)?;
                read_member(path, name, *top, first, &mut outer)?;
                let brought = outer.finish(first)?;
                copy_member(&inner(brought.file.path().to_owned(), first), rest, scratch, sink)
            }
        },
    }
}

/// The archive `name` that lies at `path`.
fn inner(path: PathBuf, name: &str) -> Package {
    let name = name.rsplit('/').next().unwrap_or(name).to_owned();
    Package::Archive { path, name, top: Top::Kept }
}

/// What the first bytes of a file say it is.
enum Kind {
    Zip,
    Gzip,
    Tar,
}

fn kind(file: &mut File) -> std::io::Result<Option<Kind>> {
    let mut head = [0; 512];
    let mut read = 0;
    while read < head.len() {
        match file.read(&mut head[read..])? {
            0 => break,
            n => read += n,
        }
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(match &head[..read] {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Some(Kind::Zip),
        [0x1f, 0x8b, ..] => Some(Kind::Gzip),
        head if is_tar(head) => Some(Kind::Tar),
        _ => None,
    })
}

/// Whether `head` is a tar header: the magic of POSIX and GNU tars.
fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

fn read_member(path: &Path, name: &str, top: Top, member: &str, sink: &mut Sink<'_>) -> Result<()> {
    let mut file = File::open(path).map_err(failed("cannot read", path))?;
    match kind(&mut file).map_err(|error| broken(name, &error))? {
        Some(Kind::Zip) => from_zip(file, name, top, member, sink),
        Some(Kind::Tar) => from_tar(BufReader::new(file), name, top, member, sink),
        Some(Kind::Gzip) => {
            let mut head = Vec::new();
            let mut start = MultiGzDecoder::new(BufReader::new(&file)).take(512);
            start.read_to_end(&mut head).map_err(|error| broken(name, &error))?;
            file.seek(SeekFrom::Start(0)).map_err(failed("cannot read", path))?;
            let mut plain = MultiGzDecoder::new(BufReader::new(file));
            match is_tar(&head) {
                true => from_tar(plain, name, top, member, sink),
                false => from_gz(&mut plain, name, member, sink),
            }
        }
        None => Err(Error::new(format!("{name} is not an archive that Kiln knows (zip, tar, tar.gz, gz)"))
            .hint("the download may be an error page: open it and see, then try again")),
    }
}

fn from_zip(file: File, name: &str, top: Top, member: &str, sink: &mut Sink<'_>) -> Result<()> {
    let damaged = |error: zip::result::ZipError| {
        Error::new(format!("cannot read {name}: {error}"))
            .hint("the archive is damaged or was cut short: try again")
    };
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    let names: Vec<String> = archive.file_names().flatten().map(|full| full.into_owned()).collect();
    let Some(full) = names.iter().find(|full| inside(full, top) == Some(member)) else {
        return Err(absent(member, &name, &names));
    };
    let mut inner = archive.by_name(full).map_err(damaged)?;
    if !inner.is_file() || inner.is_symlink() {
        return Err(not_a_file(member, name));
    }
    sink.fill(&mut (&mut inner).take(NO_SIZE_LIMIT), &format!("`{member}` of {name}"))
}

fn from_tar(reader: impl Read, name: &str, top: Top, member: &str, sink: &mut Sink<'_>) -> Result<()> {
    let mut archive = tar::Archive::new(reader);
    let mut names = Vec::new();
    let entries = archive.entries().map_err(|error| broken(name, &error))?;
    for entry in entries {
        let mut entry = entry.map_err(|error| broken(name, &error))?;
        let full = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let full = full.strip_prefix("./").unwrap_or(&full);
        if inside(full, top) != Some(member) {
            names.push(full.to_owned());
            continue;
        }
        if !entry.header().entry_type().is_file() {
            return Err(not_a_file(member, name));
        }
        let stated = entry.size();
        let before = sink.len();
        sink.fill(&mut (&mut entry).take(NO_SIZE_LIMIT), &format!("`{member}` of {name}"))?;
        // A tar that ends in the middle of a member reads as a short member.
        if sink.len() - before != stated.min(NO_SIZE_LIMIT) {
            return Err(broken(name, &std::io::ErrorKind::UnexpectedEof.into()));
        }
        return Ok(());
    }
    Err(absent(member, &name, &names))
}

/// A plain gzip file has one member, named as the file without `.gz`.
fn from_gz(plain: &mut dyn Read, name: &str, member: &str, sink: &mut Sink<'_>) -> Result<()> {
    let only = name.strip_suffix(".gz").unwrap_or(name);
    if member != only {
        return Err(absent(member, &name, &[only.to_owned()]));
    }
    sink.fill(&mut plain.take(NO_SIZE_LIMIT), &format!("`{member}` of {name}"))
}

/// `full` as members are named under `top`.
fn inside(full: &str, top: Top) -> Option<&str> {
    match top {
        Top::Kept => Some(full),
        Top::Dropped => full.split_once('/').map(|(_, rest)| rest),
    }
}

fn absent(member: &str, archive: &dyn std::fmt::Display, names: &[String]) -> Error {
    let error = Error::new(format!("{archive} has no member `{member}`"));
    let end = member.rsplit('/').next().unwrap_or(member);
    let near = names
        .iter()
        .find(|name| name.rsplit('/').next() == Some(end))
        .map(String::as_str)
        .or_else(|| crate::diag::closest(member, names.iter().map(String::as_str)));
    match near {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}

fn not_a_file(member: &str, archive: &str) -> Error {
    Error::new(format!("`{member}` of {archive} is not a regular file"))
}

#[cfg(test)]
mod tests;
