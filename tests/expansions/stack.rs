// Stack(x: [6]) -> [2] {
//     x -> repeat 12 { residual { layer_norm -> dense(6) -> gelu } } as layers -> dense(2)
// }

#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    dl::private::language::probes! {
        const _ : () = { let x : dl::private::language::Tensor < f32, 6 > =
        dl::private::language::any(); { use dl_layers::Stack:: *; x; } let _ :
        dl_layers::Stack::repeat; let _ : dl_layers::Stack::residual; let _ :
        dl_layers::Stack::layer_norm; let _ : dl_layers::Stack::dense;
        dl_layers::Stack::dense { outputs : dl::private::language::given({}), .. {
        dl::private::language::any() } }; let _ : dl_layers::Stack::gelu; { use
        dl_layers::Stack:: *; } { use dl_layers::Stack:: *; } let _ :
        dl_layers::Stack::dense; dl_layers::Stack::dense { outputs :
        dl::private::language::given({}), .. { dl::private::language::any() } }; { use
        dl_layers::Stack:: *; } }; #[allow(non_camel_case_types, non_snake_case)] mod
        dl_layers { pub mod all { pub use dl::private::language::layers:: *; } pub mod
        Stack { pub use super::all:: *; #[doc =
        r" Uses the layer that `as` named again, with the same weights."] pub struct
        layers {} } }
    }
    #[cfg(not(rust_analyzer))]
    const _: () = {};
};
/// One of the copies that `repeat` makes in [`Stack`].
/**

| | layer | output | parameters | multiply-adds |
|---|---|---|---:|---:|
| `x_2` | | `[6]` | | |
| `layer_norm1` | `layer_norm` | `[6]` | 12 |  |
| `dense1` | `dense(6)` | `[6]` | 42 | 36 |
| `gelu1` | `gelu` | `[6]` |  |  |
| `add1` | `residual { … }` | `[6]` |  |  |
| | | | **54** | **36** |
*/
#[repr(C)]
struct StackLayers {
    ///`layer_norm`
    pub layer_norm1: dl::layers::LayerNorm<6>,
    ///`dense(6)`
    pub dense1: dl::layers::Dense<6, 6>,
}
const _: () = {
    use dl::private::{self as dl, hygiene::*, variable as x_2, variable as d_x_2};
    unsafe impl dl::Pod for StackLayers {
        type Element = f32;
    }
    dl::network!(StackLayers : Clone, Debug);
    pub struct StackLayersScratch {
        layer_norm1: dl::Buffer<[f32; 6]>,
        gelu1: dl::Buffer<[f32; 6]>,
    }
    impl dl::Zeroed for StackLayersScratch {
        const ZERO: Self = StackLayersScratch {
            layer_norm1: <dl::Buffer<[f32; 6]> as dl::Zeroed>::ZERO,
            gelu1: <dl::Buffer<[f32; 6]> as dl::Zeroed>::ZERO,
        };
    }
    impl dl::Declared for StackLayers {
        const NAME: &'static str = "StackLayers";
        const TENSORS: dl::Tensors = dl::Tensors(
            &[
                dl::Entry::Tensor {
                    name: "layer_norm1.weight",
                    shape: &[6],
                    offset: dl::offset_of!(Self, layer_norm1.weight),
                    role: dl::Role::Scale,
                },
                dl::Entry::Tensor {
                    name: "layer_norm1.bias",
                    shape: &[6],
                    offset: dl::offset_of!(Self, layer_norm1.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "dense1.weight",
                    shape: &[6, 6],
                    offset: dl::offset_of!(Self, dense1.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "dense1.bias",
                    shape: &[6],
                    offset: dl::offset_of!(Self, dense1.bias),
                    role: dl::Role::Bias,
                },
            ],
        );
        type Takes = [f32; 6];
        type Makes = [f32; 6];
        type Memory = StackLayersScratch;
    }
    const LAYER_NORM1_OP: dl::ops::layer_norm::LayerNormOp = dl::ops::layer_norm::LayerNormOp {
        epsilon: 0.00001,
    };
    const DENSE1_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const ADD1_OP: dl::ops::arithmetic::Add = dl::ops::arithmetic::Add {
        shapes: dl::ops::arithmetic::Shapes::Equal,
        sign: 1.0,
        activation: dl::ops::Activation::Identity,
    };
    const DENSE1_OP_INFER: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Gelu,
    };
    pub struct StackLayersTraining<D: dl::Device> {
        layer_norm1: dl::Workspace<D>,
        dense1: dl::Workspace<D>,
        gelu1: dl::Workspace<D>,
    }
    pub struct StackLayersInference<D: dl::Device> {
        layer_norm1: dl::Workspace<D>,
        gelu1: dl::Workspace<D>,
    }
    #[allow(unused_mut, unused_variables)]
    impl dl::Passes for StackLayers {
        type Input = [f32; 6];
        type Output = [f32; 6];
        const INPUTS: &'static [dl::InputInfo] = &[
            dl::InputInfo {
                name: "x_2",
                shape: &[6],
            },
        ];
        const OUTPUTS: &'static [dl::OutputInfo] = &[
            dl::OutputInfo {
                name: "output",
                shape: &[6],
            },
        ];
        const LAYERS: &'static [dl::LayerInfo] = &[
            dl::LayerInfo {
                name: "layer_norm1",
                layer: "layer_norm",
                output: &[6],
                inputs: &[dl::LayerInput::Input(0)],
                parameters: 12,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "dense1",
                layer: "dense(6)",
                output: &[6],
                inputs: &[dl::LayerInput::Layer(0)],
                parameters: 42,
                multiply_adds: 36,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "gelu1",
                layer: "gelu",
                output: &[6],
                inputs: &[dl::LayerInput::Layer(1)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "add1",
                layer: "residual { … }",
                output: &[6],
                inputs: &[dl::LayerInput::Input(0), dl::LayerInput::Layer(2)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
        ];
        type Inference<D: dl::Device> = StackLayersInference<D>;
        type Training<D: dl::Device> = StackLayersTraining<D>;
        type Evaluation<D: dl::Device> = ();
        const INFERENCE_FLOATS: usize = 6 + 6;
        const TRAINING_FLOATS: usize = 6 + 6 + 6;
        fn inference_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> StackLayersInference<D> {
            StackLayersInference {
                layer_norm1: allocator.workspace(6),
                gelu1: allocator.workspace(6),
            }
        }
        fn training_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> StackLayersTraining<D> {
            StackLayersTraining {
                layer_norm1: allocator.workspace(6),
                dense1: allocator.workspace(6),
                gelu1: allocator.workspace(6),
            }
        }
        fn evaluation_memory<D: dl::Device>(allocator: &mut dl::Allocator<'_, D>) {}
        fn init_weights(&mut self, rng: &mut dl::Rng) {
            dl::InitLayer::init(&mut self.layer_norm1, (), rng);
            dl::InitLayer::init(
                &mut self.dense1,
                (dl::Init::PyTorch, dl::Init::PyTorch),
                rng,
            );
        }
        fn infer<D: dl::Device>(
            dl::Infer {
                context,
                batch,
                net,
                input: x_2,
                memory,
                mut output,
            }: dl::Infer<'_, D, Self>,
        ) {
            let n = batch.samples;
            LAYER_NORM1_OP
                .forward(
                    context,
                    dl::field!(net.layer_norm1),
                    x_2,
                    memory.layer_norm1.write::<[f32; 6]>(n),
                );
            DENSE1_OP_INFER
                .forward(
                    context,
                    dl::field!(net.dense1),
                    memory.layer_norm1.read::<[f32; 6]>(n),
                    memory.gelu1.write::<[f32; 6]>(n),
                );
            ADD1_OP
                .forward(
                    context,
                    x_2,
                    memory.gelu1.read::<[f32; 6]>(n),
                    output.reborrow(),
                );
        }
        fn forward<D: dl::Device>(
            dl::Forward {
                context,
                batch,
                mut net,
                input: x_2,
                memory,
                mut arena,
                mut carried,
                mut output,
            }: dl::Forward<'_, D, Self>,
        ) {
            let n = batch.samples;
            LAYER_NORM1_OP
                .forward(
                    context,
                    dl::field!(net.layer_norm1),
                    x_2,
                    memory.layer_norm1.write::<[f32; 6]>(n),
                );
            DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.dense1),
                    memory.layer_norm1.read::<[f32; 6]>(n),
                    memory.dense1.write::<[f32; 6]>(n),
                );
            dl::ops::Activation::Gelu
                .forward(
                    context,
                    memory.dense1.read::<[f32; 6]>(n),
                    memory.gelu1.write::<[f32; 6]>(n),
                );
            ADD1_OP
                .forward(
                    context,
                    x_2,
                    memory.gelu1.read::<[f32; 6]>(n),
                    output.reborrow(),
                );
        }
        fn backward<D: dl::Device>(
            dl::Backward {
                context,
                batch,
                net,
                input: x_2,
                memory,
                mut arena,
                carried,
                output,
                mut d_output,
                d_net,
                d_input: mut d_x_2,
                own_loss,
            }: dl::Backward<'_, D, Self>,
        ) {
            let dl::Grad { to: mut d_net, write } = d_net;
            let trained = context.first_trained(net.data());
            let n = batch.samples;
            if let dl::Some(d_x_2) = d_x_2.as_mut() {
                ADD1_OP
                    .backward(
                        context,
                        0,
                        d_output.view(),
                        dl::Grad::set(d_x_2.reborrow()),
                    );
            }
            dl::ops::Activation::Gelu
                .backward_in_place(
                    context,
                    memory.dense1.read::<[f32; 6]>(n),
                    d_output.reborrow(),
                );
            DENSE1_OP
                .backward(
                    context,
                    dl::field!(net.dense1),
                    memory.layer_norm1.read::<[f32; 6]>(n),
                    d_output.view(),
                    dl::Grad {
                        to: dl::field_mut!(d_net.dense1),
                        write,
                    },
                    if trained <= dl::offset_of!(Self, dense1) {
                        dl::Some(dl::Grad::set(memory.dense1.write::<[f32; 6]>(n)))
                    } else {
                        dl::None
                    },
                );
            if trained <= dl::offset_of!(Self, dense1) {
                LAYER_NORM1_OP
                    .backward(
                        context,
                        dl::field!(net.layer_norm1),
                        x_2,
                        memory.dense1.read::<[f32; 6]>(n),
                        dl::Grad {
                            to: dl::field_mut!(d_net.layer_norm1),
                            write,
                        },
                        d_x_2.as_mut().map(|d_x_2| dl::Grad::add(d_x_2.reborrow())),
                    );
            }
        }
        fn inspect<D: dl::Device>(
            memory: &StackLayersTraining<D>,
            batch: dl::Batch<'_, D>,
            see: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
        ) {
            let n = batch.samples;
            see("layer_norm1", memory.layer_norm1.read::<[f32; 6]>(n).data());
            see("dense1", memory.dense1.read::<[f32; 6]>(n).data());
        }
    }
    dl::no_steps!(
        [] D GoesForward : StackLayers,
        "`StackLayers` cannot be continued step by step: its input is no sequence of run-time length, such as `[.., 8]`"
    );
};
const _: () = {
    use dl::private::core::{self as dl, hygiene::*, variable as x_2, variable as d_x_2};
    const LAYER_NORM1_OP: dl::ops::layer_norm::LayerNormOp = dl::ops::layer_norm::LayerNormOp {
        epsilon: 0.00001,
    };
    const DENSE1_OP_INFER: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Gelu,
    };
    const ADD1_OP: dl::ops::arithmetic::Add = dl::ops::arithmetic::Add {
        shapes: dl::ops::arithmetic::Shapes::Equal,
        sign: 1.0,
        activation: dl::ops::Activation::Identity,
    };
    #[allow(unused_variables)]
    impl dl::Predict for StackLayers {
        #[inline]
        fn predict_with(
            &self,
            x_2: &Self::Takes,
            output: &mut Self::Makes,
            memory: &mut Self::Memory,
        ) {
            LAYER_NORM1_OP
                .forward(&self.layer_norm1, x_2, memory.layer_norm1.write::<[f32; 6]>());
            DENSE1_OP_INFER
                .forward(
                    &self.dense1,
                    memory.layer_norm1.read::<[f32; 6]>(),
                    memory.gelu1.write::<[f32; 6]>(),
                );
            ADD1_OP.forward(x_2, memory.gelu1.read::<[f32; 6]>(), &mut *output);
        }
    }
};
/**

| | layer | output | parameters | multiply-adds |
|---|---|---|---:|---:|
| `x` | | `[6]` | | |
| `layers` | `repeat 12 { … }` | `[6]` | 648 |  |
| `dense1` | `dense(2)` | `[2]` | 14 | 12 |
| | | | **662** | **12** |
*/
#[repr(C)]
struct Stack {
    ///`repeat 12 { … }`
    pub layers: [StackLayers; 12],
    ///`dense(2)`
    pub dense1: dl::layers::Dense<6, 2>,
}
const _: () = {
    use dl::private::{self as dl, hygiene::*, variable as x, variable as d_x};
    unsafe impl dl::Pod for Stack {
        type Element = f32;
    }
    dl::network!(Stack : Clone, Debug);
    pub struct StackScratch {
        layers: dl::Buffer<[f32; 6]>,
        saved_layers: <[StackLayers; 12] as dl::Declared>::Memory,
    }
    impl dl::Zeroed for StackScratch {
        const ZERO: Self = StackScratch {
            layers: <dl::Buffer<[f32; 6]> as dl::Zeroed>::ZERO,
            saved_layers: <<[StackLayers; 12] as dl::Declared>::Memory as dl::Zeroed>::ZERO,
        };
    }
    impl dl::Declared for Stack {
        const NAME: &'static str = "Stack";
        const TENSORS: dl::Tensors = dl::Tensors(
            &[
                dl::Entry::Model {
                    name: "layers",
                    offset: dl::offset_of!(Self, layers),
                    tensors: <[StackLayers; 12] as dl::Declared>::TENSORS,
                },
                dl::Entry::Tensor {
                    name: "dense1.weight",
                    shape: &[2, 6],
                    offset: dl::offset_of!(Self, dense1.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "dense1.bias",
                    shape: &[2],
                    offset: dl::offset_of!(Self, dense1.bias),
                    role: dl::Role::Bias,
                },
            ],
        );
        type Takes = [f32; 6];
        type Makes = [f32; 2];
        type Memory = StackScratch;
    }
    const DENSE1_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    pub struct StackTraining<D: dl::Device> {
        layers: dl::Workspace<D>,
        d_layers: dl::Workspace<D>,
        saved_layers: <[StackLayers; 12] as dl::Passes>::Training<D>,
    }
    pub struct StackInference<D: dl::Device> {
        layers: dl::Workspace<D>,
        saved_layers: <[StackLayers; 12] as dl::Passes>::Inference<D>,
    }
    #[allow(unused_mut, unused_variables)]
    impl dl::Passes for Stack {
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
                name: "layers",
                layer: "repeat 12 { … }",
                output: &[6],
                inputs: &[dl::LayerInput::Input(0)],
                parameters: <[StackLayers; 12] as dl::Model>::PARAMETERS,
                multiply_adds: <[StackLayers; 12] as dl::Passes>::MULTIPLY_ADDS,
                inside: <[StackLayers; 12] as dl::Passes>::LAYERS,
                copies: <[StackLayers; 12] as dl::Passes>::COPIES,
                min_batch: <[StackLayers; 12] as dl::Passes>::MIN_BATCH,
            },
            dl::LayerInfo {
                name: "dense1",
                layer: "dense(2)",
                output: &[2],
                inputs: &[dl::LayerInput::Layer(0)],
                parameters: 14,
                multiply_adds: 12,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
        ];
        type Inference<D: dl::Device> = StackInference<D>;
        type Training<D: dl::Device> = StackTraining<D>;
        type Evaluation<D: dl::Device> = ();
        const INFERENCE_FLOATS: usize = 6
            + <[StackLayers; 12] as dl::Passes>::INFERENCE_FLOATS;
        const TRAINING_FLOATS: usize = 6 + 6
            + <[StackLayers; 12] as dl::Passes>::TRAINING_FLOATS;
        const ARENA: dl::ArenaSize = <[StackLayers; 12] as dl::Passes>::ARENA;
        fn inference_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> StackInference<D> {
            StackInference {
                layers: allocator.workspace(6),
                saved_layers: <[StackLayers; 12] as dl::Passes>::inference_memory(
                    allocator,
                ),
            }
        }
        fn training_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> StackTraining<D> {
            StackTraining {
                layers: allocator.workspace(6),
                d_layers: allocator.workspace(6),
                saved_layers: <[StackLayers; 12] as dl::Passes>::training_memory(
                    allocator,
                ),
            }
        }
        fn evaluation_memory<D: dl::Device>(allocator: &mut dl::Allocator<'_, D>) {}
        fn init_weights(&mut self, rng: &mut dl::Rng) {
            dl::Passes::init_weights(&mut self.layers, rng);
            dl::InitLayer::init(
                &mut self.dense1,
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
            <[StackLayers; 12] as dl::Passes>::infer(dl::Infer {
                context: &context.copy(1),
                batch,
                net: dl::field!(net.layers).shorten(),
                input: x.shorten(),
                memory: &mut memory.saved_layers,
                output: memory.layers.write::<[f32; 6]>(n),
            });
            DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.dense1),
                    memory.layers.read::<[f32; 6]>(n),
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
            <[StackLayers; 12] as dl::Passes>::forward(dl::Forward {
                context: &context.copy(1),
                batch,
                net: dl::field_mut!(net.layers),
                input: x.shorten(),
                memory: &mut memory.saved_layers,
                output: memory.layers.write::<[f32; 6]>(n),
                arena: arena.rest(),
                carried: dl::None,
            });
            DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.dense1),
                    memory.layers.read::<[f32; 6]>(n),
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
            DENSE1_OP
                .backward(
                    context,
                    dl::field!(net.dense1),
                    memory.layers.read::<[f32; 6]>(n),
                    d_output.view(),
                    dl::Grad {
                        to: dl::field_mut!(d_net.dense1),
                        write,
                    },
                    if trained <= dl::offset_of!(Self, dense1) {
                        dl::Some(dl::Grad::set(memory.d_layers.write::<[f32; 6]>(n)))
                    } else {
                        dl::None
                    },
                );
            if trained <= dl::offset_of!(Self, dense1) {
                <[StackLayers; 12] as dl::Passes>::backward(dl::Backward {
                    context: &context.copy(1),
                    batch,
                    net: dl::field!(net.layers).shorten(),
                    input: x.shorten(),
                    memory: &mut memory.saved_layers,
                    output: memory.layers.read::<[f32; 6]>(n).shorten(),
                    d_output: memory.d_layers.write::<[f32; 6]>(n),
                    d_net: dl::Grad {
                        to: dl::field_mut!(d_net.layers),
                        write,
                    },
                    d_input: d_x.as_mut().map(|d_x| d_x.reborrow()),
                    arena: arena.rest(),
                    carried: dl::None,
                    own_loss: false,
                });
            }
        }
        fn inspect<D: dl::Device>(
            memory: &StackTraining<D>,
            batch: dl::Batch<'_, D>,
            see: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
        ) {
            let n = batch.samples;
            see("layers", memory.layers.read::<[f32; 6]>(n).data());
        }
    }
    dl::no_steps!(
        [] D GoesForward : Stack,
        "`Stack` cannot be continued step by step: its input is no sequence of run-time length, such as `[.., 8]`"
    );
};
const _: () = {
    use dl::private::core::{self as dl, hygiene::*, variable as x, variable as d_x};
    const DENSE1_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    #[allow(unused_variables)]
    impl dl::Predict for Stack {
        #[inline]
        fn predict_with(
            &self,
            x: &Self::Takes,
            output: &mut Self::Makes,
            memory: &mut Self::Memory,
        ) {
            dl::Predict::predict_with(
                &self.layers,
                x,
                memory.layers.write::<[f32; 6]>(),
                &mut memory.saved_layers,
            );
            DENSE1_OP
                .forward(&self.dense1, memory.layers.read::<[f32; 6]>(), &mut *output);
        }
    }
};
