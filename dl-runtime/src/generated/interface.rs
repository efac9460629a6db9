//! Checks that rustc makes of models from elsewhere: whether they take and make what the declaration around them says.

use crate::tensor::check::compare;
use crate::{Passes, Pod};

/// Ends compilation unless the model `M`, called `name`, takes samples like `I`.
#[track_caller]
pub const fn takes<M: Passes, I: Pod>(name: &'static str) {
    compare(name, " takes ", &<M::Input as Pod>::FORM, ", but its input is ", &I::FORM);
}

/// Ends compilation unless the model `M`, called `name`, makes what is stated: `O`.
#[track_caller]
pub const fn makes<M: Passes, O: Pod>(name: &'static str) {
    compare(name, " makes ", &<M::Output as Pod>::FORM, ", and not ", &O::FORM);
}
