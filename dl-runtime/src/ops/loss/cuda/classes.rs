//! Losses of classes on CUDA.

use super::{Code, elementwise};
use crate::device::cuda::{Cuda, Mut, Ref, Team, arguments, kernels};
use crate::ops::loss::{ClassLossKernel, Classes, Gradient, Sizes};
use crate::tensor::Storage;

kernels!("classes.cu": class_loss, class_loss_backward);
arguments! { struct Shape { classes: u32, places: u32 } }

/// Numbered as `Of` of `classes.cu`.
fn code(loss: Classes) -> Code {
    let (kind, a) = match loss {
        Classes::CrossEntropy { label_smoothing } => (0, label_smoothing),
        Classes::Focal { gamma } => (1, gamma),
        Classes::MultiMargin { margin } => (2, margin),
        Classes::Nll => (3, 0.0),
    };
    Code { kind, a, b: 0.0 }
}

impl Sizes {
    fn shape(self) -> Shape {
        Shape { classes: self.classes as u32, places: self.places as u32 }
    }
    /// The threads of each of so many targets.
    fn team(self, targets: usize) -> Team {
        if self.places == 1 { Team::of(targets, self.classes) } else { Team::across(targets, self.classes) }
    }
}

impl ClassLossKernel for Cuda {
    fn class_loss(&self, loss: Classes, sizes: Sizes, x: Ref<'_, f32>, t: Ref<'_, u32>, losses: Mut<'_, f32>) {
        let (shape, team) = (sizes.shape(), sizes.team(t.len()));
        let launch = |to: &Mut<'_, f32>| {
            self.launch(&class_loss, team.grid(), (code(loss), shape, team, x, t, to));
        };
        if sizes.places == 1 {
            return launch(&losses);
        }
        let all = self.scratch(t.len());
        launch(&all);
        elementwise::sums(self, Cuda::share(&all), sizes.places as f32, losses);
    }
    fn class_loss_backward(
        &self,
        loss: Classes,
        sizes: Sizes,
        x: Ref<'_, f32>,
        t: Ref<'_, u32>,
        gradient: Gradient<'_, '_, Cuda>,
    ) {
        let Gradient { scale, to, write, .. } = gradient;
        let (shape, team, none) = (sizes.shape(), sizes.team(t.len()), Cuda::slice(x, 0..0));
        self.launch(&class_loss_backward, team.grid(), (code(loss), shape, team, x, t, scale, to, write, none));
    }
    fn class_loss_and_gradient(
        &self,
        loss: Classes,
        sizes: Sizes,
        x: Ref<'_, f32>,
        t: Ref<'_, u32>,
        losses: Mut<'_, f32>,
        gradient: Gradient<'_, '_, Cuda>,
    ) {
        if sizes.places > 1 {
            self.class_loss(loss, sizes, x, t, losses);
            return self.class_loss_backward(loss, sizes, x, t, gradient);
        }
        let Gradient { scale, to, write, .. } = gradient;
        let (shape, team) = (sizes.shape(), sizes.team(t.len()));
        self.launch(&class_loss_backward, team.grid(), (code(loss), shape, team, x, t, scale, to, write, losses));
    }
}
