// #[int8]
// Digits(image: [1, 8, 8]) -> [10] {
//     image -> conv2d(8, 3, padding: 1) -> batch_norm -> relu -> max_pool2d(2)
//         -> residual { conv2d(8, 3, padding: 1) -> tanh } -> flatten -> dense(10) as logits
// }

#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    dl::private::language::probes! {
        const _ : () = { let image : dl::private::language::Tensor < f32, 1, 8, 8 > =
        dl::private::language::any(); { use dl_layers::Digits:: *; image; } let _ :
        dl_layers::Digits::conv2d; dl_layers::Digits::conv2d { channels :
        dl::private::language::given({}), kernel : dl::private::language::given({}),
        padding : dl::private::language::given({ use
        dl::private::language::arguments::words::Padding:: *; }), .. {
        dl::private::language::any() } }; let _ : dl_layers::Digits::batch_norm; let _ :
        dl_layers::Digits::relu; let _ : dl_layers::Digits::max_pool2d;
        dl_layers::Digits::max_pool2d { kernel : dl::private::language::given({}), .. {
        dl::private::language::any() } }; let _ : dl_layers::Digits::residual; let _ :
        dl_layers::Digits::conv2d; dl_layers::Digits::conv2d { channels :
        dl::private::language::given({}), kernel : dl::private::language::given({}),
        padding : dl::private::language::given({ use
        dl::private::language::arguments::words::Padding:: *; }), .. {
        dl::private::language::any() } }; let _ : dl_layers::Digits::tanh; { use
        dl_layers::Digits:: *; } let _ : dl_layers::Digits::flatten; let _ :
        dl_layers::Digits::dense; dl_layers::Digits::dense { outputs :
        dl::private::language::given({}), .. { dl::private::language::any() } }; { use
        dl_layers::Digits:: *; } }; #[allow(non_camel_case_types, non_snake_case)] mod
        dl_layers { pub mod all { pub use dl::private::language::layers:: *; } pub mod
        Digits { pub use super::all:: *; #[doc =
        r" Uses the layer that `as` named again, with the same weights."] pub struct
        logits {} } }
    }
    #[cfg(not(rust_analyzer))]
    const _: () = {};
};
/**

| | layer | output | parameters | multiply-adds |
|---|---|---|---:|---:|
| `image` | | `[1, 8, 8]` | | |
| `conv1` | `conv2d(8, 3, padding: 1)` | `[8, 8, 8]` | 80 | 4,608 |
| `batch_norm1` | `batch_norm` | `[8, 8, 8]` | 16 |  |
| `relu1` | `relu` | `[8, 8, 8]` |  |  |
| `max_pool1` | `max_pool2d(2)` | `[8, 4, 4]` |  |  |
| `conv2` | `conv2d(8, 3, padding: 1)` | `[8, 4, 4]` | 584 | 9,216 |
| `tanh1` | `tanh` | `[8, 4, 4]` |  |  |
| `add1` | `residual { … }` | `[8, 4, 4]` |  |  |
| `flatten1` | `flatten` | `[128]` |  |  |
| `logits` | `dense(10)` | `[10]` | 1,290 | 1,280 |
| | | | **1,970** | **15,104** |
*/
#[repr(C)]
struct Digits {
    ///`conv2d(8, 3, padding: 1)`
    pub conv1: dl::layers::Conv2d<1, 8, 3, 3>,
    ///`batch_norm`
    pub batch_norm1: dl::layers::BatchNorm<8>,
    ///`conv2d(8, 3, padding: 1)`
    pub conv2: dl::layers::Conv2d<8, 8, 3, 3>,
    ///`dense(10)`
    pub logits: dl::layers::Dense<128, 10>,
}
///[`Digits`] on int8, which `Digits::quantize` makes.
#[repr(C)]
struct DigitsI8 {
    /// The scale and zero point of the input.
    pub input: dl::int8::Quantization,
    ///`conv2d(8, 3, padding: 1)`
    pub conv1: dl::int8::Conv2d<1, 8, 3, 3>,
    ///`conv2d(8, 3, padding: 1)`
    pub conv2: dl::int8::Conv2d<8, 8, 3, 3>,
    ///`tanh`
    pub tanh1: dl::int8::Lookup,
    ///`residual { … }`
    pub add1: dl::int8::Sum,
    ///`dense(10)`
    pub logits: dl::int8::Dense<128, 10>,
    /// The scale and zero point of the output.
    pub output: dl::int8::Quantization,
}
const _: () = {
    use dl::private::{self as dl, hygiene::*, variable as image, variable as d_image};
    unsafe impl dl::Pod for Digits {
        type Element = f32;
    }
    dl::network!(Digits : Clone, Debug);
    pub struct DigitsScratch {
        conv1: dl::Buffer<[f32; 512]>,
        max_pool1: dl::Buffer<[f32; 128]>,
        add1: dl::Buffer<[f32; 128]>,
    }
    impl dl::Zeroed for DigitsScratch {
        const ZERO: Self = DigitsScratch {
            conv1: <dl::Buffer<[f32; 512]> as dl::Zeroed>::ZERO,
            max_pool1: <dl::Buffer<[f32; 128]> as dl::Zeroed>::ZERO,
            add1: <dl::Buffer<[f32; 128]> as dl::Zeroed>::ZERO,
        };
    }
    impl dl::Declared for Digits {
        const NAME: &'static str = "Digits";
        const TENSORS: dl::Tensors = dl::Tensors(
            &[
                dl::Entry::Tensor {
                    name: "conv1.weight",
                    shape: &[8, 1, 3, 3],
                    offset: dl::offset_of!(Self, conv1.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "conv1.bias",
                    shape: &[8],
                    offset: dl::offset_of!(Self, conv1.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "batch_norm1.weight",
                    shape: &[8],
                    offset: dl::offset_of!(Self, batch_norm1.weight),
                    role: dl::Role::Scale,
                },
                dl::Entry::Tensor {
                    name: "batch_norm1.bias",
                    shape: &[8],
                    offset: dl::offset_of!(Self, batch_norm1.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "batch_norm1.running_mean",
                    shape: &[8],
                    offset: dl::offset_of!(Self, batch_norm1.running_mean),
                    role: dl::Role::Statistic,
                },
                dl::Entry::Tensor {
                    name: "batch_norm1.running_var",
                    shape: &[8],
                    offset: dl::offset_of!(Self, batch_norm1.running_var),
                    role: dl::Role::Statistic,
                },
                dl::Entry::Tensor {
                    name: "conv2.weight",
                    shape: &[8, 8, 3, 3],
                    offset: dl::offset_of!(Self, conv2.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "conv2.bias",
                    shape: &[8],
                    offset: dl::offset_of!(Self, conv2.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "logits.weight",
                    shape: &[10, 128],
                    offset: dl::offset_of!(Self, logits.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "logits.bias",
                    shape: &[10],
                    offset: dl::offset_of!(Self, logits.bias),
                    role: dl::Role::Bias,
                },
            ],
        );
        type Takes = [[[f32; 8]; 8]; 1];
        type Makes = [f32; 10];
        type Memory = DigitsScratch;
    }
    const CONV1_OP: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [1, 1],
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
    const CONV2_OP: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
        activation: dl::ops::Activation::Tanh,
    };
    const ADD1_OP: dl::ops::arithmetic::Add = dl::ops::arithmetic::Add {
        shapes: dl::ops::arithmetic::Shapes::Equal,
        sign: 1.0,
        activation: dl::ops::Activation::Identity,
    };
    const LOGITS_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const CONV1_OP_INFER: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
        activation: dl::ops::Activation::Relu,
    };
    pub struct DigitsTraining<D: dl::Device> {
        conv1: dl::Workspace<D>,
        relu1: dl::Workspace<D>,
        max_pool1: dl::Workspace<D>,
        tanh1: dl::Workspace<D>,
        add1: dl::Workspace<D>,
        d_max_pool1: dl::Workspace<D>,
        saved_relu1: dl::Workspace<D>,
    }
    pub struct DigitsInference<D: dl::Device> {
        relu1: dl::Workspace<D>,
        max_pool1: dl::Workspace<D>,
        add1: dl::Workspace<D>,
    }
    #[allow(unused_mut, unused_variables)]
    impl dl::Passes for Digits {
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
                layer: "conv2d(8, 3, padding: 1)",
                output: &[8, 8, 8],
                inputs: &[dl::LayerInput::Input(0)],
                parameters: 80,
                multiply_adds: 4608,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "batch_norm1",
                layer: "batch_norm",
                output: &[8, 8, 8],
                inputs: &[dl::LayerInput::Layer(0)],
                parameters: 16,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "relu1",
                layer: "relu",
                output: &[8, 8, 8],
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
                output: &[8, 4, 4],
                inputs: &[dl::LayerInput::Layer(2)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "conv2",
                layer: "conv2d(8, 3, padding: 1)",
                output: &[8, 4, 4],
                inputs: &[dl::LayerInput::Layer(3)],
                parameters: 584,
                multiply_adds: 9216,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "tanh1",
                layer: "tanh",
                output: &[8, 4, 4],
                inputs: &[dl::LayerInput::Layer(4)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "add1",
                layer: "residual { … }",
                output: &[8, 4, 4],
                inputs: &[dl::LayerInput::Layer(3), dl::LayerInput::Layer(5)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "flatten1",
                layer: "flatten",
                output: &[128],
                inputs: &[dl::LayerInput::Layer(6)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "logits",
                layer: "dense(10)",
                output: &[10],
                inputs: &[dl::LayerInput::Layer(7)],
                parameters: 1290,
                multiply_adds: 1280,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
        ];
        type Inference<D: dl::Device> = DigitsInference<D>;
        type Training<D: dl::Device> = DigitsTraining<D>;
        type Evaluation<D: dl::Device> = ();
        const INFERENCE_FLOATS: usize = 512 + 128 + 128;
        const TRAINING_FLOATS: usize = 512 + 512 + 512 + 128 + 128 + 128 + 0;
        fn inference_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> DigitsInference<D> {
            DigitsInference {
                relu1: allocator.workspace(512),
                max_pool1: allocator.workspace(128),
                add1: allocator.workspace(128),
            }
        }
        fn training_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> DigitsTraining<D> {
            DigitsTraining {
                conv1: allocator.workspace(512),
                relu1: allocator.workspace(512),
                max_pool1: allocator.workspace(512),
                tanh1: allocator.workspace(128),
                add1: allocator.workspace(128),
                d_max_pool1: allocator.workspace(128),
                saved_relu1: allocator.single(<[[f32; 8]; 2] as dl::Pod>::LEN),
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
                &mut self.conv2,
                (dl::Init::PyTorch, dl::Init::PyTorch),
                rng,
            );
            dl::InitLayer::init(
                &mut self.logits,
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
                    memory.relu1.write::<dl::ChannelBlocks<[[[f32; 8]; 8]; 8]>>(n),
                );
            MAX_POOL1_OP
                .forward(
                    context,
                    memory.relu1.read::<dl::ChannelBlocks<[[[f32; 8]; 8]; 8]>>(n),
                    memory.max_pool1.write::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                );
            CONV2_OP
                .forward(
                    context,
                    dl::field!(net.conv2),
                    memory.max_pool1.read::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                    memory.relu1.write::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                );
            ADD1_OP
                .forward(
                    context,
                    memory.max_pool1.read::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                    memory.relu1.read::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                    memory.add1.write::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                );
            dl::ops::channel_blocks::ChannelBlocksOp
                .forward(
                    context,
                    memory.add1.read::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                    memory.max_pool1.write::<[[[f32; 4]; 4]; 8]>(n),
                );
            LOGITS_OP
                .forward(
                    context,
                    dl::field!(net.logits),
                    memory.max_pool1.read::<[f32; 128]>(n),
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
                    memory.conv1.write::<[[[f32; 8]; 8]; 8]>(n),
                );
            BATCH_NORM1_OP
                .forward(
                    context,
                    dl::field_mut!(net.batch_norm1),
                    memory.conv1.read::<[[[f32; 8]; 8]; 8]>(n),
                    memory.relu1.write::<[[[f32; 8]; 8]; 8]>(n),
                    memory.saved_relu1.write::<[[f32; 8]; 2]>(1),
                );
            MAX_POOL1_OP
                .forward(
                    context,
                    memory.relu1.read::<[[[f32; 8]; 8]; 8]>(n),
                    memory.max_pool1.write::<[[[f32; 4]; 4]; 8]>(n),
                );
            CONV2_OP
                .forward(
                    context,
                    dl::field!(net.conv2),
                    memory.max_pool1.read::<[[[f32; 4]; 4]; 8]>(n),
                    memory.tanh1.write::<[[[f32; 4]; 4]; 8]>(n),
                );
            ADD1_OP
                .forward(
                    context,
                    memory.max_pool1.read::<[[[f32; 4]; 4]; 8]>(n),
                    memory.tanh1.read::<[[[f32; 4]; 4]; 8]>(n),
                    memory.add1.write::<[[[f32; 4]; 4]; 8]>(n),
                );
            LOGITS_OP
                .forward(
                    context,
                    dl::field!(net.logits),
                    memory.add1.read::<[f32; 128]>(n),
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
            LOGITS_OP
                .backward(
                    context,
                    dl::field!(net.logits),
                    memory.add1.read::<[f32; 128]>(n),
                    d_output.view(),
                    dl::Grad {
                        to: dl::field_mut!(d_net.logits),
                        write,
                    },
                    if trained <= dl::offset_of!(Self, logits) {
                        dl::Some(
                            dl::Grad::set(memory.d_max_pool1.write::<[f32; 128]>(n)),
                        )
                    } else {
                        dl::None
                    },
                );
            if trained <= dl::offset_of!(Self, logits) {
                ADD1_OP
                    .backward(
                        context,
                        1,
                        memory.d_max_pool1.read::<[[[f32; 4]; 4]; 8]>(n),
                        dl::Grad::set(memory.add1.write::<[[[f32; 4]; 4]; 8]>(n)),
                    );
                dl::ops::Activation::Tanh
                    .backward_in_place(
                        context,
                        memory.tanh1.read::<[[[f32; 4]; 4]; 8]>(n),
                        memory.add1.write::<[[[f32; 4]; 4]; 8]>(n),
                    );
                CONV2_OP
                    .backward(
                        context,
                        dl::field!(net.conv2),
                        memory.max_pool1.read::<[[[f32; 4]; 4]; 8]>(n),
                        memory.add1.read::<[[[f32; 4]; 4]; 8]>(n),
                        dl::Grad {
                            to: dl::field_mut!(d_net.conv2),
                            write,
                        },
                        if trained <= dl::offset_of!(Self, conv2) {
                            dl::Some(
                                dl::Grad::add(
                                    memory.d_max_pool1.write::<[[[f32; 4]; 4]; 8]>(n),
                                ),
                            )
                        } else {
                            dl::None
                        },
                    );
            }
            if trained <= dl::offset_of!(Self, conv2) {
                MAX_POOL1_OP
                    .backward(
                        context,
                        memory.relu1.read::<[[[f32; 8]; 8]; 8]>(n),
                        memory.d_max_pool1.read::<[[[f32; 4]; 4]; 8]>(n),
                        dl::Grad::set(memory.max_pool1.write::<[[[f32; 8]; 8]; 8]>(n)),
                    );
                dl::ops::Activation::Relu
                    .backward_in_place(
                        context,
                        memory.relu1.read::<[[[f32; 8]; 8]; 8]>(n),
                        memory.max_pool1.write::<[[[f32; 8]; 8]; 8]>(n),
                    );
                BATCH_NORM1_OP
                    .backward(
                        context,
                        dl::field!(net.batch_norm1),
                        memory.conv1.read::<[[[f32; 8]; 8]; 8]>(n),
                        memory.saved_relu1.read::<[[f32; 8]; 2]>(1),
                        memory.max_pool1.read::<[[[f32; 8]; 8]; 8]>(n),
                        dl::Grad {
                            to: dl::field_mut!(d_net.batch_norm1),
                            write,
                        },
                        if trained <= dl::offset_of!(Self, batch_norm1) {
                            dl::Some(
                                dl::Grad::set(memory.relu1.write::<[[[f32; 8]; 8]; 8]>(n)),
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
                        memory.relu1.read::<[[[f32; 8]; 8]; 8]>(n),
                        dl::Grad {
                            to: dl::field_mut!(d_net.conv1),
                            write,
                        },
                        d_image.as_mut().map(|d_image| dl::Grad::set(d_image.reborrow())),
                    );
            }
        }
        fn inspect<D: dl::Device>(
            memory: &DigitsTraining<D>,
            batch: dl::Batch<'_, D>,
            see: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
        ) {
            let n = batch.samples;
            see("conv1", memory.conv1.read::<[[[f32; 8]; 8]; 8]>(n).data());
            see("batch_norm1", memory.relu1.read::<[[[f32; 8]; 8]; 8]>(n).data());
            see("max_pool1", memory.max_pool1.read::<[[[f32; 4]; 4]; 8]>(n).data());
            see("conv2", memory.tanh1.read::<[[[f32; 4]; 4]; 8]>(n).data());
            see("flatten1", memory.add1.read::<[f32; 128]>(n).data());
        }
    }
    dl::no_steps!(
        [] D GoesForward : Digits,
        "`Digits` cannot be continued step by step: its input is no sequence of run-time length, such as `[.., 8]`"
    );
    const CONV1_INT8: dl::int8::Conv2dOp = dl::int8::Conv2dOp {
        inputs: 1,
        image: [8, 8],
        outputs: 8,
        size: [8, 8],
        kernel: [3, 3],
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
    };
    const MAX_POOL1_INT8: dl::int8::MaxPoolOp = dl::int8::MaxPoolOp(dl::int8::PoolSizes {
        image: [8, 8],
        size: [4, 4],
        windows: dl::int8::Windows::Sliding {
            kernel: [2, 2],
            stride: [2, 2],
            padding: [0, 0],
        },
    });
    const CONV2_INT8: dl::int8::Conv2dOp = dl::int8::Conv2dOp {
        inputs: 8,
        image: [4, 4],
        outputs: 8,
        size: [4, 4],
        kernel: [3, 3],
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
    };
    const ADD1_INT8: dl::int8::AddOp = dl::int8::AddOp;
    const LOGITS_INT8: dl::int8::DenseOp = dl::int8::DenseOp { outputs: 10 };
    pub struct DigitsI8Memory {
        relu1: [i8; 512],
        max_pool1: [i8; 128],
        add1: [i8; 128],
        columns: [u32; {
            dl::dim::largest(&[CONV1_INT8.columns(), CONV2_INT8.columns()])
        }],
    }
    unsafe impl dl::int8::Included for DigitsI8 {
        const NAME: &'static str = <Self as dl::int8::QuantizedModel>::NAME;
        const TENSORS: dl::Tensors = <Self as dl::int8::QuantizedModel>::TENSORS;
    }
    #[allow(unused_variables)]
    unsafe impl dl::int8::QuantizedModel for DigitsI8 {
        type Input = [[[f32; 8]; 8]; 1];
        type Output = [f32; 10];
        type InputI8 = [[[i8; 8]; 8]; 1];
        type OutputI8 = [i8; 10];
        type Kernels = dl::int8::Native;
        const NAME: &'static str = "DigitsI8";
        type Memory = DigitsI8Memory;
        const TENSORS: dl::Tensors = dl::Tensors(
            &[
                dl::Entry::Model {
                    name: "input",
                    offset: dl::offset_of!(Self, input),
                    tensors: <dl::int8::Quantization as dl::int8::Parameters>::TENSORS,
                },
                dl::Entry::Model {
                    name: "conv1",
                    offset: dl::offset_of!(Self, conv1),
                    tensors: <dl::int8::Conv2d<
                        1,
                        8,
                        3,
                        3,
                    > as dl::int8::Parameters>::TENSORS,
                },
                dl::Entry::Model {
                    name: "conv2",
                    offset: dl::offset_of!(Self, conv2),
                    tensors: <dl::int8::Conv2d<
                        8,
                        8,
                        3,
                        3,
                    > as dl::int8::Parameters>::TENSORS,
                },
                dl::Entry::Model {
                    name: "tanh1",
                    offset: dl::offset_of!(Self, tanh1),
                    tensors: <dl::int8::Lookup as dl::int8::Parameters>::TENSORS,
                },
                dl::Entry::Model {
                    name: "add1",
                    offset: dl::offset_of!(Self, add1),
                    tensors: <dl::int8::Sum as dl::int8::Parameters>::TENSORS,
                },
                dl::Entry::Model {
                    name: "logits",
                    offset: dl::offset_of!(Self, logits),
                    tensors: <dl::int8::Dense<128, 10> as dl::int8::Parameters>::TENSORS,
                },
                dl::Entry::Model {
                    name: "output",
                    offset: dl::offset_of!(Self, output),
                    tensors: <dl::int8::Quantization as dl::int8::Parameters>::TENSORS,
                },
            ],
        );
        fn input(&self) -> dl::int8::Quantization {
            self.input
        }
        fn output(&self) -> dl::int8::Quantization {
            self.output
        }
        fn infer(
            &self,
            kernels: impl dl::int8::Kernels,
            image: &[i8],
            output: &mut [i8],
            memory: &mut DigitsI8Memory,
        ) {
            CONV1_INT8
                .infer(
                    kernels,
                    &self.conv1,
                    image,
                    &mut memory.relu1[..512],
                    &mut memory.columns,
                );
            MAX_POOL1_INT8.infer(kernels, &memory.relu1[..512], &mut memory.max_pool1);
            CONV2_INT8
                .infer(
                    kernels,
                    &self.conv2,
                    &memory.max_pool1,
                    &mut memory.relu1[..128],
                    &mut memory.columns,
                );
            dl::int8::LookupOp
                .infer_in_place(kernels, &self.tanh1, &mut memory.relu1[..128]);
            ADD1_INT8
                .infer(
                    kernels,
                    &self.add1,
                    &memory.max_pool1,
                    &memory.relu1[..128],
                    &mut memory.add1,
                );
            LOGITS_INT8.infer(kernels, &self.logits, &memory.add1, output);
        }
    }
    impl dl::int8::Quantize for Digits {
        type Quantized = DigitsI8;
        const GRAPH: dl::int8::Graph = dl::int8::Graph {
            values: &[
                ("image", 64),
                ("conv1", 512),
                ("batch_norm1", 512),
                ("relu1", 512),
                ("max_pool1", 128),
                ("conv2", 128),
                ("tanh1", 128),
                ("add1", 128),
                ("flatten1", 128),
                ("logits", 10),
            ],
            input: (0, "input"),
            output: (9, "output"),
            nodes: &[
                dl::int8::Node {
                    op: dl::int8::Op::Conv2d(CONV1_INT8),
                    inputs: &[0],
                    output: 3,
                    parameters: dl::Some("conv1"),
                    weights: dl::Some("conv1"),
                    batch_norm: dl::Some(("batch_norm1", 0.00001)),
                    limits: dl::Some([0.0, f32::INFINITY]),
                },
                dl::int8::Node {
                    op: dl::int8::Op::MaxPool(MAX_POOL1_INT8),
                    inputs: &[3],
                    output: 4,
                    parameters: dl::None,
                    weights: dl::None,
                    batch_norm: dl::None,
                    limits: dl::None,
                },
                dl::int8::Node {
                    op: dl::int8::Op::Conv2d(CONV2_INT8),
                    inputs: &[4],
                    output: 5,
                    parameters: dl::Some("conv2"),
                    weights: dl::Some("conv2"),
                    batch_norm: dl::None,
                    limits: dl::None,
                },
                dl::int8::Node {
                    op: dl::int8::Op::Function(dl::ops::Activation::Tanh),
                    inputs: &[5],
                    output: 6,
                    parameters: dl::Some("tanh1"),
                    weights: dl::None,
                    batch_norm: dl::None,
                    limits: dl::None,
                },
                dl::int8::Node {
                    op: dl::int8::Op::Add(ADD1_INT8),
                    inputs: &[4, 6],
                    output: 7,
                    parameters: dl::Some("add1"),
                    weights: dl::None,
                    batch_norm: dl::None,
                    limits: dl::None,
                },
                dl::int8::Node {
                    op: dl::int8::Op::Same,
                    inputs: &[7],
                    output: 8,
                    parameters: dl::None,
                    weights: dl::None,
                    batch_norm: dl::None,
                    limits: dl::None,
                },
                dl::int8::Node {
                    op: dl::int8::Op::Dense(LOGITS_INT8),
                    inputs: &[8],
                    output: 9,
                    parameters: dl::Some("logits"),
                    weights: dl::Some("logits"),
                    batch_norm: dl::None,
                    limits: dl::None,
                },
            ],
        };
    }
};
const _: () = {
    use dl::private::core::{
        self as dl, hygiene::*, variable as image, variable as d_image,
    };
    const CONV1_OP: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [1, 1],
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
    const CONV2_OP: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
        activation: dl::ops::Activation::Tanh,
    };
    const ADD1_OP: dl::ops::arithmetic::Add = dl::ops::arithmetic::Add {
        shapes: dl::ops::arithmetic::Shapes::Equal,
        sign: 1.0,
        activation: dl::ops::Activation::Identity,
    };
    const LOGITS_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    #[allow(unused_variables)]
    impl dl::Predict for Digits {
        #[inline]
        fn predict_with(
            &self,
            image: &Self::Takes,
            output: &mut Self::Makes,
            memory: &mut Self::Memory,
        ) {
            CONV1_OP
                .forward(&self.conv1, image, memory.conv1.write::<[[[f32; 8]; 8]; 8]>());
            BATCH_NORM1_OP
                .infer_in_place(
                    &self.batch_norm1,
                    memory.conv1.write::<[[[f32; 8]; 8]; 8]>(),
                );
            MAX_POOL1_OP
                .forward(
                    memory.conv1.read::<[[[f32; 8]; 8]; 8]>(),
                    memory.max_pool1.write::<[[[f32; 4]; 4]; 8]>(),
                );
            CONV2_OP
                .forward(
                    &self.conv2,
                    memory.max_pool1.read::<[[[f32; 4]; 4]; 8]>(),
                    memory.conv1.write::<[[[f32; 4]; 4]; 8]>(),
                );
            ADD1_OP
                .forward(
                    memory.max_pool1.read::<[[[f32; 4]; 4]; 8]>(),
                    memory.conv1.read::<[[[f32; 4]; 4]; 8]>(),
                    memory.add1.write::<[[[f32; 4]; 4]; 8]>(),
                );
            LOGITS_OP
                .forward(&self.logits, memory.add1.read::<[f32; 128]>(), &mut *output);
        }
    }
};
