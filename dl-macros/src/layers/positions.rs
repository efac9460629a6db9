//! `learned_positions` and `sinusoidal_positions` add a vector for each position to the rows of a sequence.

use super::*;
use crate::check;
use crate::diagnostics::message;
use crate::number::Number;
use quote::quote;

pub struct LearnedPositions;

impl Layer for LearnedPositions {
    fn name(&self) -> &'static str {
        "learned_positions"
    }
    fn doc(&self) -> Doc {
        let line = "adds a learned vector for each position of a sequence, so that layers can tell positions apart";
        Doc::new(Chapter::Weights, "`[t, n]` or `[..=t, n]`, unchanged", line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            let doc = "initialisation of the vectors, `normal(0.02)` by default";
            let positions = "number of positions, by default the largest length of a sequence";
            &[
                Parameter::positional("positions", Kind::Size, Default::ByLayer, positions),
                Parameter::named("init", Kind::Init, Default::ByLayer, doc),
            ]
        }
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let time = check::time(call, 0)?;
        let given = call.given_size("positions");
        let bound = time.steps.or_else(|| time.length.as_ref().and_then(|length| length.bound.clone()));
        let positions = match (given, bound) {
            (Some(given), Some(bound)) => {
                let text = message!(
                    format!("`{}` has ", call.name),
                    &given,
                    " positions, but sequences have up to ",
                    &bound,
                    " rows"
                );
                call.diagnostics.require(given.at_least(&bound), call.at("positions"), text).then_some(given)?
            }
            (None, Some(bound)) => bound,
            (_, None) => {
                let input = call.input();
                let text = message!(
                    format!("`{}` has a vector for each position, and ", call.name),
                    &input,
                    " has no largest length: declare the input as `..=256`"
                );
                call.diagnostics.error(call.span, text);
                return None;
            }
        };
        let features = time.features;
        let config = Config::settings(quote!(dl::ops::positions::LearnedPositionsOp), quote!());
        let weights = Weights {
            ty: Type::layer(quote!(dl::layers::LearnedPositions), [&positions, &features]),
            tensors: vec![Tensor::new("weight", &[&positions, &features], Role::Weight)],
            init: call.init_or(Init::ParametricRule(ParametricRule::Normal, Number::Known(0.02))),
        };
        Some(
            Built::new(
                call.input(),
                Op::new(config, BackwardReads::NOTHING).along_time_of([0]).stepping(Stepping::Position),
            )
            .with_weights(weights, Dim::Known(0)),
        )
    }
}

pub struct SinusoidalPositions;

const ALTERNATING: Choice = Choice::new("alternating", "Alternating", "a sine, its cosine, the next sine");
const ORDERS: &[Choice] =
    &[ALTERNATING, Choice::new("halves", "Halves", "all sines, then all cosines, as in Tensor2Tensor and Marian")];

impl Layer for SinusoidalPositions {
    fn name(&self) -> &'static str {
        "sinusoidal_positions"
    }
    fn doc(&self) -> Doc {
        let line = "adds sines and cosines of each position, with wavelengths from 2π to 10000·2π (Vaswani et al.)";
        Doc::new(Chapter::Shape, "`[t, n]` or `[.., n]` with an even `n`, unchanged", line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            let doc = "where the sines and cosines are among the features";
            &[Parameter::named("order", Kind::Choice(ORDERS), Default::Choice(ALTERNATING), doc)]
        }
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn inferred(&self) -> Option<Inferred> {
        Some(Inferred::Channels)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let features = check::time(call, 0)?.features;
        let text = message!(
            format!("`{}` makes a sine and a cosine of each pair of features, but its input has ", call.name),
            &features,
            " features, an odd number"
        );
        call.diagnostics.require(features.is_multiple_of(&Dim::Known(2)), call.span, text).then_some(())?;
        let order = call.choice("order")?;
        let fields = quote!(order: dl::ops::positions::Order::#order,);
        let config = Config::settings(quote!(dl::ops::positions::SinusoidalPositionsOp), fields);
        let mut op = Op::new(config, BackwardReads::NOTHING).along_time_of([0]).stepping(Stepping::Position);
        op.passes_gradient = vec![true];
        Some(Built::new(call.input(), op))
    }
}
