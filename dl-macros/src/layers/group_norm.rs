//! `group_norm(groups)` normalises groups of channels of each sample to mean 0 and variance 1, `instance_norm` each channel.

use super::*;
use crate::check;
use quote::quote;

pub struct GroupNorm;

impl Layer for GroupNorm {
    fn name(&self) -> &'static str {
        "group_norm"
    }
    fn doc(&self) -> Doc {
        let line = "normalises groups of channels of each sample to mean 0 and variance 1, then scales and shifts each channel";
        Doc::new(Chapter::Weights, "`[c, …]`, unchanged", line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::positional(
                    "groups",
                    Kind::Size,
                    Default::Required,
                    "number of groups that the channels are divided into: each is normalised on its own",
                )
                .counting("group"),
                Parameter::named(
                    "epsilon",
                    Kind::Number,
                    Default::Number(1e-5),
                    "small number added to the variance to avoid division by zero",
                ),
            ]
        }
    }
    fn check(&self, call: &Call) -> bool {
        check::not_zero(call) & check::positive(call, "epsilon")
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let (groups, channels) = (call.size("groups"), check::channels(call)?);
        check::groups(call, &channels, &groups, "input").then_some(())?;
        Some(weighted(call, &channels, &groups))
    }
}

pub struct InstanceNorm;

impl Layer for InstanceNorm {
    fn name(&self) -> &'static str {
        "instance_norm"
    }
    fn doc(&self) -> Doc {
        let line = "normalises each channel of each sample to mean 0 and variance 1 over its positions";
        Doc::new(Chapter::Weights, "`[c, …]`, unchanged", line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::named(
                    "affine",
                    Kind::Flag,
                    Default::Flag(false),
                    "whether each channel has a learned scale and shift",
                ),
                Parameter::named(
                    "epsilon",
                    Kind::Number,
                    Default::Number(1e-5),
                    "small number added to the variance to avoid division by zero",
                ),
            ]
        }
    }
    fn check(&self, call: &Call) -> bool {
        check::positive(call, "epsilon")
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn inferred(&self) -> Option<Inferred> {
        Some(Inferred::Channels)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let channels = check::channels(call)?;
        check::several_positions(call)?;
        if call.flag("affine") {
            return Some(weighted(call, &channels, &channels));
        }
        let epsilon = call.number("epsilon");
        let fields = quote!(groups: #channels, epsilon: #epsilon,);
        let config = Config::settings(quote!(dl::ops::group_norm::Unweighted), fields);
        Some(Built::new(call.input(), Op::new(config, BackwardReads::INPUTS)))
    }
}

/// Builds group normalisation with a scale and a shift for every channel.
fn weighted(call: &Call, channels: &Dim, groups: &Dim) -> Built {
    let epsilon = call.number("epsilon");
    let fields = quote!(groups: #groups, epsilon: #epsilon,);
    let config = Config::settings(quote!(dl::ops::group_norm::GroupNormOp), fields);
    let weights = Weights {
        ty: Type::layer(quote!(dl::layers::GroupNorm), [channels]),
        tensors: vec![Tensor::new("weight", &[channels], Role::Scale), Tensor::new("bias", &[channels], Role::Bias)],
        init: quote!(),
    };
    Built::new(call.input(), Op::new(config, BackwardReads::INPUTS)).with_weights(weights, Dim::Known(0))
}
