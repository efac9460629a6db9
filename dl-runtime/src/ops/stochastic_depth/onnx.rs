//! Stochastic depth is not exported, since prediction has none.

use super::{SampleMask, StochasticDepthKernel};
use crate::device::recorder::{Place, Recorder, not_recorded};
use crate::tensor::{Sequences, Write};

impl StochasticDepthKernel for Recorder {
    not_recorded! { scale_samples(SampleMask, Sequences<'_, Self>, usize, Place, Place, Write) }
}
