//! Reads the header of an IDX file: the element type and the sizes.

use super::source::Source;
use crate::Result;
use std::num::NonZero;

/// The element types, with their numbers in the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    U8 = 0x08,
    I8 = 0x09,
    I16 = 0x0b,
    I32 = 0x0c,
    F32 = 0x0d,
    F64 = 0x0e,
}

impl Kind {
    const ALL: [Kind; 6] = [Kind::U8, Kind::I8, Kind::I16, Kind::I32, Kind::F32, Kind::F64];

    /// Returns the number of bytes of one element.
    pub(super) fn size(self) -> usize {
        match self {
            Kind::U8 | Kind::I8 => 1,
            Kind::I16 => 2,
            Kind::I32 | Kind::F32 => 4,
            Kind::F64 => 8,
        }
    }
}

/// Reads the header of a file with samples of `shape`; returns the element type and the number of samples.
pub(super) fn read(source: &mut Source<'_>, shape: &[usize]) -> Result<(Kind, usize)> {
    let magic = source.next(|| "a header".into())?;
    let [0, 0, kind, sizes] = magic else {
        return Err(source.not_idx("0 in its first two bytes".into(), format!("{:02x} {:02x}", magic[0], magic[1])));
    };
    let Some(kind) = Kind::ALL.into_iter().find(|known| *known as u8 == kind) else {
        let expected = "element type 08, 09, 0b, 0c, 0d or 0e (u8, i8, i16, i32, f32, f64)";
        return Err(source.malformed(expected.into(), format!("{kind:02x}")));
    };
    let Some(sizes) = NonZero::new(sizes) else {
        return Err(source.malformed("at least one dimension".into(), "none".into()));
    };
    // The format allows at most 255 sizes.
    let mut found = Vec::new();
    for _ in 0..sizes.get() {
        found.push(u32::from_be_bytes(source.next(|| format!("{sizes} sizes in its header"))?) as usize);
    }
    if leading_ones_off(&found[1..]) != leading_ones_off(shape) {
        return Err(source.malformed(format!("samples of shape {shape:?}"), format!("{:?}", &found[1..])));
    }
    Ok((kind, found[0]))
}

fn leading_ones_off(shape: &[usize]) -> &[usize] {
    let ones = shape.iter().take_while(|size| **size == 1).count();
    &shape[ones..]
}
