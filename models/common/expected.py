"""`expected.json`: what a model must give, recorded from Python's ONNX Runtime, for tests elsewhere to compare with.

An input is written as its values, or, when it is large, as the formula that makes it again in any language:
`{"noise": n}` are the first n numbers of `noise`, `{"samples": [i, ...]}` the digits i of `mnist-samples`.
"""

import json

import numpy as np
import onnxruntime


def uniform(count, salt=0):
    """Numbers in [0, 1) that any language makes alike: Knuth's multiplicative hash of the index."""
    i = np.arange(count, dtype=np.uint64) + np.uint64(salt)
    h = (i * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)
    h = ((h ^ (h >> np.uint64(15))) * np.uint64(2246822519)) & np.uint64(0xFFFFFFFF)
    return (h ^ (h >> np.uint64(13))).astype(np.float64) / 4294967296.0


def noise(*shape):
    """Nearly normal numbers, float32 of `shape`: the sum of twelve uniform ones, less six."""
    count = int(np.prod(shape))
    return (sum(uniform(count, k * 1_000_003) for k in range(12)) - 6.0).reshape(shape).astype(np.float32)


def given(array):
    """An input in full."""
    array = np.asarray(array)
    return {"dtype": str(array.dtype), "shape": list(array.shape), "values": array.reshape(-1).tolist()}


def summary(array):
    """Shape, first values, values at even distances, mean, smallest and largest value."""
    a = np.asarray(array, np.float64)
    flat = a.reshape(-1)
    number, step = lambda v: round(float(v), 7), max(a.size // 64, 1)
    return {"shape": list(a.shape), "first": [number(v) for v in flat[:12]], "step": step,
            "every": [number(v) for v in flat[::step][:64]], "mean": number(flat.mean()),
            "min": number(flat.min()), "max": number(flat.max())}


def behaviour(name, measured, op, bound, control):
    """A claim: the measured value meets the bound, that of the untrained (or shuffled) control does not."""
    meets = {"<=": lambda v: v <= bound, ">=": lambda v: v >= bound, "<": lambda v: v < bound, ">": lambda v: v > bound}[op]
    measured, control = float(measured), float(control)
    if not meets(measured) or meets(control):
        print(f"DOES NOT HOLD: {name}: {measured} {op} {bound}, control {control}", flush=True)
    return {"name": name, "measured": round(measured, 6), "op": op, "bound": bound, "control": round(control, 6)}


def write(folder, cases, behaviours, tolerance=1e-4, made_with=None):
    """Writes `expected.json`; a case is `{"inputs": {...}, "outputs": {name: summary}}`, with `model` if not the
    folder's; `made_with` are names and versions of what computed them."""
    made_with = made_with or {"onnxruntime": onnxruntime.__version__}
    record = {"made_with": made_with, "tolerance": tolerance,
              "cases": cases, "behaviours": behaviours}
    (folder / "expected.json").write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
