//! Where the nodes of a layered graph stand, and where its arrows bend (after Sugiyama, 1981).

use super::layers::{Wish, layers, spread};

/// Between two neighbours of a layer, in pixels.
const GAP: f64 = 20.0;
/// Sweeps up and down: more change nothing that one sees.
const SWEEPS: usize = 24;

/// A graph with a place for everything. "Along" is the way that arrows point, "across" is the other.
#[derive(Debug)]
pub(super) struct Arranged {
    /// The layer of each node.
    pub(super) layer: Vec<usize>,
    /// How many layers there are.
    pub(super) depth: usize,
    /// The middle of each node, across.
    pub(super) middle: Vec<f64>,
    /// For each edge the places, across, at which it passes the layers between its ends.
    pub(super) bends: Vec<Vec<f64>>,
    /// How far everything reaches, across.
    pub(super) breadth: f64,
}

/// Arranges nodes of these `lengths`; an edge is its ends, and the length of its bends (all across).
pub(super) fn arrange(lengths: &[f64], edges: &[(usize, usize, f64)]) -> Arranged {
    let ends: Vec<(usize, usize)> = edges.iter().map(|(from, to, _)| (*from, *to)).collect();
    let layer = layers(lengths.len(), &ends);
    let depth = layer.iter().max().map_or(0, |last| last + 1);
    // Nodes, and a bend for each layer that an edge passes.
    let mut length = lengths.to_vec();
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); depth];
    for (node, layer) in layer.iter().enumerate() {
        rows[*layer].push(node);
    }
    let mut links = Vec::new();
    let mut bends = Vec::new();
    for (from, to, bend_length) in edges {
        let mut own = Vec::new();
        let mut last = *from;
        for row in rows.iter_mut().take(layer[*to]).skip(layer[*from] + 1) {
            let bend = length.len();
            length.push(*bend_length);
            row.push(bend);
            links.push((last, bend));
            own.push(bend);
            last = bend;
        }
        if layer[*from] < layer[*to] {
            links.push((last, *to));
        }
        bends.push(own);
    }
    let web = Web::new(length.len(), &links);
    let rows = untangled(rows, &web);
    let middle = straightened(&rows, &web, &length, lengths.len());
    let start = middle.iter().zip(&length).map(|(m, l)| m - l / 2.0).fold(f64::INFINITY, f64::min);
    let end = middle.iter().zip(&length).map(|(m, l)| m + l / 2.0).fold(f64::NEG_INFINITY, f64::max);
    let start = if start.is_finite() { start } else { 0.0 };
    Arranged {
        depth,
        layer,
        middle: middle.iter().take(lengths.len()).map(|middle| middle - start).collect(),
        bends: bends.iter().map(|own| own.iter().map(|bend| middle[*bend] - start).collect()).collect(),
        breadth: if end.is_finite() { end - start } else { 0.0 },
    }
}

/// Who is linked to whom, one layer up and one layer down.
struct Web {
    up: Vec<Vec<usize>>,
    down: Vec<Vec<usize>>,
}

impl Web {
    fn new(count: usize, links: &[(usize, usize)]) -> Self {
        let mut web = Self { up: vec![Vec::new(); count], down: vec![Vec::new(); count] };
        for (from, to) in links {
            web.down[*from].push(*to);
            web.up[*to].push(*from);
        }
        web
    }
}

/// The rows in the order with the fewest crossings that sweeps find.
fn untangled(rows: Vec<Vec<usize>>, web: &Web) -> Vec<Vec<usize>> {
    let mut rows = rows;
    let mut best = (crossings(&rows, web), rows.clone());
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        let order: Vec<usize> =
            if down { (0..rows.len()).collect() } else { (0..rows.len()).rev().collect() };
        let places = |rows: &[Vec<usize>]| places(rows, web.up.len());
        for at in order {
            let place = places(&rows);
            let key = |slot: &usize| {
                let near = if down { &web.up[*slot] } else { &web.down[*slot] };
                mean(near.iter().map(|other| place[*other] as f64)).unwrap_or(place[*slot] as f64)
            };
            rows[at].sort_by(|a, b| key(a).total_cmp(&key(b)));
        }
        let count = crossings(&rows, web);
        if count < best.0 {
            best = (count, rows.clone());
        }
    }
    best.1
}

