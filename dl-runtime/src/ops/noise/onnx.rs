//! Noise is not exported, since prediction has none.

use super::{Noise, NoiseKernel};
use crate::device::recorder::{Place, Recorder, not_recorded};

impl NoiseKernel for Recorder {
    not_recorded! { add_noise(Noise, Place) }
}
