//! A model for tests of files, with tensors but without passes.

use crate::generated::*;

#[repr(C)]
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    pub weight: [[f32; 3]; 2],
    pub bias: [f32; 2],
    pub mean: [f32; 2],
}

impl Net {
    pub fn counting() -> Box<Self> {
        Box::new(Net { weight: [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], bias: [7.0, 8.0], mean: [9.0, 10.0] })
    }
}

// SAFETY: `repr(C)`, and every field is `Pod` with elements `f32`.
unsafe impl Pod for Net {
    type Element = f32;
}

impl Network for Net {
    type Model = Self;
    fn network(&self) -> &Self {
        self
    }
    fn network_mut(&mut self) -> &mut Self {
        self
    }
}

impl Declared for Net {
    const NAME: &'static str = "Net";
    const TENSORS: Tensors = Tensors(&[
        Entry::Tensor { name: "dense1.weight", shape: &[2, 3], offset: 0, role: Role::Weight },
        Entry::Tensor { name: "dense1.bias", shape: &[2], offset: 24, role: Role::Bias },
        Entry::Tensor { name: "norm.running_mean", shape: &[2], offset: 32, role: Role::Statistic },
    ]);
    type Takes = [f32; 3];
    type Makes = [f32; 2];
    type Memory = ();
}

impl Passes for Net {
    type Input = [f32; 3];
    type Output = [f32; 2];
    type Inference<D: Device> = ();
    type Training<D: Device> = ();
    type Evaluation<D: Device> = ();
    const LAYERS: &'static [LayerInfo] = &[];
    const INFERENCE_FLOATS: usize = 0;
    const TRAINING_FLOATS: usize = 0;

    fn init_weights(&mut self, _: &mut Rng) {
        *self = *Net::counting();
    }
    fn inference_memory<D: Device>(_: &mut Allocator<'_, D>) {
        unreachable!("the model is only saved and loaded")
    }
    fn training_memory<D: Device>(_: &mut Allocator<'_, D>) {
        unreachable!("the model is only saved and loaded")
    }
    fn evaluation_memory<D: Device>(_: &mut Allocator<'_, D>) {
        unreachable!("the model is only saved and loaded")
    }
    fn infer<D: Device>(_: Infer<'_, D, Self>) {
        unreachable!("the model is only saved and loaded")
    }
    fn forward<D: Device>(_: Forward<'_, D, Self>) {
        unreachable!("the model is only saved and loaded")
    }
    fn backward<D: Device>(_: Backward<'_, D, Self>) {
        unreachable!("the model is only saved and loaded")
    }
    fn inspect<D: Device>((): &(), _: crate::network::Batch<'_, D>, _: &mut dyn FnMut(&'static str, D::Ref<'_, f32>)) {}
}
