//! What a batch needs on its way to the device: its size checked, its samples picked, room for its targets.

use crate::device::{Device, Element};
use crate::plain::flat;
use crate::{Error, Plain, Result};
use std::any::Any;

/// Checks the size of a batch where it enters.
pub(super) fn check_batch(found: usize, most: usize) -> Result<()> {
    if (1..=most).contains(&found) {
        return Ok(());
    }
    let expected = if most == usize::MAX { "at least 1".into() } else { format!("1 to {most} samples") };
    Err(Error::Setting { setting: "batch size", expected, found: found.to_string() })
}

/// Writes the values with these numbers side by side.
pub(super) fn gather<T: Plain>(values: &[T], picked: &[usize], to: &mut [T::Element]) {
    for (slot, &index) in picked.iter().enumerate() {
        to[slot * T::LEN..(slot + 1) * T::LEN].copy_from_slice(flat(&values[index..=index]));
    }
}

/// The session's buffer for targets, made anew when it cannot hold `len` elements of this kind.
pub(super) fn target_buffer<'a, D: Device, E: Element>(
    device: &D,
    targets: &'a mut Option<Box<dyn Any + Send + Sync>>,
    len: usize,
) -> Result<&'a mut D::Buffer<E>> {
    let fits = |any: &Box<dyn Any + Send + Sync>| any.downcast_ref().is_some_and(|b| D::len(D::whole::<E>(b)) >= len);
    if !targets.as_ref().is_some_and(fits) {
        *targets = Some(Box::new(device.zeros::<E>(len)?));
    }
    Ok(targets.as_mut().and_then(|any| any.downcast_mut()).expect("made above"))
}
