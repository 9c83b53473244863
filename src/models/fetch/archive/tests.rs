//! Archives, sound and hostile.

use std::io::Write as _;

use super::*;
use crate::models::Sha256;

/// A zip with the given members.
fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A tar with the given members; names are written as they are, `..` and all.
fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// `member` of the archive `bytes` called `name`; the scratch folder must end up empty.
fn take(bytes: &[u8], name: &str, top: Top, member: &str, pin: Pin) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("download");
    std::fs::write(&path, bytes).unwrap();
    let scratch = folder.path().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let package = Package::Archive { path, name: name.to_owned(), top };
    let taken = (|| {
        let mut sink = Sink::create(&scratch, pin, None)?;
        copy_member(&package, member, &scratch, &mut sink)?;
        let brought = sink.finish(member)?;
        Ok(std::fs::read(brought.file.path()).unwrap())
    })();
    assert_eq!(scratch.read_dir().unwrap().count(), 0, "nothing is left behind");
    assert_eq!(folder.path().read_dir().unwrap().count(), 2, "nothing is unpacked elsewhere");
    taken
}

#[track_caller]
fn gives(bytes: &[u8], name: &str, top: Top, member: &str, expect: &[u8]) {
    assert_eq!(take(bytes, name, top, member, Pin::default()).unwrap(), expect);
}

#[track_caller]
fn fails(bytes: &[u8], name: &str, member: &str, pin: Pin, message: &str) -> Error {
    let error = take(bytes, name, Top::Kept, member, pin).unwrap_err();
    assert!(error.to_string().contains(message), "{error}");
    error
}

#[test]
fn a_member_of_each_kind_of_archive() {
    let members: &[(&str, &[u8])] = &[("p/a.bin", b"A"), ("p/b/c.bin", &[7; 300_000])];
    gives(&zip(members), "x.whl", Top::Kept, "p/b/c.bin", &[7; 300_000]);
    gives(&tar(members), "x.tar", Top::Kept, "p/a.bin", b"A");
    gives(&gz(&tar(members)), "x.tgz", Top::Kept, "p/b/c.bin", &[7; 300_000]);
    gives(&gz(&tar(members)), "x.tgz", Top::Dropped, "b/c.bin", &[7; 300_000]);
    gives(&gz(b"plain"), "words.txt.gz", Top::Kept, "words.txt", b"plain");
}

#[test]
fn archives_inside_archives() {
    let inner = zip(&[("deep/model.onnx", b"M")]);
    let outer = gz(&tar(&[("package/data/inner.zip", &inner)]));
    gives(&outer, "x.tgz", Top::Dropped, "data/inner.zip!deep/model.onnx", b"M");
    let twice = zip(&[("x.tgz", &outer)]);
    gives(&twice, "y.zip", Top::Kept, "x.tgz!package/data/inner.zip!deep/model.onnx", b"M");
    let packed = zip(&[("d/words.txt.gz", &gz(b"W"))]);
    gives(&packed, "z.zip", Top::Kept, "d/words.txt.gz!words.txt", b"W");
}

#[test]
fn members_that_climb_out_stay_inside() {
    let hostile: &[(&str, &[u8])] = &[("../../evil", b"E"), ("/etc/evil", b"E"), ("ok", b"O")];
    gives(&tar(hostile), "x.tar", Top::Kept, "ok", b"O");
    gives(&zip(hostile), "x.zip", Top::Kept, "ok", b"O");
}

#[test]
fn links_and_folders_are_not_members() {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    builder.append_link(&mut header, "link", "/etc/hostname").unwrap();
    let bytes = builder.into_inner().unwrap();
    fails(&bytes, "x.tar", "link", Pin::default(), "`link` of x.tar is not a regular file");
}

#[test]
fn an_absent_member_gets_a_did_you_mean() {
    let bytes = zip(&[("pkg/data/model.onnx", b"M")]);
    let error =
        fails(&bytes, "x.whl", "pkg/model.onnx", Pin::default(), "x.whl has no member `pkg/model.onnx`");
    assert_eq!(error.hints(), ["did you mean `pkg/data/model.onnx`?"]);
}

#[test]
fn archives_that_were_cut_short() {
    let noise: Vec<u8> = (0..200_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let members: &[(&str, &[u8])] = &[("a.bin", &noise)];
    for (name, bytes) in [("x.zip", zip(members)), ("x.tar", tar(members)), ("x.tgz", gz(&tar(members)))] {
        let half = &bytes[..bytes.len() / 2];
        let error = fails(half, name, "a.bin", Pin::default(), "cannot read");
        assert!(error.hints()[0].contains("cut short"), "{name}: {error:?}");
    }
}

#[test]
fn an_error_page_is_not_an_archive() {
    let error = fails(b"<html>no</html>", "x.whl", "a", Pin::default(), "x.whl is not an archive");
    assert!(error.hints()[0].contains("error page"));
}

#[test]
fn wrong_bytes_wrong_length_and_too_many_bytes() {
    let bytes = zip(&[("a", b"four")]);
    let other = Sha256::of(b"other");
    let pin = Pin { sha256: Some(other), size: Some(4) };
    let error = fails(&bytes, "x.zip", "a", pin, &format!("expected {other}"));
    assert!(error.to_string().contains(&format!("got {}", Sha256::of(b"four"))), "{error}");
    fails(&bytes, "x.zip", "a", Pin { sha256: None, size: Some(5) }, "has 4 bytes instead of 5");
    fails(&bytes, "x.zip", "a", Pin { sha256: None, size: Some(3) }, "longer than the 3 bytes");
}
