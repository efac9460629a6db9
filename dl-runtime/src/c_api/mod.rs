//! The bodies of the functions of `export_c!`: a network behind a pointer, for programs in C and whatever calls C.
//!
//! Nothing here panics across the boundary: every mistake gives a status, and its text to [`last_error`].

mod failure;
mod handle;
mod header;

pub use failure::last_error;

use crate::Pod;
use crate::network::{Passes, Row};
use failure::{Failure, Status, guarded};
use handle::Handle;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::slice;

/// The functions of a model. `export_c!` names it here alone, so that a mistake about it is one message.
pub struct Functions {
    pub create: unsafe fn(*const u8, usize) -> *mut c_void,
    pub predict: unsafe fn(*const c_void, *const c_void, usize, *mut f32, usize) -> i32,
    pub free: unsafe fn(*mut c_void),
    pub input_len: fn() -> usize,
    pub output_len: fn() -> usize,
    pub input_shape: unsafe fn(usize, *mut usize) -> *const usize,
    pub output_shape: unsafe fn(usize, *mut usize) -> *const usize,
    pub header: fn(&str) -> String,
}

impl Functions {
    /// Returns the functions of a model that C can call.
    ///
    /// # Panics
    /// Panics, which is a compiler error at the name of the model, if it has sequences.
    #[track_caller]
    pub const fn of<M: Passes>() -> Self {
        let () = M::CHECKED;
        assert!(
            M::SEQUENCES == 0 && M::OUTPUT_SEQUENCES.is_empty(),
            "this model has sequences of any length, `..`; the functions of `export_c!` take samples of fixed sizes only"
        );
        Functions {
            create: create::<M>,
            predict: predict::<M>,
            free: free::<M>,
            input_len: input_len::<M>,
            output_len: output_len::<M>,
            input_shape: input_shape::<M>,
            output_shape: output_shape::<M>,
            header: header::header::<M>,
        }
    }
}

/// Returns a network of the bytes of a file, or null.
///
/// # Safety
/// `bytes` is null, or the address of `len` bytes.
unsafe fn create<M: Passes>(bytes: *const u8, len: usize) -> *mut c_void {
    let made = guarded(|| {
        if bytes.is_null() {
            return Err(Failure::null("bytes"));
        }
        if len > isize::MAX as usize {
            return Err(Failure::new(Status::Size, format!("`len` is {len}, more than any memory")));
        }
        // SAFETY: the caller promises so many bytes, and the address is not null.
        let bytes = unsafe { slice::from_raw_parts(bytes, len) };
        Ok(Box::into_raw(Box::new(Handle::<M>::new(bytes)?)).cast())
    });
    made.unwrap_or(null_mut())
}

/// Frees a network, unless it is null.
///
/// # Safety
/// `net` is null, or comes from [`create`] and was not freed; no other thread uses it.
unsafe fn free<M: Passes>(net: *mut c_void) {
    if !net.is_null() {
        // SAFETY: as the caller promises, the box that `create` made has no other owner.
        let net = unsafe { Box::from_raw(net.cast::<Handle<M>>()) };
        // A failure has no one to be told to.
        let _ = guarded(|| {
            drop(net);
            Ok(())
        });
    }
}

/// Predicts samples that lie side by side, and returns a status.
///
/// # Safety
/// `net` is null, or comes from [`create`] and is not freed meanwhile. `inputs` is null, or the address of `inputs_len` numbers of four bytes;
/// `outputs` is null, or that of `outputs_len` numbers which nothing else uses meanwhile.
unsafe fn predict<M: Passes>(
    net: *const c_void,
    inputs: *const c_void,
    inputs_len: usize,
    outputs: *mut f32,
    outputs_len: usize,
) -> i32 {
    let done = guarded(|| {
        // SAFETY: it is null or a network, as the caller promises, and networks are only read.
        let net = unsafe { net.cast::<Handle<M>>().as_ref() }.ok_or(Failure::null("net"))?;
        let samples = samples::<M>(inputs_len, outputs_len)?;
        if samples == 0 {
            return Ok(());
        }
        if inputs.is_null() {
            return Err(Failure::null("inputs"));
        }
        if outputs.is_null() {
            return Err(Failure::null("outputs"));
        }
        // SAFETY: there are as many samples as the lengths say, which the caller promises.
        unsafe { net.predict(inputs.cast(), samples, outputs) }
    });
    done.map_or_else(|status| status, |()| Status::Ok) as i32
}

/// Returns the number of samples that both lengths give.
fn samples<M: Passes>(inputs: usize, outputs: usize) -> Result<usize, Failure> {
    let [input, output] = [input_len::<M>(), output_len::<M>()];
    // Of a model without inputs, outputs say how many.
    let samples = inputs.checked_div(input).or(outputs.checked_div(output)).unwrap_or(0);
    if inputs > isize::MAX as usize / 4 || inputs != samples * input {
        let text = format!("`inputs_len` is {inputs}; it must be a multiple of {input}, the numbers of one sample");
        return Err(Failure::new(Status::Size, text));
    }
    if Some(outputs) != samples.checked_mul(output) {
        let expected = samples.saturating_mul(output);
        let text = format!("`outputs_len` is {outputs}; {samples} samples have {expected} outputs, {output} each");
        return Err(Failure::new(Status::Size, text));
    }
    Ok(samples)
}

/// Returns the numbers of one sample.
fn input_len<M: Passes>() -> usize {
    Row::<M::Input>::LEN
}

/// Returns the numbers of the output for one sample.
fn output_len<M: Passes>() -> usize {
    Row::<M::Output>::LEN
}

/// Returns the address of the dimensions of an input, whose number it writes to `dimensions`; null if there is no such input.
///
/// # Safety
/// `dimensions` is null, or an address for a number.
unsafe fn input_shape<M: Passes>(input: usize, dimensions: *mut usize) -> *const usize {
    // SAFETY: as the caller promises.
    unsafe { shape(M::INPUTS.get(input).map(|input| input.shape), dimensions) }
}

/// Returns the address of the dimensions of an output, as [`input_shape`].
///
/// # Safety
/// `dimensions` is null, or an address for a number.
unsafe fn output_shape<M: Passes>(output: usize, dimensions: *mut usize) -> *const usize {
    // SAFETY: as the caller promises.
    unsafe { shape(M::OUTPUTS.get(output).map(|output| output.shape), dimensions) }
}

/// # Safety
/// `dimensions` is null, or an address for a number.
unsafe fn shape(shape: Option<&'static [usize]>, dimensions: *mut usize) -> *const usize {
    if !dimensions.is_null() {
        // SAFETY: the caller promises an address to write to.
        unsafe { dimensions.write_unaligned(shape.map_or(0, <[usize]>::len)) };
    }
    shape.map_or(std::ptr::null(), <[usize]>::as_ptr)
}
