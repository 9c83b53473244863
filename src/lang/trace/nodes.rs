//! The functions of `kiln`, each as the nodes that compute it.

use rustpython_vm::{PyObjectRef, PyResult};

use super::Input;
use super::arithmetic::{self, Side, combined, compared, met};
use super::lower::{as_type, integers, one, reshaped, several, transposed};
use super::table::{EACH, OF_TWO, ORDERS, found};
use crate::lang::call::Call;
use crate::lang::convert;
use crate::onnx::Attribute;
use crate::tensor::elementwise::Binary;
use crate::tensor::{DType, Tensor};

/// A call, and what tensors give for it.
pub(super) struct Lowering<'a> {
    pub(super) c: &'a Call<'a>,
    pub(super) wanted: &'a [Tensor],
}

impl Lowering<'_> {
    fn side(&self, name: &str) -> PyResult<Side> {
        let object = self.c.object(name)?;
        match arithmetic::side(&object, self.c.vm)? {
            Some(side) => Ok(side),
            None => Err(self.c.expected(name, "a tensor", &object)),
        }
    }

    /// The argument `name` as it is.
    fn input(&self, name: &str) -> PyResult<Input> {
        Ok(match self.side(name)? {
            Side::Traced(input) => input,
            Side::Plain(operand) => Input::Constant(operand.into_tensor()),
        })
    }

    /// The argument `x` in the type of the result.
    fn wide(&self) -> PyResult<Input> {
        as_type(&self.input("x")?, self.dtype(), self.c.vm)
    }

    fn dtype(&self) -> DType {
        self.wanted[0].dtype()
    }

    fn one(&self, operator: &str, inputs: &[Input]) -> PyResult<Input> {
        one(operator, inputs, &[], self.c.vm)
    }

    fn with_axis(&self, operator: &str, inputs: &[Input], axis: i64) -> PyResult<Input> {
        one(operator, inputs, &[("axis", Attribute::Int(axis))], self.c.vm)
    }

    /// The nodes of the function `name`; `None` where there are none for it.
    pub(super) fn nodes(&self, name: &str) -> PyResult<Option<Vec<Input>>> {
        if name == "split" {
            return self.split().map(Some);
        }
        let (c, vm) = (self.c, self.c.vm);
        if let Some(operator) = found(&EACH, name) {
            return Ok(Some(vec![self.one(operator, &[self.wide()?])?]));
        }
        if let Some(op) = found(&OF_TWO, name) {
            return Ok(Some(vec![combined(op, &self.side("x")?, &self.side("y")?, vm)?]));
        }
        if let Some(op) = found(&ORDERS, name) {
            return Ok(Some(vec![compared(op, &self.side("x")?, &self.side("y")?, vm)?]));
        }
        let made = match name {
            "round" if c.integer("decimals", 0)? == 0 => self.one("Round", &[self.wide()?]),
            "isnan" => self.one("IsNaN", &[self.input("x")?]),
            "isinf" => self.one("IsInf", &[self.input("x")?]),
            "astype" => self.wide(),
            "square" => combined(Binary::Multiply, &self.side("x")?, &self.side("x")?, vm),
            "logical_and" => self.one("And", &[self.truth("x")?, self.truth("y")?]),
            "logical_or" => self.one("Or", &[self.truth("x")?, self.truth("y")?]),
            "logical_not" => self.one("Not", &[self.truth("x")?]),
            "clip" => self.clip(),
            "where" => {
                let [x, y] = met(&self.side("x")?, &self.side("y")?, vm)?;
                self.one("Where", &[self.truth("condition")?, x, y])
            }
            "matmul" => arithmetic::multiplied(&self.side("x")?, &self.side("y")?, vm),
            "einsum" => self.einsum(),
            "softmax" => self.with_axis("Softmax", &[self.wide()?], c.integer("axis", -1)?),
            "log_softmax" => self.with_axis("LogSoftmax", &[self.wide()?], c.integer("axis", -1)?),
            "gelu" => {
                let how = c.text("approximate")?.unwrap_or_else(|| "none".to_owned());
                one("Gelu", &[self.wide()?], &[("approximate", Attribute::Text(how))], vm)
            }
            "layer_norm" => self.layer_norm(),
            "sum" => self.reduced("ReduceSum"),
            "mean" => self.reduced("ReduceMean"),
            "prod" => self.reduced("ReduceProd"),
            "min" => self.reduced("ReduceMin"),
            "max" => self.reduced("ReduceMax"),
            "argmin" => self.position("ArgMin"),
            "argmax" => self.position("ArgMax"),
            "cumsum" if c.given("axis").is_some() => {
                let axis = Input::Constant(Tensor::scalar(c.integer("axis", 0)?));
                self.one("CumSum", &[self.wide()?, axis])
            }
            "reshape" | "flatten" | "ravel" | "expand_dims" | "squeeze" => {
                reshaped(&self.input("x")?, self.wanted[0].shape(), vm)
            }
            "transpose" | "permute" | "swapaxes" => self.transpose(name),
            "broadcast_to" => {
                let shape = self.wanted[0].shape().iter().map(|&length| length as i64).collect();
                self.one("Expand", &[self.input("x")?, integers(shape)])
            }
            "concatenate" => self.with_axis("Concat", &self.list("tensors")?, c.integer("axis", 0)?),
            "stack" => self.stack(),
            "take" => {
                let (x, at) = (self.input("x")?, self.input("indices")?);
                match c.given("axis") {
                    Some(_) => self.with_axis("Gather", &[x, at], c.integer("axis", 0)?),
                    None => {
                        let length = x.tensor().len();
                        self.with_axis("Gather", &[reshaped(&x, &[length], vm)?, at], 0)
                    }
                }
            }
            "tril" | "triu" => {
                let k = Input::Constant(Tensor::scalar(c.integer("k", 0)?));
                let upper = Attribute::Int((name == "triu").into());
                one("Trilu", &[self.input("x")?, k], &[("upper", upper)], vm)
            }
            _ => return Ok(None),
        };
        Ok(Some(vec![made?]))
    }

    fn truth(&self, name: &str) -> PyResult<Input> {
        as_type(&self.input(name)?, DType::Bool, self.c.vm)
    }

    fn clip(&self) -> PyResult<Input> {
        let mut x = self.side("x")?;
        for (name, op) in [("min", Binary::Maximum), ("max", Binary::Minimum)] {
            if self.c.given(name).is_some() {
                x = Side::Traced(combined(op, &x, &self.side(name)?, self.c.vm)?);
            }
        }
        as_type(
            &match x {
                Side::Traced(input) => input,
                Side::Plain(operand) => Input::Constant(operand.into_tensor()),
            },
            self.dtype(),
            self.c.vm,
        )
    }

    fn einsum(&self) -> PyResult<Input> {
        let equation = self.c.text("subscripts")?.unwrap_or_default();
        let inputs = self.c.rest().iter().map(|object| self.element(object)).collect::<PyResult<Vec<_>>>()?;
        one("Einsum", &inputs, &[("equation", Attribute::Text(equation))], self.c.vm)
    }

    /// An element of a list, in the type of the result.
    fn element(&self, object: &PyObjectRef) -> PyResult<Input> {
        let input = match Input::exactly(object) {
            Some(input) => input,
            None => Input::Constant(convert::operand(object, self.c.vm)?.into_tensor()),
        };
        as_type(&input, self.dtype(), self.c.vm)
    }

    fn list(&self, name: &str) -> PyResult<Vec<Input>> {
        let items: Vec<PyObjectRef> = self.c.object(name)?.try_to_value(self.c.vm)?;
        items.iter().map(|item| self.element(item)).collect()
    }

    fn layer_norm(&self) -> PyResult<Input> {
        let x = self.wide()?;
        let axis = self.c.integer("axis", -1)?;
        let at = if axis < 0 { axis + x.tensor().ndim() as i64 } else { axis };
        let length = x.tensor().shape().get(at as usize).copied().unwrap_or(1);
        let ones =
            Tensor::from_vec(&[length], vec![1.0_f32; length]).unwrap_or_else(|_| Tensor::scalar(1.0_f32));
        let scale = match self.c.given("weight") {
            Some(weight) => self.element(weight)?,
            None => as_type(&Input::Constant(ones), self.dtype(), self.c.vm)?,
        };
        let mut inputs = vec![x, scale];
        if let Some(bias) = self.c.given("bias") {
            inputs.push(self.element(bias)?);
        }
        let epsilon = Attribute::Float(self.c.float("eps", 1e-5)? as f32);
        one("LayerNormalization", &inputs, &[("axis", Attribute::Int(axis)), ("epsilon", epsilon)], self.c.vm)
    }

    fn reduced(&self, operator: &str) -> PyResult<Input> {
        let mut inputs = vec![self.wide()?];
        if let Some(axes) = self.c.axes("axis")? {
            inputs.push(integers(axes.into_iter().map(|axis| axis as i64).collect()));
        }
        let keep = Attribute::Int(self.c.flag("keepdims", false)?.into());
        one(operator, &inputs, &[("keepdims", keep)], self.c.vm)
    }

    fn position(&self, operator: &str) -> PyResult<Input> {
        let mut x = self.input("x")?;
        if self.c.given("axis").is_none() {
            let length = x.tensor().len();
            x = reshaped(&x, &[length], self.c.vm)?;
        }
        let axis = Attribute::Int(self.c.integer("axis", 0)?);
        let keep = Attribute::Int(self.c.flag("keepdims", false)?.into());
        one(operator, &[x], &[("axis", axis), ("keepdims", keep)], self.c.vm)
    }

    fn transpose(&self, name: &str) -> PyResult<Input> {
        let x = self.input("x")?;
        let ndim = x.tensor().ndim() as i64;
        let place = |axis: i64| if axis < 0 { axis + ndim } else { axis };
        let axes: Vec<i64> = match (name, self.c.rest()) {
            ("swapaxes", _) => {
                let (a, b) = (place(self.c.integer("axis1", 0)?), place(self.c.integer("axis2", 0)?));
                (0..ndim)
                    .map(|axis| {
                        if axis == a {
                            b
                        } else if axis == b {
                            a
                        } else {
                            axis
                        }
                    })
                    .collect()
            }
            (_, []) => (0..ndim).rev().collect(),
            (_, [only]) if self.c.vm.is_none(only) => (0..ndim).rev().collect(),
            (_, [only]) => convert::integers(only, self.c.vm)?.into_iter().map(place).collect(),
            (_, all) => all
                .iter()
                .map(|axis| convert::integer(axis, self.c.vm).map(place))
                .collect::<PyResult<_>>()?,
        };
        transposed(&x, axes, self.c.vm)
    }

    fn stack(&self) -> PyResult<Input> {
        let axis = self.c.integer("axis", 0)?;
        let at = Input::Constant(Tensor::from_vec(&[1], vec![axis]).unwrap_or_else(|_| Tensor::scalar(axis)));
        let raised =
            self.list("tensors")?.into_iter().map(|input| self.one("Unsqueeze", &[input, at.clone()]));
        self.with_axis("Concat", &raised.collect::<PyResult<Vec<_>>>()?, axis)
    }

    fn split(&self) -> PyResult<Vec<Input>> {
        let axis = self.c.integer("axis", 0)?;
        let ndim = self.wanted[0].ndim() as i64;
        let at = if axis < 0 { axis + ndim } else { axis } as usize;
        let sizes = self.wanted.iter().map(|part| part.shape()[at] as i64).collect();
        let inputs = [self.input("x")?, integers(sizes)];
        several("Split", &inputs, &[("axis", Attribute::Int(axis))], self.wanted.len(), self.c.vm)
    }
}
