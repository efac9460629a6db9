// pub Pair(left: [4], right: [3]) -> (sum: [5], difference: [5]) {
//     let (a, b) = (left -> dense(5), right -> dense(5));
//     (a + b, a - b)
// }

#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    dl::private::language::probes! {
        const _ : () = { let left : dl::private::language::Tensor < f32, 4 > =
        dl::private::language::any(); let right : dl::private::language::Tensor < f32, 3
        > = dl::private::language::any(); { use dl_layers::Pair:: *; a; } { use
        dl_layers::Pair:: *; b; } { use dl_layers::Pair:: *; } { use dl_layers::Pair:: *;
        left; } let _ : dl_layers::Pair::dense; dl_layers::Pair::dense { outputs :
        dl::private::language::given({}), .. { dl::private::language::any() } }; { use
        dl_layers::Pair:: *; right; } let _ : dl_layers::Pair::dense;
        dl_layers::Pair::dense { outputs : dl::private::language::given({}), .. {
        dl::private::language::any() } }; { use dl_layers::Pair:: *; } { use
        dl_layers::Pair:: *; } { use dl_layers::Pair:: *; a; } { use dl_layers::Pair:: *;
        b; } { use dl_layers::Pair:: *; a; } { use dl_layers::Pair:: *; b; } { use
        dl_layers::Pair:: *; } { use dl_layers::Pair:: *; } };
        #[allow(non_camel_case_types, non_snake_case)] mod dl_layers { pub mod all { pub
        use dl::private::language::layers:: *; } pub mod Pair { pub use super::all:: *; }
        }
    }
    #[cfg(not(rust_analyzer))]
    const _: () = {};
};
/**

| | layer | output | parameters | multiply-adds |
|---|---|---|---:|---:|
| `left` | | `[4]` | | |
| `right` | | `[3]` | | |
| `dense1` | `dense(5)` | `[5]` | 25 | 20 |
| `dense2` | `dense(5)` | `[5]` | 20 | 15 |
| `add1` | `dense1 + dense2` | `[5]` |  |  |
| `sub1` | `dense1 - dense2` | `[5]` |  |  |
| | | | **45** | **35** |
*/
#[repr(C)]
pub struct Pair {
    ///`dense(5)`
    pub dense1: dl::layers::Dense<4, 5>,
    ///`dense(5)`
    pub dense2: dl::layers::Dense<3, 5>,
}
///The inputs for one sample of [`Pair`].
#[repr(C)]
pub struct PairInput {
    ///`[4]`
    pub left: [dl::private::f32; 4],
    ///`[3]`
    pub right: [dl::private::f32; 3],
}
///The outputs for one sample of [`Pair`].
#[repr(C)]
pub struct PairOutput {
    ///`[5]`
    pub sum: [dl::private::f32; 5],
    ///`[5]`
    pub difference: [dl::private::f32; 5],
}
const _: () = {
    use dl::private::{
        self as dl, hygiene::*, variable as left, variable as d_left, variable as right,
        variable as d_right, variable as output_sum, variable as d_output_sum,
        variable as output_difference, variable as d_output_difference,
    };
    unsafe impl dl::Pod for Pair {
        type Element = f32;
    }
    unsafe impl dl::Pod for PairInput {
        type Element = f32;
        const PARTS: &'static [usize] = &[
            <[f32; 4] as dl::Pod>::LEN,
            <[f32; 3] as dl::Pod>::LEN,
        ];
    }
    dl::record!(PairInput : left, right);
    unsafe impl dl::Pod for PairOutput {
        type Element = f32;
        const PARTS: &'static [usize] = &[
            <[f32; 5] as dl::Pod>::LEN,
            <[f32; 5] as dl::Pod>::LEN,
        ];
    }
    dl::record!(PairOutput : sum, difference);
    dl::network!(Pair : Clone, Debug);
    pub struct PairScratch {
        dense1: dl::Buffer<[f32; 5]>,
        dense2: dl::Buffer<[f32; 5]>,
    }
    impl dl::Zeroed for PairScratch {
        const ZERO: Self = PairScratch {
            dense1: <dl::Buffer<[f32; 5]> as dl::Zeroed>::ZERO,
            dense2: <dl::Buffer<[f32; 5]> as dl::Zeroed>::ZERO,
        };
    }
    impl dl::Declared for Pair {
        const NAME: &'static str = "Pair";
        const TENSORS: dl::Tensors = dl::Tensors(
            &[
                dl::Entry::Tensor {
                    name: "dense1.weight",
                    shape: &[5, 4],
                    offset: dl::offset_of!(Self, dense1.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "dense1.bias",
                    shape: &[5],
                    offset: dl::offset_of!(Self, dense1.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "dense2.weight",
                    shape: &[5, 3],
                    offset: dl::offset_of!(Self, dense2.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "dense2.bias",
                    shape: &[5],
                    offset: dl::offset_of!(Self, dense2.bias),
                    role: dl::Role::Bias,
                },
            ],
        );
        type Takes = PairInput;
        type Makes = PairOutput;
        type Memory = PairScratch;
    }
    const DENSE1_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const DENSE2_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const ADD1_OP: dl::ops::arithmetic::Add = dl::ops::arithmetic::Add {
        shapes: dl::ops::arithmetic::Shapes::Equal,
        sign: 1.0,
        activation: dl::ops::Activation::Identity,
    };
    const SUB1_OP: dl::ops::arithmetic::Add = dl::ops::arithmetic::Add {
        shapes: dl::ops::arithmetic::Shapes::Equal,
        sign: -1.0,
        activation: dl::ops::Activation::Identity,
    };
    pub struct PairTraining<D: dl::Device> {
        dense1: dl::Workspace<D>,
        dense2: dl::Workspace<D>,
    }
    pub struct PairInference<D: dl::Device> {
        dense1: dl::Workspace<D>,
        dense2: dl::Workspace<D>,
    }
    #[allow(unused_mut, unused_variables)]
    impl dl::Passes for Pair {
        type Input = PairInput;
        type Output = PairOutput;
        const INPUTS: &'static [dl::InputInfo] = &[
            dl::InputInfo {
                name: "left",
                shape: &[4],
            },
            dl::InputInfo {
                name: "right",
                shape: &[3],
            },
        ];
        const OUTPUTS: &'static [dl::OutputInfo] = &[
            dl::OutputInfo {
                name: "sum",
                shape: &[5],
            },
            dl::OutputInfo {
                name: "difference",
                shape: &[5],
            },
        ];
        const LAYERS: &'static [dl::LayerInfo] = &[
            dl::LayerInfo {
                name: "dense1",
                layer: "dense(5)",
                output: &[5],
                inputs: &[dl::LayerInput::Input(0)],
                parameters: 25,
                multiply_adds: 20,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "dense2",
                layer: "dense(5)",
                output: &[5],
                inputs: &[dl::LayerInput::Input(1)],
                parameters: 20,
                multiply_adds: 15,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "add1",
                layer: "dense1 + dense2",
                output: &[5],
                inputs: &[dl::LayerInput::Layer(0), dl::LayerInput::Layer(1)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "sub1",
                layer: "dense1 - dense2",
                output: &[5],
                inputs: &[dl::LayerInput::Layer(0), dl::LayerInput::Layer(1)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
        ];
        type Inference<D: dl::Device> = PairInference<D>;
        type Training<D: dl::Device> = PairTraining<D>;
        type Evaluation<D: dl::Device> = ();
        const INFERENCE_FLOATS: usize = 5 + 5;
        const TRAINING_FLOATS: usize = 5 + 5;
        fn inference_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> PairInference<D> {
            PairInference {
                dense1: allocator.workspace(5),
                dense2: allocator.workspace(5),
            }
        }
        fn training_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> PairTraining<D> {
            PairTraining {
                dense1: allocator.workspace(5),
                dense2: allocator.workspace(5),
            }
        }
        fn evaluation_memory<D: dl::Device>(allocator: &mut dl::Allocator<'_, D>) {}
        fn init_weights(&mut self, rng: &mut dl::Rng) {
            dl::InitLayer::init(
                &mut self.dense1,
                (dl::Init::PyTorch, dl::Init::PyTorch),
                rng,
            );
            dl::InitLayer::init(
                &mut self.dense2,
                (dl::Init::PyTorch, dl::Init::PyTorch),
                rng,
            );
        }
        fn infer<D: dl::Device>(
            dl::Infer {
                context,
                batch,
                net,
                input,
                memory,
                output,
            }: dl::Infer<'_, D, Self>,
        ) {
            let n = batch.samples;
            let mut parts = input.parts();
            let left = parts.take::<[f32; 4]>();
            let right = parts.take::<[f32; 3]>();
            let mut parts = output.parts();
            let mut output_sum = parts.take::<[f32; 5]>();
            let mut output_difference = parts.take::<[f32; 5]>();
            DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.dense1),
                    left,
                    memory.dense1.write::<[f32; 5]>(n),
                );
            DENSE2_OP
                .forward(
                    context,
                    dl::field!(net.dense2),
                    right,
                    memory.dense2.write::<[f32; 5]>(n),
                );
            ADD1_OP
                .forward(
                    context,
                    memory.dense1.read::<[f32; 5]>(n),
                    memory.dense2.read::<[f32; 5]>(n),
                    output_sum.reborrow(),
                );
            SUB1_OP
                .forward(
                    context,
                    memory.dense1.read::<[f32; 5]>(n),
                    memory.dense2.read::<[f32; 5]>(n),
                    output_difference.reborrow(),
                );
        }
        fn forward<D: dl::Device>(
            dl::Forward {
                context,
                batch,
                mut net,
                input,
                memory,
                mut arena,
                mut carried,
                output,
            }: dl::Forward<'_, D, Self>,
        ) {
            let n = batch.samples;
            let mut parts = input.parts();
            let left = parts.take::<[f32; 4]>();
            let right = parts.take::<[f32; 3]>();
            let mut parts = output.parts();
            let mut output_sum = parts.take::<[f32; 5]>();
            let mut output_difference = parts.take::<[f32; 5]>();
            DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.dense1),
                    left,
                    memory.dense1.write::<[f32; 5]>(n),
                );
            DENSE2_OP
                .forward(
                    context,
                    dl::field!(net.dense2),
                    right,
                    memory.dense2.write::<[f32; 5]>(n),
                );
            ADD1_OP
                .forward(
                    context,
                    memory.dense1.read::<[f32; 5]>(n),
                    memory.dense2.read::<[f32; 5]>(n),
                    output_sum.reborrow(),
                );
            SUB1_OP
                .forward(
                    context,
                    memory.dense1.read::<[f32; 5]>(n),
                    memory.dense2.read::<[f32; 5]>(n),
                    output_difference.reborrow(),
                );
        }
        fn backward<D: dl::Device>(
            dl::Backward {
                context,
                batch,
                net,
                input,
                memory,
                mut arena,
                carried,
                output,
                mut d_output,
                d_net,
                mut d_input,
                own_loss,
            }: dl::Backward<'_, D, Self>,
        ) {
            let dl::Grad { to: mut d_net, write } = d_net;
            let trained = context.first_trained(net.data());
            let n = batch.samples;
            let mut parts = input.parts();
            let left = parts.take::<[f32; 4]>();
            let right = parts.take::<[f32; 3]>();
            let mut parts = output.parts();
            let output_sum = parts.take::<[f32; 5]>();
            let output_difference = parts.take::<[f32; 5]>();
            let mut parts = d_output.parts();
            let mut d_output_sum = parts.take::<[f32; 5]>();
            let mut d_output_difference = parts.take::<[f32; 5]>();
            let mut d_inputs = d_input.map(dl::ViewMut::parts);
            let mut d_left = d_inputs.as_mut().map(|parts| parts.take::<[f32; 4]>());
            let mut d_right = d_inputs.as_mut().map(|parts| parts.take::<[f32; 3]>());
            SUB1_OP
                .backward(
                    context,
                    1,
                    d_output_difference.view(),
                    dl::Grad::set(memory.dense1.write::<[f32; 5]>(n)),
                );
            ADD1_OP
                .backward(
                    context,
                    1,
                    d_output_sum.view(),
                    dl::Grad::add(memory.dense1.write::<[f32; 5]>(n)),
                );
            if trained <= dl::offset_of!(Self, dense2) {
                ADD1_OP
                    .backward(
                        context,
                        0,
                        d_output_sum.view(),
                        dl::Grad::add(d_output_difference.reborrow()),
                    );
            }
            DENSE2_OP
                .backward(
                    context,
                    dl::field!(net.dense2),
                    right,
                    memory.dense1.read::<[f32; 5]>(n),
                    dl::Grad {
                        to: dl::field_mut!(d_net.dense2),
                        write,
                    },
                    d_right.as_mut().map(|d_right| dl::Grad::set(d_right.reborrow())),
                );
            if trained <= dl::offset_of!(Self, dense2) {
                DENSE1_OP
                    .backward(
                        context,
                        dl::field!(net.dense1),
                        left,
                        d_output_difference.view(),
                        dl::Grad {
                            to: dl::field_mut!(d_net.dense1),
                            write,
                        },
                        d_left.as_mut().map(|d_left| dl::Grad::set(d_left.reborrow())),
                    );
            }
        }
        fn inspect<D: dl::Device>(
            memory: &PairTraining<D>,
            batch: dl::Batch<'_, D>,
            see: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
        ) {
            let n = batch.samples;
        }
    }
    dl::no_steps!(
        [] D GoesForward : Pair,
        "`Pair` cannot be continued step by step: it has several inputs, and a step continues one sequence"
    );
};
const _: () = {
    use dl::private::core::{
        self as dl, hygiene::*, variable as left, variable as d_left, variable as right,
        variable as d_right, variable as output_sum, variable as d_output_sum,
        variable as output_difference, variable as d_output_difference,
    };
    const DENSE1_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const DENSE2_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const ADD1_OP: dl::ops::arithmetic::Add = dl::ops::arithmetic::Add {
        shapes: dl::ops::arithmetic::Shapes::Equal,
        sign: 1.0,
        activation: dl::ops::Activation::Identity,
    };
    const SUB1_OP: dl::ops::arithmetic::Add = dl::ops::arithmetic::Add {
        shapes: dl::ops::arithmetic::Shapes::Equal,
        sign: -1.0,
        activation: dl::ops::Activation::Identity,
    };
    #[allow(unused_variables)]
    impl dl::Predict for Pair {
        #[inline]
        fn predict_with(
            &self,
            input: &Self::Takes,
            output: &mut Self::Makes,
            memory: &mut Self::Memory,
        ) {
            DENSE1_OP
                .forward(&self.dense1, &input.left, memory.dense1.write::<[f32; 5]>());
            DENSE2_OP
                .forward(&self.dense2, &input.right, memory.dense2.write::<[f32; 5]>());
            ADD1_OP
                .forward(
                    memory.dense1.read::<[f32; 5]>(),
                    memory.dense2.read::<[f32; 5]>(),
                    &mut output.sum,
                );
            SUB1_OP
                .forward(
                    memory.dense1.read::<[f32; 5]>(),
                    memory.dense2.read::<[f32; 5]>(),
                    &mut output.difference,
                );
        }
    }
};
