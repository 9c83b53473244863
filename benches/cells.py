"""Kiln's loops against ONNX Runtime alone and against Python, in one run; prints ratios.

    cargo bench --bench cells --no-run     # once, fully optimised
    pip install onnxruntime==1.32.0 numpy tokenizers
    python3 benches/cells.py

Each contender is a process of its own. They take turns, several rounds, and each counts by its best:
other work on the machine slows all of them down alike.
"""

import json
import os
import subprocess
import sys
import time

ROUNDS = 5


def kiln(mode, environment=None):
    """What the bench says, run in the environment that Kiln gives to the processes that run cells."""
    command = ["cargo", "bench", "-q", "--bench", "cells", "--", mode]
    environment = {**os.environ, **(environment or {})}
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def python(graph, tokenizer, prompt, tokens, threads):
    """Greedy decoding as one writes it with onnxruntime and NumPy."""
    import numpy as np
    import onnxruntime as ort
    from tokenizers import Tokenizer

    options = ort.SessionOptions()
    if threads:
        options.intra_op_num_threads = options.inter_op_num_threads = threads
    session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    text = Tokenizer.from_file(tokenizer)
    inputs = [i.name for i in session.get_inputs()]
    past_names = [name for name in inputs if name.startswith("past_key_values.")]
    outputs = ["logits"] + [name.replace("past_key_values.", "present.") for name in past_names]
    shapes = {i.name: i.shape for i in session.get_inputs()}

    def once():
        start = time.perf_counter()
        ids = text.encode(prompt).ids
        new = []
        size = lambda axis, n: n if isinstance(n, int) else (1 if axis == 0 else 0)
        past = [np.zeros([size(a, n) for a, n in enumerate(shapes[name])], np.float32) for name in past_names]
        read, seen = ids, 0
        for _ in range(tokens):
            total = seen + len(read)
            feeds = dict(zip(past_names, past))
            feeds["input_ids"] = np.array([read], np.int64)
            if "attention_mask" in inputs:
                feeds["attention_mask"] = np.ones((1, total), np.int64)
            if "position_ids" in inputs:
                feeds["position_ids"] = np.arange(seen, total, dtype=np.int64)[None]
            logits, *past = session.run(outputs, feeds)
            token = int(np.argmax(logits[0, -1]))
            new.append(token)
            read, seen = [token], total
            if token == 2:
                break
        text.decode(ids + new)
        return time.perf_counter() - start, new

    once()
    best, new = min(once() for _ in range(5))
    return {"tokens": len(new), "seconds": best, "last": new[-1]}


def main():
    if len(sys.argv) > 1:
        print(json.dumps(python(*json.loads(sys.argv[1]))))
        return
    about = kiln("model")
    arguments = [about["graph"], about["tokenizer"], about["prompt"], about["tokens"]]

    def other(threads):
        command = [sys.executable, __file__, json.dumps([*arguments, threads])]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    contenders = {
        "kiln": lambda: kiln("generate", about["environment"]),
        "onnxruntime alone": lambda: kiln("bare", about["environment"]),
        "python, 1 thread": lambda: other(1),
        "python, default threads": lambda: other(0),
    }
    best = {}
    for _ in range(ROUNDS):
        for name, run in contenders.items():
            result = run()
            if name not in best or result["seconds"] < best[name]["seconds"]:
                best[name] = result
    last = {(result["tokens"], result["last"]) for result in best.values()}
    assert len(last) == 1, f"the contenders did not write the same: {best}"
    for name, result in best.items():
        print(f"{name:24} {result['tokens'] / result['seconds']:8.1f} tokens/s")
    seconds = {name: result["seconds"] for name, result in best.items()}
    print(f"overhead over onnxruntime alone: {seconds['kiln'] / seconds['onnxruntime alone'] - 1:.1%} (at most 5 %)")
    print(f"speed against python, 1 thread: {seconds['python, 1 thread'] / seconds['kiln']:.2f} (at least 1.2)")
    print(f"speed against python, default threads: {seconds['python, default threads'] / seconds['kiln']:.2f}")
    rounds = [kiln("tensors", about["environment"]) for _ in range(ROUNDS)]
    for operation in rounds[0]:
        print(f"10,000 times {operation:9} {min(r[operation] for r in rounds):6.1f} ms beyond the loop (at most 50)")


if __name__ == "__main__":
    main()
