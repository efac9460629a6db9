//! `conv_transpose2d(channels, kernel)` and `conv_transpose1d`: every number of the input adds its kernel to a larger output.

use super::*;
use crate::check;
use crate::diagnostics::message;
use quote::quote;

/// A transposed convolution.
pub struct ConvTranspose {
    name: &'static str,
    sequence: bool,
    shapes: &'static str,
    parameters: &'static [Parameter],
}

pub static CONV_TRANSPOSE2D: ConvTranspose = ConvTranspose {
    name: "conv_transpose2d",
    sequence: false,
    shapes: "`[c, h, w]` → `[channels, h', w']`",
    parameters: &parameters(Kind::Pair),
};
pub static CONV_TRANSPOSE1D: ConvTranspose = ConvTranspose {
    name: "conv_transpose1d",
    sequence: true,
    shapes: "`[c, l]` → `[channels, l']`",
    parameters: &parameters(Kind::Size),
};

const fn parameters(kind: Kind) -> [Parameter; 10] {
    let [bias, init, bias_init] = conv::BIAS;
    [
        Parameter::positional("channels", Kind::Size, Default::Required, "number of output channels").counting("channel"),
        Parameter::positional("kernel", kind, Default::Required, "size of the kernel"),
        Parameter::named("stride", kind, Default::Size(1), "distance in the output between neighbouring input elements: the factor of enlargement"),
        Parameter::named("padding", kind, Default::Size(0), "number of rows and columns that are cropped from each side of the output"),
        Parameter::named("output_padding", kind, Default::Size(0), "number of rows and columns that are added at the end of the output; less than the stride"),
        Parameter::named("groups", Kind::Size, Default::Size(1), "number of groups that the channels are divided into: each output channel sees the input channels of its group alone")
            .counting("group"),
        Parameter::named("dilation", kind, Default::Size(1), "distance between neighbouring kernel elements: 1 for a dense kernel, 2 leaves gaps of one (à trous)"),
        bias,
        init,
        bias_init,
    ]
}

impl Layer for ConvTranspose {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Weights,
            self.shapes,
            "computes a transposed convolution: every input element adds its scaled kernel to a larger output",
        )
    }
    fn name_prefix(&self) -> &'static str {
        "conv_transpose"
    }
    fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }
    fn check(&self, call: &Call) -> bool {
        let (one, [h, w], [sh, sw]) = (Dim::Known(1), call.border("output_padding"), call.pair("stride"));
        let below = sh.at_least(&h.add(&one)).and(sw.at_least(&w.add(&one)));
        let (added, stride) = (check::size_text(call, [&h, &w]), check::size_text(call, [&sh, &sw]));
        let start = format!("the output_padding of `{}` must be less than its stride: it is ", call.name);
        let text = message!(start, added, ", and the stride is ", stride);
        conv::check(call) && call.diagnostics.require(below, call.at("output_padding"), text)
    }
    fn inferred(&self) -> Option<Inferred> {
        Some(Inferred::Channels)
    }
    fn is_sequence(&self) -> bool {
        self.sequence
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let [inputs, height, width] = check::image(call)?;
        let (outputs, groups) = (call.size("channels"), call.size("groups"));
        let divided = check::groups(call, &inputs, &outputs, &groups);
        let window = conv::window(call)?;
        let (one, reach, added) = (Dim::Known(1), window.reach(), call.border("output_padding"));
        let image = [&height, &width];
        let whole = [0, 1].map(|i| image[i].sub(&one).mul(&window.stride[i]).add(&reach[i]).add(&added[i]));
        let left_out = [0, 1].map(|i| window.padding[i].mul(&Dim::Known(2)));
        let some = whole[0].at_least(&left_out[0].add(&one)).and(whole[1].at_least(&left_out[1].add(&one)));
        let start = format!("the padding of `{}` leaves nothing of its output, which would be ", call.name);
        let text = message!(start, check::size_text(call, [&whole[0], &whole[1]]), " without it");
        if !call.diagnostics.require(some, call.at("padding"), text) || !divided {
            return None;
        }
        let of_group = outputs.div(&groups);
        let kernel = &window.kernel;
        let multiply_adds = Dim::product([&inputs, &height, &width, &of_group, &kernel[0], &kernel[1]]);
        let weights = conv::weights(call, true, [&inputs, &of_group], [&inputs, &of_group], &outputs, kernel);
        let op = conv::operation(quote!(dl::ops::conv2d::ConvTranspose2dOp), &window, &groups);
        let size = [0, 1].map(|i| whole[i].sub(&left_out[i]));
        Some(Built::new(call.sized(outputs, size), op).with_weights(weights, multiply_adds))
    }
}
