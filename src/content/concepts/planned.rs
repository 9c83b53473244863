//! `content/concepts.toml`: chapters that are planned, and relations of what has no page of its own.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::diag::{FileId, Parsed, Span, toml_fault};

use super::super::page::Lang;
use super::Relation;

/// What the file says.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// The planned chapters, in the order of the file.
    pub planned: Vec<Planned>,
    /// Relations: source, kind, target, and where the target stands.
    pub relations: Vec<(String, Relation, String, Span)>,
}

/// A chapter that is not written yet: listed, but without a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The folder that it will have in its part.
    pub slug: String,
    /// The folder of its part.
    pub part: String,
    /// Its place among its siblings, as in front matter.
    pub weight: i64,
    /// The title in each language.
    pub title: BTreeMap<Lang, String>,
    /// One sentence in each language.
    pub description: BTreeMap<Lang, String>,
    /// Where it is planned.
    pub span: Span,
}

impl Planned {
    /// The path that its folder will have below `content/`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.part, self.slug)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct RawOutline {
    planned: Vec<RawPlanned>,
    relations: BTreeMap<String, BTreeMap<Relation, Vec<Spanned<String>>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlanned {
    slug: Spanned<String>,
    part: String,
    #[serde(default)]
    weight: i64,
    title: BTreeMap<Lang, String>,
    #[serde(default)]
    description: BTreeMap<Lang, String>,
}

impl Outline {
    /// Reads `text`, the content of `file`.
    pub fn parse(text: &str, file: FileId) -> Parsed<Self> {
        let raw = match toml::from_str::<RawOutline>(text) {
            Ok(raw) => raw,
            Err(error) => {
                return Parsed { value: Self::default(), diagnostics: vec![toml_fault(&error, file)] };
            }
        };
        let planned = raw.planned.into_iter().map(|raw| Planned {
            span: Span::new(file, raw.slug.span()),
            slug: raw.slug.into_inner(),
            part: raw.part,
            weight: raw.weight,
            title: raw.title,
            description: raw.description,
        });
        let mut relations = Vec::new();
        for (source, kinds) in raw.relations {
            for (kind, targets) in kinds {
                for target in targets {
                    let span = Span::new(file, target.span());
                    relations.push((source.clone(), kind, target.into_inner(), span));
                }
            }
        }
        Parsed::clean(Self { planned: planned.collect(), relations })
    }
}
