//! The sliding windows of convolutions and pooling: their arguments, the checks of these, and the size of the output.

use super::*;
use crate::check;
use crate::diagnostics::{Message, message};

/// The kinds of layers with windows. Their arguments have the same names, but other defaults and documentation.
#[derive(Clone, Copy)]
pub enum Windowed {
    Convolution,
    TransposedConvolution,
    Pooling,
}

/// The arguments of windows that slide over images or, with `sequence`, over sequences.
#[derive(Clone, Copy)]
pub struct Arguments {
    pub of: Windowed,
    pub sequence: bool,
}

/// The argument `groups` of convolutions.
pub const GROUPS: Parameter = Parameter::named(
    "groups",
    Kind::Size,
    Default::Size(1),
    "number of groups that the channels are divided into: each output channel depends on the input channels of its group alone",
)
.counting("group");

impl Arguments {
    /// Returns the kind of an argument that has a number for each dimension.
    const fn sizes(self) -> Kind {
        if self.sequence { Kind::Size } else { Kind::Pair }
    }
    pub const fn kernel(self) -> Parameter {
        let doc = match (self.of, self.sequence) {
            (Windowed::Pooling, false) => "height and width of the window",
            (Windowed::Pooling, true) => "length of the window",
            (_, false) => "height and width of the kernel",
            (_, true) => "length of the kernel",
        };
        Parameter::positional("kernel", self.sizes(), Default::Required, doc).at_least_one()
    }
    pub const fn stride(self) -> Parameter {
        let (default, doc) = match self.of {
            Windowed::Convolution => (Default::Size(1), "distance between neighbouring windows"),
            Windowed::Pooling => (Default::Same("kernel"), "distance between neighbouring windows"),
            Windowed::TransposedConvolution => (
                Default::Size(1),
                "distance in the output between neighbouring input elements: the factor of upsampling",
            ),
        };
        Parameter::named("stride", self.sizes(), default, doc).at_least_one()
    }
    pub const fn padding(self) -> Parameter {
        let (kind, doc) = match (self.of, self.sequence) {
            (Windowed::Convolution, false) => (Kind::Padding, "zero padding on each side of the image"),
            (Windowed::Convolution, true) => (Kind::Border, "zero padding on each side of the sequence"),
            (Windowed::Pooling, false) => (Kind::Pair, "padding on each side of the image"),
            (Windowed::Pooling, true) => (Kind::Size, "padding on each side of the sequence"),
            (Windowed::TransposedConvolution, false) => {
                (Kind::Pair, "number of rows and columns that are cropped from each side of the output")
            }
            (Windowed::TransposedConvolution, true) => {
                (Kind::Size, "number of elements that are cropped from each side of the output")
            }
        };
        Parameter::named("padding", kind, Default::Size(0), doc)
    }
    pub const fn output_padding(self) -> Parameter {
        let doc = if self.sequence {
            "number of elements that are added at the end of the output; less than the stride"
        } else {
            "number of rows and columns that are added at the end of the output; less than the stride"
        };
        Parameter::named("output_padding", self.sizes(), Default::Size(0), doc)
    }
    pub const fn dilation(self) -> Parameter {
        let doc = "distance between neighbouring kernel elements: 1 for a dense kernel, 2 leaves gaps of one (à trous)";
        Parameter::named("dilation", self.sizes(), Default::Size(1), doc).at_least_one()
    }
}

/// A window. Each pair is [height, width].
pub struct Window {
    pub kernel: [Dim; 2],
    pub stride: [Dim; 2],
    pub padding: [Dim; 2],
    pub dilation: [Dim; 2],
}

impl Window {
    /// Returns the window of a call. A layer without the argument `dilation` has a dilation of 1.
    pub fn of(call: &Call) -> Option<Self> {
        let padding = padding(call)?;
        let [kernel, stride, dilation] = ["kernel", "stride", "dilation"].map(|name| call.pair(name));
        Some(Window { kernel, stride, padding, dilation })
    }

    /// Returns the size of the window in the image, including the gaps of dilation.
    fn extent(&self) -> [Dim; 2] {
        [0, 1].map(|i| self.dilation[i].mul(&self.kernel[i].sub(&Dim::Known(1))).add(&Dim::Known(1)))
    }

