"""Writes the two smallest models there are: y = 2 x and y = 3 x. Needs: onnx, numpy."""

import pathlib

import numpy
from onnx import TensorProto, helper, numpy_helper, save

FOLDER = pathlib.Path(__file__).parent.parent / "cases" / "tiny"


def scale(factor: float):
    """A model with one input x: float32[n] and one output y = factor * x."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])
    weight = numpy_helper.from_array(numpy.array([factor], numpy.float32), "factor")
    graph = helper.make_graph([helper.make_node("Mul", ["x", "factor"], ["y"], "scale")], "scale", [x], [y], [weight])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


for name, factor in (("double", 2.0), ("triple", 3.0)):
    save(scale(factor), FOLDER / f"{name}.onnx")
