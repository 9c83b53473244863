//! From numbers to colours: tables of control points, straight lines in sRGB between them.

/// A colour, red, green and blue.
pub(super) type Rgb = [u8; 3];

/// A scale of colours from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Colormap {
    /// Black to white.
    Gray,
    /// S. van der Walt and N. Smith's viridis (2015, released into the public domain): even in
    /// lightness, safe for the colour-blind.
    Viridis,
    /// Water, shore, meadow, rock, snow: the control points of matplotlib's and gnuplot's terrain.
    Terrain,
    /// K. Moreland, "Diverging Color Maps for Scientific Visualization" (2009): blue through grey to
    /// red.
    Coolwarm,
}

/// The names that `cmap` takes.
pub(super) const NAMES: [(&str, Colormap); 4] = [
    ("gray", Colormap::Gray),
    ("viridis", Colormap::Viridis),
    ("terrain", Colormap::Terrain),
    ("coolwarm", Colormap::Coolwarm),
];

const GRAY: [(f64, Rgb); 2] = [(0.0, [0, 0, 0]), (1.0, [255, 255, 255])];

const VIRIDIS: [(f64, Rgb); 9] = [
    (0.0, [68, 1, 84]),
    (0.125, [71, 45, 123]),
    (0.25, [59, 82, 139]),
    (0.375, [44, 114, 142]),
    (0.5, [33, 144, 140]),
    (0.625, [39, 173, 129]),
    (0.75, [93, 200, 99]),
    (0.875, [170, 220, 50]),
    (1.0, [253, 231, 37]),
];

const TERRAIN: [(f64, Rgb); 6] = [
    (0.0, [51, 51, 153]),
    (0.15, [0, 153, 255]),
    (0.25, [0, 204, 102]),
    (0.5, [255, 255, 153]),
    (0.75, [128, 92, 84]),
    (1.0, [255, 255, 255]),
];

const COOLWARM: [(f64, Rgb); 9] = [
    (0.0, [59, 76, 192]),
    (0.125, [98, 130, 234]),
    (0.25, [141, 176, 254]),
    (0.375, [184, 208, 249]),
    (0.5, [221, 221, 221]),
    (0.625, [245, 196, 173]),
    (0.75, [244, 154, 123]),
    (0.875, [222, 96, 77]),
    (1.0, [180, 4, 38]),
];

impl Colormap {
    /// The colour at `at`, kept in 0..=1; grey for what is no number.
    pub(super) fn colour(self, at: f64) -> Rgb {
        if at.is_nan() {
            return [128, 128, 128];
        }
        let points: &[(f64, Rgb)] = match self {
            Self::Gray => &GRAY,
            Self::Viridis => &VIRIDIS,
            Self::Terrain => &TERRAIN,
            Self::Coolwarm => &COOLWARM,
        };
        let at = at.clamp(0.0, 1.0);
        let above = points.iter().position(|(place, _)| *place >= at).unwrap_or(points.len() - 1).max(1);
        let ((low, from), (high, to)) = (points[above - 1], points[above]);
        let part = (at - low) / (high - low);
        let mix = |a: u8, b: u8| (f64::from(a) + part * (f64::from(b) - f64::from(a))).round() as u8;
        [mix(from[0], to[0]), mix(from[1], to[1]), mix(from[2], to[2])]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_middles() {
        assert_eq!(Colormap::Gray.colour(0.5), [128, 128, 128]);
        assert_eq!(Colormap::Viridis.colour(-3.0), [68, 1, 84]);
        assert_eq!(Colormap::Terrain.colour(2.0), [255, 255, 255]);
        assert_eq!(Colormap::Coolwarm.colour(0.5), [221, 221, 221]);
        assert_eq!(Colormap::Viridis.colour(0.0625), [70, 23, 104]);
    }
}
