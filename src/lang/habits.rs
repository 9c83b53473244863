//! What authors write from memory of NumPy, PyTorch, transformers and diffusers that `kiln` has under
//! another name or not at all: for each, what to write instead.

/// What stands in for an attribute of the module `kiln`.
const OF_MODULE: &[(&str, &str)] = &[
    ("add_at", "`k.bincount` counts; a loop adds where places repeat"),
    ("bfloat16", "tensors are float32, float64, int64, int32, uint8 or bool"),
    ("bmm", "`x @ y`, which takes batches too"),
    ("cat", "`k.concatenate([x, y], axis=0)`"),
    ("complex64", "tensors are real: float32, float64, int64, int32, uint8 or bool"),
    ("complex128", "tensors are real: float32, float64, int64, int32, uint8 or bool"),
    ("default_rng", "`k.rng(seed)`"),
    ("fft", "`k.ops.DFT` is ONNX's Fourier transform"),
    ("finfo", "the eps of float32 is 1.1920929e-07"),
    ("float16", "tensors are float32, float64, int64, int32, uint8 or bool"),
    ("float_", "`k.float32` or `k.float64`"),
    ("from_numpy", "`k.array(x)`"),
    ("functional", "its functions are `kiln`'s own: `k.softmax(x, axis=-1)`"),
    ("int16", "tensors are float32, float64, int64, int32, uint8 or bool"),
    ("int8", "tensors are float32, float64, int64, int32, uint8 or bool"),
    ("int_", "`k.int64`"),
    ("bool_", "`k.bool`"),
    ("iinfo", "the largest int64 is `2**63 - 1`, the largest int32 `2**31 - 1`"),
    ("imshow", "`k.plot.image(x)` or `k.plot.heatmap(x)`"),
    ("lstsq", "`k.solve(A.T @ A, A.T @ y)` for the least squares of `A @ w = y`"),
    ("manual_seed", "`k.rng(seed)` makes a generator with a seed of its own"),
    ("mm", "`x @ y`"),
    ("ndarray", "`k.Tensor` is the class of tensors"),
    ("ndim", "`x.ndim`"),
    ("nn", "its functions are `kiln`'s own (`k.softmax`, `k.relu`), its layers `k.ops.Conv`, `k.ops.Gemm`"),
    ("no_grad", "nothing is traced: leave it out"),
    ("polyfit", "`k.solve(V.T @ V, V.T @ y)` with the powers of x as the columns of V"),
    ("rand", "`k.rng(seed).random((2, 3))`"),
    ("randint", "`k.rng(seed).integers(0, 10, size=5)`"),
    ("randn", "`k.rng(seed).normal(size=(2, 3))`"),
    ("random", "`k.rng(seed)` has the draws: `k.rng(0).normal(size=(2, 3))`"),
    ("seed", "`k.rng(seed)` makes a generator with a seed of its own"),
    ("set_printoptions", "format what is shown: `k.round(x, 2)`, `f\"{v:.2f}\"`"),
    ("shape", "`x.shape`"),
    ("size", "`x.size`"),
    ("svd", "`k.eigh(x.T @ x)` has the squares of the singular values, and the right vectors"),
    ("unsqueeze", "`k.expand_dims(x, axis)` or `x[None]`"),
];

/// What stands in for an attribute of the module `kiln.plot`.
const OF_PLOT: &[(&str, &str)] = &[
    ("Figure", "a call makes a figure: `k.plot.line(x, y, title=\"…\")`"),
    ("barh", "`k.plot.bar(labels, values)`"),
    ("boxplot", "`k.plot.hist(x)`, or a table of `k.quantile(x, [0.25, 0.5, 0.75])`"),
    ("figure", "a call makes a figure: `k.plot.line(x, y, title=\"…\")`"),
    ("imshow", "`k.plot.image(x)` for a picture, `k.plot.heatmap(x)` for a matrix"),
    ("legend", "series get their names in the call: `k.plot.line(x, {\"train\": a, \"test\": b})`"),
    ("matshow", "`k.plot.heatmap(x)`"),
    ("pcolormesh", "`k.plot.heatmap(x)`"),
    ("plot", "`k.plot.line(x, y)`"),
    ("savefig", "a figure becomes part of the page, and readers can take it along"),
    ("show", "the last value of a cell is shown; `display(figure)` shows others"),
    ("subplots", "a figure has one plot: show several with `display(figure)`, or series in one call"),
    ("title", "`k.plot.line(x, y, title=\"…\")`"),
    ("xlabel", "`k.plot.line(x, y, x_label=\"…\")`"),
    ("ylabel", "`k.plot.line(x, y, y_label=\"…\")`"),
];

/// What stands in for an attribute of a figure.
const OF_DISPLAY: &[(&str, &str)] = &[
    ("savefig", "a figure becomes part of the page, and readers can take it along"),
    ("set_title", "`title=\"…\"` stands in the call that makes the figure"),
    ("show", "the last value of a cell is shown; `display(figure)` shows others"),
];

/// What stands in for an attribute of a tensor.
const OF_TENSOR: &[(&str, &str)] = &[
    ("add_", "`x += y`"),
    ("backward", "no gradients are kept: write the derivative, or differences"),
    ("bool", "`x.astype(k.bool)`"),
    ("cpu", "every tensor is on the CPU: leave it out"),
    ("cuda", "every tensor is on the CPU: leave it out"),
    ("detach", "no gradients are kept: leave it out"),
    ("double", "`x.astype(k.float64)`"),
    ("flat", "`x.flatten()`"),
    ("float", "`x.astype(k.float32)`"),
    ("half", "tensors are float32, float64, int64, int32, uint8 or bool"),
    ("int", "`x.astype(k.int64)`"),
    ("itemsize", "`x.nbytes // x.size`"),
    ("long", "`x.astype(k.int64)`"),
    ("masked_fill", "`k.where(mask, value, x)`"),
    ("numpy", "a tensor has NumPy's methods itself: leave it out"),
    ("ptp", "`k.ptp(x)`"),
    ("requires_grad", "no gradients are kept"),
    ("strides", "a tensor has no strides that could be seen"),
    ("t", "`x.T`"),
    ("to", "every tensor is on the CPU; `x.astype(k.float32)` converts"),
    ("unsqueeze", "`k.expand_dims(x, axis)` or `x[None]`"),
    ("view", "`x.reshape(shape)`"),
];

