//! Dropout is not exported, since prediction has none.

use super::{DropoutKernel, Mask};
use crate::device::recorder::{Place, Recorder, not_recorded};
use crate::tensor::Write;

impl DropoutKernel for Recorder {
    not_recorded! {
        dropout(Mask, Place, Place, Write),
        dropout_in_place(Mask, Place),
    }
}
