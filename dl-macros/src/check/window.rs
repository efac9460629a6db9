//! A window that slides over an image: it must fit, and decides about the size of the output.

use crate::diagnostics::message;
use crate::dim::Dim;
use crate::layers::Call;

/// A window; each pair is height, width.
pub struct Window {
    pub kernel: [Dim; 2],
    pub stride: [Dim; 2],
    pub padding: [Dim; 2],
    pub dilation: [Dim; 2],
}

impl Window {
    /// Height and width of the output over an image of `size`, if the window fits into it.
    pub fn output(&self, call: &Call, size: [&Dim; 2]) -> Option<[Dim; 2]> {
        let one = Dim::Known(1);
        let reach = [0, 1].map(|i| self.dilation[i].mul(&self.kernel[i].sub(&one)).add(&one));
        let padded = [0, 1].map(|i| size[i].add(&self.padding[i].mul(&Dim::Known(2))));
        let fits = padded[0].at_least(&reach[0]).and(padded[1].at_least(&reach[1]));
        let mut text = message!(format!("the kernel of `{}` covers ", call.name));
        text.push(message!("[", &reach[0], ", ", &reach[1], "], more than its input of ["));
        text.push(message!(&padded[0], ", ", &padded[1], "]"));
        if self.padding.iter().any(|padding| padding.known() != Some(0)) {
            text.push(message!(" with padding"));
        }
        let good = call.diagnostics.require(fits, call.at("kernel"), text);
        good.then(|| [0, 1].map(|i| padded[i].sub(&reach[i]).div(&self.stride[i]).add(&one)))
    }
}