/// What stands in for an attribute of a model.
const OF_MODEL: &[(&str, &str)] = &[
    ("config", "`m.inputs`, `m.outputs`, `m.task` and `m.nodes` say what is known of it"),
    ("eval", "a model only ever runs: leave it out"),
    ("forward", "`m(input_ids=…)` or `m.run({…})`"),
    ("generate", "`k.pipeline(\"text-generation\", id)(text, max_new_tokens=20)`"),
    ("parameters", "`m.num_params` counts them, `m.weight(name)` is one"),
    ("state_dict", "`m.weight(name)` is one; the inputs of `m.nodes` have their names"),
];

/// What stands in for an attribute of a generator.
const OF_GENERATOR: &[(&str, &str)] = &[
    ("rand", "`rng.random((2, 3))`"),
    ("randint", "`rng.integers(0, 10, size=5)`"),
    ("randn", "`rng.normal(size=(2, 3))`"),
    ("sample", "`rng.choice(x, size=3, replace=False)`"),
    ("seed", "`k.rng(seed)` makes another one"),
];

/// What is known of objects of `class`, or of the module `class`.
fn table(class: &str) -> &'static [(&'static str, &'static str)] {
    match class {
        "kiln" => OF_MODULE,
        "kiln.plot" => OF_PLOT,
        "Display" => OF_DISPLAY,
        "Tensor" => OF_TENSOR,
        "Model" => OF_MODEL,
        "Generator" => OF_GENERATOR,
        _ => &[],
    }
}

/// What to write for the attribute `name` that an object of `class`, or the module `class`, lacks.
pub(super) fn attribute(class: &str, name: &str) -> Option<&'static str> {
    table(class).iter().find(|(known, _)| *known == name).map(|(_, hint)| *hint)
}

/// The attributes that objects of `class` are said to lack.
#[cfg(test)]
pub(super) fn lacking(class: &str) -> Vec<&'static str> {
    table(class).iter().map(|(name, _)| *name).collect()
}

/// What to write for the argument `name`, which a function with the parameters `params` lacks.
pub(super) fn argument(name: &str, params: &[&str]) -> Option<&'static str> {
    let has = |param: &str| params.contains(&param);
    match name {
        "dim" | "dims" if has("axis") => Some("PyTorch's `dim` is NumPy's `axis`"),
        "keepdim" if has("keepdims") => Some("PyTorch's `keepdim` is NumPy's `keepdims`"),
        "max_length" | "min_length" | "max_tokens" | "max_new_token" if has("max_new_tokens") => {
            Some("`max_new_tokens` counts what is written, without the prompt")
        }
        "return_all_scores" if has("top_k") => Some("`top_k=None` gives every score"),
        "xscale" | "x_scale" if has("log_x") => Some("`log_x=True` makes the axis logarithmic"),
        "yscale" | "y_scale" if has("log_y") => Some("`log_y=True` makes the axis logarithmic"),
        "label" if has("labels") && has("y") => {
            Some("a dict names the series: `k.plot.line(x, {\"train\": a, \"test\": b})`")
        }
        "c" | "color" | "colors" | "alpha" | "linewidth" | "lw" | "marker" | "figsize" if has("title") => {
            Some("the theme of the site draws: leave it out")
        }
        "cmap" if has("diverging") => Some("the theme of the site draws: `diverging=True` has a middle at 0"),
        "annot" if has("annotate") => Some("`annotate=True` writes the numbers into the cells"),
        "titles" if has("labels") => Some("`labels` stand below the pictures"),
        "device" | "requires_grad" => Some("everything is on the CPU, without gradients: leave it out"),
        _ => None,
    }
}

/// What to write where the call `text` calls what is no function.
pub(super) fn called(text: &str) -> Option<String> {
    const VALUES: [&str; 8] =
        ["T", "alphas_cumprod", "dtype", "nbytes", "ndim", "shape", "size", "timesteps"];
    const DTYPES: [&str; 6] = ["bool", "float32", "float64", "int32", "int64", "uint8"];
    let after = |name: &str| text.contains(&format!(".{name}("));
    if let Some(name) = VALUES.into_iter().find(|name| after(name)) {
        return Some(format!("`{name}` is a value and no method: leave out the brackets"));
    }
    let name = DTYPES.into_iter().find(|name| after(name))?;
    Some(format!("`{name}` is a dtype: `k.array(x, dtype=k.{name})` or `x.astype(k.{name})`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn habits_are_met() {
        assert_eq!(attribute("kiln", "cat"), Some("`k.concatenate([x, y], axis=0)`"));
        assert_eq!(attribute("Tensor", "view"), Some("`x.reshape(shape)`"));
        assert_eq!(attribute("str", "view"), None);
        assert_eq!(argument("dim", &["x", "axis"]), Some("PyTorch's `dim` is NumPy's `axis`"));
        assert_eq!(argument("dim", &["x"]), None);
        assert!(called("x.shape()[0]").is_some_and(|hint| hint.starts_with("`shape`")));
        assert!(called("k.float32(3)").is_some_and(|hint| hint.contains("astype(k.float32)")));
        assert_eq!(called("f(3)"), None);
    }
}
