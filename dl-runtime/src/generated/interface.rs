//! Checks that rustc makes of models from outside of a `model!`: their input and output must be those of the declaration around them.

use crate::tensor::check::compare;
use crate::{Passes, Pod};

/// Stops compilation unless the input of the model `M`, called `name`, has the shape of `I`.
#[track_caller]
pub const fn takes<M: Passes, I: Pod>(name: &'static str) {
    compare(name, " takes ", &<M::Input as Pod>::FORM, ", but its input is ", &I::FORM);
}

/// Stops compilation unless the output of the model `M`, called `name`, has the stated shape, that of `O`.
#[track_caller]
pub const fn makes<M: Passes, O: Pod>(name: &'static str) {
    compare(name, " makes ", &<M::Output as Pod>::FORM, ", and not ", &O::FORM);
}
