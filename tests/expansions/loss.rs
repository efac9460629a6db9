// Autoencoder(image: [6]) -> [6] {
//     let code = image -> dense(2);
//     code -> dense(6)
// }
// loss {
//     mse(output, image) + 0.01 * (code -> square -> mean)
// }

#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    dl::private::language::probes! {
        const _ : () = { let image : dl::private::language::Tensor < f32, 6 > =
        dl::private::language::any(); { use dl_layers::Autoencoder:: *; image; } let _ :
        dl_layers::Autoencoder::dense; dl_layers::Autoencoder::dense { outputs :
        dl::private::language::given({}), .. { dl::private::language::any() } }; { use
        dl_layers::Autoencoder:: *; } let code : dl::private::language::Tensor < f32, 2 >
        = dl::private::language::any(); { use dl_layers::Autoencoder:: *; code; } let _ :
        dl_layers::Autoencoder::dense; dl_layers::Autoencoder::dense { outputs :
        dl::private::language::given({}), .. { dl::private::language::any() } }; { use
        dl_layers::Autoencoder:: *; } { let output : dl::private::language::Tensor =
        dl::private::language::any(); let _ : dl_layers::Autoencoder::mse;
        dl_layers::Autoencoder::mse { .. { output; image; dl::private::language::any() }
        }; { use dl_layers::Autoencoder:: *; code; } let _ :
        dl_layers::Autoencoder::square; let _ : dl_layers::Autoencoder::mean; { use
        dl_layers::Autoencoder:: *; } { use dl_layers::Autoencoder:: *; } } };
        #[allow(non_camel_case_types, non_snake_case)] mod dl_layers { pub mod all { pub
        use dl::private::language::layers:: *; } pub mod Autoencoder { pub use
        super::all:: *; } }
    }
    #[cfg(not(rust_analyzer))]
    const _: () = {};
};
/**

| | layer | output | parameters | multiply-adds |
|---|---|---|---:|---:|
| `image` | | `[6]` | | |
| `dense1` | `dense(2)` | `[2]` | 14 | 12 |
| `dense2` | `dense(6)` | `[6]` | 18 | 12 |
| `mse1` | `mse` | `[]` |  |  |
| `square1` | `square` | `[2]` |  |  |
| `mean1` | `mean` | `[]` |  |  |
| | | | **32** | **24** |
*/
#[repr(C)]
struct Autoencoder {
    ///`dense(2)`
    pub dense1: dl::layers::Dense<6, 2>,
    ///`dense(6)`
    pub dense2: dl::layers::Dense<2, 6>,
}
const _: () = {
    use dl::private::{
        self as dl, hygiene::*, variable as image, variable as d_image,
        variable as term_0, variable as d_term_0, variable as term_1,
        variable as d_term_1,
    };
    unsafe impl dl::Pod for Autoencoder {
        type Element = f32;
    }
    dl::network!(Autoencoder : Clone, Debug);
    pub struct AutoencoderScratch {
        code: dl::Buffer<[f32; 2]>,
    }
    impl dl::Zeroed for AutoencoderScratch {
        const ZERO: Self = AutoencoderScratch {
            code: <dl::Buffer<[f32; 2]> as dl::Zeroed>::ZERO,
        };
    }
    impl dl::Declared for Autoencoder {
        const NAME: &'static str = "Autoencoder";
        const TENSORS: dl::Tensors = dl::Tensors(
            &[
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
                dl::Entry::Tensor {
                    name: "dense2.weight",
                    shape: &[6, 2],
                    offset: dl::offset_of!(Self, dense2.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "dense2.bias",
                    shape: &[6],
                    offset: dl::offset_of!(Self, dense2.bias),
                    role: dl::Role::Bias,
                },
            ],
        );
        type Takes = [f32; 6];
        type Makes = [f32; 6];
        type Memory = AutoencoderScratch;
    }
    const DENSE1_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const DENSE2_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const MEAN1_OP: dl::ops::reduce::Sum = dl::ops::reduce::Sum {
        shapes: dl::ops::reduce::Shapes {
            from: &[2],
            to: &[1],
        },
        scale: 1.0 / 2 as f32,
    };
    pub struct AutoencoderTraining<D: dl::Device> {
        code: dl::Workspace<D>,
        square1: dl::Workspace<D>,
        d_code: dl::Workspace<D>,
    }
    pub struct AutoencoderInference<D: dl::Device> {
        code: dl::Workspace<D>,
    }
    pub struct AutoencoderEvaluation<D: dl::Device> {
        code: dl::Workspace<D>,
    }
    #[allow(unused_mut, unused_variables)]
    impl dl::Passes for Autoencoder {
        type Input = [f32; 6];
        type Output = [f32; 6];
        const INPUTS: &'static [dl::InputInfo] = &[
            dl::InputInfo {
                name: "image",
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
                name: "dense1",
                layer: "dense(2)",
                output: &[2],
                inputs: &[dl::LayerInput::Input(0)],
                parameters: 14,
                multiply_adds: 12,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "dense2",
                layer: "dense(6)",
                output: &[6],
                inputs: &[dl::LayerInput::Layer(0)],
                parameters: 18,
                multiply_adds: 12,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
        ];
        type Inference<D: dl::Device> = AutoencoderInference<D>;
        type Training<D: dl::Device> = AutoencoderTraining<D>;
        type Evaluation<D: dl::Device> = AutoencoderEvaluation<D>;
        const INFERENCE_FLOATS: usize = 2;
        const TRAINING_FLOATS: usize = 2 + 2 + 2;
        fn inference_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> AutoencoderInference<D> {
            AutoencoderInference {
                code: allocator.workspace(2),
            }
        }
        fn training_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> AutoencoderTraining<D> {
            AutoencoderTraining {
                code: allocator.workspace(2),
                square1: allocator.workspace(2),
                d_code: allocator.workspace(2),
            }
        }
        fn evaluation_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> AutoencoderEvaluation<D> {
            AutoencoderEvaluation {
                code: allocator.workspace(2),
            }
        }
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
                input: image,
                memory,
                mut output,
            }: dl::Infer<'_, D, Self>,
        ) {
            let n = batch.samples;
            DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.dense1),
                    image,
                    memory.code.write::<[f32; 2]>(n),
                );
            DENSE2_OP
                .forward(
                    context,
                    dl::field!(net.dense2),
                    memory.code.read::<[f32; 2]>(n),
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
            DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.dense1),
                    image,
                    memory.code.write::<[f32; 2]>(n),
                );
            DENSE2_OP
                .forward(
                    context,
                    dl::field!(net.dense2),
                    memory.code.read::<[f32; 2]>(n),
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
            if !own_loss {
                if let dl::Some(d_image) = d_image.as_mut() {
                    d_image.reborrow().clear(context);
                }
                if trained <= dl::offset_of!(Self, dense2) {
                    memory.d_code.write::<[f32; 2]>(n).clear(context);
                }
            }
            DENSE2_OP
                .backward(
                    context,
                    dl::field!(net.dense2),
                    memory.code.read::<[f32; 2]>(n),
                    d_output.view(),
                    dl::Grad {
                        to: dl::field_mut!(d_net.dense2),
                        write,
                    },
                    if trained <= dl::offset_of!(Self, dense2) {
                        dl::Some(dl::Grad::add(memory.d_code.write::<[f32; 2]>(n)))
                    } else {
                        dl::None
                    },
                );
            if trained <= dl::offset_of!(Self, dense2) {
                DENSE1_OP
                    .backward(
                        context,
                        dl::field!(net.dense1),
                        image,
                        memory.d_code.read::<[f32; 2]>(n),
                        dl::Grad {
                            to: dl::field_mut!(d_net.dense1),
                            write,
                        },
                        d_image.as_mut().map(|d_image| dl::Grad::add(d_image.reborrow())),
                    );
            }
        }
        fn inspect<D: dl::Device>(
            memory: &AutoencoderTraining<D>,
            batch: dl::Batch<'_, D>,
            see: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
        ) {
            let n = batch.samples;
            see("dense1", memory.code.read::<[f32; 2]>(n).data());
        }
    }
    #[allow(unused_mut, unused_variables)]
    impl dl::LossPasses for Autoencoder {
        type Target = [f32; 0];
        const TERMS: &'static [dl::Term] = &[
            dl::Term {
                name: "mse",
                weight: 1.0,
            },
            dl::Term {
                name: "mean",
                weight: 0.01,
            },
        ];
        fn evaluate<D: dl::Device>(
            dl::Evaluate {
                context,
                batch,
                net,
                input: image,
                target,
                memory,
                mut output,
                mut terms,
            }: dl::Evaluate<'_, D, Self, Self::Target>,
        ) {
            let n = batch.samples;
            let mut term_0 = terms.take::<f32>();
            let mut term_1 = terms.take::<f32>();
            DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.dense1),
                    image,
                    memory.code.write::<[f32; 2]>(n),
                );
            DENSE2_OP
                .forward(
                    context,
                    dl::field!(net.dense2),
                    memory.code.read::<[f32; 2]>(n),
                    output.reborrow(),
                );
            dl::ops::loss::Elementwise::Mse
                .forward(context, output.view(), image, term_0.reborrow());
            dl::ops::Activation::Square
                .forward_in_place(context, memory.code.write::<[f32; 2]>(n));
            MEAN1_OP
                .forward(context, memory.code.read::<[f32; 2]>(n), term_1.reborrow());
        }
        fn loss<D: dl::Device>(
            dl::ComputeLoss {
                context,
                batch,
                net,
                input: image,
                target,
                memory,
                output,
                mut terms,
                mut d_terms,
                mut d_output,
                d_input: mut d_image,
            }: dl::ComputeLoss<'_, D, Self, Self::Target>,
        ) {
            let n = batch.samples;
            let mut term_0 = terms.take::<f32>();
            let mut term_1 = terms.take::<f32>();
            let mut d_term_0 = d_terms.take::<f32>();
            let mut d_term_1 = d_terms.take::<f32>();
            dl::ops::loss::Elementwise::Mse
                .forward(context, output, image, term_0.reborrow());
            dl::ops::Activation::Square
                .forward(
                    context,
                    memory.code.read::<[f32; 2]>(n),
                    memory.square1.write::<[f32; 2]>(n),
                );
            MEAN1_OP
                .forward(context, memory.square1.read::<[f32; 2]>(n), term_1.reborrow());
            MEAN1_OP
                .backward(
                    context,
                    d_term_1.view(),
                    dl::Grad::set(memory.square1.write::<[f32; 2]>(n)),
                );
            dl::ops::Activation::Square
                .backward(
                    context,
                    memory.code.read::<[f32; 2]>(n),
                    memory.square1.read::<[f32; 2]>(n),
                    dl::Grad::set(memory.d_code.write::<[f32; 2]>(n)),
                );
            if let dl::Some(d_image) = d_image.as_mut() {
                dl::ops::loss::Elementwise::Mse
                    .backward(
                        context,
                        1,
                        output,
                        image,
                        d_term_0.view(),
                        dl::Grad::set(d_image.reborrow()),
                    );
            }
            dl::ops::loss::Elementwise::Mse
                .backward(
                    context,
                    0,
                    output,
                    image,
                    d_term_0.view(),
                    dl::Grad::set(d_output.reborrow()),
                );
        }
    }
    dl::no_steps!(
        [] D GoesForward : Autoencoder,
        "`Autoencoder` cannot be continued step by step: its input is no sequence of run-time length, such as `[.., 8]`"
    );
};
const _: () = {
    use dl::private::core::{
        self as dl, hygiene::*, variable as image, variable as d_image,
        variable as term_0, variable as d_term_0, variable as term_1,
        variable as d_term_1,
    };
    const DENSE1_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const DENSE2_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    #[allow(unused_variables)]
    impl dl::Predict for Autoencoder {
        #[inline]
        fn predict_with(
            &self,
            image: &Self::Takes,
            output: &mut Self::Makes,
            memory: &mut Self::Memory,
        ) {
            DENSE1_OP.forward(&self.dense1, image, memory.code.write::<[f32; 2]>());
            DENSE2_OP
                .forward(&self.dense2, memory.code.read::<[f32; 2]>(), &mut *output);
        }
    }
};
