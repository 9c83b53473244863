"""The command line of a training script, its seed, its clock and its checkpoints."""

import argparse
import tempfile
import time
from pathlib import Path

import torch

from .data import WORK


class Run:
    """One run of `train.py`: where it writes, whether it is a smoke run, how long it took so far."""

    def __init__(self, script, description):
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("--smoke", action="store_true", help="a short run that writes nothing of value")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--fresh", action="store_true", help="do not resume from a checkpoint")
        parser.add_argument("--threads", type=int, default=1, help="bits may differ with their number")
        options = parser.parse_args()
        self.smoke, self.seed, self.fresh = options.smoke, options.seed, options.fresh
        folder = Path(script).resolve().parent
        self.id = folder.name
        self.out = Path(tempfile.mkdtemp(prefix="zoo-")) if self.smoke else folder
        self.begun = time.monotonic()
        torch.set_num_threads(options.threads)
        torch.use_deterministic_algorithms(True)
        torch.utils.deterministic.fill_uninitialized_memory = False
        self.reseed()

    def reseed(self, extra=0):
        """Starts PyTorch's numbers anew, so that what follows does not hang on what came before."""
        torch.manual_seed(self.seed * 1000 + extra)

    def seconds(self):
        return round(time.monotonic() - self.begun, 1)

    def say(self, text):
        print(f"[{self.seconds():7.1f} s] {text}", flush=True)

    def checkpoint(self, name="state"):
        return WORK / "checkpoints" / ("smoke" if self.smoke else "full") / f"{self.id}-{name}.pt"

    def save(self, state, name="state"):
        """Keeps `state` with the clock and the random numbers, for a run that goes on later."""
        path = self.checkpoint(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save({**state, "rng": torch.get_rng_state(), "seconds": self.seconds()}, path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)

    def resume(self, name="state"):
        """The state of an earlier run that did not end, or `None`."""
        path = self.checkpoint(name)
        if self.fresh or self.smoke or not path.exists():
            return None
        state = torch.load(path, weights_only=False)
        torch.set_rng_state(state["rng"])
        self.begun = time.monotonic() - state["seconds"]
        self.say(f"resumed from {path.name}")
        return state
