// Deep(x: [6]) -> [2] {
//     x -> repeat 12 { checkpoint { residual { batch_norm -> dense(6) -> gelu } } } as layers -> dense(2)
// }

#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    dl::private::language::probes! {
        const _ : () = { let x : dl::private::language::Tensor < f32, 6 > =
        dl::private::language::any(); { use dl_layers::Deep:: *; x; } let _ :
        dl_layers::Deep::repeat; let _ : dl_layers::Deep::checkpoint; let _ :
        dl_layers::Deep::residual; let _ : dl_layers::Deep::batch_norm; let _ :
        dl_layers::Deep::dense; dl_layers::Deep::dense { outputs :
        dl::private::language::given({}), .. { dl::private::language::any() } }; let _ :
        dl_layers::Deep::gelu; { use dl_layers::Deep:: *; } { use dl_layers::Deep:: *; }
        { use dl_layers::Deep:: *; } let _ : dl_layers::Deep::dense;
        dl_layers::Deep::dense { outputs : dl::private::language::given({}), .. {
        dl::private::language::any() } }; { use dl_layers::Deep:: *; } };
        #[allow(non_camel_case_types, non_snake_case)] mod dl_layers { pub mod all { pub
        use dl::private::language::layers:: *; } pub mod Deep { pub use super::all:: *;
        #[doc = r" Uses the layer that `as` named again, with the same weights."] pub
        struct layers {} } }
    }
    #[cfg(not(rust_analyzer))]
    const _: () = {};
};
/// One of the copies that `repeat` makes in [`Deep`].
/**

| | layer | output | parameters | multiply-adds |
|---|---|---|---:|---:|
| `x_2` | | `[6]` | | |
| `batch_norm1` | `batch_norm` | `[6]` | 12 |  |
| `dense1` | `dense(6)` | `[6]` | 42 | 36 |
| `gelu1` | `gelu` | `[6]` |  |  |
| `add1` | `residual { … }` | `[6]` |  |  |
| | | | **54** | **36** |
*/
#[repr(C)]
struct DeepLayers {
    ///`batch_norm`
    pub batch_norm1: dl::layers::BatchNorm<6>,
    ///`dense(6)`
    pub dense1: dl::layers::Dense<6, 6>,
}
const _: () = {
    use dl::private::{self as dl, hygiene::*, variable as x_2, variable as d_x_2};
    unsafe impl dl::Pod for DeepLayers {
        type Element = f32;
    }
    dl::network!(DeepLayers : Clone, Debug);
    pub struct DeepLayersScratch {
        batch_norm1: dl::Buffer<[f32; 6]>,
        gelu1: dl::Buffer<[f32; 6]>,
    }
    impl dl::Zeroed for DeepLayersScratch {
        const ZERO: Self = DeepLayersScratch {
            batch_norm1: <dl::Buffer<[f32; 6]> as dl::Zeroed>::ZERO,
            gelu1: <dl::Buffer<[f32; 6]> as dl::Zeroed>::ZERO,
        };
    }
    impl dl::Declared for DeepLayers {
        const NAME: &'static str = "DeepLayers";
        const TENSORS: dl::Tensors = dl::Tensors(
            &[
                dl::Entry::Tensor {
                    name: "batch_norm1.weight",
                    shape: &[6],
                    offset: dl::offset_of!(Self, batch_norm1.weight),
                    role: dl::Role::Scale,
                },
                dl::Entry::Tensor {
                    name: "batch_norm1.bias",
                    shape: &[6],
                    offset: dl::offset_of!(Self, batch_norm1.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "batch_norm1.running_mean",
                    shape: &[6],
                    offset: dl::offset_of!(Self, batch_norm1.running_mean),
                    role: dl::Role::Statistic,
                },
                dl::Entry::Tensor {
                    name: "batch_norm1.running_var",
                    shape: &[6],
                    offset: dl::offset_of!(Self, batch_norm1.running_var),
                    role: dl::Role::Statistic,
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
        type Memory = DeepLayersScratch;
    }
    const BATCH_NORM1_OP: dl::ops::batch_norm::BatchNormOp = dl::ops::batch_norm::BatchNormOp {
        momentum: 0.1,
        epsilon: 0.00001,
        activation: dl::ops::Activation::Identity,
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
    pub struct DeepLayersTraining<D: dl::Device> {
        saved_batch_norm1: dl::Workspace<D>,
    }
    pub struct DeepLayersSlots<'a, D: dl::Device> {
        batch_norm1: dl::Slot<'a, D>,
        dense1: dl::Slot<'a, D>,
    }
    pub struct DeepLayersInference<D: dl::Device> {
        batch_norm1: dl::Workspace<D>,
        gelu1: dl::Workspace<D>,
    }
    #[allow(unused_mut, unused_variables)]
    impl dl::Passes for DeepLayers {
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
                name: "batch_norm1",
                layer: "batch_norm",
                output: &[6],
                inputs: &[dl::LayerInput::Input(0)],
                parameters: 12,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 2,
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
        type Inference<D: dl::Device> = DeepLayersInference<D>;
        type Training<D: dl::Device> = DeepLayersTraining<D>;
        type Evaluation<D: dl::Device> = ();
        const INFERENCE_FLOATS: usize = 6 + 6;
        const TRAINING_FLOATS: usize = 0;
        const ARENA: dl::ArenaSize = dl::ArenaSize {
            slots: 2,
            of_sample: 6 + 6,
            of_row: 0,
        };
        fn inference_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> DeepLayersInference<D> {
            DeepLayersInference {
                batch_norm1: allocator.workspace(6),
                gelu1: allocator.workspace(6),
            }
        }
        fn training_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> DeepLayersTraining<D> {
            DeepLayersTraining {
                saved_batch_norm1: allocator.single(<[[f32; 6]; 2] as dl::Pod>::LEN),
            }
        }
        fn evaluation_memory<D: dl::Device>(allocator: &mut dl::Allocator<'_, D>) {}
        fn init_weights(&mut self, rng: &mut dl::Rng) {
            dl::InitLayer::init(&mut self.batch_norm1, (), rng);
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
            BATCH_NORM1_OP
                .infer(
                    context,
                    dl::field!(net.batch_norm1),
                    x_2,
                    memory.batch_norm1.write::<[f32; 6]>(n),
                );
            DENSE1_OP_INFER
                .forward(
                    context,
                    dl::field!(net.dense1),
                    memory.batch_norm1.read::<[f32; 6]>(n),
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
            let mut slots = DeepLayersSlots {
                batch_norm1: arena.take(n * 6),
                dense1: arena.take(n * 6),
            };
            BATCH_NORM1_OP
                .forward(
                    context,
                    dl::field_mut!(net.batch_norm1),
                    x_2,
                    slots.batch_norm1.write::<[f32; 6]>(n),
                    memory.saved_batch_norm1.write::<[[f32; 6]; 2]>(1),
                );
            DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.dense1),
                    slots.batch_norm1.read::<[f32; 6]>(n),
                    slots.dense1.write::<[f32; 6]>(n),
                );
            dl::ops::Activation::Gelu
                .forward_in_place(context, slots.dense1.write::<[f32; 6]>(n));
            ADD1_OP
                .forward(
                    context,
                    x_2,
                    slots.dense1.read::<[f32; 6]>(n),
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
            let mut slots = DeepLayersSlots {
                batch_norm1: arena.take(n * 6),
                dense1: arena.take(n * 6),
            };
            if let dl::Some(d_x_2) = d_x_2.as_mut() {
                ADD1_OP
                    .backward(
                        context,
                        0,
                        d_output.view(),
                        dl::Grad::set(d_x_2.reborrow()),
                    );
            }
            BATCH_NORM1_OP
                .forward_again(
                    context,
                    dl::field!(net.batch_norm1),
                    x_2,
                    slots.batch_norm1.write::<[f32; 6]>(n),
                    memory.saved_batch_norm1.read::<[[f32; 6]; 2]>(1),
                );
            DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.dense1),
                    slots.batch_norm1.read::<[f32; 6]>(n),
                    slots.dense1.write::<[f32; 6]>(n),
                );
            dl::ops::Activation::Gelu
                .backward_in_place(
                    context,
                    slots.dense1.read::<[f32; 6]>(n),
                    d_output.reborrow(),
                );
            DENSE1_OP
                .backward(
                    context,
                    dl::field!(net.dense1),
                    slots.batch_norm1.read::<[f32; 6]>(n),
                    d_output.view(),
                    dl::Grad {
                        to: dl::field_mut!(d_net.dense1),
                        write,
                    },
                    if trained <= dl::offset_of!(Self, dense1) {
                        dl::Some(dl::Grad::set(slots.dense1.write::<[f32; 6]>(n)))
                    } else {
                        dl::None
                    },
                );
            if trained <= dl::offset_of!(Self, dense1) {
                BATCH_NORM1_OP
                    .backward(
                        context,
                        dl::field!(net.batch_norm1),
                        x_2,
                        memory.saved_batch_norm1.read::<[[f32; 6]; 2]>(1),
                        slots.dense1.read::<[f32; 6]>(n),
                        dl::Grad {
                            to: dl::field_mut!(d_net.batch_norm1),
                            write,
                        },
                        d_x_2.as_mut().map(|d_x_2| dl::Grad::add(d_x_2.reborrow())),
                    );
            }
        }
        fn inspect<D: dl::Device>(
            memory: &DeepLayersTraining<D>,
            batch: dl::Batch<'_, D>,
            see: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
        ) {
            let n = batch.samples;
        }
    }
    dl::no_steps!(
        [] D GoesForward : DeepLayers,
        "`DeepLayers` cannot be continued step by step: its input is no sequence of run-time length, such as `[.., 8]`"
    );
};
const _: () = {
    use dl::private::core::{self as dl, hygiene::*, variable as x_2, variable as d_x_2};
    const BATCH_NORM1_OP: dl::ops::batch_norm::BatchNormOp = dl::ops::batch_norm::BatchNormOp {
        momentum: 0.1,
        epsilon: 0.00001,
        activation: dl::ops::Activation::Identity,
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
    impl dl::Predict for DeepLayers {
        #[inline]
        fn predict_with(
            &self,
            x_2: &Self::Takes,
            output: &mut Self::Makes,
            memory: &mut Self::Memory,
        ) {
            BATCH_NORM1_OP
                .infer(&self.batch_norm1, x_2, memory.batch_norm1.write::<[f32; 6]>());
            DENSE1_OP_INFER
                .forward(
                    &self.dense1,
                    memory.batch_norm1.read::<[f32; 6]>(),
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
struct Deep {
    ///`repeat 12 { … }`
    pub layers: [DeepLayers; 12],
    ///`dense(2)`
    pub dense1: dl::layers::Dense<6, 2>,
}
const _: () = {
    use dl::private::{self as dl, hygiene::*, variable as x, variable as d_x};
    unsafe impl dl::Pod for Deep {
        type Element = f32;
    }
    dl::network!(Deep : Clone, Debug);
    pub struct DeepScratch {
        layers: dl::Buffer<[f32; 6]>,
        saved_layers: <[DeepLayers; 12] as dl::Declared>::Memory,
    }
    impl dl::Zeroed for DeepScratch {
        const ZERO: Self = DeepScratch {
            layers: <dl::Buffer<[f32; 6]> as dl::Zeroed>::ZERO,
            saved_layers: <<[DeepLayers; 12] as dl::Declared>::Memory as dl::Zeroed>::ZERO,
        };
    }
    impl dl::Declared for Deep {
        const NAME: &'static str = "Deep";
        const TENSORS: dl::Tensors = dl::Tensors(
            &[
                dl::Entry::Model {
                    name: "layers",
                    offset: dl::offset_of!(Self, layers),
                    tensors: <[DeepLayers; 12] as dl::Declared>::TENSORS,
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
        type Memory = DeepScratch;
    }
    const DENSE1_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    pub struct DeepTraining<D: dl::Device> {
        layers: dl::Workspace<D>,
        d_layers: dl::Workspace<D>,
        saved_layers: <[DeepLayers; 12] as dl::Passes>::Training<D>,
    }
    pub struct DeepInference<D: dl::Device> {
        layers: dl::Workspace<D>,
        saved_layers: <[DeepLayers; 12] as dl::Passes>::Inference<D>,
    }
    #[allow(unused_mut, unused_variables)]
    impl dl::Passes for Deep {
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
                parameters: <[DeepLayers; 12] as dl::Model>::PARAMETERS,
                multiply_adds: <[DeepLayers; 12] as dl::Passes>::MULTIPLY_ADDS,
                inside: <[DeepLayers; 12] as dl::Passes>::LAYERS,
                copies: <[DeepLayers; 12] as dl::Passes>::COPIES,
                min_batch: <[DeepLayers; 12] as dl::Passes>::MIN_BATCH,
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
        type Inference<D: dl::Device> = DeepInference<D>;
        type Training<D: dl::Device> = DeepTraining<D>;
        type Evaluation<D: dl::Device> = ();
        const INFERENCE_FLOATS: usize = 6
            + <[DeepLayers; 12] as dl::Passes>::INFERENCE_FLOATS;
        const TRAINING_FLOATS: usize = 6 + 6
            + <[DeepLayers; 12] as dl::Passes>::TRAINING_FLOATS;
        const ARENA: dl::ArenaSize = <[DeepLayers; 12] as dl::Passes>::ARENA;
        fn inference_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> DeepInference<D> {
            DeepInference {
                layers: allocator.workspace(6),
                saved_layers: <[DeepLayers; 12] as dl::Passes>::inference_memory(
                    allocator,
                ),
            }
        }
        fn training_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> DeepTraining<D> {
            DeepTraining {
                layers: allocator.workspace(6),
                d_layers: allocator.workspace(6),
                saved_layers: <[DeepLayers; 12] as dl::Passes>::training_memory(
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
            <[DeepLayers; 12] as dl::Passes>::infer(dl::Infer {
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
            <[DeepLayers; 12] as dl::Passes>::forward(dl::Forward {
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
                <[DeepLayers; 12] as dl::Passes>::backward(dl::Backward {
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
            memory: &DeepTraining<D>,
            batch: dl::Batch<'_, D>,
            see: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
        ) {
            let n = batch.samples;
            see("layers", memory.layers.read::<[f32; 6]>(n).data());
        }
    }
    dl::no_steps!(
        [] D GoesForward : Deep,
        "`Deep` cannot be continued step by step: its input is no sequence of run-time length, such as `[.., 8]`"
    );
};
const _: () = {
    use dl::private::core::{self as dl, hygiene::*, variable as x, variable as d_x};
    const DENSE1_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    #[allow(unused_variables)]
    impl dl::Predict for Deep {
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
