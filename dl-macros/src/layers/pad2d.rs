//! `pad2d(sides)` adds rows and columns around an image.

use super::*;
use crate::check;
use crate::diagnostics::message;
use quote::quote;

pub struct Pad2d;

const ZEROS: Choice = Choice::new("zeros", "Zeros", "zero padding");
const REFLECT: Choice =
    Choice::new("reflect", "Reflect", "the image mirrored at its border, without repeating the border itself");
const MODES: &[Choice] =
    &[ZEROS, REFLECT, Choice::new("replicate", "Replicate", "copies of the nearest pixel of the border")];

impl Layer for Pad2d {
    fn name(&self) -> &'static str {
        "pad2d"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Shape,
            "`[c, h, w]` → `[c, top + h + bottom, left + w + right]`",
            "adds rows and columns around the image",
        )
    }
    fn name_prefix(&self) -> &'static str {
        "pad"
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::positional(
                    "sides",
                    Kind::Sides,
                    Default::Required,
                    "number of rows and columns on each side",
                ),
                Parameter::named("mode", Kind::Choice(MODES), Default::Choice(ZEROS), "value of the new pixels"),
            ]
        }
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let [channels, height, width] = check::image(call)?;
        let sides = call.given_shape("sides")?.dims;
        let [top, bottom, left, right] = sides.as_slice() else { return None };
        let mode = call.choice("mode")?;
        if mode == REFLECT {
            let below = |a: &Dim, b: &Dim, size: &Dim| {
                let one = Dim::Known(1);
                size.at_least(&a.add(&one)).and(size.at_least(&b.add(&one)))
            };
            let fits = below(top, bottom, &height).and(below(left, right, &width));
            let start = "a mirror has less than the whole image on each side, and the image is [";
            let text = message!(start, &height, ", ", &width, "]");
            call.diagnostics.require(fits, call.at("sides"), text).then_some(())?;
        }
        let fields = quote!(before: [#top, #left], mode: dl::ops::pad2d::Mode::#mode,);
        let mut op = Op::new(Config::settings(quote!(dl::ops::pad2d::Pad2dOp), fields), BackwardReads::NOTHING);
        if mode == ZEROS {
            let settings = quote!({ image: [#height, #width], padding: [#left, #right, #top, #bottom] });
            op.int8 = Int8::operation("Pad2d", settings, Some(quote!(dl::int8::ZeroPoint)));
        }
        let output = call.sized(channels, [top.add(&height).add(bottom), left.add(&width).add(right)]);
        Some(Built::new(output, op))
    }
}
