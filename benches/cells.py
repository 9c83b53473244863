"""Kiln's loops against ONNX Runtime alone and against Python, in one run; prints ratios.

    cargo bench --bench cells --no-run     # once, fully optimised
    pip install onnxruntime==1.32.0 numpy tokenizers
    python3 benches/cells.py

Each contender is a process of its own. They take turns, and a ratio is the median of those of all rounds:
other work on the machine slows all of them down alike.
"""

import json
import os
import statistics
import subprocess
import sys
import time

ROUNDS = 9
MODELS = ["gpt2-mini-en", "stories15m"]
THREADS = {"python, 1 thread": 1, "python, default threads": 0}


def kiln(*mode, environment=None):
    """What the bench says, run in the environment that Kiln gives to the processes that run cells."""
    command = ["cargo", "bench", "-q", "--bench", "cells", "--", *mode]
    environment = {**os.environ, **(environment or {})}
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def best(logits, about):
    """The token with the highest score."""
    return int(logits.argmax())


def drawn(logits, about):
    """A token of the nucleus: the fewest best ones that have `top_p` together."""
    import numpy as np

    scores = logits / about["temperature"]
    powers = np.exp(scores - scores.max())
    shares = powers / powers.sum()
    order = np.argsort(-shares, kind="stable")
    kept = np.sort(order[: np.searchsorted(np.cumsum(shares[order]), about["top_p"]) + 1])
    sums = np.cumsum(shares[kept])
    return int(kept[np.searchsorted(sums, about["uniform"] * sums[-1], side="right")])


def python(about, how, threads):
    """The loop as one writes it with onnxruntime and NumPy."""
    import numpy as np
    import onnxruntime as ort
    from tokenizers import Tokenizer

    choose = {"greedy": best, "nucleus": drawn}[how]
    options = ort.SessionOptions()
    if threads:
        options.intra_op_num_threads = options.inter_op_num_threads = threads
    session = ort.InferenceSession(about["graph"], options, providers=["CPUExecutionProvider"])
    text = Tokenizer.from_file(about["tokenizer"])
    shapes = {i.name: i.shape for i in session.get_inputs()}
    past_names = [name for name in shapes if name.startswith("past_key_values.")]
    outputs = ["logits"] + [name.replace("past_key_values.", "present.") for name in past_names]
    size = lambda axis, n: n if isinstance(n, int) else (1 if axis == 0 else 0)

    def once():
        start = time.perf_counter()
        ids = text.encode(about["prompt"]).ids
        new = []
        past = [np.zeros([size(a, n) for a, n in enumerate(shapes[name])], np.float32) for name in past_names]
        read, seen = ids, 0
        for _ in range(about["tokens"]):
            total = seen + len(read)
            feeds = dict(zip(past_names, past))
            feeds["input_ids"] = np.array([read], np.int64)
            if "attention_mask" in shapes:
                feeds["attention_mask"] = np.ones((1, total), np.int64)
            if "position_ids" in shapes:
                feeds["position_ids"] = np.arange(seen, total, dtype=np.int64)[None]
            logits, *past = session.run(outputs, feeds)
            token = choose(logits[0, -1], about)
            if token in about["ends"]:
                break
            new.append(token)
            read, seen = [token], total
        text.decode(ids + new)
        return time.perf_counter() - start, new

    once()
    seconds, new = min(once() for _ in range(5))
    return {"tokens": len(new), "seconds": seconds, "last": new[-1]}


def generation(model, how):
    """Prints what the contenders' seconds are to those of Kiln."""
    about = kiln("model", model)

    def other(threads):
        command = [sys.executable, __file__, json.dumps([about, how, threads])]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    contenders = {"kiln": lambda: kiln("generate", model, how, environment=about["environment"])}
    if how == "greedy":
        contenders["onnxruntime alone"] = lambda: kiln("bare", model, environment=about["environment"])
    for name, threads in THREADS.items():
        contenders[name] = lambda threads=threads: other(threads)
    rounds = [{name: run() for name, run in contenders.items()} for _ in range(ROUNDS)]
    texts = {(result["tokens"], result["last"]) for turn in rounds for result in turn.values()}
    assert len(texts) == 1, f"the contenders did not write the same: {texts}"
    print(f"\n{model}, {how}, {rounds[0]['kiln']['tokens']} tokens")
    for name in contenders:
        print(f"{name:24} {statistics.median(r[name]['tokens'] / r[name]['seconds'] for r in rounds):8.1f} tokens/s")
    ratio = lambda name: statistics.median(r[name]["seconds"] / r["kiln"]["seconds"] for r in rounds)
    if how == "greedy":
        print(f"overhead over onnxruntime alone: {1 / ratio('onnxruntime alone') - 1:.1%} (at most 5 %)")
    print(f"speed against python, 1 thread: {ratio('python, 1 thread'):.2f} (at least 1.2)")
    print(f"speed against python, default threads: {ratio('python, default threads'):.2f}")


def main():
    if len(sys.argv) > 1:
        print(json.dumps(python(*json.loads(sys.argv[1]))))
        return
    for model in MODELS:
        for how in ("greedy", "nucleus"):
            generation(model, how)
    environment = kiln("model", MODELS[0])["environment"]
    rounds = [kiln("tensors", environment=environment) for _ in range(ROUNDS)]
    print()
    for operation in rounds[0]:
        print(f"10,000 times {operation:9} {min(r[operation] for r in rounds):6.1f} ms beyond the loop (at most 50)")


if __name__ == "__main__":
    main()
