//! Checks that rustc makes of models from outside of a `model!`: their input and output must be those of the declaration around them.

use crate::Passes;
use crate::tensor::Pack;
use crate::tensor::check::compare;

/// Stops compilation unless the input of the model `M`, called `name`, has the shape of `I`.
#[track_caller]
pub const fn takes<M: Passes, I: Pack>(name: &'static str) {
    compare(name, " takes ", &<M::Input as Pack>::FORM, ", but its input is ", &I::FORM);
}

/// Stops compilation unless the output of the model `M`, called `name`, has the stated shape, that of `O`.
#[track_caller]
pub const fn makes<M: Passes, O: Pack>(name: &'static str) {
    compare(name, " makes ", &<M::Output as Pack>::FORM, ", and not ", &O::FORM);
}