    /// Returns the height and width of the output for an image of `size`, or reports an error if the window does not
    /// fit into it. With `ceil`, the last window may extend beyond the image, but must begin in the image or the
    /// padding before it.
    pub fn output(&self, call: &Call, size: [&Dim; 2], ceil: bool) -> Option<[Dim; 2]> {
        let (one, extent) = (Dim::Known(1), self.extent());
        let padded = [0, 1].map(|i| size[i].add(&self.padding[i].mul(&Dim::Known(2))));
        let fits = padded[0].at_least(&extent[0]).and(padded[1].at_least(&extent[1]));
        let start = format!("the kernel of `{}` covers ", call.name);
        let (covered, whole) = (size_text(call, [&extent[0], &extent[1]]), size_text(call, [&padded[0], &padded[1]]));
        let mut text = message!(start, covered, ", more than its input of ", whole);
        if self.padding.iter().any(|padding| padding.known() != Some(0)) {
            text.push(message!(" with padding"));
        }
        if let [Dim::Known(first), Dim::Known(second), Dim::Known(last @ (1 | 3 | 4))] = call.input().dims.as_slice()
            && first.min(second) > last
        {
            text.push("; an image is [channels, height, width]");
        }
        let good = call.diagnostics.require(fits, call.at("kernel"), text);
        good.then(|| {
            [0, 1].map(|i| {
                let (rest, stride) = (padded[i].sub(&extent[i]), &self.stride[i]);
                if !ceil {
                    return rest.div(stride).add(&one);
                }
                let windows = rest.add(stride).sub(&one).div(stride).add(&one);
                windows.min(&size[i].add(&self.padding[i]).sub(&one).div(stride).add(&one))
            })
        })
    }

    /// Returns the height and width of a transposed convolution's output for an image of `size`, or reports an error if
    /// the padding leaves nothing of it.
    pub fn transposed_output(&self, call: &Call, size: [&Dim; 2]) -> Option<[Dim; 2]> {
        let (one, extent, added) = (Dim::Known(1), self.extent(), call.border("output_padding"));
        let whole = [0, 1].map(|i| size[i].sub(&one).mul(&self.stride[i]).add(&extent[i]).add(&added[i]));
        let cropped = [0, 1].map(|i| self.padding[i].mul(&Dim::Known(2)));
        let not_empty = whole[0].at_least(&cropped[0].add(&one)).and(whole[1].at_least(&cropped[1].add(&one)));
        let start = format!("the padding of `{}` leaves nothing of its output, which would be ", call.name);
        let text = message!(start, size_text(call, [&whole[0], &whole[1]]), " without it");
        let good = call.diagnostics.require(not_empty, call.at("padding"), text);
        good.then(|| [0, 1].map(|i| whole[i].sub(&cropped[i])))
    }
}

/// Returns the padding, with `same` resolved to numbers.
fn padding(call: &Call) -> Option<[Dim; 2]> {
    if !call.is_same_padding("padding") {
        return Some(call.border("padding"));
    }
    let (one, two) = (Dim::Known(1), Dim::Known(2));
    let [stride_h, stride_w] = call.pair("stride");
    let no_stride = stride_h.equals(&one).and(stride_w.equals(&one));
    let text = "`padding: same` keeps the size, which needs a stride of 1; give the padding as a number";
    let keeps_size = call.diagnostics.require(no_stride, call.at("padding"), text);
    let (kernel, dilation) = (call.pair("kernel"), call.pair("dilation"));
    let border = [0, 1].map(|i| dilation[i].mul(&kernel[i].sub(&one)));
    let even = border[0].is_multiple_of(&two).and(border[1].is_multiple_of(&two));
    let this = size_text(call, [&kernel[0], &kernel[1]]);
    let text = message!("`padding: same` needs an odd kernel, and this one is ", this);
    let odd = call.diagnostics.require(even, call.at("padding"), text);
    (keeps_size && odd).then(|| border.map(|border| border.div(&two)))
}

/// Checks that every window of a pooling layer contains an element that is not padding.
pub fn padding_below_half(call: &Call) -> bool {
    let ([kernel_h, kernel_w], [h, w]) = (call.pair("kernel"), call.border("padding"));
    let two = Dim::Known(2);
    let condition = kernel_h.at_least(&h.mul(&two)).and(kernel_w.at_least(&w.mul(&two)));
    let (padding, kernel) = (size_text(call, [&h, &w]), size_text(call, [&kernel_h, &kernel_w]));
    let start = format!("the padding of `{}` may be half its kernel at most: it is ", call.name);
    let text = message!(start, padding, ", and the kernel is ", kernel);
    call.diagnostics.require(condition, call.at("padding"), text)
}

/// Checks that the output padding of a transposed convolution is less than its stride.
pub fn output_padding_below_stride(call: &Call) -> bool {
    let (one, [h, w], [sh, sw]) = (Dim::Known(1), call.border("output_padding"), call.pair("stride"));
    let below = sh.at_least(&h.add(&one)).and(sw.at_least(&w.add(&one)));
    let (added, stride) = (size_text(call, [&h, &w]), size_text(call, [&sh, &sw]));
    let start = format!("the output_padding of `{}` must be less than its stride: it is ", call.name);
    let text = message!(start, added, ", and the stride is ", stride);
    call.diagnostics.require(below, call.at("output_padding"), text)
}

/// Checks that `groups` divides the channels of the input and of the output.
pub fn divided(call: &Call, inputs: &Dim, outputs: &Dim, groups: &Dim) -> bool {
    // If neither number can be divided, only the first error is reported.
    check::groups(call, inputs, groups, "input") && check::groups(call, outputs, groups, "output")
}

/// Returns a size as the user writes it: `[5, 5]`, or `5` for a sequence.
fn size_text(call: &Call, [height, width]: [&Dim; 2]) -> Message {
    if call.sequence { message!(width) } else { message!("[", height, ", ", width, "]") }
}
