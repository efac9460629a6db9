//! Padding: `same`, and how much a pooling window allows.

use super::window::size_text;
use crate::call::Call;
use crate::diagnostics::message;
use crate::dim::Dim;

/// The padding of a convolution, with `same` as numbers.
pub fn padding(call: &Call) -> Option<[Dim; 2]> {
    if !call.is_same_padding("padding") {
        return Some(call.border("padding"));
    }
    let (one, two) = (Dim::Known(1), Dim::Known(2));
    let [stride_h, stride_w] = call.pair("stride");
    let steps = stride_h.equals(&one).and(stride_w.equals(&one));
    let text = "`padding: same` keeps the size, which needs a stride of 1; give the padding as a number";
    let single = call.diagnostics.require(steps, call.at("padding"), text);
    let (kernel, dilation) = (call.pair("kernel"), call.pair("dilation"));
    let border = [0, 1].map(|i| dilation[i].mul(&kernel[i].sub(&one)));
    let even = border[0].is_multiple_of(&two).and(border[1].is_multiple_of(&two));
    let this = size_text(call, [&kernel[0], &kernel[1]]);
    let text = message!("`padding: same` needs an odd kernel, and this one is ", this);
    let odd = call.diagnostics.require(even, call.at("padding"), text);
    (single && odd).then(|| border.map(|border| border.div(&two)))
}

/// Whether each window of a pooling layer holds a number that is not padding.
pub fn padding_below_half(call: &Call) -> bool {
    let ([kernel_h, kernel_w], [h, w]) = (call.pair("kernel"), call.border("padding"));
    let two = Dim::Known(2);
    let condition = kernel_h.at_least(&h.mul(&two)).and(kernel_w.at_least(&w.mul(&two)));
    let (padding, kernel) = (size_text(call, [&h, &w]), size_text(call, [&kernel_h, &kernel_w]));
    let start = format!("the padding of `{}` may be half its kernel at most: it is ", call.name);
    let text = message!(start, padding, ", and the kernel is ", kernel);
    call.diagnostics.require(condition, call.at("padding"), text)
}
