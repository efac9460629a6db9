//! Layers of PyTorch that ONNX has no operator for. `aten` writes them as nodes of the name `torch.NAME`.

use super::graph::Node;
use super::images::named;
use super::importer::Importer;
use super::network::{Call, Value, View, float, pair};
use super::values::weight;

impl Importer {
    pub fn only_torch(&mut self, node: &Node, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let Some(Some(Value::Flow(view))) = inputs.first() else { return None };
        let view = view.clone();
        match &*node.operator {
            "torch.group_norm" => self.group_norm(node, &view, inputs),
            "torch.rms_norm" => self.rms_norm(node, &view, inputs),
            "torch.adaptive_avg_pool" => {
                self.adaptive_pool(node, &view, ["adaptive_avg_pool1d", "adaptive_avg_pool2d"])
            }
            "torch.adaptive_max_pool" => {
                self.adaptive_pool(node, &view, ["adaptive_max_pool1d", "adaptive_max_pool2d"])
            }
            _ => None,
        }
    }
    fn group_norm(&mut self, node: &Node, view: &View, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let id = self.settle(view)?;
        let (scale, bias) = (weight(inputs.get(1)?.as_ref()?)?, weight(inputs.get(2)?.as_ref()?)?);
        let shapes = self.layers[id].shapes.clone();
        let channels = *shapes[0].get(1)?;
        let groups = usize::try_from(node.int("num_groups", 1)).ok()?;
        if scale.shape != [channels] || bias.shape != [channels] || channels.checked_rem(groups) != Some(0) {
            return None;
        }
        let epsilon = float(node.float("epsilon", 1e-5).into());
        let call = Call::new("group_norm").with("groups", groups).unless("1e-5", "epsilon", epsilon);
        Some(self.call(call, vec![id], vec![named("weight", scale), named("bias", bias)], shapes))
    }
    fn rms_norm(&mut self, node: &Node, view: &View, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let scale = weight(inputs.get(1)?.as_ref()?)?;
        if scale.shape != [*view.shapes[0].last()?] {
            return None;
        }
        let id = self.rows_of(view)?;
        let shapes = self.layers[id].shapes.clone();
        let default = float(f32::EPSILON.into());
        let call = Call::new("rms_norm").unless(&default, "epsilon", float(node.float("epsilon", f32::EPSILON).into()));
        let values = self.call(call, vec![id], vec![named("weight", scale)], shapes);
        let Some(Value::Flow(new)) = values.first() else { return None };
        let new = new.of;
        Some(vec![Value::Flow(self.after_rows(view, id, new)?)])
    }
    /// Translates pooling to images of a size, whose windows follow from the sizes.
    fn adaptive_pool(&mut self, node: &Node, view: &View, names: [&'static str; 2]) -> Option<Vec<Value>> {
        let id = self.settle(view)?;
        let size = node.sizes("output_size")?;
        let channels = *self.layers[id].shapes[0].get(1)?;
        let name = names.get(size.len().checked_sub(1)?)?;
        if self.layers[id].shapes[0].len() != size.len() + 2 || size.contains(&0) {
            return None;
        }
        let shapes = self.with_channels(id, channels, |_| Some(size.clone()))?;
        Some(self.call(Call::new(name).with("size", pair(&size)), vec![id], Vec::new(), shapes))
    }
}
