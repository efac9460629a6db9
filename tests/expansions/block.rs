// block basic(x: [c, h, w], channels) {
//     let shortcut = if c != channels { x -> conv2d(channels, 1) } else { x };
//     let main = x -> conv2d(channels, 3, padding: 1) -> relu -> conv2d(channels, 3, padding: 1);
//     (main + shortcut) -> relu
// }
//
// Net(image: [3, 4, 4]) -> [8, 4, 4] {
//     image -> basic(8) as first -> basic(8)
// }

#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    dl::private::language::probes! {
        const _ : () = { let c : usize = dl::private::language::any(); let h : usize =
        dl::private::language::any(); let w : usize = dl::private::language::any(); let x
        : dl::private::language::Tensor = dl::private::language::any(); let channels :
        dl::private::language::arguments::Size = dl::private::language::any(); { use
        dl_layers::basic:: *; c; } { use dl_layers::basic:: *; channels; } { use
        dl_layers::basic:: *; x; } let _ : dl_layers::basic::conv2d;
        dl_layers::basic::conv2d { channels : dl::private::language::given({ channels;
        }), kernel : dl::private::language::given({}), .. { dl::private::language::any()
        } }; { use dl_layers::basic:: *; } { use dl_layers::basic:: *; x; } { use
        dl_layers::basic:: *; } { use dl_layers::basic:: *; } let shortcut :
        dl::private::language::Tensor = dl::private::language::any(); { use
        dl_layers::basic:: *; x; } let _ : dl_layers::basic::conv2d;
        dl_layers::basic::conv2d { channels : dl::private::language::given({ channels;
        }), kernel : dl::private::language::given({}), padding :
        dl::private::language::given({ use
        dl::private::language::arguments::words::Padding:: *; }), .. {
        dl::private::language::any() } }; let _ : dl_layers::basic::relu; let _ :
        dl_layers::basic::conv2d; dl_layers::basic::conv2d { channels :
        dl::private::language::given({ channels; }), kernel :
        dl::private::language::given({}), padding : dl::private::language::given({ use
        dl::private::language::arguments::words::Padding:: *; }), .. {
        dl::private::language::any() } }; { use dl_layers::basic:: *; } let main :
        dl::private::language::Tensor = dl::private::language::any(); { use
        dl_layers::basic:: *; main; } { use dl_layers::basic:: *; shortcut; } { use
        dl_layers::basic:: *; } let _ : dl_layers::basic::relu; { use dl_layers::basic::
        *; } }; const _ : () = { let image : dl::private::language::Tensor < f32, 3, 4, 4
        > = dl::private::language::any(); { use dl_layers::Net:: *; image; } let _ :
        dl_layers::Net::basic; dl_layers::Net::basic { .. { dl::private::language::any()
        } }; let _ : dl_layers::Net::basic; dl_layers::Net::basic { .. {
        dl::private::language::any() } }; { use dl_layers::Net:: *; } };
        #[allow(non_camel_case_types, non_snake_case)] mod dl_layers { pub mod all { pub
        use dl::private::language::layers:: *; pub struct basic { pub channels :
        dl::private::language::arguments::Size, } } pub mod basic { pub use super::all::
        *; } pub mod Net { pub use super::all:: *; #[doc =
        r" Uses the layer that `as` named again, with the same weights."] pub struct
        first {} } }
    }
    #[cfg(not(rust_analyzer))]
    const _: () = {};
};
/**

| | layer | output | parameters | multiply-adds |
|---|---|---|---:|---:|
| `image` | | `[3, 4, 4]` | | |
| `first.conv1` | `conv2d(8, 1)` | `[8, 4, 4]` | 32 | 384 |
| `first.conv2` | `conv2d(8, 3, padding: 1)` | `[8, 4, 4]` | 224 | 3,456 |
| `first.relu1` | `relu` | `[8, 4, 4]` |  |  |
| `first.conv3` | `conv2d(8, 3, padding: 1)` | `[8, 4, 4]` | 584 | 9,216 |
| `first.add1` | `first_main + first_conv1` | `[8, 4, 4]` |  |  |
| `first.relu2` | `relu` | `[8, 4, 4]` |  |  |
| `basic1.conv1` | `conv2d(8, 3, padding: 1)` | `[8, 4, 4]` | 584 | 9,216 |
| `basic1.relu1` | `relu` | `[8, 4, 4]` |  |  |
| `basic1.conv2` | `conv2d(8, 3, padding: 1)` | `[8, 4, 4]` | 584 | 9,216 |
| `basic1.add1` | `basic1_main + first_relu2` | `[8, 4, 4]` |  |  |
| `basic1.relu2` | `relu` | `[8, 4, 4]` |  |  |
| | | | **2,008** | **31,488** |
*/
#[repr(C)]
struct Net {
    ///`basic`
    pub first: NetBasic,
    ///`basic`
    pub basic1: NetBasic2,
}
///`basic` of [`Net`].
#[repr(C)]
struct NetBasic {
    ///`conv2d(8, 1)`
    pub conv1: dl::layers::Conv2d<3, 8, 1, 1>,
    ///`conv2d(8, 3, padding: 1)`
    pub conv2: dl::layers::Conv2d<3, 8, 3, 3>,
    ///`conv2d(8, 3, padding: 1)`
    pub conv3: dl::layers::Conv2d<8, 8, 3, 3>,
}
///`basic` of [`Net`].
#[repr(C)]
struct NetBasic2 {
    ///`conv2d(8, 3, padding: 1)`
    pub conv1: dl::layers::Conv2d<8, 8, 3, 3>,
    ///`conv2d(8, 3, padding: 1)`
    pub conv2: dl::layers::Conv2d<8, 8, 3, 3>,
}
const _: () = {
    use dl::private::{self as dl, hygiene::*, variable as image, variable as d_image};
    unsafe impl dl::Pod for NetBasic {
        type Element = f32;
    }
    unsafe impl dl::Pod for NetBasic2 {
        type Element = f32;
    }
    unsafe impl dl::Pod for Net {
        type Element = f32;
    }
    dl::network!(Net : Clone, Debug);
    pub struct NetScratch {
        first_conv1: dl::Buffer<[f32; 128]>,
        first_relu1: dl::Buffer<[f32; 128]>,
        first_main: dl::Buffer<[f32; 128]>,
    }
    impl dl::Zeroed for NetScratch {
        const ZERO: Self = NetScratch {
            first_conv1: <dl::Buffer<[f32; 128]> as dl::Zeroed>::ZERO,
            first_relu1: <dl::Buffer<[f32; 128]> as dl::Zeroed>::ZERO,
            first_main: <dl::Buffer<[f32; 128]> as dl::Zeroed>::ZERO,
        };
    }
    impl dl::Declared for Net {
        const NAME: &'static str = "Net";
        const TENSORS: dl::Tensors = dl::Tensors(
            &[
                dl::Entry::Tensor {
                    name: "first.conv1.weight",
                    shape: &[8, 3, 1, 1],
                    offset: dl::offset_of!(Self, first.conv1.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "first.conv1.bias",
                    shape: &[8],
                    offset: dl::offset_of!(Self, first.conv1.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "first.conv2.weight",
                    shape: &[8, 3, 3, 3],
                    offset: dl::offset_of!(Self, first.conv2.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "first.conv2.bias",
                    shape: &[8],
                    offset: dl::offset_of!(Self, first.conv2.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "first.conv3.weight",
                    shape: &[8, 8, 3, 3],
                    offset: dl::offset_of!(Self, first.conv3.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "first.conv3.bias",
                    shape: &[8],
                    offset: dl::offset_of!(Self, first.conv3.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "basic1.conv1.weight",
                    shape: &[8, 8, 3, 3],
                    offset: dl::offset_of!(Self, basic1.conv1.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "basic1.conv1.bias",
                    shape: &[8],
                    offset: dl::offset_of!(Self, basic1.conv1.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "basic1.conv2.weight",
                    shape: &[8, 8, 3, 3],
                    offset: dl::offset_of!(Self, basic1.conv2.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "basic1.conv2.bias",
                    shape: &[8],
                    offset: dl::offset_of!(Self, basic1.conv2.bias),
                    role: dl::Role::Bias,
                },
            ],
        );
        type Takes = [[[f32; 4]; 4]; 3];
        type Makes = [[[f32; 4]; 4]; 8];
        type Memory = NetScratch;
    }
    const FIRST_CONV1_OP: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [0, 0],
        dilation: [1, 1],
        groups: 1,
        activation: dl::ops::Activation::Identity,
    };
    const FIRST_CONV2_OP: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
        activation: dl::ops::Activation::Relu,
    };
    const FIRST_CONV3_OP: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
        activation: dl::ops::Activation::Identity,
    };
    const FIRST_ADD1_OP: dl::ops::arithmetic::Add = dl::ops::arithmetic::Add {
        shapes: dl::ops::arithmetic::Shapes::Equal,
        sign: 1.0,
        activation: dl::ops::Activation::Relu,
    };
    const BASIC1_CONV1_OP: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
        activation: dl::ops::Activation::Relu,
    };
    const BASIC1_CONV2_OP: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
        activation: dl::ops::Activation::Identity,
    };
    const BASIC1_ADD1_OP: dl::ops::arithmetic::Add = dl::ops::arithmetic::Add {
        shapes: dl::ops::arithmetic::Shapes::Equal,
        sign: 1.0,
        activation: dl::ops::Activation::Relu,
    };
    pub struct NetTraining<D: dl::Device> {
        first_conv1: dl::Workspace<D>,
        first_relu1: dl::Workspace<D>,
        first_main: dl::Workspace<D>,
        first_relu2: dl::Workspace<D>,
    }
    pub struct NetInference<D: dl::Device> {
        first_conv1: dl::Workspace<D>,
        first_relu1: dl::Workspace<D>,
        first_main: dl::Workspace<D>,
    }
    #[allow(unused_mut, unused_variables)]
    impl dl::Passes for Net {
        type Input = [[[f32; 4]; 4]; 3];
        type Output = [[[f32; 4]; 4]; 8];
        const INPUTS: &'static [dl::InputInfo] = &[
            dl::InputInfo {
                name: "image",
                shape: &[3, 4, 4],
            },
        ];
        const OUTPUTS: &'static [dl::OutputInfo] = &[
            dl::OutputInfo {
                name: "output",
                shape: &[8, 4, 4],
            },
        ];
        const LAYERS: &'static [dl::LayerInfo] = &[
            dl::LayerInfo {
                name: "first.conv1",
                layer: "conv2d(8, 1)",
                output: &[8, 4, 4],
                inputs: &[dl::LayerInput::Input(0)],
                parameters: 32,
                multiply_adds: 384,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.conv2",
                layer: "conv2d(8, 3, padding: 1)",
                output: &[8, 4, 4],
                inputs: &[dl::LayerInput::Input(0)],
                parameters: 224,
                multiply_adds: 3456,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.relu1",
                layer: "relu",
                output: &[8, 4, 4],
                inputs: &[dl::LayerInput::Layer(1)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.conv3",
                layer: "conv2d(8, 3, padding: 1)",
                output: &[8, 4, 4],
                inputs: &[dl::LayerInput::Layer(2)],
                parameters: 584,
                multiply_adds: 9216,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.add1",
                layer: "first_main + first_conv1",
                output: &[8, 4, 4],
                inputs: &[dl::LayerInput::Layer(3), dl::LayerInput::Layer(0)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.relu2",
                layer: "relu",
                output: &[8, 4, 4],
                inputs: &[dl::LayerInput::Layer(4)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "basic1.conv1",
                layer: "conv2d(8, 3, padding: 1)",
                output: &[8, 4, 4],
                inputs: &[dl::LayerInput::Layer(5)],
                parameters: 584,
                multiply_adds: 9216,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "basic1.relu1",
                layer: "relu",
                output: &[8, 4, 4],
                inputs: &[dl::LayerInput::Layer(6)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "basic1.conv2",
                layer: "conv2d(8, 3, padding: 1)",
                output: &[8, 4, 4],
                inputs: &[dl::LayerInput::Layer(7)],
                parameters: 584,
                multiply_adds: 9216,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "basic1.add1",
                layer: "basic1_main + first_relu2",
                output: &[8, 4, 4],
                inputs: &[dl::LayerInput::Layer(8), dl::LayerInput::Layer(5)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "basic1.relu2",
                layer: "relu",
                output: &[8, 4, 4],
                inputs: &[dl::LayerInput::Layer(9)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
        ];
        type Inference<D: dl::Device> = NetInference<D>;
        type Training<D: dl::Device> = NetTraining<D>;
        type Evaluation<D: dl::Device> = ();
        const INFERENCE_FLOATS: usize = 128 + 128 + 128;
        const TRAINING_FLOATS: usize = 128 + 128 + 128 + 128;
        fn inference_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> NetInference<D> {
            NetInference {
                first_conv1: allocator.workspace(128),
                first_relu1: allocator.workspace(128),
                first_main: allocator.workspace(128),
            }
        }
        fn training_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> NetTraining<D> {
            NetTraining {
                first_conv1: allocator.workspace(128),
                first_relu1: allocator.workspace(128),
                first_main: allocator.workspace(128),
                first_relu2: allocator.workspace(128),
            }
        }
        fn evaluation_memory<D: dl::Device>(allocator: &mut dl::Allocator<'_, D>) {}
        fn init_weights(&mut self, rng: &mut dl::Rng) {
            dl::InitLayer::init(
                &mut self.first.conv1,
                (dl::Init::PyTorch, dl::Init::PyTorch),
                rng,
            );
            dl::InitLayer::init(
                &mut self.first.conv2,
                (dl::Init::PyTorch, dl::Init::PyTorch),
                rng,
            );
            dl::InitLayer::init(
                &mut self.first.conv3,
                (dl::Init::PyTorch, dl::Init::PyTorch),
                rng,
            );
            dl::InitLayer::init(
                &mut self.basic1.conv1,
                (dl::Init::PyTorch, dl::Init::PyTorch),
                rng,
            );
            dl::InitLayer::init(
                &mut self.basic1.conv2,
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
            FIRST_CONV1_OP
                .forward(
                    context,
                    dl::field!(net.first.conv1),
                    image,
                    memory.first_conv1.write::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                );
            FIRST_CONV2_OP
                .forward(
                    context,
                    dl::field!(net.first.conv2),
                    image,
                    memory.first_relu1.write::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                );
            FIRST_CONV3_OP
                .forward(
                    context,
                    dl::field!(net.first.conv3),
                    memory.first_relu1.read::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                    memory.first_main.write::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                );
            FIRST_ADD1_OP
                .forward(
                    context,
                    memory.first_main.read::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                    memory.first_conv1.read::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                    memory.first_relu1.write::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                );
            BASIC1_CONV1_OP
                .forward(
                    context,
                    dl::field!(net.basic1.conv1),
                    memory.first_relu1.read::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                    memory.first_conv1.write::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                );
            BASIC1_CONV2_OP
                .forward(
                    context,
                    dl::field!(net.basic1.conv2),
                    memory.first_conv1.read::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                    memory.first_main.write::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                );
            BASIC1_ADD1_OP
                .forward(
                    context,
                    memory.first_main.read::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                    memory.first_relu1.read::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                    memory.first_conv1.write::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
                );
            dl::ops::channel_blocks::ChannelBlocksOp
                .forward(
                    context,
                    memory.first_conv1.read::<dl::ChannelBlocks<[[[f32; 4]; 4]; 8]>>(n),
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
            FIRST_CONV1_OP
                .forward(
                    context,
                    dl::field!(net.first.conv1),
                    image,
                    memory.first_conv1.write::<[[[f32; 4]; 4]; 8]>(n),
                );
            FIRST_CONV2_OP
                .forward(
                    context,
                    dl::field!(net.first.conv2),
                    image,
                    memory.first_relu1.write::<[[[f32; 4]; 4]; 8]>(n),
                );
            FIRST_CONV3_OP
                .forward(
                    context,
                    dl::field!(net.first.conv3),
                    memory.first_relu1.read::<[[[f32; 4]; 4]; 8]>(n),
                    memory.first_main.write::<[[[f32; 4]; 4]; 8]>(n),
                );
            FIRST_ADD1_OP
                .forward(
                    context,
                    memory.first_main.read::<[[[f32; 4]; 4]; 8]>(n),
                    memory.first_conv1.read::<[[[f32; 4]; 4]; 8]>(n),
                    memory.first_relu2.write::<[[[f32; 4]; 4]; 8]>(n),
                );
            BASIC1_CONV1_OP
                .forward(
                    context,
                    dl::field!(net.basic1.conv1),
                    memory.first_relu2.read::<[[[f32; 4]; 4]; 8]>(n),
                    memory.first_conv1.write::<[[[f32; 4]; 4]; 8]>(n),
                );
            BASIC1_CONV2_OP
                .forward(
                    context,
                    dl::field!(net.basic1.conv2),
                    memory.first_conv1.read::<[[[f32; 4]; 4]; 8]>(n),
                    memory.first_main.write::<[[[f32; 4]; 4]; 8]>(n),
                );
            BASIC1_ADD1_OP
                .forward(
                    context,
                    memory.first_main.read::<[[[f32; 4]; 4]; 8]>(n),
                    memory.first_relu2.read::<[[[f32; 4]; 4]; 8]>(n),
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
            dl::ops::Activation::Relu
                .backward_in_place(context, output, d_output.reborrow());
            BASIC1_CONV2_OP
                .backward(
                    context,
                    dl::field!(net.basic1.conv2),
                    memory.first_conv1.read::<[[[f32; 4]; 4]; 8]>(n),
                    d_output.view(),
                    dl::Grad {
                        to: dl::field_mut!(d_net.basic1.conv2),
                        write,
                    },
                    if trained <= dl::offset_of!(Self, basic1.conv2) {
                        dl::Some(
                            dl::Grad::set(
                                memory.first_main.write::<[[[f32; 4]; 4]; 8]>(n),
                            ),
                        )
                    } else {
                        dl::None
                    },
                );
            if trained <= dl::offset_of!(Self, basic1.conv2) {
                dl::ops::Activation::Relu
                    .backward_in_place(
                        context,
                        memory.first_conv1.read::<[[[f32; 4]; 4]; 8]>(n),
                        memory.first_main.write::<[[[f32; 4]; 4]; 8]>(n),
                    );
                BASIC1_CONV1_OP
                    .backward(
                        context,
                        dl::field!(net.basic1.conv1),
                        memory.first_relu2.read::<[[[f32; 4]; 4]; 8]>(n),
                        memory.first_main.read::<[[[f32; 4]; 4]; 8]>(n),
                        dl::Grad {
                            to: dl::field_mut!(d_net.basic1.conv1),
                            write,
                        },
                        if trained <= dl::offset_of!(Self, basic1.conv1) {
                            dl::Some(dl::Grad::add(d_output.reborrow()))
                        } else {
                            dl::None
                        },
                    );
            }
            if trained <= dl::offset_of!(Self, basic1.conv1) {
                dl::ops::Activation::Relu
                    .backward_in_place(
                        context,
                        memory.first_relu2.read::<[[[f32; 4]; 4]; 8]>(n),
                        d_output.reborrow(),
                    );
                FIRST_CONV3_OP
                    .backward(
                        context,
                        dl::field!(net.first.conv3),
                        memory.first_relu1.read::<[[[f32; 4]; 4]; 8]>(n),
                        d_output.view(),
                        dl::Grad {
                            to: dl::field_mut!(d_net.first.conv3),
                            write,
                        },
                        if trained <= dl::offset_of!(Self, first.conv3) {
                            dl::Some(
                                dl::Grad::set(
                                    memory.first_conv1.write::<[[[f32; 4]; 4]; 8]>(n),
                                ),
                            )
                        } else {
                            dl::None
                        },
                    );
            }
            if trained <= dl::offset_of!(Self, first.conv3) {
                dl::ops::Activation::Relu
                    .backward_in_place(
                        context,
                        memory.first_relu1.read::<[[[f32; 4]; 4]; 8]>(n),
                        memory.first_conv1.write::<[[[f32; 4]; 4]; 8]>(n),
                    );
                FIRST_CONV2_OP
                    .backward(
                        context,
                        dl::field!(net.first.conv2),
                        image,
                        memory.first_conv1.read::<[[[f32; 4]; 4]; 8]>(n),
                        dl::Grad {
                            to: dl::field_mut!(d_net.first.conv2),
                            write,
                        },
                        d_image.as_mut().map(|d_image| dl::Grad::set(d_image.reborrow())),
                    );
            }
            if trained <= dl::offset_of!(Self, first.conv2) {
                FIRST_CONV1_OP
                    .backward(
                        context,
                        dl::field!(net.first.conv1),
                        image,
                        d_output.view(),
                        dl::Grad {
                            to: dl::field_mut!(d_net.first.conv1),
                            write,
                        },
                        d_image.as_mut().map(|d_image| dl::Grad::add(d_image.reborrow())),
                    );
            }
        }
        fn inspect<D: dl::Device>(
            memory: &NetTraining<D>,
            batch: dl::Batch<'_, D>,
            see: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
        ) {
            let n = batch.samples;
            see("first.conv2", memory.first_relu1.read::<[[[f32; 4]; 4]; 8]>(n).data());
            see("first.add1", memory.first_relu2.read::<[[[f32; 4]; 4]; 8]>(n).data());
            see("basic1.conv1", memory.first_conv1.read::<[[[f32; 4]; 4]; 8]>(n).data());
        }
    }
    dl::no_steps!(
        [] D GoesForward : Net,
        "`Net` cannot be continued step by step: its input is no sequence of run-time length, such as `[.., 8]`"
    );
};
const _: () = {
    use dl::private::core::{
        self as dl, hygiene::*, variable as image, variable as d_image,
    };
    const FIRST_CONV1_OP: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [0, 0],
        dilation: [1, 1],
        groups: 1,
        activation: dl::ops::Activation::Identity,
    };
    const FIRST_CONV2_OP: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
        activation: dl::ops::Activation::Relu,
    };
    const FIRST_CONV3_OP: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
        activation: dl::ops::Activation::Identity,
    };
    const FIRST_ADD1_OP: dl::ops::arithmetic::Add = dl::ops::arithmetic::Add {
        shapes: dl::ops::arithmetic::Shapes::Equal,
        sign: 1.0,
        activation: dl::ops::Activation::Relu,
    };
    const BASIC1_CONV1_OP: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
        activation: dl::ops::Activation::Relu,
    };
    const BASIC1_CONV2_OP: dl::ops::conv2d::Conv2dOp = dl::ops::conv2d::Conv2dOp {
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
        activation: dl::ops::Activation::Identity,
    };
    const BASIC1_ADD1_OP: dl::ops::arithmetic::Add = dl::ops::arithmetic::Add {
        shapes: dl::ops::arithmetic::Shapes::Equal,
        sign: 1.0,
        activation: dl::ops::Activation::Relu,
    };
    #[allow(unused_variables)]
    impl dl::Predict for Net {
        #[inline]
        fn predict_with(
            &self,
            image: &Self::Takes,
            output: &mut Self::Makes,
            memory: &mut Self::Memory,
        ) {
            FIRST_CONV1_OP
                .forward(
                    &self.first.conv1,
                    image,
                    memory.first_conv1.write::<[[[f32; 4]; 4]; 8]>(),
                );
            FIRST_CONV2_OP
                .forward(
                    &self.first.conv2,
                    image,
                    memory.first_relu1.write::<[[[f32; 4]; 4]; 8]>(),
                );
            FIRST_CONV3_OP
                .forward(
                    &self.first.conv3,
                    memory.first_relu1.read::<[[[f32; 4]; 4]; 8]>(),
                    memory.first_main.write::<[[[f32; 4]; 4]; 8]>(),
                );
            FIRST_ADD1_OP
                .forward(
                    memory.first_main.read::<[[[f32; 4]; 4]; 8]>(),
                    memory.first_conv1.read::<[[[f32; 4]; 4]; 8]>(),
                    memory.first_relu1.write::<[[[f32; 4]; 4]; 8]>(),
                );
            BASIC1_CONV1_OP
                .forward(
                    &self.basic1.conv1,
                    memory.first_relu1.read::<[[[f32; 4]; 4]; 8]>(),
                    memory.first_conv1.write::<[[[f32; 4]; 4]; 8]>(),
                );
            BASIC1_CONV2_OP
                .forward(
                    &self.basic1.conv2,
                    memory.first_conv1.read::<[[[f32; 4]; 4]; 8]>(),
                    memory.first_main.write::<[[[f32; 4]; 4]; 8]>(),
                );
            BASIC1_ADD1_OP
                .forward(
                    memory.first_main.read::<[[[f32; 4]; 4]; 8]>(),
                    memory.first_relu1.read::<[[[f32; 4]; 4]; 8]>(),
                    &mut *output,
                );
        }
    }
};
