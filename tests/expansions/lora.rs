// Tuned(x: [6]) -> [2] {
//     x -> dense(8, lora: 2, lora_alpha: 3) -> relu -> dense(2)
// }

#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    dl::private::language::probes! {
        const _ : () = { let x : dl::private::language::Tensor < f32, 6 > =
        dl::private::language::any(); { use dl_layers::Tuned:: *; x; } let _ :
        dl_layers::Tuned::dense; dl_layers::Tuned::dense { outputs :
        dl::private::language::given({}), lora : dl::private::language::given({}),
        lora_alpha : dl::private::language::given({}), .. { dl::private::language::any()
        } }; let _ : dl_layers::Tuned::relu; let _ : dl_layers::Tuned::dense;
        dl_layers::Tuned::dense { outputs : dl::private::language::given({}), .. {
        dl::private::language::any() } }; { use dl_layers::Tuned:: *; } };
        #[allow(non_camel_case_types, non_snake_case)] mod dl_layers { pub mod all { pub
        use dl::private::language::layers:: *; } pub mod Tuned { pub use super::all:: *;
        } }
    }
    #[cfg(not(rust_analyzer))]
    const _: () = {};
};
/**

| | layer | output | parameters | multiply-adds |
|---|---|---|---:|---:|
| `x` | | `[6]` | | |
| `dense1` | `dense(8, lora: 2, lora_alpha: 3)` | `[8]` | 84 | 76 |
| `relu1` | `relu` | `[8]` |  |  |
| `dense2` | `dense(2)` | `[2]` | 18 | 16 |
| | | | **102** | **92** |
*/
#[repr(C)]
struct Tuned {
    ///`dense(8, lora: 2, lora_alpha: 3)`
    pub dense1: dl::layers::LoraDense<6, 8, 2>,
    ///`dense(2)`
    pub dense2: dl::layers::Dense<8, 2>,
}
const _: () = {
    use dl::private::{self as dl, hygiene::*, variable as x, variable as d_x};
    unsafe impl dl::Pod for Tuned {
        type Element = f32;
    }
    dl::network!(Tuned : Clone, Debug);
    pub struct TunedScratch {
        relu1: dl::Buffer<[f32; 8]>,
    }
    impl dl::Zeroed for TunedScratch {
        const ZERO: Self = TunedScratch {
            relu1: <dl::Buffer<[f32; 8]> as dl::Zeroed>::ZERO,
        };
    }
    impl dl::Declared for Tuned {
        const NAME: &'static str = "Tuned";
        const TENSORS: dl::Tensors = dl::Tensors(
            &[
                dl::Entry::Tensor {
                    name: "dense1.weight",
                    shape: &[8, 6],
                    offset: dl::offset_of!(Self, dense1.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "dense1.bias",
                    shape: &[8],
                    offset: dl::offset_of!(Self, dense1.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "dense1.lora_a",
                    shape: &[2, 6],
                    offset: dl::offset_of!(Self, dense1.lora_a),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "dense1.lora_b",
                    shape: &[8, 2],
                    offset: dl::offset_of!(Self, dense1.lora_b),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "dense2.weight",
                    shape: &[2, 8],
                    offset: dl::offset_of!(Self, dense2.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "dense2.bias",
                    shape: &[2],
                    offset: dl::offset_of!(Self, dense2.bias),
                    role: dl::Role::Bias,
                },
            ],
        );
        type Takes = [f32; 6];
        type Makes = [f32; 2];
        type Memory = TunedScratch;
    }
    const DENSE1_OP: dl::ops::lora::LoraDenseOp = dl::ops::lora::LoraDenseOp {
        scale: 1.5,
        activation: dl::ops::Activation::Relu,
    };
    const DENSE2_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    pub struct TunedTraining<D: dl::Device> {
        relu1: dl::Workspace<D>,
        d_relu1: dl::Workspace<D>,
        saved_relu1: dl::Workspace<D>,
    }
    pub struct TunedInference<D: dl::Device> {
        relu1: dl::Workspace<D>,
    }
    #[allow(unused_mut, unused_variables)]
    impl dl::Passes for Tuned {
        type Input = [f32; 6];
        type Output = [f32; 2];
        const INPUTS: &'static [dl::InputInfo] = &[
            dl::InputInfo {
                name: "x",
                shape: &[6],
            },
        ];
        const OUTPUTS: &'static [dl::OutputInfo] = &[
            dl::OutputInfo {
                name: "output",
                shape: &[2],
            },
        ];
        const LAYERS: &'static [dl::LayerInfo] = &[
            dl::LayerInfo {
                name: "dense1",
                layer: "dense(8, lora: 2, lora_alpha: 3)",
                output: &[8],
                inputs: &[dl::LayerInput::Input(0)],
                parameters: 84,
                multiply_adds: 76,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "relu1",
                layer: "relu",
                output: &[8],
                inputs: &[dl::LayerInput::Layer(0)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "dense2",
                layer: "dense(2)",
                output: &[2],
                inputs: &[dl::LayerInput::Layer(1)],
                parameters: 18,
                multiply_adds: 16,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
        ];
        type Inference<D: dl::Device> = TunedInference<D>;
        type Training<D: dl::Device> = TunedTraining<D>;
        type Evaluation<D: dl::Device> = ();
        const INFERENCE_FLOATS: usize = 8;
        const TRAINING_FLOATS: usize = 8 + 8 + <[f32; 2] as dl::Pod>::LEN;
        fn inference_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> TunedInference<D> {
            TunedInference {
                relu1: allocator.workspace(8),
            }
        }
        fn training_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> TunedTraining<D> {
            TunedTraining {
                relu1: allocator.workspace(8),
                d_relu1: allocator.workspace(8),
                saved_relu1: allocator.workspace(<[f32; 2] as dl::Pod>::LEN),
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
        fn merge_updates(&mut self) -> usize {
            dl::ops::lora::merge(&mut self.dense1, DENSE1_OP.scale)
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
                .infer(
                    context,
                    dl::field!(net.dense1),
                    x,
                    memory.relu1.write::<[f32; 8]>(n),
                );
            DENSE2_OP
                .forward(
                    context,
                    dl::field!(net.dense2),
                    memory.relu1.read::<[f32; 8]>(n),
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
                    memory.relu1.write::<[f32; 8]>(n),
                    memory.saved_relu1.write::<[f32; 2]>(n),
                );
            DENSE2_OP
                .forward(
                    context,
                    dl::field!(net.dense2),
                    memory.relu1.read::<[f32; 8]>(n),
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
            DENSE2_OP
                .backward(
                    context,
                    dl::field!(net.dense2),
                    memory.relu1.read::<[f32; 8]>(n),
                    d_output.view(),
                    dl::Grad {
                        to: dl::field_mut!(d_net.dense2),
                        write,
                    },
                    if trained <= dl::offset_of!(Self, dense2) {
                        dl::Some(dl::Grad::set(memory.d_relu1.write::<[f32; 8]>(n)))
                    } else {
                        dl::None
                    },
                );
            if trained <= dl::offset_of!(Self, dense2) {
                dl::ops::Activation::Relu
                    .backward_in_place(
                        context,
                        memory.relu1.read::<[f32; 8]>(n),
                        memory.d_relu1.write::<[f32; 8]>(n),
                    );
                DENSE1_OP
                    .backward(
                        context,
                        dl::field!(net.dense1),
                        x,
                        memory.saved_relu1.read::<[f32; 2]>(n),
                        memory.d_relu1.read::<[f32; 8]>(n),
                        dl::Grad {
                            to: dl::field_mut!(d_net.dense1),
                            write,
                        },
                        d_x.as_mut().map(|d_x| dl::Grad::set(d_x.reborrow())),
                    );
            }
        }
        fn inspect<D: dl::Device>(
            memory: &TunedTraining<D>,
            batch: dl::Batch<'_, D>,
            see: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
        ) {
            let n = batch.samples;
            see("dense1", memory.relu1.read::<[f32; 8]>(n).data());
        }
    }
    dl::no_steps!(
        [] D GoesForward : Tuned,
        "`Tuned` cannot be continued step by step: its input is no sequence of run-time length, such as `[.., 8]`"
    );
};
const _: () = {
    use dl::private::core::{self as dl, hygiene::*, variable as x, variable as d_x};
    const DENSE1_OP: dl::ops::lora::LoraDenseOp = dl::ops::lora::LoraDenseOp {
        scale: 1.5,
        activation: dl::ops::Activation::Relu,
    };
    const DENSE2_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    #[allow(unused_variables)]
    impl dl::Predict for Tuned {
        #[inline]
        fn predict_with(
            &self,
            x: &Self::Takes,
            output: &mut Self::Makes,
            memory: &mut Self::Memory,
        ) {
            DENSE1_OP.infer(&self.dense1, x, memory.relu1.write::<[f32; 8]>());
            DENSE2_OP
                .forward(&self.dense2, memory.relu1.read::<[f32; 8]>(), &mut *output);
        }
    }
};
