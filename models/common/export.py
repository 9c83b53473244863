"""ONNX files: from a module, with readable names, and with weights in fewer bits where asked."""

import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from .expected import noise

OPSET, PARITY = 17, 1e-3


def export(module, args, path, inputs, outputs, dynamic, weights=None):
    """Writes `module`, traced on `args`, to `path`.

    `dynamic` maps an input or output name to its axes of variable length, `{"logits": {0: "batch"}}`. A head that is
    tied to an embedding is stored once. With `weights="float16"` or `"int8"` every weight of more than 256 numbers is
    stored so; the graph computes in 32 bits all the same. A graph whose outputs are not PyTorch's, before that, is
    refused.
    """
    module = module.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, args, str(path), dynamo=False, opset_version=OPSET, do_constant_folding=True,
            input_names=inputs, output_names=outputs, dynamic_axes=dynamic,
        )
    _same(module, args, path, inputs)
    model = onnx.load(path)
    for node in model.graph.node:
        node.ClearField("doc_string")
    model.producer_name, model.producer_version = "kiln models/", ""
    _tie(model)
    if weights:
        _store(model, np.dtype(weights))
    finish(model, path)


def _same(module, args, path, inputs):
    """Stops where ONNX Runtime gives other outputs than PyTorch; blank numbers are filled with noise first."""
    args = [torch.from_numpy(noise(*arg.shape)) if arg.is_floating_point() and not arg.any() else arg for arg in args]
    with torch.no_grad():
        truth = module(*args)
    session = Session(path)
    known = {slot.name for slot in session.session.get_inputs()}
    found = session(**{name: arg.numpy() for name, arg in zip(inputs, args) if name in known})
    for (name, value), wanted in zip(found.items(), truth if isinstance(truth, tuple) else (truth,)):
        away = float(np.abs(value - wanted.numpy()).max())
        if not away <= PARITY:
            raise SystemExit(f"{path.name}: {name} differs from PyTorch's by {away}")


def _tie(model):
    """Stores a matrix that is another one transposed, as PyTorch writes a tied head, as a node that transposes that one."""
    graph, known = model.graph, {}
    for weight in list(graph.initializer):
        if weight.data_type != TensorProto.FLOAT or len(weight.dims) != 2 or np.prod(weight.dims) <= 256:
            continue
        values = numpy_helper.to_array(weight)
        if first := known.get((values.shape[::-1], values.T.tobytes())):
            graph.initializer.remove(weight)
            graph.node.insert(0, helper.make_node("Transpose", [first], [weight.name], name=f"{first}/Transpose", perm=[1, 0]))
        else:
            known[values.shape, values.tobytes()] = weight.name


def _store(model, dtype):
    """Stores large float weights as `dtype`, each followed by nodes that give it back under another name."""
    graph, nodes = model.graph, []
    for i, weight in enumerate(list(graph.initializer)):
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) <= 256:
            continue
        name, values, whole = weight.name, numpy_helper.to_array(weight), f"{weight.name}.float32"
        if dtype == np.int8:  # each row has a scale of its own
            scale = np.maximum(np.abs(values).max(-1, keepdims=True), 1e-12) / 127
            values = np.round(values / scale)
            graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), f"{name}.scale"))
            nodes.append(helper.make_node("Cast", [name], [f"{name}.cast"], to=TensorProto.FLOAT))
            nodes.append(helper.make_node("Mul", [f"{name}.cast", f"{name}.scale"], [whole]))
        else:
            nodes.append(helper.make_node("Cast", [name], [whole], to=TensorProto.FLOAT))
        graph.initializer[i].CopyFrom(numpy_helper.from_array(values.astype(dtype), name))
        for node in graph.node:
            node.input[:] = [whole if used == name else used for used in node.input]
    nodes.extend(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)


def finish(model, path):
    """Checks `model` and writes it, as the same bytes every time."""
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def parameters(module):
    """Number of trained numbers in `module`."""
    return sum(p.numel() for p in module.parameters())


class Session:
    """ONNX Runtime on one thread; called with inputs by name, gives outputs by name."""

    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def __call__(self, **feeds):
        names = [output.name for output in self.session.get_outputs()]
        return dict(zip(names, self.session.run(names, feeds)))


def stack(paths, path):
    """Puts snapshots of one graph into one file: a new first input `snapshot`, int64 [], picks the weights."""
    models = [onnx.load(p) for p in paths]
    graph, picks = models[-1].graph, []
    for i, weight in enumerate(graph.initializer):
        values = [numpy_helper.to_array(m.graph.initializer[i]) for m in models]
        if all(np.array_equal(value, values[0]) for value in values):
            continue
        name = weight.name
        graph.initializer[i].CopyFrom(numpy_helper.from_array(np.stack(values), f"{name}.snapshots"))
        picks.append(helper.make_node("Gather", [f"{name}.snapshots", "snapshot"], [name], axis=0))
    nodes, inputs = [*picks, *graph.node], [*graph.input]
    del graph.node[:], graph.input[:]
    graph.node.extend(nodes)
    graph.input.extend([helper.make_tensor_value_info("snapshot", TensorProto.INT64, []), *inputs])
    finish(models[-1], path)
