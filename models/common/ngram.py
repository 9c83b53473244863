"""Interpolated Kneser–Ney n-grams, the baseline of a language model."""

import numpy as np


class NGram:
    """Counts of runs of up to `order` tokens, each run packed into one integer."""

    def __init__(self, rows, vocabulary, order=5, discount=0.75):
        self.bits, self.order, self.discount, self.vocabulary = (vocabulary - 1).bit_length(), order, discount, vocabulary
        assert self.bits * order < 63
        runs = [np.unique(self._runs(rows, n), return_counts=True) for n in range(1, order + 1)]
        # Below the highest order a run counts by how many different tokens come before it.
        for n in range(1, order):
            longer = runs[n][0] & ((1 << (self.bits * n)) - 1)
            known, counts = np.unique(longer, return_counts=True)
            starts = np.setdiff1d(runs[n - 1][0], known)  # runs that only begin rows
            keys, values = np.concatenate([known, starts]), np.concatenate([counts, np.ones(len(starts), counts.dtype)])
            sorting = np.argsort(keys)
            runs[n - 1] = keys[sorting], values[sorting]
        self.runs, self.contexts = runs, []
        for keys, counts in runs:
            context, first, kinds = np.unique(keys >> self.bits, return_index=True, return_counts=True)
            self.contexts.append((context, np.add.reduceat(counts, first), kinds))

    def _runs(self, rows, n):
        """Every run of `n` tokens of the rows, packed."""
        packed = []
        for row in rows:
            row = np.asarray(row, np.int64)
            total = np.zeros(max(len(row) - n + 1, 0), np.int64)
            for i in range(n):
                total = (total << self.bits) | row[i : i + len(total)]
            packed.append(total)
        return np.concatenate(packed)

    def bits_per_token(self, rows):
        """The mean of −log₂ p over all tokens but the first of each row."""
        total, count = 0.0, 0
        for length in sorted({len(row) for row in rows}):
            table = np.array([row for row in rows if len(row) == length], np.int64)
            for at in range(1, length):
                chance = np.full(len(table), 1.0 / self.vocabulary)
                for n in range(1, min(self.order, at + 1) + 1):
                    chance = self._mixed(n, table[:, at - n + 1 : at + 1], chance)
                total -= np.log2(chance).sum()
                count += len(table)
        return total / count

    def _mixed(self, n, tokens, lower):
        key = np.zeros(len(tokens), np.int64)
        for column in tokens.T:
            key = (key << self.bits) | column
        (keys, counts), (contexts, totals, kinds) = self.runs[n - 1], self.contexts[n - 1]
        at = np.searchsorted(keys, key).clip(max=len(keys) - 1)
        found = np.where(keys[at] == key, counts[at], 0)
        place = np.searchsorted(contexts, key >> self.bits).clip(max=len(contexts) - 1)
        known = contexts[place] == key >> self.bits
        share = (np.maximum(found - self.discount, 0) + self.discount * kinds[place] * lower) / totals[place]
        return np.where(known, share, lower)
