//! Losses are not exported: a file has what predicts.

use super::ctc::{Ctc, CtcKernel, CtcSequences};
use super::elementwise::{Elementwise, ElementwiseLossKernel};
use super::nt_xent::NtXentSizes;
use super::overlap::{ClassOverlap, MaskOverlap, OverlapKernel, OverlapSizes};
use super::{
    ClassLossKernel, ClassSizes, Classes, Gradient, NtXentKernel, PositiveWeights, PositiveWeightsKernel, Reduction,
    VectorLossKernel, Vectors, WeightedClassKernel, WeightedClasses,
};
use crate::device::recorder::{Place, Recorder, not_recorded};
use crate::tensor::Sequences;

impl ClassLossKernel for Recorder {
    not_recorded! {
        class_loss((Classes, Reduction), ClassSizes, Place, Place, Place),
        class_loss_backward((Classes, Reduction), ClassSizes, Place, Place, Gradient<'_, '_, Self>),
    }
}

impl CtcKernel for Recorder {
    not_recorded! {
        ctc(Ctc, CtcSequences<'_, '_, Self>, Place, Place, Place),
        ctc_backward(Ctc, CtcSequences<'_, '_, Self>, Place, Place, Gradient<'_, '_, Self>),
    }
}

impl ElementwiseLossKernel for Recorder {
    not_recorded! {
        elementwise_loss(Elementwise, Reduction, usize, Place, Place, Place),
        elementwise_loss_backward(Elementwise, Reduction, usize, Place, Place, Gradient<'_, '_, Self>),
    }
}

impl NtXentKernel for Recorder {
    not_recorded! {
        nt_xent(NtXentSizes, Place, Place, Place, Option<Place>),
        nt_xent_backward(NtXentSizes, Place, Place, Place, Gradient<'_, '_, Self>),
    }
}

impl OverlapKernel for Recorder {
    not_recorded! {
        class_overlap(ClassOverlap, OverlapSizes, Place, Place, Place),
        class_overlap_backward(ClassOverlap, OverlapSizes, Place, Place, Gradient<'_, '_, Self>),
        mask_overlap(MaskOverlap, OverlapSizes, Place, Place, Place),
        mask_overlap_backward(MaskOverlap, OverlapSizes, Place, Place, Gradient<'_, '_, Self>),
    }
}

impl PositiveWeightsKernel for Recorder {
    not_recorded! {
        positive_loss(PositiveWeights<'_>, usize, Place, Place, Place),
        positive_loss_backward(PositiveWeights<'_>, usize, Place, Place, Gradient<'_, '_, Self>),
    }
}

impl VectorLossKernel for Recorder {
    not_recorded! {
        vector_loss(Vectors, usize, Place, Place, Place, Place),
        vector_loss_backward(Vectors, usize, Place, Place, Place, Gradient<'_, '_, Self>),
    }
}

impl WeightedClassKernel for Recorder {
    not_recorded! {
        weighted_class_loss(WeightedClasses<'_>, ClassSizes, Sequences<'_, Self>, Place, Place, Place),
        weighted_class_loss_backward(
            WeightedClasses<'_>, ClassSizes, Sequences<'_, Self>, Place, Place, Gradient<'_, '_, Self>
        ),
    }
}
