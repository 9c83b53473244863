"""ONNX files: from a module, with readable names, and with weights in half precision where asked."""

import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


def export(module, args, path, inputs, outputs, dynamic, half=False):
    """Writes `module`, traced on `args`, to `path`.

    `dynamic` maps an input or output name to its axes of variable length, `{"logits": {0: "batch"}}`. With `half`
    every weight of more than 256 numbers is stored in 16 bits; the graph computes in 32 bits all the same.
    """
    module = module.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, args, str(path), dynamo=False, opset_version=OPSET, do_constant_folding=True,
            input_names=inputs, output_names=outputs, dynamic_axes=dynamic,
        )
    model = onnx.load(path)
    for node in model.graph.node:
        node.ClearField("doc_string")
    model.producer_name, model.producer_version = "kiln models/", ""
    if half:
        _halve(model)
    finish(model, path)


def _halve(model):
    """Stores large float weights in half precision, each followed by a Cast that keeps its old name for use."""
    graph, casts = model.graph, []
    for i, weight in enumerate(graph.initializer):
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) <= 256:
            continue
        name = weight.name
        stored = numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), name)
        graph.initializer[i].CopyFrom(stored)
        casts.append(helper.make_node("Cast", [name], [f"{name}.float32"], to=TensorProto.FLOAT))
        for node in graph.node:
            for j, used in enumerate(node.input):
                if used == name:
                    node.input[j] = f"{name}.float32"
    nodes = [*casts, *graph.node]
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
