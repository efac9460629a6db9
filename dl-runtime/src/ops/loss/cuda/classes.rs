//! Losses of classes on CUDA.

mod weighted;

pub(super) use weighted::write;

use super::{Code, elementwise};
use crate::device::cuda::{Argument, Cuda, Mut, Ref, ThreadGroup, arguments, kernels};
use crate::ops::loss::{ClassLossKernel, ClassSizes, Classes, Gradient, Reduction};
use crate::tensor::Storage;

kernels!(
    "classes.cu" with [crate::ops::loss::cuda::HEADER, crate::device::cuda::headers::SEQUENCES]:
    class_loss(f, s, lanes, x, t, losses; FiniteCheck(losses)),
    class_loss_backward(f, s, lanes, count, x, t, scale, d, add, losses; FiniteCheck(losses)),
    class_weights(part, weights),
    class_factor(ignored, classes, samples, weights, t, factor),
    weighted_class_loss(f, s, ignored, lanes, weights, x, t, values),
    weighted_class_sums(lanes, ends, len, per_row, factor, values, losses),
    weighted_class_loss_backward(f, s, ignored, lanes, ends, len, per_row, samples, weights, factor, x, t, scale, d, add),
);
arguments! { struct Shape { classes: u32, positions: u32 } }

/// Returns the kernel argument; `kind` is a value of `Of` in `classes.cu`.
fn code(loss: Classes) -> Code {
    let (kind, a) = match loss {
        Classes::CrossEntropy { label_smoothing } => (0, label_smoothing),
        Classes::Focal { gamma } => (1, gamma),
        Classes::MultiMargin { margin } => (2, margin),
        Classes::Nll => (3, 0.0),
    };
    Code { kind, a, b: 0.0 }
}

impl ClassSizes {
    fn shape(self) -> Shape {
        Shape { classes: self.classes as u32, positions: self.positions as u32 }
    }
    /// Returns the thread group for each of so many targets.
    fn group(self, targets: usize) -> ThreadGroup {
        if self.positions == 1 {
            ThreadGroup::of(targets, self.classes)
        } else {
            ThreadGroup::across(targets, self.classes)
        }
    }
}

/// Computes the gradient, and also the losses unless `losses` is empty.
fn backward(
    cuda: &Cuda,
    (loss, reduction): (Classes, Reduction),
    sizes: ClassSizes,
    x: Ref<'_, f32>,
    t: Ref<'_, u32>,
    gradient: Gradient<'_, '_, Cuda>,
    losses: impl Argument,
) {
    let count = gradient.divisor(reduction, sizes.positions as f32, t.len() / sizes.positions);
    let Gradient { scale, to, write, .. } = gradient;
    let (shape, group) = (sizes.shape(), sizes.group(t.len()));
    let arguments =
        class_loss_backward { f: code(loss), s: shape, lanes: group, count, x, t, scale, d: to, add: write, losses };
    cuda.launch(group.grid(), arguments);
}

impl ClassLossKernel for Cuda {
    fn class_loss(
        &self,
        (loss, reduction): (Classes, Reduction),
        sizes: ClassSizes,
        x: Ref<'_, f32>,
        t: Ref<'_, u32>,
        losses: Mut<'_, f32>,
    ) {
        let (shape, group) = (sizes.shape(), sizes.group(t.len()));
        let launch = |to: &Mut<'_, f32>| {
            self.launch(group.grid(), class_loss { f: code(loss), s: shape, lanes: group, x, t, losses: to });
        };
        if sizes.positions == 1 {
            return launch(&losses);
        }
        let all = self.scratch(t.len());
        launch(&all);
        elementwise::sums(self, Cuda::share(&all), reduction.of(sizes.positions as f32), losses);
    }
    fn class_loss_backward(
        &self,
        loss: (Classes, Reduction),
        sizes: ClassSizes,
        x: Ref<'_, f32>,
        t: Ref<'_, u32>,
        gradient: Gradient<'_, '_, Cuda>,
    ) {
        backward(self, loss, sizes, x, t, gradient, None::<Mut<'_, f32>>);
    }
    fn class_loss_and_gradient(
        &self,
        loss: (Classes, Reduction),
        sizes: ClassSizes,
        x: Ref<'_, f32>,
        t: Ref<'_, u32>,
        losses: Mut<'_, f32>,
        gradient: Gradient<'_, '_, Cuda>,
    ) {
        if sizes.positions > 1 {
            self.class_loss(loss, sizes, x, t, losses);
            return self.class_loss_backward(loss, sizes, x, t, gradient);
        }
        backward(self, loss, sizes, x, t, gradient, &losses);
    }
}
