"""Records what NumPy gives for expressions that cells write too.

Run with CPython and NumPy: `python tests/gen/numpy_cases.py`. Every case is an expression in the
names of the module `kiln` (imported as `k`), its value's shape, dtype and elements; a case of the
family `text` records `repr` and `str`. Kiln's default float type is float32: where NumPy gives
float64, the case says float32 and keeps NumPy's dtype beside it.
"""

import json
import math
import pathlib
from itertools import product

import numpy as np

OUT = pathlib.Path(__file__).parent.parent / "cases" / "numpy"


class K:
    """NumPy under Kiln's names, with the few functions that NumPy lacks."""

    concat = staticmethod(np.concatenate)
    astype = staticmethod(lambda x, dtype: np.asarray(x).astype(dtype))
    permute = staticmethod(lambda x, axes: np.transpose(x, axes))
    flatten = staticmethod(lambda x: np.asarray(x).flatten())
    norm = staticmethod(lambda x, ord=2, axis=None, keepdims=False: np.linalg.norm(
        np.ravel(x) if axis is None else x, ord, axis, keepdims))
    det = staticmethod(np.linalg.det)
    inv = staticmethod(np.linalg.inv)
    solve = staticmethod(np.linalg.solve)
    silu = staticmethod(lambda x: x / (1 + np.exp(-x)))
    relu = staticmethod(lambda x: np.maximum(x, 0))
    sigmoid = staticmethod(lambda x: 1 / (1 + np.exp(-np.asarray(x, dtype=np.float64))))
    erf = staticmethod(lambda x: np.vectorize(math.erf)(np.asarray(x, dtype=np.float64)))

    @staticmethod
    def array(object, dtype=None):
        return np.array(object, dtype=dtype)

    @staticmethod
    def softmax(x, axis=-1):
        e = np.exp(x - np.max(x, axis=axis, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)

    @staticmethod
    def log_softmax(x, axis=-1):
        x = x - np.max(x, axis=axis, keepdims=True)
        return x - np.log(np.exp(x).sum(axis=axis, keepdims=True))

    @staticmethod
    def gelu(x, approximate="none"):
        if approximate == "tanh":
            return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
        return 0.5 * x * (1 + K.erf(x / np.sqrt(2)))

    @staticmethod
    def layer_norm(x, weight=None, bias=None, eps=1e-5, axis=-1):
        y = (x - x.mean(axis=axis, keepdims=True)) / np.sqrt(x.var(axis=axis, keepdims=True) + eps)
        y = y if weight is None else y * weight
        return y if bias is None else y + bias

    @staticmethod
    def topk(x, k, axis=-1):
        order = np.flip(np.argsort(np.flip(x, axis), axis=axis, kind="stable"), axis)
        order = x.shape[axis] - 1 - order
        order = np.take(order, range(k), axis=axis)
        return np.take_along_axis(x, order, axis), order

    def __getattr__(self, name):
        return getattr(np, name)


k = K()
F = "k.array([[1.5, -2.25, 3.0], [0.5, 4.75, -6.0]])"
G = "k.array([[0.5, 2.0, -1.0], [3.25, -0.75, 2.5]])"
R = "k.array([2.0, -1.0, 0.5])"
I = "k.array([[7, -3, 2], [5, 0, -8]])"
J = "k.array([[2, 4, -3], [-7, 5, 3]])"
B = "k.array([[True, False, True], [False, False, True]])"
T = "k.reshape(k.arange(24), (2, 3, 4))"
P = "k.array([[0.5, 2.25, 3.0], [0.125, 4.75, 6.0]])"
N = "k.array([1.0, k.nan, -2.0, k.inf])"


def elementwise():
    for op, (a, b) in product(["+", "-", "*", "/", "//", "%"], [(F, G), (F, R), (I, J), (F, "2"), ("3", F), (I, "2"), ("2.5", I), (I, F)]):
        yield f"{a} {op} {b}"
    for a, b in [(F, "2"), (P, "0.5"), (P, G), ("2", F), (I, "2"), ("2", "k.arange(5)"), (F, "-1")]:
        yield f"{a} ** {b}"
    for op, (a, b) in product(["<", "<=", ">", ">=", "==", "!="], [(F, G), (I, "2"), (F, R), ("0", I)]):
        yield f"{a} {op} {b}"
    for op in ["&", "|", "^"]:
        yield f"{B} {op} ({F} > 0)"
        yield f"{I} {op} 5"
    for f in ["negative", "abs", "sign", "square", "isnan", "isfinite", "isinf", "floor", "ceil", "exp", "tanh", "sin", "cos", "tan", "expm1"]:
        yield f"k.{f}({F})"
    for f in ["log", "sqrt", "log2", "log10", "log1p"]:
        yield f"k.{f}({P})"
    for f in ["isnan", "isfinite", "isinf", "sign"]:
        yield f"k.{f}({N})"
    for f in ["exp", "sqrt", "abs", "sign", "square", "floor"]:
        yield f"k.{f}(k.array([4, 1, 0, 9]))"
    for f in ["minimum", "maximum", "add", "subtract", "multiply", "divide", "floor_divide", "remainder", "less", "equal"]:
        yield f"k.{f}({F}, {G})"
    yield f"k.minimum({N}, 0.0)"
    yield f"k.maximum({N}, 0.0)"
    yield f"k.clip({F}, -1, 2)"
    yield f"k.clip({I}, 0, 5)"
    yield f"k.where({B}, {F}, {G})"
    yield f"k.where({B}, {F}, 0)"
    yield f"k.where({B}, 1, 0)"
    yield f"k.where({F} > 0)"
    yield f"k.round({F} * 0.333, 2)"
    yield "k.round(k.array([0.5, 1.5, 2.5, -0.5]))"
    yield f"~{B}"
    yield f"-{I}"
    yield f"k.logical_and({B}, {F} > 0)"
    yield f"k.logical_or({B}, {F} > 0)"
    yield f"k.logical_not({B})"
    yield f"{B} + {B}"
    yield f"{B} * {F}"
    yield f"k.array([200, 100], dtype='uint8') + k.array([100, 100], dtype='uint8')"
    yield f"k.array([7, -7], dtype='int32') // k.array([2, 2], dtype='int32')"
    yield f"k.array([1, 2], dtype='int32') * k.array([3, 4])"
    yield f"k.array([1.5], dtype='float32') * k.array([2.0], dtype='float64')"
    yield "k.arange(3)[:, None] * k.arange(4)[None, :]"
    yield "k.ones((2, 1, 3)) + k.arange(4)[:, None]"
    yield f"k.sigmoid({F})"
    yield f"k.relu({F})"
    yield f"k.gelu({F})"
    yield f"k.gelu({F}, approximate='tanh')"
    yield f"k.erf(k.linspace(-7, 7, 29))"
    for axis in [-1, 0, 1]:
        yield f"k.softmax({F}, axis={axis})"
        yield f"k.log_softmax({F}, axis={axis})"
    yield "k.softmax(k.array([1000.0, 1001.0]))"
    yield f"k.layer_norm({F})"
    yield f"k.layer_norm({F}, {R}, k.array([1.0, 2.0, 3.0]), eps=1e-3)"


def reductions():
    for f, x, axis, keep in product(["sum", "mean", "min", "max", "prod"], [F, I, T], ["None", "0", "-1"], ["False", "True"]):
        yield f"k.{f}({x}, axis={axis}, keepdims={keep})"
    for f, axis in product(["std", "var"], ["None", "0", "1"]):
        yield f"k.{f}({F}, axis={axis})"
        yield f"k.{f}({F}, axis={axis}, ddof=1)"
    for f, x, axis in product(["argmin", "argmax"], [F, I, T], ["None", "0", "-1"]):
        yield f"k.{f}({x}, axis={axis})"
    for f, axis in product(["any", "all"], ["None", "0", "1"]):
        yield f"k.{f}({B}, axis={axis})"
    for x, axis in product([F, I], ["None", "0", "1"]):
        yield f"k.cumsum({x}, axis={axis})"
    yield f"k.cumsum({T}, axis=1)"
    yield f"k.sum({T}, axis=(0, 2))"
    yield f"k.mean({T}, axis=(1, 2), keepdims=True)"
    yield f"k.sum({B})"
    yield "k.sum(k.zeros((0, 3)), axis=0)"
    yield f"k.max({N})"
    yield f"k.argmax({N})"
    yield f"{F}.sum(axis=0)"
    yield f"{F}.mean()"
    yield f"{F}.std(axis=1, keepdims=True)"
    yield f"{I}.max()"
    yield f"{I}.argmin(axis=1)"
    for x, axis in product([F, I, T], ["-1", "0"]):
        yield f"k.sort({x}, axis={axis})"
        yield f"k.argsort({x}, axis={axis})"
    yield f"k.sort({F}, axis=None)"
    yield "k.sort(k.array([3.0, k.nan, 1.0]))"
    yield f"k.topk({F}, 2)"
    yield f"k.topk({F}, 1, axis=0)"
    yield "k.topk(k.array([1, 3, 3, 2]), 3)"
    yield "k.unique(k.array([3, 1, 2, 3, 1]))"
    yield "k.unique(k.array([3.0, 1.0, 3.0]), return_counts=True)"
    yield f"k.histogram({F}, bins=4)"
    yield f"k.histogram(k.arange(10), bins=5, range=(0, 10))"
    yield "k.allclose(k.array([1.0, 2.0]), k.array([1.0, 2.0 + 1e-9]))"


def shapes():
    yield f"k.reshape({T}, (4, 6))"
    yield f"{T}.reshape(6, -1)"
    yield f"{T}.reshape((-1,))"
    yield f"k.transpose({T})"
    yield f"{T}.transpose(1, 0, 2)"
    yield f"k.transpose({T}, (2, 0, 1))"
    yield f"{F}.T"
    yield f"k.swapaxes({T}, 0, -1)"
    yield f"k.expand_dims({F}, 0)"
    yield f"k.expand_dims({F}, (0, -1))"
    yield f"k.squeeze(k.ones((1, 3, 1)))"
    yield f"k.squeeze(k.ones((1, 3, 1)), axis=0)"
    yield f"{T}.flatten()"
    yield f"{T}.ravel()"
    for axis in [0, 1, -1]:
        yield f"k.concatenate([{F}, {G}], axis={axis})"
        yield f"k.stack([{F}, {G}], axis={axis})"
        yield f"k.flip({F}, axis={0 if axis == 0 else 1})"
        yield f"k.roll({F}, 1, axis={axis})"
        yield f"k.take({F}, k.array([1, 0]), axis={axis})"
        yield f"k.repeat({F}, 2, axis={axis})"
    yield f"k.concat([{I}, {F}])"
    yield f"k.split(k.arange(6), 3)"
    yield f"k.split({T}, 2, axis=2)"
    yield f"k.split(k.arange(7), [2, 5])"
    yield f"k.flip({F})"
    yield f"k.roll({F}, -2)"
    yield f"k.take({F}, k.array([5, 0]))"
    yield f"k.take_along_axis({F}, k.argsort({F}, axis=1), axis=1)"
    yield f"k.repeat(k.array([1, 2]), [2, 3])"
    yield f"k.repeat({F}, 2)"
    yield f"k.tile(k.array([1, 2]), 2)"
    yield f"k.tile({F}, (2, 1))"
    yield f"k.tile(k.array([1, 2]), (2, 2))"
    yield f"k.pad({F}, 1)"
    yield f"k.pad({F}, ((1, 0), (0, 2)))"
    yield f"k.pad(k.arange(4), 2, mode='edge')"
    yield f"k.pad(k.arange(4), 2, mode='reflect')"
    yield f"k.pad({F}, ((0, 1), (1, 0)), constant_values=9)"
    yield f"k.broadcast_to(k.arange(3), (2, 3))"
    yield f"k.nonzero({I})"
    yield f"k.tril({F})"
    yield f"k.triu({F}, 1)"
    yield f"k.tril({T}, -1)"
    yield f"k.diag(k.arange(3))"
    yield f"k.diag({F})"
    yield f"k.diag({F}, 1)"
    yield f"k.diag(k.array([1, 2]), -1)"


def creation():
    yield "k.zeros((2, 3))"
    yield "k.ones(4, dtype='int64')"
    yield "k.full((2, 2), 7)"
    yield "k.full((2, 2), 0.5)"
    yield "k.zeros((0, 2))"
    yield f"k.zeros_like({I})"
    yield f"k.ones_like({F})"
    yield f"k.full_like({I}, 3)"
    for a in ["5", "2, 8", "1, 10, 3", "10, 0, -4", "0.0, 1.0, 0.25", "3, 3", "0, 5, 2.5"]:
        yield f"k.arange({a})"
    for a in ["0, 1", "0, 1, 5", "2, -2, 4", "0, 1, 4, endpoint=False", "1, 1, 1", "0, 1, 0"]:
        yield f"k.linspace({a})"
    for a in ["3", "2, 4", "3, k=1", "3, k=-1", "2, dtype='int64'"]:
        yield f"k.eye({a})"
    yield "k.array([1, 2, 3])"
    yield "k.array([[1, 2.5], [3, 4]])"
    yield "k.array([True, False])"
    yield "k.array([])"
    yield "k.array(3.5)"
    yield "k.array([1.9, -1.9]).astype('int64')"
    yield "k.array([0, 2]).astype('bool')"
    yield "k.array([1, 0]).astype('float64')"
    yield "k.array([300, -1]).astype('uint8')"
    yield "k.array([k.array([1, 2]), k.array([3, 4])])"


def indexing():
    for i in ["1", "-1", "0, 1", "0, 1, 2", "0, -1", ":, 1", "..., 0", "1, ...", ":, :, ::2", "::-1", ":, ::-1, 1:3", "0, 1:, :-1",
              "None", ":, None", "..., None", "[0, 1]", "[1, 0], [2, 1]", ":, [0, 2]", "0, [2, 0]", "[0, 1], :, [3, 0]", "k.array([[0, 1], [1, 0]])",
              "5:", "-2:", ":, 3:1:-1", "0, :, 10:"]:
        yield f"{T}[{i}]"
    yield f"{F}[{F} > 0]"
    yield f"{F}[{B}]"
    yield f"{T}[:, k.array([True, False, True])]"
    yield f"{T}[k.array([True, False])]"
    yield f"{F}[k.array([1, 0]), k.array([2, 0])]"
    yield f"k.arange(10)[::3]"
    yield f"k.arange(10)[-3:]"
    yield f"k.arange(10)[[1, -1]]"
    yield f"k.arange(10)[8:2:-2]"


def products():
    yield f"{F} @ {G}.T"
    yield f"{F} @ {R}"
    yield f"{R} @ {F}.T"
    yield f"{R} @ {R}"
    yield f"{I} @ {J}.T"
    yield f"k.matmul({T}, k.reshape(k.arange(8), (4, 2)))"
    yield f"k.matmul(k.reshape(k.arange(12.0), (2, 2, 3)), k.reshape(k.arange(12.0), (2, 3, 2)))"
    yield f"k.matmul(k.ones((2, 1, 2, 3)), k.ones((4, 3, 2)))"
    yield f"k.matmul({R}, k.reshape(k.arange(12.0), (2, 3, 2)))"
    yield f"k.dot({F}, {R})"
    yield f"k.dot({R}, {R})"
    yield f"k.dot({F}, 2)"
    yield f"k.dot({F}, k.reshape(k.arange(12.0), (2, 3, 2)))"
    yield f"k.outer({R}, k.arange(2))"
    for ord in ["2", "1", "k.inf", "3"]:
        yield f"k.norm({R}, {ord})"
    yield f"k.norm({F}, axis=1)"
    yield f"k.norm({F}, axis=0, keepdims=True)"
    yield f"k.norm({F})"
    for spec, args in [("ij->ji", F), ("ij->", F), ("ij->i", F), ("ii->i", "k.reshape(k.arange(9), (3, 3))"), ("ii", "k.reshape(k.arange(9), (3, 3))"),
                       ("ij,kj->ik", f"{F}, {G}"), ("ij,ij->i", f"{F}, {G}"), ("ij,ij", f"{F}, {G}"), ("ij,j", f"{F}, {R}"), ("i,j->ij", f"{R}, k.arange(2)"),
                       ("bij,bjk->bik", "k.reshape(k.arange(12.0), (2, 2, 3)), k.reshape(k.arange(12.0), (2, 3, 2))"),
                       ("bhqd,bhkd->bhqk", "k.reshape(k.arange(24.0), (1, 2, 3, 4)), k.reshape(k.arange(16.0), (1, 2, 2, 4))"),
                       ("...ij,...jk->...ik", "k.reshape(k.arange(12.0), (2, 2, 3)), k.reshape(k.arange(12.0), (2, 3, 2))"),
                       ("...i->...", F), ("ij,jk,kl->il", f"{F}, {G}.T, {F}"), ("ij,k->k", f"{F}, {R}"), ("ji", F), ("ij,jk", f"{F}, {G}.T")]:
        yield f"k.einsum('{spec}', {args})"


def more():
    S = "k.array([[4.0, -2.0, 1.0], [2.0, 3.0, -1.0], [0.5, 1.0, 5.0]])"
    for f in ["arcsin", "arccos"]:
        yield f"k.{f}(k.array([-1.0, -0.25, 0.0, 0.5, 1.0]))"
    for f in ["arctan", "sinh", "cosh"]:
        yield f"k.{f}({F})"
        yield f"k.{f}(k.arange(4))"
    for axis in ["None", "0", "1", "-1"]:
        yield f"k.median({F}, axis={axis})"
        yield f"k.median({T}, axis={axis}, keepdims=True)"
        yield f"k.quantile({F}, 0.25, axis={axis})"
        yield f"k.quantile({I}, 0.9, axis={axis})"
        yield f"k.cumprod({I}, axis={axis})"
        yield f"k.cumprod({F}, axis={axis})"
        yield f"k.count_nonzero({I}, axis={axis})"
        yield f"k.count_nonzero({B}, axis={axis}, keepdims=True)"
    for n, axis in [(1, -1), (2, -1), (1, 0), (0, 0)]:
        yield f"k.diff({I}, n={n}, axis={axis})"
        yield f"k.diff({F}, n={n}, axis={axis})"
    for side in ["left", "right"]:
        yield f"k.searchsorted(k.array([1.0, 2.0, 2.0, 3.0]), k.array([[0.0, 2.0], [2.5, 9.0]]), side='{side}')"
    yield f"k.argwhere({I} > 0)"
    yield f"k.argwhere(k.array([0, 3, 0]))"
    yield f"k.isclose(k.array([1.0, 2.0, 3.0]), k.array([1.0, 2.00001, 3.1]))"
    yield f"k.isclose({F}, {F} + 1e-3, atol=1e-2)"
    yield f"k.array_equal({F}, {F})"
    yield f"k.array_equal({F}, {G})"
    yield f"k.array_equal({F}, {R})"
    for how in ["xy", "ij"]:
        yield f"k.meshgrid(k.arange(3), k.arange(2), indexing='{how}')"
        yield f"k.meshgrid(k.arange(2), k.arange(3.0), k.arange(4), indexing='{how}')"
    for source, to in [("0", "-1"), ("2", "0"), ("(0, 1)", "(1, 2)"), ("(2, 0)", "(0, 1)")]:
        yield f"k.moveaxis({T}, {source}, {to})"
    for f in ["vstack", "hstack"]:
        yield f"k.{f}([k.arange(3), k.arange(3)])"
        yield f"k.{f}([{I}, {J}])"
    yield "k.logspace(0, 3, 4)"
    yield "k.logspace(0, 4, 5, base=2.0)"
    yield f"k.trace({S})"
    yield f"k.trace({I}[:, :2])"
    yield f"k.det({S})"
    yield f"k.inv({S})"
    yield f"k.solve({S}, {R})"
    yield f"k.solve({S}, {S}.T)"
    yield f"k.det(k.array([[1.0, 2.0], [2.0, 4.0]]))"
    yield f"k.silu({F})"


def text():
    yield "k.array([1.0, 2.5, -3.0])"
    yield "k.array([[1.0, 2.0], [3.25, 4.0]])"
    yield "k.array([0.1, 0.12345, 100.0])"
    yield "k.array([1e-7, 1.0])"
    yield "k.array([1e9, 1.5])"
    yield "k.array([123456789.0, -2.5e10])"
    yield "k.array([1.0, k.nan, -k.inf])"
    yield "k.array([k.nan, 10.125])"
    yield "k.arange(5)"
    yield "k.array([[1, -20], [300, 4]])"
    yield "k.array([True, False])"
    yield "k.arange(40)"
    yield "k.linspace(0, 1, 30)"
    yield "k.reshape(k.arange(24), (2, 3, 4))"
    yield "k.reshape(k.arange(16.0), (2, 2, 2, 2))"
    yield "k.reshape(k.arange(2000), (50, 40))"
    yield "k.arange(2000)"
    yield "k.reshape(k.arange(1200.0), (10, 10, 12))"
    yield "k.zeros((2, 2))"
    yield "k.array([])"
    yield "k.array([0.00012, 5.0])"
    yield "k.array([99999.99999, 1.0])"


def handy():
    """Names that people write from memory, beyond the core."""
    for f in ["exp2", "cbrt", "arcsinh", "deg2rad", "rad2deg", "radians", "degrees", "trunc", "fabs"]:
        yield f"k.{f}({F})"
    yield f"k.arccosh(k.abs({F}) + 1)"
    yield f"k.arctanh({F} / 8)"
    yield f"k.reciprocal({F})"
    yield f"k.arctan2({F}, {G})"
    yield f"k.hypot({F}, 2.0)"
    yield f"k.logaddexp({F}, {R})"
    yield "k.logaddexp(k.array([1000.0, -k.inf, k.inf]), k.array([1000.0, -k.inf, 0.0]))"
    yield f"k.logical_xor({I}, {B})"
    yield f"k.around({F}, 1)"
    yield f"k.true_divide({I}, {J})"
    yield f"divmod({I}, {J})"
    yield "divmod(k.array([5, -5]), 3)"
    N = "k.array([[1.5, k.nan, 3.0], [k.nan, -2.0, 0.5]])"
    for f in ["nansum", "nanmean", "nanstd", "nanmin", "nanmax"]:
        yield f"k.{f}({N})"
        yield f"k.{f}({N}, axis=0)"
        yield f"k.{f}({N}, axis=1, keepdims=True)"
    yield "k.nansum(k.array([k.nan, k.nan]))"
    yield f"k.nansum({I}, axis=0)"
    yield "k.nan_to_num(k.array([k.nan, k.inf, -k.inf, 1.5]), nan=9.0, posinf=7.0, neginf=-7.0)"
    for q in ["50", "[25, 75]", "[[10, 20], [30, 40]]"]:
        yield f"k.percentile({F}, {q})"
        yield f"k.percentile({F}, {q}, axis=1)"
    yield f"k.quantile({F}, [0.25, 0.5], axis=0)"
    yield f"k.quantile({F}, 0.25, axis=1, keepdims=True)"
    yield f"k.average({F})"
    yield f"k.average({F}, axis=1, weights=k.array([1, 2, 3]))"
    yield f"k.average({F}, weights={I} + 20)"
    for axis in ["", ", axis=0", ", axis=1, keepdims=True"]:
        yield f"k.ptp({I}{axis})"
    yield f"k.cov({F})"
    yield f"k.cov({F}, ddof=0)"
    yield f"k.cov({R})"
    yield f"k.corrcoef({F})"
    yield f"k.corrcoef({R}, k.array([1.0, 5.0, 2.0]))"
    yield "k.bincount(k.array([0, 1, 1, 3]))"
    yield "k.bincount(k.array([0, 1]), minlength=4)"
    yield f"k.digitize({F}, k.array([-1.0, 0.5, 3.0]))"
    yield f"k.digitize({F}, k.array([-1.0, 0.5, 3.0]), right=True)"
    yield f"k.isin({I}, [7, 0, 99])"
    yield "k.interp(k.array([0.0, 1.5, 2.0, 9.0]), [1.0, 2.0, 3.0], [10.0, 20.0, 0.0])"
    yield "k.unique(k.array([3, 1, 3, 2]), return_index=True)"
    yield "k.unique(k.array([3, 1, 3, 2]), return_inverse=True)"
    yield "k.unique(k.array([3.5, 1.0, 3.5]), return_index=True, return_inverse=True, return_counts=True)"
    yield f"k.histogram({F}, bins=[-10, 0, 1, 10])"
    yield f"k.histogram({F}, bins=4, density=True)"
    yield f"k.argsort(k.array([1, 0, 1, 0]), kind='stable')"
    for mode in ["full", "same", "valid"]:
        yield f"k.convolve(k.array([1.0, 2.0, 3.0, 4.0]), k.array([0.5, 1.0, -1.0]), mode='{mode}')"
        yield f"k.convolve(k.array([1, 2]), k.array([1, 2, 3, 4]), mode='{mode}')"
    yield f"k.append({I}, [1, 2])"
    yield f"k.append({F}, {G}, axis=0)"
    for n in [1, 2, 3, 5]:
        yield f"k.array_split(k.arange(7), {n})"
    yield f"k.array_split({I}, [1], axis=1)"
    yield f"k.column_stack([k.arange(3), {R}])"
    yield f"k.column_stack([{F}, {G}])"
    yield "k.atleast_1d(5)"
    yield f"k.atleast_2d({R})"
    yield f"k.fliplr({I})"
    yield f"k.flipud({I})"
    for n in [-1, 0, 1, 2, 3]:
        yield f"k.rot90({I}, {n})"
    yield f"k.diagonal({I})"
    yield f"k.diagonal({I}, 1)"
    yield f"k.flatnonzero({I})"
    yield f"k.roll({I}, (1, 2), axis=(0, 1))"
    yield f"k.roll({I}, 1, axis=(0, 1))"
    yield "k.identity(3)"
    yield "k.geomspace(1, 1000, 4)"
    yield f"k.inner({I}, {J})"
    yield f"k.inner({R}, {R})"
    yield f"k.tensordot({I}, {J})"
    yield f"k.tensordot({I}, {J}, axes=([1], [1]))"
    yield f"k.tensordot({T}, {T}, axes=([0, 2], [0, 2]))"
    yield f"k.tensordot({F}, k.transpose({G}), axes=1)"
    yield f"k.tensordot({R}, {R}, axes=0)"
    yield f"k.kron({I}, {J})"
    yield "k.kron(k.array([1, 2]), k.array([1, 10, 100]))"
    yield f"k.cross({F}, {R})"
    yield f"k.cross({I}, {J})"
    for n in [0, 1, 5, -2]:
        yield f"k.linalg.matrix_power(k.array([[2.0, 1.0], [1.0, 1.0]]), {n})"
    yield "k.linalg.matrix_power(k.array([[1, 1], [1, 0]]), 10)"
    yield "k.linalg.eigh(k.array([[2.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 4.0]]))[0]"
    yield f"k.linalg.norm({F}, axis=1)"
    yield f"{I}.swapaxes(0, 1)"
    yield f"{I}.nonzero()"
    yield f"{I}.diagonal()"
    yield f"{I}.trace()"
    yield f"{I}.cumprod(axis=1)"
    yield f"{I}.item(4)"
    yield f"{I}.item(1, 2)"


def number(v):
    v = float(v)
    return v if math.isfinite(v) else repr(v)


def record(value, exact=False):
    if isinstance(value, (tuple, list)):
        return {"all": [record(v, exact) for v in value]}
    if isinstance(value, (bool, np.bool_)) and not isinstance(value, np.ndarray):
        value = np.asarray(value)
    a = np.asarray(value)
    # The same names for what Kiln has no type for.
    dtype = a.dtype.name if exact else {"float64": "float32", "uint64": "int64", "int8": "int64"}.get(a.dtype.name, a.dtype.name)
    case = {"shape": list(a.shape), "dtype": dtype}
    if dtype != a.dtype.name:
        case["numpy"] = a.dtype.name
    case["values"] = [number(v) if a.dtype.kind == "f" else int(v) for v in a.ravel()]
    return case


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    np.set_printoptions(precision=4, suppress=True, linewidth=75)
    total = 0
    for family in [elementwise, reductions, shapes, creation, indexing, products, more, handy, text]:
        cases = []
        with np.errstate(all="ignore"):
            for expression in family():
                value = eval(expression, {"k": k})
                if family is text:
                    # Kiln writes no dtype: it is written as the default type that NumPy leaves out.
                    value = value.astype(np.float32).astype(value.dtype) if value.dtype.kind == "f" else value
                    single = value.astype(np.float32) if value.dtype.kind == "f" else value
                    written = repr(single).replace(", dtype=float32", "").replace(",\n      dtype=float32", "")
                    cases.append({"expr": expression, "repr": written, "str": str(single)})
                    continue
                cases.append({"expr": expression, **record(value, exact="float64" in expression)})
        lines = ",\n".join(json.dumps(case) for case in cases)
        (OUT / f"{family.__name__}.json").write_text(f"[\n{lines}\n]\n")
        total += len(cases)
    print(total, "cases")


if __name__ == "__main__":
    main()
