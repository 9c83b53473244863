//! Lines of one height, closed: marching squares on a grid with a margin that lies below everything.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::svg::num;

/// A grid of heights with the pixel of each column and row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    pub(super) x: &'a [f64],
    pub(super) y: &'a [f64],
    pub(super) z: &'a [Vec<Option<f64>>],
}

/// A side of a square of the grid: its upper left end, and whether it runs down.
type Side = (usize, usize, bool);

impl Field<'_> {
    /// The height at a node of the grid with its margin, whose nodes have none.
    fn height(&self, row: usize, column: usize) -> Option<f64> {
        let z = *self.z.get(row.checked_sub(1)?)?.get(column.checked_sub(1)?)?;
        z.filter(|z| z.is_finite() && column <= self.x.len() && row <= self.y.len())
    }

    /// The pixel of a node; the margin lies on the border.
    fn place(&self, row: usize, column: usize) -> (f64, f64) {
        let at = |pixels: &[f64], index: usize| {
            pixels.get(index.saturating_sub(1).min(pixels.len().saturating_sub(1))).copied().unwrap_or(0.0)
        };
        (at(self.x, column), at(self.y, row))
    }

    /// Where the line of `level` crosses `side`.
    fn crossing(&self, (row, column, down): Side, level: f64) -> (f64, f64) {
        let (to_row, to_column) = if down { (row + 1, column) } else { (row, column + 1) };
        let (from, to) = (self.place(row, column), self.place(to_row, to_column));
        match (self.height(row, column), self.height(to_row, to_column)) {
            (Some(a), Some(b)) => {
                let share = ((level - a) / (b - a)).clamp(0.0, 1.0);
                (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1))
            }
            (Some(_), None) => from,
            (None, _) => to,
        }
    }

    /// The outlines of where the heights are at least `level`, each a closed ring of pixels.
    fn rings(&self, level: f64) -> Vec<Vec<(f64, f64)>> {
        let mut next = self.links(level);
        let mut rings = Vec::new();
        while let Some((&first, _)) = next.first_key_value() {
            let mut ring = Vec::new();
            let mut side = first;
            while let Some(following) = next.remove(&side) {
                push(&mut ring, self.crossing(side, level));
                side = following;
            }
            rings.push(ring);
        }
        rings.retain(|ring| ring.len() > 2);
        rings
    }

    /// The outlines as the path of a shape, holes cut out by `fill-rule="evenodd"`.
    pub(super) fn path(&self, level: f64) -> String {
        self.rings(level).iter().fold(String::new(), |mut path, ring| {
            for (at, (x, y)) in ring.iter().enumerate() {
                let _ = write!(path, "{}{} {}", if at == 0 { 'M' } else { 'L' }, num(*x), num(*y));
            }
            path.push('z');
            path
        })
    }

    /// From each side that the line crosses to the next one, the high ground always on one hand.
    fn links(&self, level: f64) -> BTreeMap<Side, Side> {
        let high = |row, column| self.height(row, column).is_some_and(|height| height >= level);
        let mut links = BTreeMap::new();
        for row in 0..=self.y.len() {
            for column in 0..=self.x.len() {
                let corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)];
                let sides = [
                    (row, column, false),
                    (row, column + 1, true),
                    (row + 1, column, false),
                    (row, column, true),
                ];
                let over = corners.map(|(row, column)| high(row, column));
                let mut enters = Vec::new();
                let mut exits = Vec::new();
                for at in 0..4 {
                    match (over[at], over[(at + 1) % 4]) {
                        (false, true) => enters.push(at),
                        (true, false) => exits.push(at),
                        _ => {}
                    }
                }
                // Going round, each stretch of high corners is left where it ends.
                exits.sort_by_key(|exit| (exit + 4 - enters.first().unwrap_or(&0)) % 4);
                if enters.len() == 2 && self.middle_is_high(corners, level) {
                    exits.swap(0, 1);
                }
                links.extend(enters.iter().zip(&exits).map(|(enter, exit)| (sides[*enter], sides[*exit])));
            }
        }
        links
    }

    /// Two opposite corners are high: whether the ground between them is.
    fn middle_is_high(&self, corners: [(usize, usize); 4], level: f64) -> bool {
        let known = corners.iter().filter_map(|(row, column)| self.height(*row, *column));
        let (sum, count) = known.fold((0.0, 0.0), |(sum, count), height| (sum + height / 4.0, count + 1.0));
        count == 4.0 && sum >= level
    }
}

/// Adds a point, less what repeats the last one or lies on a straight run.
fn push(ring: &mut Vec<(f64, f64)>, point: (f64, f64)) {
    if ring.last() == Some(&point) {
        return;
    }
    if let [.., before, last] = ring.as_mut_slice() {
        let (a, b) = ((last.0 - before.0, last.1 - before.1), (point.0 - last.0, point.1 - last.1));
        if a.0 * b.1 == a.1 * b.0 && a.0 * b.0 + a.1 * b.1 > 0.0 {
            *last = point;
            return;
        }
    }
    ring.push(point);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rings(z: &[&[f64]], level: f64) -> Vec<Vec<(f64, f64)>> {
        let x: Vec<f64> = (0..z[0].len()).map(|i| i as f64).collect();
        let y: Vec<f64> = (0..z.len()).map(|i| i as f64).collect();
        let z: Vec<Vec<Option<f64>>> =
            z.iter().map(|row| row.iter().map(|v| Some(*v).filter(|v| v.is_finite())).collect()).collect();
        Field { x: &x, y: &y, z: &z }.rings(level)
    }

    #[test]
    fn a_hill_has_one_ring_and_a_plain_its_border() {
        let hill = rings(&[&[0.0, 0.0, 0.0], &[0.0, 1.0, 0.0], &[0.0, 0.0, 0.0]], 0.5);
        assert_eq!(hill.len(), 1);
        assert_eq!(hill[0].len(), 4, "{hill:?}");
        let plain = rings(&[&[1.0, 1.0, 1.0], &[1.0, 1.0, 1.0]], 0.5);
        assert_eq!(plain.len(), 1);
        let mut corners = plain[0].clone();
        corners.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        corners.dedup();
        for corner in [(0.0, 0.0), (0.0, 1.0), (2.0, 0.0), (2.0, 1.0)] {
            assert!(corners.contains(&corner), "{corners:?}");
        }
        assert!(rings(&[&[0.0, 0.0], &[0.0, 0.0]], 0.5).is_empty());
    }

    #[test]
    fn saddles_follow_their_middle() {
        let parts = |low: f64| rings(&[&[1.0, low], &[low, 1.0]], 0.5).len();
        assert_eq!((parts(-1.0), parts(0.4)), (2, 1));
    }

    #[test]
    fn holes_are_rings_of_their_own() {
        let hole = rings(&[&[1.0; 3], &[1.0, f64::NAN, 1.0], &[1.0; 3]], f64::NEG_INFINITY);
        assert_eq!(hole.len(), 2, "{hole:?}");
    }
}