fn places(rows: &[Vec<usize>], count: usize) -> Vec<usize> {
    let mut place = vec![0; count];
    for row in rows {
        for (at, slot) in row.iter().enumerate() {
            place[*slot] = at;
        }
    }
    place
}

fn crossings(rows: &[Vec<usize>], web: &Web) -> usize {
    let place = places(rows, web.up.len());
    let mut count = 0;
    for row in rows {
        let ends: Vec<(usize, usize)> = row
            .iter()
            .flat_map(|slot| web.down[*slot].iter().map(|other| (place[*slot], place[*other])))
            .collect();
        for (at, (a, b)) in ends.iter().enumerate() {
            count += ends[at + 1..].iter().filter(|(c, d)| (a < c && b > d) || (a > c && b < d)).count();
        }
    }
    count
}

/// The middles: each slot near its neighbours above and below, long arrows straight.
fn straightened(rows: &[Vec<usize>], web: &Web, length: &[f64], nodes: usize) -> Vec<f64> {
    let mut middle = vec![0.0; length.len()];
    for sweep in 0..SWEEPS {
        let (down, last) = (sweep % 2 == 0, sweep + 2 >= SWEEPS);
        let order: Vec<usize> =
            if down { (0..rows.len()).collect() } else { (0..rows.len()).rev().collect() };
        for at in order {
            let wishes: Vec<Wish> = rows[at]
                .iter()
                .map(|slot| {
                    let (up, below) = (&web.up[*slot], &web.down[*slot]);
                    let near =
                        up.iter().filter(|_| down || last).chain(below.iter().filter(|_| !down || last));
                    let wish = mean(near.map(|other| middle[*other]));
                    // A bend in a long arrow is seen more than a node out of the middle.
                    let weight = match wish {
                        None => 0.1,
                        Some(_) if *slot >= nodes => 4.0,
                        Some(_) => 1.0,
                    };
                    Wish { middle: wish.unwrap_or(middle[*slot]), weight, length: length[*slot] }
                })
                .collect();
            for (slot, place) in rows[at].iter().zip(spread(&wishes, GAP)) {
                middle[*slot] = place;
            }
        }
    }
    middle
}

fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = numbers.fold((0.0, 0.0), |(sum, count), number| (sum + number, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_straight_and_a_pair_stands_apart() {
        let chain = arrange(&[40.0, 60.0, 20.0], &[(0, 1, 6.0), (1, 2, 6.0)]);
        assert!(chain.middle.iter().all(|middle| *middle == 30.0), "{chain:?}");
        let fork = arrange(&[40.0, 40.0, 40.0], &[(0, 1, 6.0), (0, 2, 6.0)]);
        assert_eq!(fork.middle, [50.0, 20.0, 80.0]);
        assert_eq!((fork.depth, fork.breadth), (2, 100.0));
    }

    #[test]
    fn crossings_are_undone() {
        // a→d, b→c: drawn in the order of their names they would cross.
        let graph = arrange(&[30.0; 4], &[(0, 3, 6.0), (1, 2, 6.0)]);
        assert_eq!(graph.middle[0] < graph.middle[1], graph.middle[3] < graph.middle[2]);
    }

    #[test]
    fn a_long_arrow_passes_beside_the_nodes_between() {
        let graph = arrange(&[30.0; 3], &[(0, 1, 6.0), (1, 2, 6.0), (0, 2, 6.0)]);
        assert_eq!(graph.bends[2].len(), 1);
        assert!((graph.bends[2][0] - graph.middle[1]).abs() >= 15.0 + 3.0 + GAP - 1e-9, "{graph:?}");
    }
}
