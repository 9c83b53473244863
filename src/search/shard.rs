//! The files of an index.
//!
//! `index.json` names the shards, each with its first term, and the lists of pages. A shard holds terms
//! in the order of their bytes. Each is: how many bytes it shares with the term before, how many follow,
//! those bytes; then for each page a varint of `(page - page before) << 2 | weight`, and a 0. Shards and
//! lists are compressed here, as not every server does it, and have a name that no server meddles with.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::{Document, IndexFile, Postings, pairs};

/// A shard ends after this many bytes, before it is compressed.
const SHARD: usize = 48 << 10;
/// So many pages share a list of addresses and titles.
const BLOCK: usize = 256;

/// The index with the terms of `vocabulary` over `documents`; `None` where `stop` says so.
pub(super) fn files(
    vocabulary: &BTreeMap<String, Postings>,
    documents: &[Document<'_>],
    stop: &dyn Fn() -> bool,
) -> Option<Vec<IndexFile>> {
    let mut files = Vec::new();
    let mut shards = Vec::new();
    let mut shard = Shard::default();
    for (term, postings) in vocabulary {
        if shard.bytes.len() > SHARD {
            shards.push(std::mem::take(&mut shard));
        }
        shard.push(term, postings);
    }
    shards.extend((!shard.bytes.is_empty()).then_some(shard));
    let packed = shards.iter().map(|s| (!stop()).then(|| (s.first.clone(), put(&mut files, &s.bytes))));
    let shards: Vec<_> = packed.collect::<Option<_>>()?;
    let blocks: Vec<String> = documents
        .chunks(BLOCK)
        .map(|pages| {
            let list: Vec<_> = pages.iter().map(|page| (&page.url, &page.title)).collect();
            put(&mut files, json!(list).to_string().as_bytes())
        })
        .collect();
    let index = json!({
        "pages": documents.len(),
        "read": pairs::READ,
        "block": BLOCK,
        "blocks": blocks,
        "shards": shards,
    });
    files.push(IndexFile { name: "index.json".into(), bytes: index.to_string().into_bytes() });
    Some(files)
}

/// Compresses `bytes` into a file named by its content, and returns the name.
fn put(files: &mut Vec<IndexFile>, bytes: &[u8]) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // A vector takes everything.
    let _ = encoder.write_all(bytes);
    let bytes = encoder.finish().unwrap_or_default();
    let name = format!("{}.bin", &blake3::hash(&bytes).to_hex()[..12]);
    files.push(IndexFile { name: name.clone(), bytes });
    name
}

#[derive(Default)]
struct Shard {
    first: String,
    last: String,
    bytes: Vec<u8>,
}

impl Shard {
    fn push(&mut self, term: &str, postings: &Postings) {
        if self.bytes.is_empty() {
            self.first = term.to_owned();
        }
        // Terms are at most 32 characters: the counts fit in a byte.
        let shared = term.bytes().zip(self.last.bytes()).take_while(|(a, b)| a == b).count();
        let rest = &term.as_bytes()[shared..];
        self.bytes.extend([shared as u8, rest.len() as u8]);
        self.bytes.extend(rest);
        let mut before = -1;
        for (page, weight) in postings {
            let page = i64::from(*page);
            self.varint(((page - before) as u64) << 2 | *weight as u64);
            before = page;
        }
        self.bytes.push(0);
        self.last = term.to_owned();
    }

    /// Seven bits a byte, the lowest first; the eighth says that more follow.
    fn varint(&mut self, mut number: u64) {
        while number > 0x7f {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }
}
