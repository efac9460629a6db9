//! Predictors in the program: `include_predictor!`.

use super::metadata::Belongings;
use super::{Path, Predictor};
use crate::io::safetensors::metadata;
use crate::{Model, Result};

/// Puts a network and what belongs to it into the program: `include_predictor!(LeNet, "lenet.safetensors")` is a
/// `dl::Result<Predictor<LeNet>>` of the file that [`Predictor::save`] wrote.
///
/// The weights are those of [`include_model!`](crate::include_model): checked by the compiler, and used where they lie in the program. The
/// metadata is read when the macro is evaluated, which a program does once:
///
/// ```ignore
/// use std::sync::LazyLock;
/// static DIGITS: LazyLock<Predictor<LeNet>> =
///     LazyLock::new(|| dl::include_predictor!(LeNet, "lenet.safetensors").expect("the file was checked in a test"));
/// ```
///
/// # Errors
/// The compiler errors of [`include_model!`](crate::include_model); when it is evaluated, [`Error::Metadata`](crate::Error::Metadata) as
/// [`Predictor::load`] says.
#[macro_export]
macro_rules! include_predictor {
    ($model:ty, $path:expr $(,)?) => {{
        // Of the file, only its header is in the program beside the weights.
        const HEADER: [u8; $crate::included_header_len(include_bytes!($path))] =
            $crate::included_header(include_bytes!($path));
        $crate::Predictor::<$model>::included($crate::include_model!($model, $path), $path, &HEADER)
    }};
}

/// Returns the length of the header of a safetensors file.
#[doc(hidden)]
pub const fn included_header_len(bytes: &[u8]) -> usize {
    match bytes.split_first_chunk() {
        Some((len, rest)) => {
            let len = u64::from_le_bytes(*len);
            if len < rest.len() as u64 { len as usize } else { rest.len() }
        }
        None => 0,
    }
}

/// Returns the header of a safetensors file.
#[doc(hidden)]
pub const fn included_header<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut header = [0; N];
    if N > 0 {
        header.copy_from_slice(bytes.split_at(8).1.split_at(N).0);
    }
    header
}

impl<M: Model> Predictor<M> {
    #[doc(hidden)]
    pub fn included(net: &'static M, path: &str, header: &[u8]) -> Result<Self> {
        let path = Path::new(path);
        Ok(Predictor { net: net.into(), with: Belongings::of_metadata::<M>(metadata(header, path)?, path)? })
    }
}
