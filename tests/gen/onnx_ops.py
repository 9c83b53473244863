"""Writes the table of ONNX operators that cells can call: `src/onnx/ops.tsv`.

Run with CPython and the package `onnx`: `python tests/gen/onnx_ops.py`. A line is an operator: its
name, the version of the operator set it is called in where that is not `OPSET`, its inputs and
outputs (`name:type`, `?` behind an optional one, `*` before any number of them; one letter for
types that have to agree) and its attributes (`name:type`, `=default`, `!` where one must be given).
"""

import pathlib

import onnx
from onnx import defs

OUT = pathlib.Path(__file__).parent.parent.parent / "src" / "onnx" / "ops.tsv"

# The newest version that ONNX Runtime 1.32 calls released.
OPSET = 26

# ONNX Runtime 1.32 runs these in an older version only.
OLDER = {
    "Bernoulli": 21, "GlobalLpPool": 21, "MaxRoiPool": 21, "Multinomial": 21, "RandomNormal": 21, "RandomNormalLike": 21,
    "RandomUniform": 21, "RandomUniformLike": 21, "RoiAlign": 21, "Swish": 24,
}

# ONNX Runtime 1.32 does not run these on a CPU.
MISSING = {"BitCast", "ImageDecoder"}

# What cells have no values for.
FOREIGN = {"GRAPH", "SPARSE_TENSOR", "TYPE_PROTO"}


def kind(type_str, constraints):
    """A type as the table has it; None where no tensor of numbers is allowed."""
    if type_str in constraints:
        allowed = constraints[type_str]
        return type_str if any(a.startswith("tensor(") and a != "tensor(string)" for a in allowed) else None
    if type_str.startswith("tensor(") and type_str != "tensor(string)":
        return {"float": "float32", "double": "float64"}.get(type_str[7:-1], type_str[7:-1])
    return None


def port(p, constraints):
    k = kind(p.type_str, constraints)
    star, mark = {"Single": ("", ""), "Optional": ("", "?"), "Variadic": ("*", "")}[p.option.name]
    return k and f"{star}{p.name}{mark}:{k}"


def attribute(a):
    text = f"{a.name}:{a.type.name.lower()}"
    if a.required:
        return text + "!"
    if a.default_value.name:
        value = onnx.helper.get_attribute_value(a.default_value)
        if isinstance(value, bytes):
            value = value.decode()
        if isinstance(value, float):
            value = f"{value:.7g}"
        if not isinstance(value, list):
            return f"{text}={value}"
    return text


def line(s):
    constraints = {c.type_param_str: c.allowed_type_strs for c in s.type_constraints}
    ports = [[port(p, constraints) for p in side] for side in (s.inputs, s.outputs)]
    if any(p is None for side in ports for p in side):
        return None
    attributes = [attribute(a) for _, a in sorted(s.attributes.items()) if a.type.name not in FOREIGN]
    assert not any(" " in text for text in sum(ports, attributes)), s.name
    older = str(OLDER[s.name]) if s.name in OLDER else ""
    return "\t".join([s.name, older, *(" ".join(p) for p in ports), " ".join(attributes)]).rstrip()


def main():
    names = sorted({s.name for s in defs.get_all_schemas_with_history() if s.domain == ""} - MISSING)
    lines = []
    for name in names:
        try:
            s = defs.get_schema(name, OLDER.get(name, OPSET), "")
        except defs.SchemaError:
            continue
        if s.deprecated or any(a.required and a.type.name in FOREIGN for a in s.attributes.values()):
            continue
        lines += filter(None, [line(s)])
    head = f"# Operators of ai.onnx {OPSET}, from onnx {onnx.__version__}: see tests/gen/onnx_ops.py"
    OUT.write_text("\n".join([head, *lines]) + "\n")
    print(len(lines), "operators")


if __name__ == "__main__":
    main()
