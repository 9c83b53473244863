//! In which order chapters are gone through, so that each model is loaded as rarely as can be.
//!
//! Workers keep their models from one chapter to the next. A worker is given chapters that need no
//! more than it has, and when there are none left, one whose models no other worker has. The order
//! decides how long a build takes, never what it makes.

use std::collections::BTreeSet;

type Models = BTreeSet<String>;

/// Chapters that wait for a worker.
pub(super) struct Queue {
    /// The chapters by number, those with the most models first.
    waiting: Vec<(usize, Models)>,
    /// The models of each worker.
    seats: Vec<Models>,
}

impl Queue {
    /// A queue for `seats` workers; `models` are those of each chapter.
    pub(super) fn new(seats: usize, models: impl Iterator<Item = Vec<String>>) -> Self {
        let mut waiting: Vec<(usize, Models)> =
            models.map(|ids| ids.into_iter().collect()).enumerate().collect();
        // Stable: chapters with equally many keep their order.
        waiting.sort_by_key(|(_, models): &(usize, Models)| std::cmp::Reverse(models.len()));
        Self { waiting, seats: vec![Models::new(); seats] }
    }

    /// The chapter that the worker at `seat` goes through next.
    pub(super) fn next(&mut self, seat: usize) -> Option<usize> {
        let own = &self.seats[seat];
        let others = self.seats.iter().enumerate().filter(|(other, _)| *other != seat);
        let elsewhere: BTreeSet<&String> = others.flat_map(|(_, models)| models).collect();
        let fits = |models: &Models| models.is_subset(own);
        let free = |models: &Models| models.iter().all(|model| !elsewhere.contains(model));
        let with_models = |wanted: &dyn Fn(&Models) -> bool| {
            self.waiting.iter().position(|(_, models)| !models.is_empty() && wanted(models))
        };
        // Whatever waits otherwise stands first: what shares models with others, or needs none.
        let at = with_models(&fits).or_else(|| with_models(&free)).unwrap_or(0);
        if at >= self.waiting.len() {
            return None;
        }
        let (chapter, models) = self.waiting.remove(at);
        if !models.is_subset(&self.seats[seat]) {
            self.seats[seat] = models;
        }
        Some(chapter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets `seats` workers take turns; returns what each went through and how often models were loaded.
    fn order(seats: usize, chapters: &[&str]) -> (Vec<Vec<usize>>, usize) {
        let models = |text: &&str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let mut queue = Queue::new(seats, chapters.iter().map(models));
        let (mut taken, mut loads) = (vec![Vec::new(); seats], 0);
        for turn in 0.. {
            let seat = turn % seats;
            let before = queue.seats[seat].clone();
            let Some(chapter) = queue.next(seat) else { break };
            loads += queue.seats[seat].difference(&before).count();
            taken[seat].push(chapter);
        }
        (taken, loads)
    }

    #[test]
    fn one_worker_loads_each_model_once() {
        let (taken, loads) = order(1, &["a", "b", "", "a", "b", "a b", "a"]);
        assert_eq!(taken, [[5, 0, 1, 3, 4, 6, 2]]);
        assert_eq!(loads, 2);
    }

    #[test]
    fn two_workers_share_out_the_models() {
        let (taken, loads) = order(2, &["a", "b", "a", "b", "a", "b", ""]);
        assert_eq!(taken, [vec![0, 2, 4, 6], vec![1, 3, 5]]);
        assert_eq!(loads, 2);
    }

    #[test]
    fn nobody_is_idle_while_chapters_wait() {
        let (taken, _) = order(2, &["a", "a", "a", "a"]);
        assert_eq!(taken, [[0, 2], [1, 3]]);
    }
}
