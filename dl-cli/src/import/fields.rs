//! The names of a network that this library exported: its tensors have those of fields, and its nodes those of the layers they belong to.

use dl_onnx::GraphProto;
use std::collections::BTreeSet;

/// The endings that the exporter writes behind the name of a layer that is several nodes.
const PARTS: &[&str] = &["product", "transposed", "matrix", "of_channels", "rows", "groups", "scaled"];

/// The most names inside each other that are read as blocks; the language has no such depth.
const DEEPEST: usize = 32;

/// The layers of a network by the names of their tensors.
pub struct Fields {
    layers: BTreeSet<String>,
}

impl Fields {
    /// Reads the names of the tensors of a graph.
    pub fn of(graph: &GraphProto) -> Self {
        let names = graph.initializer.iter().map(|tensor| tensor.name());
        Fields { layers: names.filter_map(|name| Some(name.rsplit_once('.')?.0.into())).collect() }
    }
    /// Returns the blocks and the layer that a node belongs to; empty for one that belongs to no weights.
    pub fn path(&self, node: &str) -> Vec<String> {
        let known = |name: &str| self.layers.contains(name);
        // A further layer of a stack: `lstm1.l1`.
        let stacked =
            |name: &str| Some(name.rsplit_once(".l")?).filter(|(_, n)| is_number(n)).map(|(name, _)| name.len());
        let part =
            |name: &str| name.rsplit_once('.').filter(|(_, part)| PARTS.contains(part)).map(|(name, _)| name.len());
        // A layer that is used again: `once_2`.
        let again = |name: &str| name.rsplit_once('_').filter(|(_, n)| is_number(n)).map(|(name, _)| name.len());
        let mut name = node;
        while !known(name) {
            let Some(end) = again(name).or_else(|| part(name)).or_else(|| stacked(name)) else { return Vec::new() };
            name = &name[..end];
        }
        let path: Vec<String> = name.split('.').map(String::from).collect();
        if path.len() > DEEPEST { Vec::new() } else { path }
    }
}

/// Returns whether a text is a number: the place of a copy in a stack.
pub fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dl_onnx::TensorProto;

    #[test]
    fn nodes_belong_to_layers() {
        let tensor = |name: &&str| TensorProto { name: Some((*name).into()), ..Default::default() };
        let names =
            ["conv1.weight", "conv1.bias", "layers.0.attn.q.weight", "lstm1.weight_ih_l0", "once.weight", "token"];
        let graph = GraphProto { initializer: names.iter().map(tensor).collect(), ..Default::default() };
        let fields = Fields::of(&graph);
        for (node, path) in [
            ("conv1", "conv1"),
            ("layers.0.attn.q.product", "layers.0.attn.q"),
            ("lstm1.l1", "lstm1"),
            ("once_2", "once"),
            ("once_2.transposed", "once"),
            ("relu1", ""),
            ("conv2", ""),
            ("", ""),
        ] {
            assert_eq!(fields.path(node).join("."), path, "{node}");
        }
    }
}
