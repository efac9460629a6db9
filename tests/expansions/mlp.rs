// /// Two layers.
// pub Mlp(x: [8]) -> [3] {
//     x -> dense(16) -> relu -> dense(3) as scores
// }

#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    dl::private::language::probes! {
        const _ : () = { let x : dl::private::language::Tensor < f32, 8 > =
        dl::private::language::any(); { use dl_layers::Mlp:: *; x; } let _ :
        dl_layers::Mlp::dense; dl_layers::Mlp::dense { outputs :
        dl::private::language::given({}), .. { dl::private::language::any() } }; let _ :
        dl_layers::Mlp::relu; let _ : dl_layers::Mlp::dense; dl_layers::Mlp::dense {
        outputs : dl::private::language::given({}), .. { dl::private::language::any() }
        }; { use dl_layers::Mlp:: *; } }; #[allow(non_camel_case_types, non_snake_case)]
        mod dl_layers { pub mod all { pub use dl::private::language::layers:: *; } pub
        mod Mlp { pub use super::all:: *; #[doc =
        r" Uses the layer that `as` named again, with the same weights."] pub struct
        scores {} } }
    }
    #[cfg(not(rust_analyzer))]
    const _: () = {};
};
/// Two layers.
/**

| | layer | output | parameters | multiply-adds |
|---|---|---|---:|---:|
| `x` | | `[8]` | | |
| `dense1` | `dense(16)` | `[16]` | 144 | 128 |
| `relu1` | `relu` | `[16]` |  |  |
| `scores` | `dense(3)` | `[3]` | 51 | 48 |
| | | | **195** | **176** |
*/
#[repr(C)]
pub struct Mlp {
    ///`dense(16)`
    pub dense1: dl::layers::Dense<8, 16>,
    ///`dense(3)`
    pub scores: dl::layers::Dense<16, 3>,
}
const _: () = {
    use dl::private::{self as dl, hygiene::*, variable as x, variable as d_x};
    unsafe impl dl::Pod for Mlp {
        type Element = f32;
    }
    dl::network!(Mlp : Clone, Debug);
    pub struct MlpScratch {
        relu1: dl::Buffer<[f32; 16]>,
    }
    impl dl::Zeroed for MlpScratch {
        const ZERO: Self = MlpScratch {
            relu1: <dl::Buffer<[f32; 16]> as dl::Zeroed>::ZERO,
        };
    }
    impl dl::Declared for Mlp {
        const NAME: &'static str = "Mlp";
        const TENSORS: dl::Tensors = dl::Tensors(
            &[
                dl::Entry::Tensor {
                    name: "dense1.weight",
                    shape: &[16, 8],
                    offset: dl::offset_of!(Self, dense1.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "dense1.bias",
                    shape: &[16],
                    offset: dl::offset_of!(Self, dense1.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "scores.weight",
                    shape: &[3, 16],
                    offset: dl::offset_of!(Self, scores.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "scores.bias",
                    shape: &[3],
                    offset: dl::offset_of!(Self, scores.bias),
                    role: dl::Role::Bias,
                },
            ],
        );
        type Takes = [f32; 8];
        type Makes = [f32; 3];
        type Memory = MlpScratch;
    }
    const DENSE1_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Relu,
    };
    const SCORES_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    pub struct MlpTraining<D: dl::Device> {
        relu1: dl::Workspace<D>,
        d_relu1: dl::Workspace<D>,
    }
    pub struct MlpInference<D: dl::Device> {
        relu1: dl::Workspace<D>,
    }
    #[allow(unused_mut, unused_variables)]
    impl dl::Passes for Mlp {
        type Input = [f32; 8];
        type Output = [f32; 3];
        const INPUTS: &'static [dl::InputInfo] = &[
            dl::InputInfo {
                name: "x",
                shape: &[8],
            },
        ];
        const OUTPUTS: &'static [dl::OutputInfo] = &[
            dl::OutputInfo {
                name: "output",
                shape: &[3],
            },
        ];
        const LAYERS: &'static [dl::LayerInfo] = &[
            dl::LayerInfo {
                name: "dense1",
                layer: "dense(16)",
                output: &[16],
                inputs: &[dl::LayerInput::Input(0)],
                parameters: 144,
                multiply_adds: 128,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "relu1",
                layer: "relu",
                output: &[16],
                inputs: &[dl::LayerInput::Layer(0)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "scores",
                layer: "dense(3)",
                output: &[3],
                inputs: &[dl::LayerInput::Layer(1)],
                parameters: 51,
                multiply_adds: 48,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
        ];
        type Inference<D: dl::Device> = MlpInference<D>;
        type Training<D: dl::Device> = MlpTraining<D>;
        type Evaluation<D: dl::Device> = ();
        const INFERENCE_FLOATS: usize = 16;
        const TRAINING_FLOATS: usize = 16 + 16;
        fn inference_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> MlpInference<D> {
            MlpInference {
                relu1: allocator.workspace(16),
            }
        }
        fn training_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> MlpTraining<D> {
            MlpTraining {
                relu1: allocator.workspace(16),
                d_relu1: allocator.workspace(16),
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
                &mut self.scores,
                (dl::Init::PyTorch, dl::Init::PyTorch),
                rng,
            );
        }
        fn infer<D: dl::Device>(
            dl::Infer {
                context,
                batch,
                net,
                input: x,
                memory,
                mut output,
            }: dl::Infer<'_, D, Self>,
        ) {
            let n = batch.samples;
            DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.dense1),
                    x,
                    memory.relu1.write::<[f32; 16]>(n),
                );
            SCORES_OP
                .forward(
                    context,
                    dl::field!(net.scores),
                    memory.relu1.read::<[f32; 16]>(n),
                    output.reborrow(),
                );
        }
        fn forward<D: dl::Device>(
            dl::Forward {
                context,
                batch,
                mut net,
                input: x,
                memory,
                mut arena,
                mut carried,
                mut output,
            }: dl::Forward<'_, D, Self>,
        ) {
            let n = batch.samples;
            DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.dense1),
                    x,
                    memory.relu1.write::<[f32; 16]>(n),
                );
            SCORES_OP
                .forward(
                    context,
                    dl::field!(net.scores),
                    memory.relu1.read::<[f32; 16]>(n),
                    output.reborrow(),
                );
        }
        fn backward<D: dl::Device>(
            dl::Backward {
                context,
                batch,
                net,
                input: x,
                memory,
                mut arena,
                carried,
                output,
                mut d_output,
                d_net,
                d_input: mut d_x,
                own_loss,
            }: dl::Backward<'_, D, Self>,
        ) {
            let dl::Grad { to: mut d_net, write } = d_net;
            let trained = context.first_trained(net.data());
            let n = batch.samples;
            SCORES_OP
                .backward(
                    context,
                    dl::field!(net.scores),
                    memory.relu1.read::<[f32; 16]>(n),
                    d_output.view(),
                    dl::Grad {
                        to: dl::field_mut!(d_net.scores),
                        write,
                    },
                    if trained <= dl::offset_of!(Self, scores) {
                        dl::Some(dl::Grad::set(memory.d_relu1.write::<[f32; 16]>(n)))
                    } else {
                        dl::None
                    },
                );
            if trained <= dl::offset_of!(Self, scores) {
                dl::ops::Activation::Relu
                    .backward_in_place(
                        context,
                        memory.relu1.read::<[f32; 16]>(n),
                        memory.d_relu1.write::<[f32; 16]>(n),
                    );
                DENSE1_OP
                    .backward(
                        context,
                        dl::field!(net.dense1),
                        x,
                        memory.d_relu1.read::<[f32; 16]>(n),
                        dl::Grad {
                            to: dl::field_mut!(d_net.dense1),
                            write,
                        },
                        d_x.as_mut().map(|d_x| dl::Grad::set(d_x.reborrow())),
                    );
            }
        }
        fn inspect<D: dl::Device>(
            memory: &MlpTraining<D>,
            batch: dl::Batch<'_, D>,
            see: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
        ) {
            let n = batch.samples;
            see("dense1", memory.relu1.read::<[f32; 16]>(n).data());
        }
    }
    dl::no_steps!(
        [] D GoesForward : Mlp,
        "`Mlp` cannot be continued step by step: its input is no sequence of run-time length, such as `[.., 8]`"
    );
};
const _: () = {
    use dl::private::core::{self as dl, hygiene::*, variable as x, variable as d_x};
    const DENSE1_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Relu,
    };
    const SCORES_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    #[allow(unused_variables)]
    impl dl::Predict for Mlp {
        #[inline]
        fn predict_with(
            &self,
            x: &Self::Takes,
            output: &mut Self::Makes,
            memory: &mut Self::Memory,
        ) {
            DENSE1_OP.forward(&self.dense1, x, memory.relu1.write::<[f32; 16]>());
            SCORES_OP
                .forward(&self.scores, memory.relu1.read::<[f32; 16]>(), &mut *output);
        }
    }
};
