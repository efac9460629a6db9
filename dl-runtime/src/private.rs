//! All that generated code may name, as `dl::…`.

pub use crate::check::{Piece, check, dim, makes, takes};
pub use crate::device::{Device, Storage};
pub use crate::field;
pub use crate::init::{Init, Rng};
pub use crate::layer::Dimensions;
/// The passes of layers written by hand.
pub mod layer {
    pub use crate::layer::{backward, forward};
}
pub use crate::ops::{self, Grad, Write};
pub use crate::{
    Entry, InputInfo, LayerInfo, Model, Network, Objective, Parts, PartsMut, Pass, Plain, Result, Role, Slot, Tensors,
    Term, View, ViewMut,
};
pub use std::mem::offset_of;
pub use std::option::Option::{self, None, Some};
pub use std::result::Result::Ok;

/// That classes are among `classes`; the error names the sample.
pub fn check_labels<'a, T: Plain<Element = u32>>(
    labels: impl IntoIterator<Item = &'a T>,
    classes: usize,
) -> Result<()> {
    let wrong = |sample, label| crate::Error::LabelOutOfRange { sample, label, classes };
    below(labels, classes).map_or(Ok(()), |(sample, label)| Err(wrong(sample, label)))
}

/// That tokens are among `vocabulary`; the error names the sample.
pub fn check_tokens<'a, T: Plain<Element = u32>>(
    tokens: impl IntoIterator<Item = &'a T>,
    vocabulary: usize,
) -> Result<()> {
    let wrong = |sample, token| crate::Error::TokenOutOfRange { sample, token, vocabulary };
    below(tokens, vocabulary).map_or(Ok(()), |(sample, token)| Err(wrong(sample, token)))
}

/// The first number that is not below `limit`, and its sample.
fn below<'a, T: Plain<Element = u32>>(samples: impl IntoIterator<Item = &'a T>, limit: usize) -> Option<(usize, u32)> {
    samples.into_iter().enumerate().find_map(|(sample, numbers)| {
        let numbers = crate::plain::flat(std::slice::from_ref(numbers)).iter();
        numbers.copied().find(|&number| number as usize >= limit).map(|number| (sample, number))
    })
}

/// The view of one field of a model's view: `field!(net.layer1.conv1)` inside `impl … for Model`.
#[doc(hidden)]
#[macro_export]
macro_rules! field {
    ($view:ident.$($field:ident).+) => {
        $view.field_of(::core::mem::offset_of!(Self, $($field).+), |model: &Self| &model.$($field).+)
    };
}
