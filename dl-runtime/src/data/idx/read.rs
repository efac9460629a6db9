//! Reads the numbers of an IDX file, a limited number of bytes at a time.

use super::header::{self, Kind};
use super::source::Source;
use crate::Result;
use crate::data::{Number, Sample};
use crate::tensor::pod::{flat_mut, grow};

/// The number of bytes that are allocated for numbers before any of them has been read.
const AHEAD: usize = 1 << 20;
/// The number of bytes that are converted at a time; a multiple of the size of every element type.
const CHUNK: usize = 1 << 14;

/// Reads all samples of a file.
pub(super) fn samples<T: Sample>(mut source: Source<'_>) -> Result<Vec<T>> {
    let (kind, count) = header::read(&mut source, &T::shape())?;
    let mut samples: Vec<T> = Vec::new();
    while samples.len() < count {
        let (from, n) = (samples.len(), (AHEAD / size_of::<T>().max(1)).max(1).min(count - samples.len()));
        if grow(&mut samples, n).is_err() {
            return Err(source.malformed("samples that fit in memory".into(), format!("{count} of them")));
        }
        numbers(&mut source, kind, flat_mut(&mut samples[from..]), &|at| (count, from + at / T::LEN))?;
    }
    source.end(|| format!("its end after {count} samples"))?;
    Ok(samples)
}

/// Fills `to`. `place` returns the number of all samples, and the sample that an element of `to` belongs to.
fn numbers<E: Number>(
    source: &mut Source<'_>,
    kind: Kind,
    to: &mut [E],
    place: &dyn Fn(usize) -> (usize, usize),
) -> Result<()> {
    let mut bytes = [0; CHUNK];
    let step = CHUNK / kind.size();
    for (i, to) in to.chunks_mut(step).enumerate() {
        let bytes = &mut bytes[..to.len() * kind.size()];
        let len = source.fill(bytes)?;
        if len < bytes.len() {
            let (count, sample) = place(i * step + len / kind.size());
            return Err(source.malformed(format!("{count} samples"), format!("the end of the file in sample {sample}")));
        }
        if let Some(at) = convert(kind, bytes, to) {
            let value = value(kind, &bytes[at * kind.size()..]);
            return Err(source.malformed(E::EXPECTED.into(), format!("{value} in sample {}", place(i * step + at).1)));
        }
    }
    Ok(())
}

/// Converts big-endian numbers, and returns the index of the first one that cannot be converted.
fn convert<E: Number>(kind: Kind, bytes: &[u8], to: &mut [E]) -> Option<usize> {
    if kind == Kind::U8 {
        E::from_u8(bytes, to);
        return None;
    }
    let numbers = bytes.chunks_exact(kind.size()).map(|bytes| E::from_f64(value(kind, bytes)));
    to.iter_mut().zip(numbers).position(|(to, number)| {
        *to = number.unwrap_or_default();
        number.is_none()
    })
}

/// Returns the first of these numbers; 0 if there is none.
fn value(kind: Kind, bytes: &[u8]) -> f64 {
    fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
        bytes.first_chunk().copied().unwrap_or([0; N])
    }
    match kind {
        Kind::U8 => f64::from(u8::from_be_bytes(first(bytes))),
        Kind::I8 => f64::from(i8::from_be_bytes(first(bytes))),
        Kind::I16 => f64::from(i16::from_be_bytes(first(bytes))),
        Kind::I32 => f64::from(i32::from_be_bytes(first(bytes))),
        Kind::F32 => f64::from(f32::from_be_bytes(first(bytes))),
        Kind::F64 => f64::from_be_bytes(first(bytes)),
    }
}
