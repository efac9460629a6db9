//! Lowers `split` to a slice for each part.

use super::arguments::{Settings, settings};
use super::node::LayerUse;
use super::{Lowered, Lowering};
use crate::ast;
use crate::call::{Call, Operand, Setting};
use crate::check;
use crate::diagnostics::message;
use crate::dim::Dim;
use crate::layers::{self, Layer};

impl Lowering<'_> {
    /// Lowers a use of `split` and returns the parts.
    pub(super) fn split(&mut self, layer: &dyn Layer, use_: &ast::Layer, piped: Option<Lowered>) -> Lowered {
        let (span, name) = (use_.name.span(), layer.name());
        let (operands, arguments) = self.operands(layer, use_, piped);
        let settings = self.evaluate(|evaluate| settings(evaluate, layer, arguments, span, use_.broken));
        let find =
            |name: &str| settings.values.iter().find(|(parameter, _)| *parameter == name).map(|(_, s)| s.clone());
        let (Some(Setting::Shape(sizes)), Some(axis)) = (find("sizes"), find("axis")) else {
            return self.error_value(span, None);
        };
        let input = operands.as_deref().and_then(<[Lowered]>::first).cloned();
        let shape = input.as_ref().and_then(|lowered| self.shape_of(lowered));
        let (Some(input), Some(shape)) = (input, shape) else { return self.error_value(span, None) };
        let call = Call {
            name,
            span,
            operands: vec![Operand::Tensor(shape.clone())],
            sequence: layer.is_sequence(),
            parameters: layer.parameters(),
            settings: &settings.values,
            spans: &settings.spans,
            index: 0,
            diagnostics: self.diagnostics,
        };
        let Some(at) = check::axis(&call, "axis", &shape) else { return self.error_value(span, None) };
        let sum = sizes.iter().fold(Dim::Known(0), |sum, size| sum.add(size));
        let text =
            message!("the parts have ", &sum, format!(" in all, but axis {at} of the input has "), &shape.dims[at]);
        if !self.diagnostics.require(sum.equals(&shape.dims[at]), call.at("sizes"), text) {
            return self.error_value(span, None);
        }
        let (mut parts, mut from) = (Vec::new(), Dim::Known(0));
        for size in &sizes {
            let to = from.add(size);
            let values = vec![("from", Setting::Size(from)), ("to", Setting::Size(to.clone())), ("axis", axis.clone())];
            let text = format!("{name}: {size} of {}", shape.dims[at]);
            let slice = Settings { values, spans: settings.spans.clone() };
            let operands = Some(vec![input.clone()]);
            let use_ = LayerUse {
                layer: &layers::Slice,
                name,
                span,
                operands,
                settings: &slice,
                text,
                binding: None,
                rename: None,
                shared_field: None,
                broken: false,
            };
            parts.extend(self.build(use_).lowered.value());
            from = to;
        }
        Lowered::Several(parts)
    }
}
