//! Which layer each node of a graph stands in, and how things stand side by side.

/// The layer of each of `count` nodes: one more than that of the last node that leads to it.
///
/// A node to which nothing leads moves down to just above the first one it leads to. Where there is a
/// cycle, which no cell can make, one of its arrows is ignored.
pub(super) fn layers(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let order = order(count, edges);
    let mut place = vec![0; count];
    for (at, node) in order.iter().enumerate() {
        place[*node] = at;
    }
    let forward: Vec<(usize, usize)> =
        edges.iter().copied().filter(|(from, to)| place[*from] < place[*to]).collect();
    let mut layer = vec![0; count];
    for node in &order {
        for (_, to) in forward.iter().filter(|(from, _)| from == node) {
            layer[*to] = layer[*to].max(layer[*node] + 1);
        }
    }
    for node in 0..count {
        let first = forward.iter().filter(|(from, _)| *from == node).map(|(_, to)| layer[*to]).min();
        if let (Some(first), true) = (first, forward.iter().all(|(_, to)| *to != node)) {
            layer[node] = first - 1;
        }
    }
    layer
}

/// The nodes, each after all that lead to it; the first by number where there is a choice.
fn order(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut waits = vec![0_usize; count];
    for (_, to) in edges.iter().filter(|(from, to)| from != to) {
        waits[*to] += 1;
    }
    let mut left: Vec<usize> = (0..count).collect();
    let mut order = Vec::with_capacity(count);
    while !left.is_empty() {
        let at = left.iter().position(|node| waits[*node] == 0).unwrap_or(0);
        let node = left.remove(at);
        order.push(node);
        for (_, to) in edges.iter().filter(|(from, to)| *from == node && from != to) {
            waits[*to] = waits[*to].saturating_sub(1);
        }
    }
    order
}

/// Something that stands in a row: where it would like its middle, how strongly, and how long it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) middle: f64,
    pub(super) weight: f64,
    pub(super) length: f64,
}

/// The middles of `row`, in this order and at least `gap` apart, as close to the wishes as can be.
///
/// Least squares under an order is solved exactly by pooling neighbours that violate it.
pub(super) fn spread(row: &[Wish], gap: f64) -> Vec<f64> {
    let mut offset = 0.0;
    let mut offsets = Vec::with_capacity(row.len());
    for (at, wish) in row.iter().enumerate() {
        if at > 0 {
            offset += (row[at - 1].length + wish.length) / 2.0 + gap;
        }
        offsets.push(offset);
    }
    // Pools of neighbours: mean, weight, how many.
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (wish, offset) in row.iter().zip(&offsets) {
        let mut pool = (wish.middle - offset, wish.weight, 1);
        while let Some(last) = pools.pop_if(|last| last.0 > pool.0) {
            let weight = last.1 + pool.1;
            pool = ((last.0 * last.1 + pool.0 * pool.1) / weight, weight, last.2 + pool.2);
        }
        pools.push(pool);
    }
    let bases = pools.iter().flat_map(|(mean, _, count)| std::iter::repeat_n(*mean, *count));
    bases.zip(offsets).map(|(base, offset)| base + offset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_follow_the_longest_way() {
        assert_eq!(layers(4, &[(0, 1), (1, 2), (0, 2), (3, 2)]), [0, 1, 2, 1]);
        assert_eq!(layers(2, &[]), [0, 0]);
        assert_eq!(layers(0, &[]), [0; 0]);
    }

    #[test]
    fn cycles_do_not_hang() {
        assert_eq!(layers(3, &[(0, 1), (1, 2), (2, 0), (1, 1)]), [0, 1, 2]);
    }

    #[test]
    fn wishes_are_met_where_they_can_be() {
        let wish = |middle| Wish { middle, weight: 1.0, length: 10.0 };
        assert_eq!(spread(&[wish(0.0), wish(100.0)], 2.0), [0.0, 100.0]);
        assert_eq!(spread(&[wish(0.0), wish(0.0)], 2.0), [-6.0, 6.0]);
        assert_eq!(spread(&[], 2.0), [0.0; 0]);
    }
}
