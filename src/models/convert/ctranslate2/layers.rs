//! What encoder and decoder are made of: vectors of tokens, linear maps, normalisation, the feed-forward part.

use super::file::{File, wrong};
use crate::Result;
use crate::onnx::ElementType;
use crate::onnx::build::{Attribute, Builder};

/// The version of ONNX's operators.
const OPSET: i64 = 18;

/// Added to the variance; CTranslate2's own where the file says nothing.
const EPSILON: f32 = 1e-5;

/// CTranslate2's numbers of the two activations that Marian models have.
const RELU: i16 = 0;
const SWISH: i16 = 2;

/// The name of the embedding, which is the head, too.
pub(super) const EMBEDDING: &str = "decoder/embeddings/weight";

/// A graph over the weights of a file, in the making.
pub(super) struct Writer<'f> {
    pub(super) file: &'f File<'f>,
    pub(super) b: Builder,
    /// Length of a token's vector.
    pub(super) width: usize,
    pub(super) heads: usize,
}

/// The sizes of the part `side` of a model (`encoder`, `decoder`): how many layers it has.
pub(super) fn layers(file: &File<'_>, side: &str) -> usize {
    (0..).take_while(|layer| file.has(&format!("{side}/layer_{layer}/ffn/linear_0/bias"))).count()
}

impl<'f> Writer<'f> {
    /// A graph of the part `side`.
    ///
    /// # Errors
    /// It differs from Marian: in where it normalises, in its activation, in how a text begins.
    pub(super) fn new(file: &'f File<'f>, side: &str) -> Result<Self> {
        let settings = [
            ("pre_norm", 0, "normalises before its parts"),
            ("scale_embeddings", 1, "does not scale its vectors"),
        ];
        for (name, expected, what) in settings {
            if file.setting(&format!("{side}/{name}"))? != expected {
                return Err(wrong(&format!("its {side} {what}")));
            }
        }
        let begins = file.setting("decoder/start_from_zero_embedding")?;
        if begins != 1 || file.has(&format!("{side}/layernorm_embedding/gamma")) {
            return Err(wrong("a text begins in another way than in Marian's models"));
        }
        let &[_, width] = file.dims(EMBEDDING)? else { return Err(wrong("its embedding is no matrix")) };
        let heads = usize::try_from(file.setting(&format!("{side}/num_heads"))?).unwrap_or(0);
        if heads == 0 || !width.is_multiple_of(heads) {
            return Err(wrong(&format!("{width} values cannot be shared by {heads} heads")));
        }
        Ok(Self { file, b: Builder::new("main_graph", OPSET), width, heads })
    }

    fn float(&mut self, x: &str, at: &str) -> String {
        let float = [("to", Attribute::Int(ElementType::Float32.code().into()))];
        self.b.node("Cast", &format!("{at}/Cast"), &[x], &float)
    }

    /// The vectors of the tokens `ids` at `positions`, `[b, s, width]`. The token after the last one of the
    /// vocabulary has a vector of zeros: a translation begins with it.
    pub(super) fn embed(&mut self, ids: &str, positions: &str) -> Result<String> {
        let table = self.file.matrix(EMBEDDING)?;
        let (rows, columns) = (table.rows + 1, table.columns);
        let values = [table.values, &vec![0; columns]].concat();
        let scales = [table.scales, &1_f32.to_le_bytes()].concat();
        let values = self.b.raw(EMBEDDING, ElementType::Int8, &[rows, columns], values);
        let scales = self.b.raw(&format!("{EMBEDDING}_scale"), ElementType::Float32, &[rows, 1], scales);
        let at = "/embeddings";
        let values = self.b.node("Gather", &format!("{at}/Gather"), &[&values, ids], &[]);
        let values = self.float(&values, at);
        let scales = self.b.node("Gather", &format!("{at}/Gather_1"), &[&scales, ids], &[]);
        let rows = self.b.node("Div", &format!("{at}/Div"), &[&values, &scales], &[]);
        let root = self.b.scalar("embedding_scale", (self.width as f32).sqrt());
        let scaled = self.b.node("Mul", &format!("{at}/Mul"), &[&rows, &root], &[]);
        let name = "decoder/position_encodings/encodings";
        let dims = self.file.dims(name)?.to_vec();
        let table = self.file.floats(name, &dims)?.to_vec();
        self.b.note("max_position_embeddings", dims.first().copied().unwrap_or_default());
        let table = self.b.raw(name, ElementType::Float32, &dims, table);
        let places = self.b.node("Gather", &format!("{at}/Gather_2"), &[&table, positions], &[]);
        Ok(self.b.node("Add", &format!("{at}/Add"), &[&scaled, &places], &[]))
    }

