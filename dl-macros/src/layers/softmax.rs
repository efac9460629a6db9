//! `softmax`: scores as probabilities that sum to one, over the features or the channels.

use super::*;
use crate::check;
use quote::quote;

pub struct Softmax;

impl Layer for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Activation,
            "`[n]` or `[c, h, w]`, unchanged",
            "e^xᵢ / Σ e^xⱼ: scores as probabilities that sum to one, over the features or over the channels of an image",
        )
    }
    fn evident(&self, call: &Call) -> Option<Shape> {
        call.evident_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        check::features_or_image(call)?;
        let config = Config::settings(quote!(dl::ops::softmax::Op), quote!());
        Some(Built::new(call.input(), Op::new(config, Keeps::OUTPUT).in_place()))
    }
}
