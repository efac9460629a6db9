//! Adaptive pooling to an output of a given size, and global pooling to a single number for each channel.

use super::pool::PoolKind;
use super::*;
use crate::check;
use quote::quote;

/// A pooling layer that covers the image with as many windows as the output has elements.
pub struct AdaptivePool {
    name: &'static str,
    name_prefix: &'static str,
    kind: PoolKind,
    sequence: bool,
    shapes: &'static str,
    line: &'static str,
    parameters: &'static [Parameter],
}

const SIZE: Parameter =
    Parameter::positional("size", Kind::Pair, Default::Required, "height and width of the output").at_least_one();
const LENGTH: Parameter =
    Parameter::positional("size", Kind::Size, Default::Required, "length of the output").at_least_one();

pub static ADAPTIVE_AVG_POOL2D: AdaptivePool = AdaptivePool {
    name: "adaptive_avg_pool2d",
    name_prefix: "adaptive_avg_pool",
    kind: PoolKind::Mean,
    sequence: false,
    shapes: "`[c, h, w]` → `[c, size…]`",
    line: "takes the mean of each of `size` windows, which are chosen to cover the image",
    parameters: &[SIZE],
};
pub static ADAPTIVE_MAX_POOL2D: AdaptivePool = AdaptivePool {
    name: "adaptive_max_pool2d",
    name_prefix: "adaptive_max_pool",
    kind: PoolKind::Max,
    line: "takes the maximum of each of `size` windows, which are chosen to cover the image",
    ..ADAPTIVE_AVG_POOL2D
};
pub static ADAPTIVE_AVG_POOL1D: AdaptivePool = AdaptivePool {
    name: "adaptive_avg_pool1d",
    sequence: true,
    shapes: "`[c, l]` → `[c, size]`",
    line: "takes the mean of each of `size` windows, which are chosen to cover the sequence",
    parameters: &[LENGTH],
    ..ADAPTIVE_AVG_POOL2D
};
pub static ADAPTIVE_MAX_POOL1D: AdaptivePool = AdaptivePool {
    name: "adaptive_max_pool1d",
    sequence: true,
    line: "takes the maximum of each of `size` windows, which are chosen to cover the sequence",
    shapes: "`[c, l]` → `[c, size]`",
    parameters: &[LENGTH],
    ..ADAPTIVE_MAX_POOL2D
};
pub static GLOBAL_AVG_POOL2D: AdaptivePool = AdaptivePool {
    name: "global_avg_pool2d",
    name_prefix: "global_avg_pool",
    kind: PoolKind::Mean,
    sequence: false,
    shapes: "`[c, h, w]` → `[c]`",
    line: "takes the mean of each channel",
    parameters: &[],
};
pub static GLOBAL_MAX_POOL2D: AdaptivePool = AdaptivePool {
    name: "global_max_pool2d",
    name_prefix: "global_max_pool",
    kind: PoolKind::Max,
    line: "takes the maximum of each channel",
    ..GLOBAL_AVG_POOL2D
};
pub static GLOBAL_AVG_POOL1D: AdaptivePool =
    AdaptivePool { name: "global_avg_pool1d", sequence: true, shapes: "`[c, l]` → `[c]`", ..GLOBAL_AVG_POOL2D };
pub static GLOBAL_MAX_POOL1D: AdaptivePool =
    AdaptivePool { name: "global_max_pool1d", sequence: true, shapes: "`[c, l]` → `[c]`", ..GLOBAL_MAX_POOL2D };

impl Layer for AdaptivePool {
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
        check::not_zero(call)
    }
    fn is_sequence(&self) -> bool {
        self.sequence
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let [channels, height, width] = check::image(call)?;
        let op = pool::operation(self.kind, quote!(dl::ops::pool::Windows::Adaptive), true);
        let global = self.parameters.is_empty();
        let size = if global { [Dim::Known(1), Dim::Known(1)] } else { call.pair("size") };
        let int8 = pool::on_int8(self.kind, [&height, &width], &size, quote!(Windows::Adaptive), false);
        if !global {
            return Some(Built::new(call.sized(channels, size), op.on_int8(int8)));
        }
        let mean = || {
            Op::new(
                Config::settings(quote!(dl::ops::global_avg_pool2d::GlobalAvgPool2dOp), quote!()),
                BackwardReads::NOTHING,
            )
            .with_blocks(Blocks::Reads)
        };
        let op = if let PoolKind::Mean = self.kind { mean() } else { op };
        Some(Built::new(Shape::of([channels]), op.on_int8(int8)))
    }
}