    /// `x · Wᵀ` for the matrix called `weight`, by nodes at `at`.
    pub(super) fn times(&mut self, x: &str, weight: &str, at: &str) -> Result<String> {
        let matrix = self.file.matrix(weight)?;
        let (dims, scales) = ([matrix.rows, matrix.columns], matrix.scales.to_vec());
        let values = self.b.raw(weight, ElementType::Int8, &dims, matrix.values.to_vec());
        let scales = self.b.raw(&format!("{weight}_scale"), ElementType::Float32, &[dims[0], 1], scales);
        let values = self.float(&values, at);
        let whole = self.b.node("Div", &format!("{at}/Div"), &[&values, &scales], &[]);
        let turn = [("perm", Attribute::Ints(vec![1, 0]))];
        let turned = self.b.node("Transpose", &format!("{at}/Transpose"), &[&whole], &turn);
        Ok(self.b.node("MatMul", &format!("{at}/MatMul"), &[x, &turned], &[]))
    }

    /// The linear map `name`: a matrix and a bias.
    pub(super) fn linear(&mut self, x: &str, name: &str) -> Result<String> {
        let (weight, at) = (format!("{name}/weight"), format!("/{name}"));
        let rows = self.file.matrix(&weight)?.rows;
        let product = self.times(x, &weight, &at)?;
        let bias = format!("{name}/bias");
        let bytes = self.file.floats(&bias, &[rows])?.to_vec();
        let bias = self.b.raw(&bias, ElementType::Float32, &[rows], bytes);
        Ok(self.b.node("Add", &format!("{at}/Add"), &[&product, &bias], &[]))
    }

    /// `x` and what a part has made of it, added and normalised.
    pub(super) fn joined(&mut self, x: &str, made: &str, part: &str) -> Result<String> {
        let sum = self.b.node("Add", &format!("/{part}/Add"), &[x, made], &[]);
        let mut weight = |name: &str| -> Result<String> {
            let name = format!("{part}/layer_norm/{name}");
            let bytes = self.file.floats(&name, &[self.width])?.to_vec();
            Ok(self.b.raw(&name, ElementType::Float32, &[self.width], bytes))
        };
        let (gamma, beta) = (weight("gamma")?, weight("beta")?);
        let how = [("axis", Attribute::Int(-1)), ("epsilon", Attribute::Float(EPSILON))];
        Ok(self.b.node("LayerNormalization", &format!("/{part}/layer_norm"), &[&sum, &gamma, &beta], &how))
    }

    /// The feed-forward part of the layer at `layer`.
    pub(super) fn feed_forward(&mut self, x: &str, layer: &str, side: &str) -> Result<String> {
        let part = format!("{layer}/ffn");
        let inside = self.linear(x, &format!("{part}/linear_0"))?;
        let active = match self.file.setting(&format!("{side}/activation"))? {
            RELU => self.b.node("Relu", &format!("/{part}/Relu"), &[&inside], &[]),
            SWISH => {
                let gate = self.b.node("Sigmoid", &format!("/{part}/Sigmoid"), &[&inside], &[]);
                self.b.node("Mul", &format!("/{part}/Mul"), &[&inside, &gate], &[])
            }
            other => return Err(wrong(&format!("its activation {other} is not known"))),
        };
        let made = self.linear(&active, &format!("{part}/linear_1"))?;
        self.joined(x, &made, &part)
    }
}
