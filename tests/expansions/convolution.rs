// Conv(image: [1, 8, 8]) -> [10] {
//     image -> conv2d(4, 3, bias: false) -> batch_norm -> relu -> max_pool2d(2) -> flatten -> dense(10)
// }

#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    dl::private::language::probes! {
        const _ : () = { let image : dl::private::language::Tensor < f32, 1, 8, 8 > =
        dl::private::language::any(); { use dl_layers::Conv:: *; image; } let _ :
        dl_layers::Conv::conv2d; dl_layers::Conv::conv2d { channels :
        dl::private::language::given({}), kernel : dl::private::language::given({}), bias
        : dl::private::language::given({}), .. { dl::private::language::any() } }; let _
        : dl_layers::Conv::batch_norm; let _ : dl_layers::Conv::relu; let _ :
        dl_layers::Conv::max_pool2d; dl_layers::Conv::max_pool2d { kernel :
        dl::private::language::given({}), .. { dl::private::language::any() } }; let _ :
        dl_layers::Conv::flatten; let _ : dl_layers::Conv::dense; dl_layers::Conv::dense
        { outputs : dl::private::language::given({}), .. { dl::private::language::any() }
        }; { use dl_layers::Conv:: *; } }; #[allow(non_camel_case_types, non_snake_case)]
        mod dl_layers { pub mod all { pub use dl::private::language::layers:: *; } pub
        mod Conv { pub use super::all:: *; } }
    }
    #[cfg(not(rust_analyzer))]
    const _: () = {};
};
/**

| | layer | output | parameters | multiply-adds |
|---|---|---|---:|---:|
| `image` | | `[1, 8, 8]` | | |
| `conv1` | `conv2d(4, 3, bias: false)` | `[4, 6, 6]` | 36 | 1,296 |
| `batch_norm1` | `batch_norm` | `[4, 6, 6]` | 8 |  |
| `relu1` | `relu` | `[4, 6, 6]` |  |  |
| `max_pool1` | `max_pool2d(2)` | `[4, 3, 3]` |  |  |
| `flatten1` | `flatten` | `[36]` |  |  |
| `dense1` | `dense(10)` | `[10]` | 370 | 360 |
| | | | **414** | **1,656** |
*/
#[repr(C)]
struct Conv {
    ///`conv2d(4, 3, bias: false)`
    pub conv1: dl::layers::Conv2d<1, 4, 3, 3, 0>,
    ///`batch_norm`
    pub batch_norm1: dl::layers::BatchNorm<4>,
    ///`dense(10)`
    pub dense1: dl::layers::Dense<36, 10>,
}
const _: () = {
    use dl::private::{self as dl, hygiene::*, variable as image, variable as d_image};
    unsafe impl dl::Pod for Conv {
        type Element = f32;
    }
    dl::network!(Conv : Clone, Debug);
    pub struct ConvScratch {
        conv1: dl::Buffer<[f32; 144]>,
        max_pool1: dl::Buffer<[f32; 36]>,
    }
    impl dl::Zeroed for ConvScratch {
        const ZERO: Self = ConvScratch {
            conv1: <dl::Buffer<[f32; 144]> as dl::Zeroed>::ZERO,
            max_pool1: <dl::Buffer<[f32; 36]> as dl::Zeroed>::ZERO,
        };
    }
    impl dl::Declared for Conv {
        const NAME: &'static str = "Conv";
        const TENSORS: dl::Tensors = dl::Tensors(
            &[
                dl::Entry::Tensor {
                    name: "conv1.weight",
                    shape: &[4, 1, 3, 3],
                    offset: dl::offset_of!(Self, conv1.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "batch_norm1.weight",
                    shape: &[4],
                    offset: dl::offset_of!(Self, batch_norm1.weight),
                    role: dl::Role::Scale,
                },
                dl::Entry::Tensor {
                    name: "batch_norm1.bias",
                    shape: &[4],
                    offset: dl::offset_of!(Self, batch_norm1.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "batch_norm1.running_mean",
                    shape: &[4],
                    offset: dl::offset_of!(Self, batch_norm1.running_mean),
                    role: dl::Role::Statistic,
                },
                dl::Entry::Tensor {
                    name: "batch_norm1.running_var",
                    shape: &[4],
                    offset: dl::offset_of!(Self, batch_norm1.running_var),
                    role: dl::Role::Statistic,
                },
                dl::Entry::Tensor {
                    name: "dense1.weight",
                    shape: &[10, 36],
                    offset: dl::offset_of!(Self, dense1.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "dense1.bias",
                    shape: &[10],
                    offset: dl::offset_of!(Self, dense1.bias),
                    role: dl::Role::Bias,
                },
            ],
        );
        type Takes = [[[f32; 8]; 8]; 1];
        type Makes = [f32; 10];
        type Memory = ConvScratch;
    }
    const CONV1_OP: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [0, 0],
        dilation: [1, 1],
        groups: 1,
        activation: dl::ops::Activation::Identity,
    };
    const BATCH_NORM1_OP: dl::ops::batch_norm::BatchNormOp = dl::ops::batch_norm::BatchNormOp {
        momentum: 0.1,
        epsilon: 0.00001,
        activation: dl::ops::Activation::Relu,
    };
    const MAX_POOL1_OP: dl::ops::pool::Max = dl::ops::pool::Max {
        windows: dl::ops::pool::Windows::Sliding {
            kernel: [2, 2],
            stride: [2, 2],
            padding: [0, 0],
        },
    };
    const DENSE1_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const CONV1_OP_INFER: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [0, 0],
        dilation: [1, 1],
        groups: 1,
        activation: dl::ops::Activation::Relu,
    };
    pub struct ConvTraining<D: dl::Device> {
        conv1: dl::Workspace<D>,
        relu1: dl::Workspace<D>,
        max_pool1: dl::Workspace<D>,
        d_max_pool1: dl::Workspace<D>,
        saved_relu1: dl::Workspace<D>,
    }
    pub struct ConvInference<D: dl::Device> {
        relu1: dl::Workspace<D>,
        max_pool1: dl::Workspace<D>,
    }
    #[allow(unused_mut, unused_variables)]
    impl dl::Passes for Conv {
        type Input = [[[f32; 8]; 8]; 1];
        type Output = [f32; 10];
        const INPUTS: &'static [dl::InputInfo] = &[
            dl::InputInfo {
                name: "image",
                shape: &[1, 8, 8],
            },
        ];
        const OUTPUTS: &'static [dl::OutputInfo] = &[
            dl::OutputInfo {
                name: "output",
                shape: &[10],
            },
        ];
        const LAYERS: &'static [dl::LayerInfo] = &[
            dl::LayerInfo {
                name: "conv1",
                layer: "conv2d(4, 3, bias: false)",
                output: &[4, 6, 6],
                inputs: &[dl::LayerInput::Input(0)],
                parameters: 36,
                multiply_adds: 1296,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "batch_norm1",
                layer: "batch_norm",
                output: &[4, 6, 6],
                inputs: &[dl::LayerInput::Layer(0)],
                parameters: 8,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "relu1",
                layer: "relu",
                output: &[4, 6, 6],
                inputs: &[dl::LayerInput::Layer(1)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "max_pool1",
                layer: "max_pool2d(2)",
                output: &[4, 3, 3],
                inputs: &[dl::LayerInput::Layer(2)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "flatten1",
                layer: "flatten",
                output: &[36],
                inputs: &[dl::LayerInput::Layer(3)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "dense1",
                layer: "dense(10)",
                output: &[10],
                inputs: &[dl::LayerInput::Layer(4)],
                parameters: 370,
                multiply_adds: 360,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
        ];
        type Inference<D: dl::Device> = ConvInference<D>;
        type Training<D: dl::Device> = ConvTraining<D>;
        type Evaluation<D: dl::Device> = ();
        const INFERENCE_FLOATS: usize = 144 + 36;
        const TRAINING_FLOATS: usize = 144 + 144 + 144 + 36 + 0;
        fn inference_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> ConvInference<D> {
            ConvInference {
                relu1: allocator.workspace(144),
                max_pool1: allocator.workspace(36),
            }
        }
        fn training_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> ConvTraining<D> {
            ConvTraining {
                conv1: allocator.workspace(144),
                relu1: allocator.workspace(144),
                max_pool1: allocator.workspace(144),
                d_max_pool1: allocator.workspace(36),
                saved_relu1: allocator.single(<[[f32; 4]; 2] as dl::Pod>::LEN),
            }
        }
        fn evaluation_memory<D: dl::Device>(allocator: &mut dl::Allocator<'_, D>) {}
        fn init_weights(&mut self, rng: &mut dl::Rng) {
            dl::InitLayer::init(
                &mut self.conv1,
                (dl::Init::PyTorch, dl::Init::PyTorch),
                rng,
            );
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
                input: image,
                memory,
                mut output,
            }: dl::Infer<'_, D, Self>,
        ) {
            let n = batch.samples;
            CONV1_OP_INFER
                .infer(
                    context,
                    dl::field!(net.conv1),
                    BATCH_NORM1_OP.by_running(dl::field!(net.batch_norm1)),
                    image,
                    dl::None,
                    memory.relu1.write::<[[[f32; 6]; 6]; 4]>(n),
                );
            MAX_POOL1_OP
                .forward(
                    context,
                    memory.relu1.read::<[[[f32; 6]; 6]; 4]>(n),
                    memory.max_pool1.write::<[[[f32; 3]; 3]; 4]>(n),
                );
            DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.dense1),
                    memory.max_pool1.read::<[f32; 36]>(n),
                    output.reborrow(),
                );
        }
        fn forward<D: dl::Device>(
            dl::Forward {
                context,
                batch,
                mut net,
                input: image,
                memory,
                mut arena,
                mut carried,
                mut output,
            }: dl::Forward<'_, D, Self>,
        ) {
            let n = batch.samples;
            CONV1_OP
                .forward(
                    context,
                    dl::field!(net.conv1),
                    image,
                    memory.conv1.write::<[[[f32; 6]; 6]; 4]>(n),
                );
            BATCH_NORM1_OP
                .forward(
                    context,
                    dl::field_mut!(net.batch_norm1),
                    memory.conv1.read::<[[[f32; 6]; 6]; 4]>(n),
                    memory.relu1.write::<[[[f32; 6]; 6]; 4]>(n),
                    memory.saved_relu1.write::<[[f32; 4]; 2]>(1),
                );
            MAX_POOL1_OP
                .forward(
                    context,
                    memory.relu1.read::<[[[f32; 6]; 6]; 4]>(n),
                    memory.max_pool1.write::<[[[f32; 3]; 3]; 4]>(n),
                );
            DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.dense1),
                    memory.max_pool1.read::<[f32; 36]>(n),
                    output.reborrow(),
                );
        }
        fn backward<D: dl::Device>(
            dl::Backward {
                context,
                batch,
                net,
                input: image,
                memory,
                mut arena,
                carried,
                output,
                mut d_output,
                d_net,
                d_input: mut d_image,
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
                    memory.max_pool1.read::<[f32; 36]>(n),
                    d_output.view(),
                    dl::Grad {
                        to: dl::field_mut!(d_net.dense1),
                        write,
                    },
                    if trained <= dl::offset_of!(Self, dense1) {
                        dl::Some(dl::Grad::set(memory.d_max_pool1.write::<[f32; 36]>(n)))
                    } else {
                        dl::None
                    },
                );
            if trained <= dl::offset_of!(Self, dense1) {
                MAX_POOL1_OP
                    .backward(
                        context,
                        memory.relu1.read::<[[[f32; 6]; 6]; 4]>(n),
                        memory.d_max_pool1.read::<[[[f32; 3]; 3]; 4]>(n),
                        dl::Grad::set(memory.max_pool1.write::<[[[f32; 6]; 6]; 4]>(n)),
                    );
                dl::ops::Activation::Relu
                    .backward_in_place(
                        context,
                        memory.relu1.read::<[[[f32; 6]; 6]; 4]>(n),
                        memory.max_pool1.write::<[[[f32; 6]; 6]; 4]>(n),
                    );
                BATCH_NORM1_OP
                    .backward(
                        context,
                        dl::field!(net.batch_norm1),
                        memory.conv1.read::<[[[f32; 6]; 6]; 4]>(n),
                        memory.saved_relu1.read::<[[f32; 4]; 2]>(1),
                        memory.max_pool1.read::<[[[f32; 6]; 6]; 4]>(n),
                        dl::Grad {
                            to: dl::field_mut!(d_net.batch_norm1),
                            write,
                        },
                        if trained <= dl::offset_of!(Self, batch_norm1) {
                            dl::Some(
                                dl::Grad::set(memory.relu1.write::<[[[f32; 6]; 6]; 4]>(n)),
                            )
                        } else {
                            dl::None
                        },
                    );
            }
            if trained <= dl::offset_of!(Self, batch_norm1) {
                CONV1_OP
                    .backward(
                        context,
                        dl::field!(net.conv1),
                        image,
                        memory.relu1.read::<[[[f32; 6]; 6]; 4]>(n),
                        dl::Grad {
                            to: dl::field_mut!(d_net.conv1),
                            write,
                        },
                        d_image.as_mut().map(|d_image| dl::Grad::set(d_image.reborrow())),
                    );
            }
        }
        fn inspect<D: dl::Device>(
            memory: &ConvTraining<D>,
            batch: dl::Batch<'_, D>,
            see: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
        ) {
            let n = batch.samples;
            see("conv1", memory.conv1.read::<[[[f32; 6]; 6]; 4]>(n).data());
            see("batch_norm1", memory.relu1.read::<[[[f32; 6]; 6]; 4]>(n).data());
            see("flatten1", memory.max_pool1.read::<[f32; 36]>(n).data());
        }
    }
    dl::no_steps!(
        [] D GoesForward : Conv,
        "`Conv` cannot be continued step by step: its input is no sequence of run-time length, such as `[.., 8]`"
    );
};
const _: () = {
    use dl::private::core::{
        self as dl, hygiene::*, variable as image, variable as d_image,
    };
    const CONV1_OP: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [0, 0],
        dilation: [1, 1],
        groups: 1,
        activation: dl::ops::Activation::Identity,
    };
    const BATCH_NORM1_OP: dl::ops::batch_norm::BatchNormOp = dl::ops::batch_norm::BatchNormOp {
        momentum: 0.1,
        epsilon: 0.00001,
        activation: dl::ops::Activation::Relu,
    };
    const MAX_POOL1_OP: dl::ops::pool::Max = dl::ops::pool::Max {
        windows: dl::ops::pool::Windows::Sliding {
            kernel: [2, 2],
            stride: [2, 2],
            padding: [0, 0],
        },
    };
    const DENSE1_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    #[allow(unused_variables)]
    impl dl::Predict for Conv {
        #[inline]
        fn predict_with(
            &self,
            image: &Self::Takes,
            output: &mut Self::Makes,
            memory: &mut Self::Memory,
        ) {
            CONV1_OP
                .forward(&self.conv1, image, memory.conv1.write::<[[[f32; 6]; 6]; 4]>());
            BATCH_NORM1_OP
                .infer_in_place(
                    &self.batch_norm1,
                    memory.conv1.write::<[[[f32; 6]; 6]; 4]>(),
                );
            MAX_POOL1_OP
                .forward(
                    memory.conv1.read::<[[[f32; 6]; 6]; 4]>(),
                    memory.max_pool1.write::<[[[f32; 3]; 3]; 4]>(),
                );
            DENSE1_OP
                .forward(
                    &self.dense1,
                    memory.max_pool1.read::<[f32; 36]>(),
                    &mut *output,
                );
        }
    }
};
