//! `upsample(factor)` enlarges an image by nearest-neighbour or bilinear interpolation.

use super::*;
use crate::check;
use quote::quote;

pub struct Upsample;

const NEAREST: Choice = Choice::new("nearest", "Nearest", "nearest-neighbour interpolation: every pixel is repeated");
const MODES: &[Choice] =
    &[NEAREST, Choice::new("bilinear", "Bilinear", "bilinear interpolation between the four nearest pixels")];

impl Layer for Upsample {
    fn name(&self) -> &'static str {
        "upsample"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Shape,
            "`[c, h, w]` → `[c, factor·h, factor·w]`",
            "enlarges the image by nearest-neighbour or bilinear interpolation; the edges of both images are aligned, or with `align_corners` the centres of their corner pixels, as in PyTorch",
        )
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::positional("factor", Kind::Pair, Default::Required, "factor of upsampling").at_least_one(),
                Parameter::named(
                    "mode",
                    Kind::Choice(MODES),
                    Default::Choice(NEAREST),
                    "interpolation between the pixels",
                ),
                Parameter::named(
                    "align_corners",
                    Kind::Flag,
                    Default::Flag(false),
                    "whether the centres of the corner pixels of both images are aligned, for `bilinear`",
                ),
            ]
        }
    }
    fn check(&self, call: &Call) -> bool {
        let bilinear = call.choice("mode").is_none_or(|mode| mode != NEAREST);
        if call.flag("align_corners") && !bilinear {
            call.diagnostics.error(call.at("align_corners"), "`align_corners` of `upsample` wants `mode: bilinear`");
        }
        check::not_zero(call)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let [channels, height, width] = check::image(call)?;
        let [by_height, by_width] = call.pair("factor");
        let mode = call.choice("mode")?;
        let align_corners = call.flag("align_corners");
        let align_corners = (mode != NEAREST).then(|| quote!({ align_corners: #align_corners }));
        let config = Config::settings(
            quote!(dl::ops::upsample::UpsampleOp),
            quote!(mode: dl::ops::upsample::Mode::#mode #align_corners,),
        );
        let output = call.sized(channels, [height.mul(&by_height), width.mul(&by_width)]);
        Some(Built::new(output, Op::new(config, BackwardReads::NOTHING).with_blocks(Blocks::Preserves)))
    }
}
