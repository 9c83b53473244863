//! A share of a project's chapters, so that several machines bake one site.
//!
//! Who bakes what follows from the pages and the locks alone: machines that know nothing of each other
//! agree on it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::snippet::lock::Lock;
use crate::snippet::plan::Plan;

/// One of several equal shares: `2/4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    of: usize,
}

/// What a cell counts for that was never locked, in milliseconds.
const UNKNOWN: u64 = 256;

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| text.parse::<usize>().ok();
        let numbers = text.split_once('/').and_then(|(index, of)| number(index).zip(number(of)));
        match numbers {
            Some((index, of)) if index >= 1 && index <= of => Ok(Self { index: index - 1, of }),
            _ => Err("a shard is `i/n` with i from 1 to n: 2/4".to_owned()),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index + 1, self.of)
    }
}

impl Shard {
    /// Keeps of `plans` those of this share. Chapters stay whole: their cells need each other's values.
    pub(super) fn retain(self, plans: &mut Vec<Plan>, locks: &BTreeMap<String, Lock>) {
        let weights: BTreeMap<String, u64> = plans.iter().fold(BTreeMap::new(), |mut weights, plan| {
            *weights.entry(plan.chapter.clone()).or_default() += weight(plan, locks.get(&plan.chapter));
            weights
        });
        let shares = deal(&weights, self.of);
        plans.retain(|plan| shares.get(plan.chapter.as_str()) == Some(&self.index));
    }
}

/// About how many milliseconds the cells of `plan` take.
fn weight(plan: &Plan, lock: Option<&Lock>) -> u64 {
    let locked = |label: &String| lock.and_then(|lock| lock.cells.get(label)).map(|cell| cell.ms);
    plan.cells
        .iter()
        .filter(|cell| !cell.is_foreign())
        .map(|cell| locked(&cell.label).unwrap_or(UNKNOWN).max(1))
        .sum()
}

/// Which of `of` shares each thing goes to: the heaviest first, each to the lightest share.
fn deal(weights: &BTreeMap<String, u64>, of: usize) -> BTreeMap<&str, usize> {
    let mut heaviest: Vec<(&str, u64)> =
        weights.iter().map(|(name, weight)| (name.as_str(), *weight)).collect();
    heaviest.sort_by_key(|&(name, weight)| (std::cmp::Reverse(weight), name));
    let mut loads = vec![0; of];
    let mut shares = BTreeMap::new();
    for (name, weight) in heaviest {
        // There is at least one share: `of` is not 0.
        let lightest = (0..of).min_by_key(|&share| loads[share]).unwrap_or(0);
        loads[lightest] += weight;
        shares.insert(name, lightest);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_written_as_a_fraction() {
        let shard: Shard = "2/4".parse().expect("a shard");
        assert_eq!((shard, shard.to_string()), (Shard { index: 1, of: 4 }, "2/4".to_owned()));
        for wrong in ["0/4", "5/4", "1", "1/0", "a/b", "-1/2", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_are_about_equal_and_complete() {
        let weights: BTreeMap<String, u64> =
            (0..40).map(|i: u64| (format!("c{i}"), 1 + i * i % 37)).collect();
        let shares = deal(&weights, 4);
        assert_eq!(shares.len(), weights.len(), "each chapter has one share");
        let load = |share: usize| -> u64 {
            shares.iter().filter(|(_, of)| **of == share).map(|(name, _)| weights[*name]).sum()
        };
        let loads: Vec<u64> = (0..4).map(load).collect();
        let (least, most) = (loads.iter().min(), loads.iter().max());
        assert!(least.zip(most).is_some_and(|(least, most)| most - least <= 37), "{loads:?}");
        assert_eq!(deal(&weights, 4), shares, "the same on every machine");
    }
}
