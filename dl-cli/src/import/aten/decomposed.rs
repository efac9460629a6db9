//! Recognises attention as `run_decompositions` writes it: products of matrices whose batch and heads are one dimension, weights
//! that are repeated for each sample, and a softmax that has zeros where a row sees nothing. Each is written as what it was.

use super::Lowering;
use crate::file::pt2::schema::{Node, SymInt};

/// Matrices with a batch and heads, which are one dimension in the value that they are found by.
pub struct Batched {
    /// The name in the graph of ONNX of the value with two dimensions.
    onnx: String,
    sizes: [SymInt; 2],
}

impl<'a> Lowering<'a> {
    pub fn decomposed(&mut self, node: &Node, family: &str) -> Option<Vec<String>> {
        let result = match family {
            "view" | "reshape" | "_unsafe_view" => self.view(node),
            "expand" => self.repeated_weights(node),
            "bmm" => self.batched_product(node),
            "where" => self.safe_softmax(node),
            _ => None,
        };
        Some(vec![result?])
    }
    fn shape(&self, name: &str) -> Option<&'a [SymInt]> {
        Some(&self.metas.get(name)?.sizes)
    }
    fn view(&mut self, node: &Node) -> Option<String> {
        let (x, from, to) = (self.x(node)?, self.shape(node.input()?)?, self.shape(node.results().first()?)?);
        if from == to {
            return Some(x);
        }
        match (from, to) {
            ([batch, heads, from @ ..], [_, to @ ..]) if from.len() == 2 && from == to => {
                let sizes = [batch.clone(), heads.clone()];
                let one = self.moved(node, "view")?;
                self.batched.insert(one.first()?.clone(), Batched { onnx: x, sizes });
                one.into_iter().next()
            }
            ([_, from @ ..], [batch, heads, to @ ..]) if from.len() == 2 && from == to => {
                let batched = self.batched.get(&x)?;
                (batched.sizes == [batch.clone(), heads.clone()]).then(|| batched.onnx.clone())
            }
            _ => None,
        }
    }
    /// Remembers the weights that are repeated; what repeats them has no part in the network.
    fn repeated_weights(&mut self, node: &Node) -> Option<String> {
        let (x, from, to) = (self.x(node)?, self.shape(node.input()?)?, self.shape(node.results().first()?)?);
        if from.len() != 2 || to.len() != 3 || to[1..] != *from {
            return None;
        }
        let repeated = self.moved(node, "expand")?.into_iter().next()?;
        self.repeated.insert(repeated.clone(), x);
        Some(repeated)
    }
    fn batched_product(&mut self, node: &Node) -> Option<String> {
        let (a, b) = (self.x(node)?, self.of(node.tensor("mat2")?)?);
        if let Some(weights) = self.repeated.get(&b).cloned() {
            return Some(self.emit("MatMul", &[&a, &weights], Vec::new()));
        }
        let (left, right) = (self.batched.get(&a)?, self.batched.get(&b)?);
        if left.sizes != right.sizes {
            return None;
        }
        let (sizes, left, right) = (left.sizes.clone(), left.onnx.clone(), right.onnx.clone());
        let onnx = self.emit("MatMul", &[&left, &right], Vec::new());
        // Only one of both is read, and the importer leaves the other out.
        let one = self.emit("MatMul", &[&a, &b], Vec::new());
        self.batched.insert(one.clone(), Batched { onnx, sizes });
        Some(one)
    }
    /// Recognises `where(!any(!(scores == -∞)), 0, softmax(scores))`.
    fn safe_softmax(&mut self, node: &Node) -> Option<String> {
        let made = |name: &str, family: &str| -> Option<&'a Node> {
            let node = *self.producers.get(name)?;
            node.target.contains(&format!("aten.{family}.")).then_some(node)
        };
        let none = made(node.tensor("condition")?, "logical_not")?;
        let any = made(none.input()?, "any")?;
        let seen = made(any.input()?, "logical_not")?;
        let hidden = made(seen.input()?, "eq")?;
        let zeros = made(node.input()?, "full_like")?;
        let softmax = made(node.tensor("other")?, "_softmax")?;
        let same = any.int("dim", 0)? == softmax.int("dim", 0)? && any.flag("keepdim", false)?;
        let numbers = hidden.number("other", 0.0)? == f64::NEG_INFINITY && zeros.number("fill_value", 1.0)? == 0.0;
        (same && numbers && hidden.input()? == softmax.input()?).then(|| self.of(node.tensor("other")?)).flatten()
    }
}
