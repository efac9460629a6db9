//! Max and average pooling with sliding windows, of images and sequences.

use super::window::{Arguments, Window, Windowed};
use super::*;
use crate::check;
use quote::quote;

/// The function that a pooling layer applies to each window.
#[derive(Clone, Copy)]
pub enum PoolKind {
    Max,
    Mean,
}

/// A pooling layer with sliding windows.
pub struct Pool {
    name: &'static str,
    name_prefix: &'static str,
    kind: PoolKind,
    sequence: bool,
    shapes: &'static str,
    line: &'static str,
    parameters: &'static [Parameter],
}

const CEIL_MODE: Parameter = Parameter::named(
    "ceil_mode",
    Kind::Flag,
    Default::Flag(false),
    "whether the output size is rounded up, so that the last window may extend beyond the image",
);
const COUNT_INCLUDE_PAD: Parameter = Parameter::named(
    "count_include_pad",
    Kind::Flag,
    Default::Flag(true),
    "whether the mean includes the zeros of the padding",
);

const fn max(sequence: bool) -> [Parameter; 4] {
    let of = Arguments { of: Windowed::Pooling, sequence };
    [of.kernel(), of.stride(), of.padding(), CEIL_MODE]
}
const fn avg(sequence: bool) -> [Parameter; 5] {
    let [kernel, stride, padding, ceil_mode] = max(sequence);
    [kernel, stride, padding, ceil_mode, COUNT_INCLUDE_PAD]
}

const IMAGE: &str = "`[c, h, w]` → `[c, h', w']`";
const SEQUENCE: &str = "`[c, l]` → `[c, l']`";

pub static MAX_POOL2D: Pool = Pool {
    name: "max_pool2d",
    name_prefix: "max_pool",
    kind: PoolKind::Max,
    sequence: false,
    shapes: IMAGE,
    line: "takes the maximum of each window",
    parameters: &max(false),
};
pub static MAX_POOL1D: Pool =
    Pool { name: "max_pool1d", sequence: true, shapes: SEQUENCE, parameters: &max(true), ..MAX_POOL2D };
pub static AVG_POOL2D: Pool = Pool {
    name: "avg_pool2d",
    name_prefix: "avg_pool",
    kind: PoolKind::Mean,
    sequence: false,
    shapes: IMAGE,
    line: "takes the mean of each window",
    parameters: &avg(false),
};
pub static AVG_POOL1D: Pool =
    Pool { name: "avg_pool1d", sequence: true, shapes: SEQUENCE, parameters: &avg(true), ..AVG_POOL2D };

impl Layer for Pool {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> Doc {
        Doc::new(Chapter::Shape, self.shapes, self.line)
    }
    fn name_prefix(&self) -> &'static str {
        self.name_prefix
    }
    fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }
    fn check(&self, call: &Call) -> bool {
        check::not_zero(call) && window::padding_below_half(call)
    }
    fn is_sequence(&self) -> bool {
        self.sequence
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let [channels, height, width] = check::image(call)?;
        let window = Window::of(call)?;
        let size = window.output(call, [&height, &width], call.flag("ceil_mode"))?;
        let Window { kernel: [kh, kw], stride: [sh, sw], padding: [ph, pw], .. } = window;
        let windows = quote!(Windows::Sliding { kernel: [#kh, #kw], stride: [#sh, #sw], padding: [#ph, #pw] });
        let padded = call.flag("count_include_pad");
        let op = operation(self.kind, quote!(dl::ops::pool::#windows), padded);
        // A mean without padding does not read the number that means 0.
        let padded = padded && [ph, pw].into_iter().any(|padding| padding.known() != Some(0));
        let int8 = on_int8(self.kind, [&height, &width], &size, windows, padded);
        Some(Built::new(call.sized(channels, size), op.on_int8(int8)))
    }
}

/// Returns the form of a pooling on int8; `padded` if the mean includes the zeros of the padding.
pub fn on_int8(
    kind: PoolKind,
    [height, width]: [&Dim; 2],
    size: &[Dim; 2],
    windows: TokenStream,
    padded: bool,
) -> Int8 {
    let [out_height, out_width] = size;
    let image = quote!(image: [#height, #width], size: [#out_height, #out_width]);
    let settings = quote!((dl::int8::PoolSizes { #image, windows: dl::int8::#windows }));
    match kind {
        PoolKind::Max => Int8::operation("MaxPool", settings, None),
        PoolKind::Mean if padded => Int8::operation("PaddedAvgPool", settings, Some(quote!(dl::int8::ZeroPoint))),
        PoolKind::Mean => Int8::operation("AvgPool", settings, None),
    }
}

/// Returns the pooling operation with these `windows`.
pub fn operation(kind: PoolKind, windows: TokenStream, count_include_pad: bool) -> Op {
    let op = match kind {
        PoolKind::Max => {
            Op::new(Config::settings(quote!(dl::ops::pool::Max), quote!(windows: #windows,)), BackwardReads::INPUTS)
        }
        PoolKind::Mean => {
            let fields = quote!(windows: #windows, count_include_pad: #count_include_pad,);
            Op::new(Config::settings(quote!(dl::ops::pool::Avg), fields), BackwardReads::NOTHING)
        }
    };
    op.with_blocks(Blocks::Preserves)
}
