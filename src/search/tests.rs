//! What an index holds, read back as a browser reads it.

use std::io::Read;

use super::*;

fn all(pages: &[Document<'_>]) -> Vec<IndexFile> {
    index(pages, &|| false).expect("nobody stops it")
}

/// Every term with its pages, as `page` or `page!` for each weight above the text's.
fn read(files: &[IndexFile]) -> BTreeMap<String, Vec<(u32, u8)>> {
    let file = |name: &str| &files.iter().find(|file| file.name == name).expect("a file").bytes;
    let unpack = |name: &str| {
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(&file(name)[..]).read_to_end(&mut bytes).expect("a gzip file");
        bytes
    };
    let index: serde_json::Value = serde_json::from_slice(file("index.json")).expect("JSON");
    let mut terms = BTreeMap::new();
    for shard in index["shards"].as_array().expect("shards") {
        let bytes = unpack(shard[1].as_str().expect("a name"));
        let (mut at, mut term) = (0, Vec::new());
        while at < bytes.len() {
            let (shared, more) = (bytes[at] as usize, bytes[at + 1] as usize);
            term.truncate(shared);
            term.extend(&bytes[at + 2..at + 2 + more]);
            at += 2 + more;
            let (mut page, mut pages) = (-1_i64, Vec::new());
            loop {
                let (mut number, mut shift) = (0_u64, 0);
                loop {
                    let byte = bytes[at];
                    at += 1;
                    number |= u64::from(byte & 0x7f) << shift;
                    shift += 7;
                    if byte < 0x80 {
                        break;
                    }
                }
                if number == 0 {
                    break;
                }
                page += (number >> 2) as i64;
                pages.push((page as u32, (number & 3) as u8));
            }
            terms.insert(String::from_utf8(term.clone()).expect("text"), pages);
        }
    }
    terms
}

fn page(title: &str, headings: &[&str], text: &str) -> Document<'static> {
    Document {
        url: format!("en/{title}/"),
        title: title.into(),
        headings: headings.iter().map(|heading| (*heading).to_owned()).collect(),
        text: text.to_owned().into(),
    }
}

#[test]
fn every_word_leads_to_its_pages() {
    let files = all(&[
        page("BERT", &["Masked words"], "An encoder. The encoder reads. ENCODER 编码器"),
        page("GPT", &[], "A decoder that masked words feed; no encoder."),
    ]);
    let terms = read(&files);
    assert_eq!(terms["encoder"], [(0, 1), (1, 0)]);
    assert_eq!(terms["masked"], [(0, 2), (1, 0)]);
    assert_eq!(terms["gpt"], [(1, 3)]);
    assert_eq!(terms["编"], [(0, 0)]);
    assert!(!terms.contains_key("编码"), "a small site needs no pairs");
    assert_eq!(
        files,
        all(&[
            page("BERT", &["Masked words"], "An encoder. The encoder reads. ENCODER 编码器"),
            page("GPT", &[], "A decoder that masked words feed; no encoder."),
        ])
    );
}

#[test]
fn pairs_are_stored_where_the_characters_do_not_tell() {
    // Text enough that the index may hold pairs.
    let padding = "。".repeat(2000);
    let text = |text: &str| format!("{text}{padding}");
    let mut pages: Vec<Document> =
        (0..40).map(|i| page(&format!("p{i}"), &[], &text("学习与机会；器物"))).collect();
    pages.extend((0..3).map(|i| page(&format!("q{i}"), &[], &text("机器学习"))));
    let terms = read(&all(&pages));
    assert_eq!(terms["机器"], [(40, 0), (41, 0), (42, 0)]);
    assert!(!terms.contains_key("学习"), "all pages with both characters hold the pair");
}

#[test]
fn the_index_keeps_to_its_share_of_the_text() {
    let mut state = 7_u32;
    let mut sign = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Some characters are far more frequent than others.
        char::from_u32(0x4e00 + (state >> 16) % 60 * ((state >> 24) % 30)).unwrap_or('一')
    };
    let mut page_of = |i: usize| page(&format!("p{i}"), &[], &(0..4000).map(|_| sign()).collect::<String>());
    let pages: Vec<Document> = (0..60).map(&mut page_of).collect();
    let files = all(&pages);
    let size: usize = files.iter().map(|file| file.bytes.len()).sum();
    let text: usize = pages.iter().map(|page| page.text.len()).sum();
    assert!(read(&files).keys().any(|term| term.chars().count() == 2), "pairs are among the terms");
    assert!(size < text / 10, "{size} of {text}");
}

#[test]
fn large_vocabularies_are_cut_into_shards() {
    let text: String = (0..20_000).map(|i| format!("word{i:05} ")).collect();
    let pages: Vec<Document> =
        (0..300).map(|i| page(&format!("t{i}"), &[], if i == 7 { &text } else { "x" })).collect();
    let files = all(&pages);
    let list: serde_json::Value =
        serde_json::from_slice(&files.last().expect("the list").bytes).expect("JSON");
    assert!(list["shards"].as_array().is_some_and(|shards| shards.len() > 1));
    assert_eq!(list["blocks"].as_array().map(Vec::len), Some(2));
    assert_eq!(read(&files)["word19999"], [(7, 0)]);
}

#[test]
fn an_index_that_nobody_wants_any_more_is_left() {
    let pages: Vec<Document> = (0..300).map(|i| page(&format!("p{i}"), &[], "words 学习")).collect();
    for calls in 0..6_u32 {
        let left = std::cell::Cell::new(calls);
        let stop = || left.replace(left.get().saturating_sub(1)) == 0;
        assert_eq!(index(&pages, &stop), None, "after {calls}");
    }
}
