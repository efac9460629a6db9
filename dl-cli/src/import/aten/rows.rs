//! Products with weights, embeddings, norms of rows, and attention.

use super::Lowering;
use super::emit::{float, int, ints};
use crate::file::pt2::schema::Node;
use dl_onnx::tensor_proto::DataType;

impl Lowering<'_> {
    pub fn rows(&mut self, node: &Node, family: &str) -> Option<Vec<String>> {
        let of = |lowering: &Self, name: &str| lowering.of(node.tensor(name)?);
        let result = match family {
            "linear" => {
                let (x, weight) = (self.x(node)?, of(self, "weight")?);
                let bias = match node.tensor("bias") {
                    Some(bias) => Some(self.of(bias)?),
                    None => None,
                };
                // The importer takes Gemm for rows of any number of dimensions.
                let inputs: Vec<&str> = [&x, &weight].into_iter().chain(&bias).map(|name| &**name).collect();
                Some(self.emit("Gemm", &inputs, vec![int("transB", 1)]))
            }
            "addmm" => {
                let (bias, a, b) = (self.x(node)?, of(self, "mat1")?, of(self, "mat2")?);
                let (beta, alpha) =
                    (float("beta", node.number("beta", 1.0)?), float("alpha", node.number("alpha", 1.0)?));
                Some(self.emit("Gemm", &[&a, &b, &bias], vec![alpha, beta]))
            }
            "mm" | "bmm" | "matmul" => {
                let (a, b) = (self.x(node)?, of(self, "mat2").or_else(|| of(self, "other"))?);
                Some(self.emit("MatMul", &[&a, &b], Vec::new()))
            }
            "embedding" => {
                let (table, tokens) = (of(self, "weight")?, of(self, "indices")?);
                Some(self.emit("Gather", &[&table, &tokens], Vec::new()))
            }
            "layer_norm" | "native_layer_norm" => {
                let [features] = node.ints("normalized_shape")?[..] else {
                    return self.refuse("over several dimensions");
                };
                let (x, scale, bias) = (self.x(node)?, self.scale(node, features)?, self.bias(node, features)?);
                let epsilon = float("epsilon", node.number("eps", 1e-5)?);
                Some(self.emit("LayerNormalization", &[&x, &scale, &bias], vec![int("axis", -1), epsilon]))
            }
            "rms_norm" => {
                let [features] = node.ints("normalized_shape")?[..] else {
                    return self.refuse("over several dimensions");
                };
                let (x, scale) = (self.x(node)?, self.scale(node, features)?);
                // PyTorch's default is the smallest step of the type.
                let epsilon = node.number("eps", f32::EPSILON.into())?;
                Some(self.emit("torch.rms_norm", &[&x, &scale], vec![float("epsilon", epsilon)]))
            }
            "scaled_dot_product_attention" => self.attention(node),
            _ => None,
        };
        Some(vec![result?])
    }
    /// Spells attention out, as ONNX files do.
    fn attention(&mut self, node: &Node) -> Option<String> {
        if node.number("dropout_p", 0.0)? != 0.0 || node.flag("enable_gqa", false)? {
            return self.refuse("with dropout or with groups of queries");
        }
        let (query, key, value) = (node.tensor("query")?, node.tensor("key")?, node.tensor("value")?);
        let sizes = self.sizes(query)?;
        let size = sizes.last().copied().flatten()?;
        let scale = node.number("scale", 1.0 / (size as f64).sqrt())?;
        let rank = i64::try_from(sizes.len()).ok()?;
        let (q, k, v) = (self.of(query)?, self.of(key)?, self.of(value)?);
        let mut order: Vec<i64> = (0..rank).collect();
        order.swap(usize::try_from(rank - 2).ok()?, sizes.len() - 1);
        let transposed = self.emit("Transpose", &[&k], vec![ints("perm", &order)]);
        let scores = self.emit("MatMul", &[&q, &transposed], Vec::new());
        let scale = self.float(scale);
        let mut scores = self.emit("Mul", &[&scores, &scale], Vec::new());
        let hidden = self.float(f64::NEG_INFINITY);
        if node.flag("is_causal", false)? {
            let rows = self.emit("Shape", &[&q], vec![int("start", rank - 2), int("end", rank - 1)]);
            let columns = self.emit("Shape", &[&k], vec![int("start", rank - 2), int("end", rank - 1)]);
            let shape = self.emit("Concat", &[&rows, &columns], vec![int("axis", 0)]);
            let one = self.whole(1);
            let all = self.emit("Expand", &[&one, &shape], Vec::new());
            let kept = self.emit("Trilu", &[&all], vec![int("upper", 0)]);
            scores = self.emit("Where", &[&kept, &scores, &hidden], Vec::new());
        }
        if let Some(mask) = node.tensor("attn_mask") {
            let kept = self.is(mask, DataType::Bool);
            let mask = self.of(mask)?;
            scores = if kept {
                self.emit("Where", &[&mask, &scores, &hidden], Vec::new())
            } else {
                self.emit("Add", &[&scores, &mask], Vec::new())
            };
        }
        let weights = self.emit("Softmax", &[&scores], vec![int("axis", -1)]);
        Some(self.emit("MatMul", &[&weights, &v], Vec::new()))
    }
    /// Returns whether a value has this element type.
    pub fn is(&self, name: &str, kind: DataType) -> bool {
        self.metas.get(name).and_then(|meta| meta.element()).is_some_and(|element| super::data_type(element) == kind)
    }
}
