//! Numbers to places, and numbers to colours.

use super::ticks::LIMIT;

/// How many colours a ramp has. Twenty steps keep neighbours apart by eye; the exact number stands in
/// the square or in the data.
pub(super) const LEVELS: usize = 21;

/// The light theme's ramps, evenly spaced in OKLab: celadon white to deep glaze, and glaze blue through
/// paper to kiln red. The style sheet has the same colours and those of the dark theme, as `.q0` … `.q20`
/// and `.v0` … `.v20`.
const SEQUENTIAL: [&str; LEVELS] = [
    "#ebf3ec", "#dae9e5", "#cadfde", "#b9d5d6", "#a8cbcf", "#98c2c8", "#87b8c1", "#76aeba", "#64a5b3",
    "#529bac", "#3d92a5", "#28809a", "#257692", "#226b8a", "#1f6182", "#1d577a", "#1a4e72", "#18446b",
    "#153a63", "#13315b", "#112853",
];
const DIVERGING: [&str; LEVELS] = [
    "#083171", "#0f4081", "#175091", "#2060a2", "#2970b2", "#4b8dc6", "#6ea1cf", "#8fb5d6", "#b0c9de",
    "#d1dce4", "#f2f0ea", "#edd7c9", "#e6bea7", "#dfa586", "#d68c65", "#cc7341", "#b14e28", "#9e4021",
    "#8b321b", "#792414", "#67160e",
];

/// A run of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ramp {
    /// From nothing to much.
    Sequential,
    /// From one side through nothing to the other.
    Diverging,
}

impl Ramp {
    /// The level of `value` between `low` and `high`: 0 to [`LEVELS`] - 1.
    pub(super) fn level(self, value: f64, low: f64, high: f64) -> usize {
        let share = Scale::new(low, high, (0.0, 1.0), Kind::Linear).at(value).clamp(0.0, 1.0);
        (share * (LEVELS - 1) as f64).round() as usize
    }

    /// Class and colour of a level, as attributes.
    pub(super) fn fill(self, level: usize) -> String {
        let (letter, colours) = match self {
            Self::Sequential => ('q', &SEQUENTIAL),
            Self::Diverging => ('v', &DIVERGING),
        };
        let level = level.min(LEVELS - 1);
        format!("class=\"{letter}{level}\" fill=\"{}\"", colours[level])
    }

    /// Red, green and blue of a level.
    pub(super) fn colour(self, level: usize) -> [u8; 3] {
        let colours = match self {
            Self::Sequential => &SEQUENTIAL,
            Self::Diverging => &DIVERGING,
        };
        // The tables hold six hexadecimal digits each.
        let number = u32::from_str_radix(&colours[level.min(LEVELS - 1)][1..], 16).unwrap_or(0);
        let [_, red, green, blue] = number.to_be_bytes();
        [red, green, blue]
    }

    /// Whether text on this level takes the ink of strong colours. Every level is at least 4.5:1 to its
    /// ink, in both themes; the style sheet's comment holds the measurement.
    pub(super) fn is_strong(self, level: usize) -> bool {
        match self {
            Self::Sequential => level >= 11,
            Self::Diverging => level.abs_diff(10) >= 6,
        }
    }
}

/// How an axis counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Equal differences are equally far apart.
    Linear,
    /// Equal ratios are equally far apart.
    Log,
}

/// A map from numbers to pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    kind: Kind,
}

impl Scale {
    /// The map that takes `low` to `range.0` and `high` to `range.1`.
    ///
    /// On a log scale both must be positive. Where the two are one number, everything stands in the middle.
    pub(super) fn new(low: f64, high: f64, range: (f64, f64), kind: Kind) -> Self {
        let place = |value: f64| match kind {
            Kind::Linear => bounded(value),
            Kind::Log => value.max(f64::MIN_POSITIVE).log10(),
        };
        Self { low: place(low), high: place(high), from: range.0, to: range.1, kind }
    }

    /// The first and last pixel, in ascending order.
    pub(super) fn range(&self) -> (f64, f64) {
        (self.from.min(self.to), self.from.max(self.to))
    }

    /// The pixel of `value`, which may lie outside; finite whatever the value.
    pub(super) fn at(&self, value: f64) -> f64 {
        let value = match self.kind {
            Kind::Linear => bounded(value),
            Kind::Log => value.max(f64::MIN_POSITIVE).log10(),
        };
        let share = (value - self.low) / (self.high - self.low);
        // A scale without extent has no shares.
        let share = if share.is_finite() { share.clamp(-9.0, 9.0) } else { 0.5 };
        self.from + share * (self.to - self.from)
    }
}

/// `value` within the numbers that can be drawn; what is not a number is 0.
pub(super) fn bounded(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(-LIMIT, LIMIT) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_map_their_ends() {
        let scale = Scale::new(0.0, 10.0, (100.0, 0.0), Kind::Linear);
        assert_eq!((scale.at(0.0), scale.at(5.0), scale.at(10.0)), (100.0, 50.0, 0.0));
        let scale = Scale::new(1.0, 100.0, (0.0, 2.0), Kind::Log);
        assert_eq!((scale.at(1.0), scale.at(10.0), scale.at(100.0)), (0.0, 1.0, 2.0));
    }

    #[test]
    fn scales_are_finite_whatever_comes() {
        for (low, high) in [(0.0, 0.0), (-1e308, 1e308), (f64::NAN, 1.0), (1.0, f64::INFINITY)] {
            for kind in [Kind::Linear, Kind::Log] {
                let scale = Scale::new(low, high, (0.0, 1.0), kind);
                for value in [0.0, -1.0, 1e308, f64::NAN, f64::NEG_INFINITY] {
                    assert!(scale.at(value).is_finite());
                }
            }
        }
    }

    #[test]
    fn levels_cover_the_ramp() {
        let level = |value| Ramp::Sequential.level(value, 0.0, 1.0);
        assert_eq!([level(-1.0), level(0.0), level(0.5), level(1.0), level(7.0)], [0, 0, 10, 20, 20]);
        assert_eq!(Ramp::Diverging.level(0.0, -2.0, 2.0), 10);
        assert!(
            Ramp::Diverging.is_strong(0) && Ramp::Diverging.is_strong(20) && !Ramp::Diverging.is_strong(10)
        );
    }

    #[test]
    fn the_style_sheet_has_the_same_colours() {
        let css = include_str!("../../../templates/assets/style.css");
        for (letter, colours) in [('q', SEQUENTIAL), ('v', DIVERGING)] {
            for (level, colour) in colours.iter().enumerate() {
                let rule = format!(".{letter}{level}{{fill:light-dark({colour},");
                assert!(css.contains(&rule), "style.css lacks {rule}");
            }
        }
    }
}
