//! Pooling, reductions, resizing, padding and concatenation.

use super::array::size;
use super::graph::Node;
use super::images::Window;
use super::importer::Importer;
use super::network::{Call, Value, View, What, pair};
use super::values::{constants, scalar};

impl Importer {
    pub fn pooled(&mut self, node: &Node, view: &View) -> Option<Vec<Value>> {
        let id = self.settle(view)?;
        let window = Window::new(node, None)?;
        let shape = self.layers[id].shapes[0].clone();
        let max = node.operator == "MaxPool";
        if window.dilation.iter().any(|dilation| *dilation != 1) || window.kernel.len() + 2 != shape.len() {
            return None;
        }
        if !max && window.kernel == shape[2..] && window.padding.iter().all(|padding| *padding == 0) {
            return self.global(node, view, false);
        }
        let name = match (max, window.kernel.len()) {
            (true, 2) => "max_pool2d",
            (true, 1) => "max_pool1d",
            (false, 2) => "avg_pool2d",
            (false, 1) => "avg_pool1d",
            _ => return None,
        };
        let ceil = node.int("ceil_mode", 0) != 0;
        let padded = window.padding.iter().any(|padding| *padding > 0);
        let call = Call::new(name)
            .with("kernel", pair(&window.kernel))
            .unless(&pair(&window.kernel), "stride", pair(&window.stride))
            .unless("0", "padding", pair(&window.padding))
            .unless("false", "ceil_mode", ceil);
        let counts = max || !padded || node.int("count_include_pad", 0) != 0;
        let call = if counts { call } else { call.named("count_include_pad", "false") };
        let shapes = self.with_channels(id, shape[1], |image| window.output(image, ceil))?;
        Some(self.call(call, vec![id], Vec::new(), shapes))
    }
    /// Translates pooling of whole images: the result has no sizes of 1, and the view of it does.
    pub fn global(&mut self, node: &Node, view: &View, max: bool) -> Option<Vec<Value>> {
        let id = self.settle(view)?;
        let shape = self.layers[id].shapes[0].clone();
        let name = match (max, shape.len()) {
            (false, 4) => "global_avg_pool2d",
            (true, 4) => "global_max_pool2d",
            (false, 3) => "global_avg_pool1d",
            (true, 3) => "global_max_pool1d",
            _ => return None,
        };
        let shapes = [0, 1].map(|at| self.layers[id].shapes[at][..2].to_vec());
        let id = self.push(What::Call(Call::new(name)), vec![id], Vec::new(), shapes.clone());
        let keep = node.int("keepdims", 1) != 0;
        let [a, b] =
            shapes.map(|shape| if keep { [&shape[..], &vec![1; view.shapes[0].len() - 2]].concat() } else { shape });
        Some(vec![Value::Flow(View { of: id, shapes: [a, b], places: None })])
    }
    pub fn reduced(&mut self, node: &Node, view: &View, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let given =
            inputs.get(1).and_then(Option::as_ref).map(constants).map_or(Some(None), |given| given.map(Some))?;
        let rank = view.shapes[0].len();
        let axes = super::constants::axes(node, given.as_ref().map(|pair| &pair[0]))?;
        let mut axes: Vec<usize> =
            axes.into_iter().map(|axis| super::constants::index(axis, rank)).collect::<Option<_>>()?;
        axes.sort_unstable();
        if rank == 4 && axes == [2, 3] && node.operator != "ReduceSum" {
            return self.global(node, view, node.operator == "ReduceMax");
        }
        let id = self.settle(view)?;
        if axes.first() == Some(&0) || axes.iter().any(|axis| *axis >= rank) {
            return None;
        }
        let name = match &*node.operator {
            "ReduceMean" => "mean",
            "ReduceMax" => "max",
            _ => "sum",
        };
        let of_sample: Vec<usize> = axes.iter().map(|axis| axis - 1).collect();
        let text = if let [axis] = of_sample[..] { axis.to_string() } else { format!("{of_sample:?}") };
        let keep = node.int("keepdims", 1) != 0;
        let call = Call::new(name).named("axis", text).unless("false", "keep", keep);
        let [a, b] = [0, 1].map(|at| {
            let kept = |(axis, size): (usize, &usize)| match axes.contains(&axis) {
                true => keep.then_some(1),
                false => Some(*size),
            };
            self.layers[id].shapes[at].iter().enumerate().filter_map(kept).collect::<Vec<_>>()
        });
        Some(self.call(call, vec![id], Vec::new(), [a, b]))
    }
    pub fn resized(&mut self, node: &Node, view: &View, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let id = self.settle(view)?;
        let shape = self.layers[id].shapes[0].clone();
        let [_, _, height, width] = shape[..] else { return None };
        let list = |at: usize| inputs.get(at).and_then(Option::as_ref).and_then(constants);
        // Upsample has its factors second, and Resize third, or sizes fourth.
        let factors =
            list(if node.operator == "Upsample" { 1 } else { 2 }).filter(|pair| !pair[0].array.data.is_empty());
        let (h, w) = match (factors, list(3)) {
            (Some(factors), _) => match factors[0].array.data[..] {
                [1.0, 1.0, h, w] => (h, w),
                _ => return None,
            },
            (None, Some(sizes)) => match sizes[0].ints()[..] {
                [_, _, h, w] => (h as f64 / height as f64, w as f64 / width as f64),
                _ => return None,
            },
            _ => return None,
        };
        if h.fract() != 0.0 || w.fract() != 0.0 || h < 1.0 || w < 1.0 {
            return None;
        }
        let (h, w) = (h as usize, w as usize);
        let transform = node.text("coordinate_transformation_mode", "half_pixel");
        let call = Call::new("upsample").with("factor", pair(&[h, w]));
        let call = match (&*node.text("mode", "nearest"), &*transform, &*node.text("nearest_mode", "floor")) {
            ("nearest", "asymmetric", "floor") => call,
            // With whole factors, the nearest pixel is the same.
            ("nearest", "half_pixel", "round_prefer_floor") => call,
            ("linear", "half_pixel" | "pytorch_half_pixel", _) => call.named("mode", "bilinear"),
            ("linear", "align_corners", _) => call.named("mode", "bilinear").named("align_corners", "true"),
            _ => return None,
        };
        let shapes =
            self.with_channels(id, shape[1], |image| Some(vec![image[0].checked_mul(h)?, image[1].checked_mul(w)?]))?;
        Some(self.call(call, vec![id], Vec::new(), shapes))
    }
    pub fn padded(&mut self, node: &Node, view: &View, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let id = self.settle(view)?;
        let pads = inputs
            .get(1)
            .and_then(Option::as_ref)
            .and_then(constants)
            .map(|pair| pair[0].ints())
            .or_else(|| node.ints("pads"))?;
        let zero = inputs.get(2).and_then(Option::as_ref).map_or(Some(0.0), scalar)?;
        let [0, 0, top, left, 0, 0, bottom, right] = pads[..] else { return None };
        let sides: Vec<usize> =
            [top, bottom, left, right].iter().map(|side| usize::try_from(*side).ok()).collect::<Option<_>>()?;
        let mode = match &*node.text("mode", "constant") {
            "constant" if zero == 0.0 => "zeros",
            "reflect" => "reflect",
            "edge" => "replicate",
            _ => return None,
        };
        let call = Call::new("pad2d").with("sides", pair(&sides)).unless("zeros", "mode", mode);
        let channels = self.layers[id].shapes[0][1];
        let shapes = self.with_channels(id, channels, |image| {
            Some(vec![image[0] + sides[0] + sides[1], image[1] + sides[2] + sides[3]])
        })?;
        Some(self.call(call, vec![id], Vec::new(), shapes))
    }
    pub fn concatenated(&mut self, node: &Node, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        if let Some(sums) = self.joined(node, inputs) {
            return Some(sums);
        }
        let mut ids = Vec::new();
        for input in inputs.iter().flatten() {
            let Value::Flow(view) = input else { return None };
            ids.push(self.settle(view)?);
        }
        let rank = self.layers[*ids.first()?].shapes[0].len();
        let axis = super::constants::index(node.int("axis", 0), rank)?.checked_sub(1)?;
        let [a, b] = [0, 1].map(|at| {
            let mut shape = self.layers[ids[0]].shapes[at].clone();
            shape[axis + 1] = ids.iter().map(|id| self.layers[*id].shapes[at].get(axis + 1)).sum::<Option<usize>>()?;
            Some(shape)
        });
        let (a, b) = (a?, b?);
        size(&a)?;
        let call = Call::new("concat").unless("0", "axis", axis);
        Some(self.call(call, ids, Vec::new(), [a, b]))
    }
}
