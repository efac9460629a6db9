//! `random_normal` replaces a value by random numbers in training, and `gaussian_noise` adds them to it.

use super::*;
use crate::check;
use quote::quote;

pub struct RandomNormal;

impl Layer for RandomNormal {
    fn name(&self) -> &'static str {
        "random_normal"
    }
    fn doc(&self) -> Doc {
        let line =
            "draws from the standard normal distribution in training, whatever the input is; zeros in prediction";
        Doc::new(Chapter::Regularisation, "any, unchanged", line)
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        // Every `random_normal` of a model draws its own numbers.
        let id = Dim::Known(call.index);
        let config = Config::settings(quote!(dl::ops::noise::RandomNormal), quote!(id: #id,));
        let mut op = Op::new(config, BackwardReads::NOTHING);
        op.inference = Inference::Infer;
        op.stops_gradient = true;
        Some(Built::new(call.input(), op))
    }
}

pub struct GaussianNoise;

impl Layer for GaussianNoise {
    fn name(&self) -> &'static str {
        "gaussian_noise"
    }
    fn doc(&self) -> Doc {
        let line =
            "adds normal noise of mean 0 and standard deviation `stddev` in training; does nothing in prediction";
        Doc::new(Chapter::Regularisation, "any, unchanged", line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        const { &[Parameter::positional("stddev", Kind::Number, Default::Required, "standard deviation of the noise")] }
    }
    fn check(&self, call: &Call) -> bool {
        check::not_negative(call, "stddev")
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let (stddev, id) = (call.number("stddev"), Dim::Known(call.index));
        let config = Config::settings(quote!(dl::ops::noise::GaussianNoise), quote!(stddev: #stddev, id: #id,));
        let mut op = Op::new(config, BackwardReads::NOTHING).in_place();
        op.inference = Inference::Identity;
        op.blocks = Blocks::Preserves;
        op.passes_gradient = vec![true];
        Some(Built::new(call.input(), op))
    }
}
