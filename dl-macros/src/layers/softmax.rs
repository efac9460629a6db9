//! `softmax` turns logits into probabilities that sum to 1, and `log_softmax` computes their logarithms.

use super::*;
use crate::check;
use crate::diagnostics::message;
use quote::quote;

/// Softmax or its logarithm.
pub struct Softmax {
    log: bool,
}

pub static SOFTMAX: Softmax = Softmax { log: false };
pub static LOG_SOFTMAX: Softmax = Softmax { log: true };

impl Layer for Softmax {
    fn name(&self) -> &'static str {
        if self.log { "log_softmax" } else { "softmax" }
    }
    fn doc(&self) -> Doc {
        let line = if self.log {
            "computes `x - ln Σ e^xⱼ`: the logarithm of `softmax`"
        } else {
            "computes `e^xᵢ / Σ e^xⱼ`: probabilities from logits, over the features, the channels of an image, or `axis`"
        };
        Doc::new(Chapter::Activation, "any, unchanged", line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            let doc = "dimension along which the probabilities sum to 1, by default the first of features `[n]` and images `[c, h, w]`";
            &[Parameter::named("axis", Kind::Axis, Default::ByLayer, doc)]
        }
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let (input, log) = (call.input(), self.log);
        if !call.is_given("axis") && !matches!(input.dims.len(), 1 | 3) {
            let text = message!(format!("`{}` of ", call.name), &input, " needs to know which dimension sums to one: ");
            call.diagnostics.error(call.span, message!(text, format!("`{}(axis: -1)` for the last", call.name)));
            return None;
        }
        let axis = check::axis(call, "axis", &input)?;
        let (classes, positions) = (&input.dims[axis], Dim::product(&input.dims[axis + 1..]));
        let fields = quote!(classes: #classes, positions: #positions, log: #log,);
        let config = Config::settings(quote!(dl::ops::softmax::SoftmaxOp), fields);
        let mut op = Op::new(config, BackwardReads::OUTPUT).in_place();
        if !log && positions.known() == Some(1) {
            op.int8 = Int8::operation("Softmax", quote!({ row: #classes }), Some(quote!(dl::int8::Scaling)));
        }
        Some(Built::new(input.clone(), op))
    }
}
