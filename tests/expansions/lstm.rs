// Reader(steps: [12, 4]) -> [3] {
//     steps -> lstm(8) -> last -> dense(3)
// }

#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    dl::private::language::probes! {
        const _ : () = { let steps : dl::private::language::Tensor < f32, 12, 4 > =
        dl::private::language::any(); { use dl_layers::Reader:: *; steps; } let _ :
        dl_layers::Reader::lstm; dl_layers::Reader::lstm { hidden :
        dl::private::language::given({}), .. { dl::private::language::any() } }; let _ :
        dl_layers::Reader::last; let _ : dl_layers::Reader::dense;
        dl_layers::Reader::dense { outputs : dl::private::language::given({}), .. {
        dl::private::language::any() } }; { use dl_layers::Reader:: *; } };
        #[allow(non_camel_case_types, non_snake_case)] mod dl_layers { pub mod all { pub
        use dl::private::language::layers:: *; } pub mod Reader { pub use super::all:: *;
        } }
    }
    #[cfg(not(rust_analyzer))]
    const _: () = {};
};
/**

| | layer | output | parameters | multiply-adds |
|---|---|---|---:|---:|
| `steps` | | `[12, 4]` | | |
| `lstm1` | `lstm(8)` | `[12, 8]` | 448 | 4,608 |
| `last1` | `last` | `[8]` |  |  |
| `dense1` | `dense(3)` | `[3]` | 27 | 24 |
| | | | **475** | **4,632** |
*/
#[repr(C)]
struct Reader {
    ///`lstm(8)`
    pub lstm1: dl::layers::Lstm<4, 8, 32>,
    ///`dense(3)`
    pub dense1: dl::layers::Dense<8, 3>,
}
const _: () = {
    use dl::private::{self as dl, hygiene::*, variable as steps, variable as d_steps};
    unsafe impl dl::Pod for Reader {
        type Element = f32;
    }
    dl::network!(Reader : Clone, Debug);
    pub struct ReaderScratch {
        lstm1: dl::Buffer<[f32; 96]>,
        last1: dl::Buffer<[f32; 8]>,
    }
    impl dl::Zeroed for ReaderScratch {
        const ZERO: Self = ReaderScratch {
            lstm1: <dl::Buffer<[f32; 96]> as dl::Zeroed>::ZERO,
            last1: <dl::Buffer<[f32; 8]> as dl::Zeroed>::ZERO,
        };
    }
    impl dl::Declared for Reader {
        const NAME: &'static str = "Reader";
        const TENSORS: dl::Tensors = dl::Tensors(
            &[
                dl::Entry::Tensor {
                    name: "lstm1.weight_ih_l0",
                    shape: &[32, 4],
                    offset: dl::offset_of!(Self, lstm1),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "lstm1.weight_hh_l0",
                    shape: &[32, 8],
                    offset: dl::offset_of!(Self, lstm1) + 512,
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "lstm1.bias_ih_l0",
                    shape: &[32],
                    offset: dl::offset_of!(Self, lstm1) + 1536,
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "lstm1.bias_hh_l0",
                    shape: &[32],
                    offset: dl::offset_of!(Self, lstm1) + 1664,
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "dense1.weight",
                    shape: &[3, 8],
                    offset: dl::offset_of!(Self, dense1.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "dense1.bias",
                    shape: &[3],
                    offset: dl::offset_of!(Self, dense1.bias),
                    role: dl::Role::Bias,
                },
            ],
        );
        type Takes = [[f32; 4]; 12];
        type Makes = [f32; 3];
        type Memory = ReaderScratch;
    }
    const LSTM1_OP: dl::ops::recurrent::RecurrentOp = dl::ops::recurrent::RecurrentOp {
        cell: dl::ops::recurrent::Cell::Lstm,
        dropout: 0.0,
        id: 0,
    };
    const DENSE1_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    pub struct ReaderTraining<D: dl::Device> {
        lstm1: dl::Workspace<D>,
        last1: dl::Workspace<D>,
        d_last1: dl::Workspace<D>,
        saved_lstm1: dl::Workspace<D>,
    }
    pub struct ReaderInference<D: dl::Device> {
        lstm1: dl::Workspace<D>,
        last1: dl::Workspace<D>,
    }
    #[allow(unused_mut, unused_variables)]
    impl dl::Passes for Reader {
        type Input = [[f32; 4]; 12];
        type Output = [f32; 3];
        const INPUTS: &'static [dl::InputInfo] = &[
            dl::InputInfo {
                name: "steps",
                shape: &[12, 4],
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
                name: "lstm1",
                layer: "lstm(8)",
                output: &[12, 8],
                inputs: &[dl::LayerInput::Input(0)],
                parameters: 448,
                multiply_adds: 4608,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "last1",
                layer: "last",
                output: &[8],
                inputs: &[dl::LayerInput::Layer(0)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "dense1",
                layer: "dense(3)",
                output: &[3],
                inputs: &[dl::LayerInput::Layer(1)],
                parameters: 27,
                multiply_adds: 24,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
        ];
        const CARRIED: usize = 16;
        type Inference<D: dl::Device> = ReaderInference<D>;
        type Training<D: dl::Device> = ReaderTraining<D>;
        type Evaluation<D: dl::Device> = ();
        const INFERENCE_FLOATS: usize = 96 + 8;
        const TRAINING_FLOATS: usize = 96 + 96 + 8 + <[[f32; 40]; 12] as dl::Pod>::LEN;
        fn inference_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> ReaderInference<D> {
            ReaderInference {
                lstm1: allocator.workspace(96),
                last1: allocator.workspace(8),
            }
        }
        fn training_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> ReaderTraining<D> {
            ReaderTraining {
                lstm1: allocator.workspace(96),
                last1: allocator.workspace(96),
                d_last1: allocator.workspace(8),
                saved_lstm1: allocator.workspace(<[[f32; 40]; 12] as dl::Pod>::LEN),
            }
        }
        fn evaluation_memory<D: dl::Device>(allocator: &mut dl::Allocator<'_, D>) {}
        fn init_weights(&mut self, rng: &mut dl::Rng) {
            dl::InitLayer::init(&mut self.lstm1, (), rng);
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
                input: steps,
                memory,
                mut output,
            }: dl::Infer<'_, D, Self>,
        ) {
            let n = batch.samples;
            LSTM1_OP
                .infer(
                    context,
                    dl::Sequences::equal(n, 12),
                    dl::field!(net.lstm1),
                    steps,
                    memory.lstm1.write::<[[f32; 8]; 12]>(n),
                );
            dl::ops::over_time::OverTime::Last
                .forward(
                    context,
                    dl::Sequences::equal(n, 12),
                    memory.lstm1.read::<[[f32; 8]; 12]>(n),
                    memory.last1.write::<[f32; 8]>(n),
                );
            DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.dense1),
                    memory.last1.read::<[f32; 8]>(n),
                    output.reborrow(),
                );
        }
        fn forward<D: dl::Device>(
            dl::Forward {
                context,
                batch,
                mut net,
                input: steps,
                memory,
                mut arena,
                mut carried,
                mut output,
            }: dl::Forward<'_, D, Self>,
        ) {
            let n = batch.samples;
            LSTM1_OP
                .forward(
                    context,
                    dl::Sequences::equal(n, 12),
                    carried.as_mut().map(|carried| carried.at(0)),
                    dl::field!(net.lstm1),
                    steps,
                    memory.lstm1.write::<[[f32; 8]; 12]>(n),
                    memory.saved_lstm1.write::<[[f32; 40]; 12]>(n),
                );
            dl::ops::over_time::OverTime::Last
                .forward(
                    context,
                    dl::Sequences::equal(n, 12),
                    memory.lstm1.read::<[[f32; 8]; 12]>(n),
                    memory.last1.write::<[f32; 8]>(n),
                );
            DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.dense1),
                    memory.last1.read::<[f32; 8]>(n),
                    output.reborrow(),
                );
        }
        fn backward<D: dl::Device>(
            dl::Backward {
                context,
                batch,
                net,
                input: steps,
                memory,
                mut arena,
                carried,
                output,
                mut d_output,
                d_net,
                d_input: mut d_steps,
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
                    memory.last1.read::<[f32; 8]>(n),
                    d_output.view(),
                    dl::Grad {
                        to: dl::field_mut!(d_net.dense1),
                        write,
                    },
                    if trained <= dl::offset_of!(Self, dense1) {
                        dl::Some(dl::Grad::set(memory.d_last1.write::<[f32; 8]>(n)))
                    } else {
                        dl::None
                    },
                );
            if trained <= dl::offset_of!(Self, dense1) {
                dl::ops::over_time::OverTime::Last
                    .backward(
                        context,
                        dl::Sequences::equal(n, 12),
                        memory.d_last1.read::<[f32; 8]>(n),
                        dl::Grad::set(memory.last1.write::<[[f32; 8]; 12]>(n)),
                    );
                LSTM1_OP
                    .backward(
                        context,
                        dl::Sequences::equal(n, 12),
                        carried.as_ref().map(|carried| carried.at(0)),
                        dl::field!(net.lstm1),
                        steps,
                        memory.lstm1.read::<[[f32; 8]; 12]>(n),
                        memory.saved_lstm1.read::<[[f32; 40]; 12]>(n),
                        memory.last1.read::<[[f32; 8]; 12]>(n),
                        dl::Grad {
                            to: dl::field_mut!(d_net.lstm1),
                            write,
                        },
                        d_steps.as_mut().map(|d_steps| dl::Grad::set(d_steps.reborrow())),
                    );
            }
        }
        fn inspect<D: dl::Device>(
            memory: &ReaderTraining<D>,
            batch: dl::Batch<'_, D>,
            see: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
        ) {
            let n = batch.samples;
            see("lstm1", memory.lstm1.read::<[[f32; 8]; 12]>(n).data());
            see("last1", memory.last1.read::<[f32; 8]>(n).data());
        }
    }
    dl::no_steps!(
        [] D GoesForward : Reader,
        "`Reader` cannot be continued step by step: its input is no sequence of run-time length, such as `[.., 8]`"
    );
    impl dl::Carries for Reader {}
};
const _: () = {
    use dl::private::core::{
        self as dl, hygiene::*, variable as steps, variable as d_steps,
    };
    const LSTM1_OP: dl::ops::recurrent::RecurrentOp = dl::ops::recurrent::RecurrentOp {
        cell: dl::ops::recurrent::Cell::Lstm,
        dropout: 0.0,
        id: 0,
    };
    const DENSE1_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    #[allow(unused_variables)]
    impl dl::Predict for Reader {
        #[inline]
        fn predict_with(
            &self,
            steps: &Self::Takes,
            output: &mut Self::Makes,
            memory: &mut Self::Memory,
        ) {
            LSTM1_OP.infer(&self.lstm1, steps, memory.lstm1.write::<[[f32; 8]; 12]>());
            dl::ops::over_time::OverTime::Last
                .forward(
                    memory.lstm1.read::<[[f32; 8]; 12]>(),
                    memory.last1.write::<[f32; 8]>(),
                );
            DENSE1_OP
                .forward(&self.dense1, memory.last1.read::<[f32; 8]>(), &mut *output);
        }
    }
};
