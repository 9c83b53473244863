//! The kinds of relation between concepts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How one concept relates to another; the field's words, read from the source to the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// A kind of the target.
    IsA,
    /// A part of the target.
    PartOf,
    /// Built on the target.
    Uses,
    /// Gets its weights by the target.
    TrainedBy,
    /// One model or product of the target's kind.
    InstanceOf,
    /// Put to work on the target.
    AppliedTo,
    /// Best understood beside the target.
    ContrastsWith,
    /// Came before the target.
    Precedes,
    /// Makes what the target learns from.
    SuppliesDataTo,
    /// Shown at work by the target.
    DemonstratedBy,
}

/// How two concepts depend on each other for a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The target comes first.
    Target,
    /// The source comes first.
    Source,
    /// Whichever stands first in the book.
    Order,
    /// Neither.
    Neither,
}

impl Relation {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::IsA,
        Self::PartOf,
        Self::Uses,
        Self::TrainedBy,
        Self::InstanceOf,
        Self::AppliedTo,
        Self::ContrastsWith,
        Self::Precedes,
        Self::SuppliesDataTo,
        Self::DemonstratedBy,
    ];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::IsA => "is-a",
            Self::PartOf => "part-of",
            Self::Uses => "uses",
            Self::TrainedBy => "trained-by",
            Self::InstanceOf => "instance-of",
            Self::AppliedTo => "applied-to",
            Self::ContrastsWith => "contrasts-with",
            Self::Precedes => "precedes",
            Self::SuppliesDataTo => "supplies-data-to",
            Self::DemonstratedBy => "demonstrated-by",
        }
    }

    /// The key of its words in `ui.toml`; `backward` seen from the target.
    pub fn word(self, backward: bool) -> String {
        format!("relation_{}{}", self.name().replace('-', "_"), if backward { "_back" } else { "" })
    }

    /// Whether a circle of such relations makes no sense.
    pub fn is_hierarchy(self) -> bool {
        matches!(self, Self::IsA | Self::PartOf)
    }

    /// Which end a reader needs first.
    pub fn need(self) -> Need {
        match self {
            Self::IsA | Self::Uses | Self::TrainedBy | Self::InstanceOf => Need::Target,
            Self::Precedes | Self::SuppliesDataTo | Self::AppliedTo => Need::Source,
            Self::PartOf => Need::Order,
            Self::ContrastsWith | Self::DemonstratedBy => Need::Neither,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_files() {
        for relation in Relation::ALL {
            let read: Relation = serde_json::from_value(relation.name().into()).expect("a relation");
            assert_eq!(read, relation);
        }
    }
}
