//! A window that slides over an image: it must fit, and decides about the size of the output.

use crate::call::Call;
use crate::diagnostics::{Message, message};
use crate::dim::Dim;

/// A window; each pair is height, width.
pub struct Window {
    pub kernel: [Dim; 2],
    pub stride: [Dim; 2],
    pub padding: [Dim; 2],
    pub dilation: [Dim; 2],
}

/// A size as the user thinks of it: `[5, 5]`, or `5` of a sequence.
pub fn size_text(call: &Call, [height, width]: [&Dim; 2]) -> Message {
    if call.sequence { message!(width) } else { message!("[", height, ", ", width, "]") }
}

impl Window {
    /// The extent of the window, with the gaps of dilation.
    pub fn reach(&self) -> [Dim; 2] {
        [0, 1].map(|i| self.dilation[i].mul(&self.kernel[i].sub(&Dim::Known(1))).add(&Dim::Known(1)))
    }

    /// Height and width of the output over an image of `size`, if the window fits into it; with `ceil` the last window may
    /// go beyond the image, as long as it begins in it or in the padding before.
    pub fn output(&self, call: &Call, size: [&Dim; 2], ceil: bool) -> Option<[Dim; 2]> {
        let (one, reach) = (Dim::Known(1), self.reach());
        let padded = [0, 1].map(|i| size[i].add(&self.padding[i].mul(&Dim::Known(2))));
        let fits = padded[0].at_least(&reach[0]).and(padded[1].at_least(&reach[1]));
        let start = format!("the kernel of `{}` covers ", call.name);
        let (reached, whole) = (size_text(call, [&reach[0], &reach[1]]), size_text(call, [&padded[0], &padded[1]]));
        let mut text = message!(start, reached, ", more than its input of ", whole);
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
                let (rest, stride) = (padded[i].sub(&reach[i]), &self.stride[i]);
                if !ceil {
                    return rest.div(stride).add(&one);
                }
                let windows = rest.add(stride).sub(&one).div(stride).add(&one);
                windows.min(&size[i].add(&self.padding[i]).sub(&one).div(stride).add(&one))
            })
        })
    }
}
