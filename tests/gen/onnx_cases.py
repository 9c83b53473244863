"""Records the node tests of the ONNX package: `tests/cases/onnx/node.json.gz`.

Run with CPython and the package `onnx`, after `onnx_ops.py`: `python tests/gen/onnx_cases.py`. Kept
is what cells can write: one node of an operator of the table, tensors of the six dtypes, at most
`LARGEST` elements. A tensor is `[dtype, shape, elements]`, an input that is left out null; so is an
output that the test does not name.
"""

import gzip
import json
import math
import pathlib
import warnings

import numpy as np
import onnx
from onnx import AttributeProto, helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases

TESTS = pathlib.Path(__file__).parent.parent
TABLE = TESTS.parent / "src" / "onnx" / "ops.tsv"
OUT = TESTS / "cases" / "onnx" / "node.json.gz"

LARGEST = 8000
DTYPES = {"float32", "float64", "int64", "int32", "uint8", "bool"}
KINDS = {
    AttributeProto.FLOAT, AttributeProto.FLOATS, AttributeProto.INT, AttributeProto.INTS,
    AttributeProto.STRING, AttributeProto.STRINGS, AttributeProto.TENSOR,
}

# Where ONNX Runtime 1.32 departs from the standard, and what no two programs draw alike.
SKIPPED = {
    f"test_{name}"
    for names in [
        # Numbers drawn at random.
        "bernoulli bernoulli_double bernoulli_seed training_dropout training_dropout_default "
        "training_dropout_default_mask training_dropout_mask",
        # From version 28 of the operators on.
        "bitshift_left_int32 bitshift_left_int32_negative_shift bitshift_left_int32_overflow "
        "bitshift_left_int32_shift_ge_width bitshift_left_int64 bitshift_right_int32 "
        "bitshift_right_int32_negative_input bitshift_right_int32_negative_shift "
        "bitshift_right_int32_shift_ge_width bitshift_right_int64 mod_float32_mixed_sign_fmod_0 "
        "mod_float64_mixed_sign_fmod_0 mod_float_edge_cases_fmod_0_float32 mod_float_edge_cases_fmod_0_float64",
        # "not supported", it says.
        "convinteger_with_padding gru_batchwise lstm_batchwise simple_rnn_batchwise reduce_max_empty_set_bool",
        # It computes something else.
        "maxunpool_export_with_output_shape resize_downsample_scales_cubic_align_corners "
        "resize_downsample_scales_linear_align_corners",
    ]
    for name in names.split()
}


def number(v):
    return v if math.isfinite(v) else repr(v)


def record(a):
    """A tensor; None where it is not one of Kiln's."""
    if isinstance(a, onnx.TensorProto):
        a = numpy_helper.to_array(a)
    if not isinstance(a, (np.ndarray, np.generic)) or np.asarray(a).dtype.name not in DTYPES:
        return None
    a = np.asarray(a)
    flat = a.ravel()
    if a.dtype == np.float32:
        values = [number(float(str(v))) for v in flat]
    elif a.dtype == np.float64:
        values = [number(float(v)) for v in flat]
    else:
        values = [int(v) for v in flat]
    return [a.dtype.name, list(a.shape), values]


def value(a):
    v = helper.get_attribute_value(a)
    if isinstance(v, onnx.TensorProto):
        return {"tensor": record(v)}
    if a.type == AttributeProto.FLOAT:
        return float(str(np.float32(v)))
    if a.type == AttributeProto.FLOATS:
        return [float(str(np.float32(x))) for x in v]
    if a.type == AttributeProto.STRING:
        return v.decode()
    if a.type == AttributeProto.STRINGS:
        return [x.decode() for x in v]
    return list(v) if a.type == AttributeProto.INTS else v


def case(test, table):
    if len(test.model.graph.node) != 1 or test.name in SKIPPED:
        return None
    node = test.model.graph.node[0]
    if node.domain or node.op_type not in table:
        return None
    if any(a.name not in table[node.op_type] or a.type not in KINDS for a in node.attribute):
        return None
    given, wanted = test.data_sets[0]
    given = dict(zip((i.name for i in test.model.graph.input), map(record, given)))
    wanted = dict(zip((o.name for o in test.model.graph.output), map(record, wanted)))
    tensors = [*given.values(), *wanted.values()]
    if any(t is None for t in tensors) or sum(len(t[2]) for t in tensors) > LARGEST:
        return None
    return {
        "name": test.name.removeprefix("test_"),
        "op": node.op_type,
        "inputs": [given.get(name) for name in node.input],
        "attributes": {a.name: value(a) for a in node.attribute},
        "outputs": [wanted.get(name) for name in node.output],
    }


def main():
    warnings.simplefilter("ignore")
    lines = (line.split("\t") for line in TABLE.read_text().splitlines()[1:])
    table = {f[0]: {a.split(":")[0] for a in f[4].split()} if len(f) > 4 else set() for f in lines}
    tests = collect_testcases(None)
    assert not SKIPPED - {test.name for test in tests}
    cases = [c for c in (case(test, table) for test in tests) if c]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n"
    # Without a time and a name in its head the file is the same whenever it is made.
    OUT.write_bytes(gzip.compress(text.encode(), mtime=0))
    ops = {c["op"] for c in cases}
    print(len(cases), "cases of", len(ops), "operators,", OUT.stat().st_size, "bytes;", "without:", *sorted(table.keys() - ops))


if __name__ == "__main__":
    main()
