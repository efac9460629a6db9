//! Requires that weights can learn: that a layer without a gradient (`argmax`) does not stand between them and every output.

use super::Lowering;
use crate::ir::{Objective, Output};

impl Lowering<'_> {
    /// Reports the layers without a gradient because of which some weights have none; returns whether there are none.
    pub(super) fn all_weights_learn(&self, outputs: &[Output], objective: Option<&Objective>) -> bool {
        let mut good = true;
        for (at, (value, span)) in self.without_gradient.iter().enumerate() {
            let terms = objective.iter().flat_map(|objective| &objective.terms).map(|term| term.value);
            let sources: Vec<usize> = outputs.iter().map(|output| output.value).chain(terms).collect();
            // With the gradients that would flow if this layer and those before it had one.
            let (real, wished) = (self.reached(&sources, &[]), self.reached(&sources, &self.without_gradient[..=at]));
            let learns = |reached: &[bool], field: usize| {
                self.nodes.iter().any(|node| node.field == Some(field) && reached[node.output])
            };
            let lost = (0..self.fields.len()).find(|&field| !learns(&real, field) && learns(&wished, field));
            let node = self.nodes.iter().find(|node| node.output == *value);
            let (Some(field), Some(node)) = (lost, node) else { continue };
            let (layer, field) = (&node.text, &self.fields[field].name);
            let message = format!(
                "no gradient flows back through `{layer}`, so that `{field}` before it would never learn; `stop_gradient` before \
                 it says that this is meant"
            );
            self.error(*span, message);
            good = false;
        }
        good
    }

    /// Finds for each value whether a gradient flows to it from `sources`, also through the outputs `open` of layers without one.
    fn reached(&self, sources: &[usize], open: &[(usize, proc_macro2::Span)]) -> Vec<bool> {
        let mut reached = vec![false; self.values.len()];
        sources.iter().for_each(|&source| reached[source] = true);
        for node in self.nodes.iter().rev() {
            let open = open.iter().any(|(value, _)| *value == node.output);
            if reached[node.output] && (open || !node.op.stops_gradient) {
                node.inputs.iter().for_each(|&input| reached[input] = true);
            }
        }
        reached
    }
}
