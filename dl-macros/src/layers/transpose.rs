//! `transpose` swaps the last two dimensions, or puts all dimensions into the given order.

use super::*;
use crate::check;
use crate::diagnostics::message;
use quote::quote;

pub struct Transpose;

impl Layer for Transpose {
    fn name(&self) -> &'static str {
        "transpose"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Shape,
            "`[…, m, n]` → `[…, n, m]`, or in the order `axes`",
            "swaps the last two dimensions, or permutes all of them: `transpose([1, 0, 2])`",
        )
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            let doc = "order of the input's dimensions in the output, such as `[1, 0, 2]`; unless given, the last two are swapped";
            &[Parameter::positional("axes", Kind::Axes, Default::ByLayer, doc)]
        }
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let input = call.input();
        check::rank_is_supported(call, &input)?;
        let rank = input.dims.len();
        let mut axes = check::axes(call, "axes", &input)?;
        if call.axes("axes").is_none() {
            if rank < 2 {
                let text = message!("`transpose` exchanges the last two dimensions, but its input is ", &input);
                call.diagnostics.error(call.span, text);
                return None;
            }
            axes.swap(rank - 1, rank - 2);
        }
        if axes.len() != rank {
            let order: Vec<String> = (0..rank).rev().map(|axis| axis.to_string()).collect();
            let text = message!("`transpose` needs every dimension of its input ", &input);
            let text = message!(text, format!(", as in `transpose([{}])`", order.join(", ")));
            call.diagnostics.error(call.at("axes"), text);
            return None;
        }
        let shape = list(&input.dims);
        let config =
            Config::settings(quote!(dl::ops::transpose::TransposeOp), quote!(shape: #shape, axes: &[#(#axes),*],));
        let output = Shape::of(axes.iter().map(|axis| input.dims[*axis].clone()).collect::<Vec<_>>());
        Some(Built::new(output, Op::new(config, BackwardReads::NOTHING)))
    }
}
