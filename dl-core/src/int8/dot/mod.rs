//! Sums of products of int8 numbers: the inner loops of dense layers and convolutions, for the processor that the crate is built for.

#[cfg(dl_dsp)]
mod arm;
#[cfg(not(dl_dsp))]
mod portable;

#[cfg(dl_dsp)]
pub use arm::products;
#[cfg(not(dl_dsp))]
pub use portable::products;
