// block layer(x) {
//     x -> residual { layer_norm -> attention(4, causal: true, dropout: 0.1) -> dropout(0.1) }
//         -> residual { layer_norm -> dense(64) -> gelu -> dense(16) -> dropout(0.1) }
// }
//
// Gpt(tokens: u32[..=8]) -> [.., 50] {
//     tokens -> embedding(50, 16) as wte -> learned_positions -> layer as first -> layer_norm -> unembedding(wte)
// }

#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    dl::private::language::probes! {
        const _ : () = { let x : dl::private::language::Tensor =
        dl::private::language::any(); { use dl_layers::layer:: *; x; } let _ :
        dl_layers::layer::residual; let _ : dl_layers::layer::layer_norm; let _ :
        dl_layers::layer::attention; dl_layers::layer::attention { heads :
        dl::private::language::given({}), causal : dl::private::language::given({}),
        dropout : dl::private::language::given({}), .. { dl::private::language::any() }
        }; let _ : dl_layers::layer::dropout; dl_layers::layer::dropout { rate :
        dl::private::language::given({}), .. { dl::private::language::any() } }; { use
        dl_layers::layer:: *; } let _ : dl_layers::layer::residual; let _ :
        dl_layers::layer::layer_norm; let _ : dl_layers::layer::dense;
        dl_layers::layer::dense { outputs : dl::private::language::given({}), .. {
        dl::private::language::any() } }; let _ : dl_layers::layer::gelu; let _ :
        dl_layers::layer::dense; dl_layers::layer::dense { outputs :
        dl::private::language::given({}), .. { dl::private::language::any() } }; let _ :
        dl_layers::layer::dropout; dl_layers::layer::dropout { rate :
        dl::private::language::given({}), .. { dl::private::language::any() } }; { use
        dl_layers::layer:: *; } { use dl_layers::layer:: *; } }; const _ : () = { let
        tokens : dl::private::language::Tensor < u32 > = dl::private::language::any(); {
        use dl_layers::Gpt:: *; tokens; } let _ : dl_layers::Gpt::embedding;
        dl_layers::Gpt::embedding { vocabulary : dl::private::language::given({}),
        features : dl::private::language::given({}), .. { dl::private::language::any() }
        }; let _ : dl_layers::Gpt::learned_positions; let _ : dl_layers::Gpt::layer; let
        _ : dl_layers::Gpt::layer_norm; let _ : dl_layers::Gpt::unembedding;
        dl_layers::Gpt::unembedding { embedding : dl::private::language::given({ let _ :
        dl_layers::Gpt::wte; }), .. { dl::private::language::any() } }; { use
        dl_layers::Gpt:: *; } }; #[allow(non_camel_case_types, non_snake_case)] mod
        dl_layers { pub mod all { pub use dl::private::language::layers:: *; pub struct
        layer {} } pub mod layer { pub use super::all:: *; } pub mod Gpt { pub use
        super::all:: *; #[doc =
        r" Uses the layer that `as` named again, with the same weights."] pub struct wte
        {} #[doc = r" Uses the layer that `as` named again, with the same weights."] pub
        struct first {} } }
    }
    #[cfg(not(rust_analyzer))]
    const _: () = {};
};
/**

| | layer | output | parameters | multiply-adds |
|---|---|---|---:|---:|
| `tokens` | | `u32[..]` | | |
| `wte` | `embedding(50, 16)` | `[.., 16]` | 800 |  |
| `learned_positions1` | `learned_positions` | `[.., 16]` | 128 |  |
| `first.layer_norm1` | `layer_norm` | `[.., 16]` | 32 |  |
| `first.attention1.qkv` | `queries, keys and values` | `[.., 48]` | 816 | 768 |
| `first.attention1.context` | `attention(4, causal: true, dropout: 0.1)` | `[.., 16]` |  | 32 |
| `first.attention1.out` | `output` | `[.., 16]` | 272 | 256 |
| `first.dropout1` | `dropout(0.1)` | `[.., 16]` |  |  |
| `first.add1` | `residual { … }` | `[.., 16]` |  |  |
| `first.layer_norm2` | `layer_norm` | `[.., 16]` | 32 |  |
| `first.dense1` | `dense(64)` | `[.., 64]` | 1,088 | 1,024 |
| `first.gelu1` | `gelu` | `[.., 64]` |  |  |
| `first.dense2` | `dense(16)` | `[.., 16]` | 1,040 | 1,024 |
| `first.dropout2` | `dropout(0.1)` | `[.., 16]` |  |  |
| `first.add2` | `residual { … }` | `[.., 16]` |  |  |
| `layer_norm1` | `layer_norm` | `[.., 16]` | 32 |  |
| `wte` | `unembedding(wte)` | `[.., 50]` | 0 | 800 |
| | | | **4,240** | **3,904** |
*/
#[repr(C)]
struct Gpt {
    ///`embedding(50, 16)`
    pub wte: dl::layers::Embedding<50, 16>,
    ///`learned_positions`
    pub learned_positions1: dl::layers::LearnedPositions<8, 16>,
    ///`layer`
    pub first: GptLayer,
    ///`layer_norm`
    pub layer_norm1: dl::layers::LayerNorm<16>,
}
///`attention` of [`Gpt`].
#[repr(C)]
struct GptAttention {
    ///`queries, keys and values`
    pub qkv: dl::layers::Projections<16, 16, 16>,
    ///`output`
    pub out: dl::layers::Dense<16, 16>,
}
///`layer` of [`Gpt`].
#[repr(C)]
struct GptLayer {
    ///`layer_norm`
    pub layer_norm1: dl::layers::LayerNorm<16>,
    ///`attention`
    pub attention1: GptAttention,
    ///`layer_norm`
    pub layer_norm2: dl::layers::LayerNorm<16>,
    ///`dense(64)`
    pub dense1: dl::layers::Dense<16, 64>,
    ///`dense(16)`
    pub dense2: dl::layers::Dense<64, 16>,
}
const _: () = {
    use dl::private::{self as dl, hygiene::*, variable as tokens, variable as d_tokens};
    unsafe impl dl::Pod for GptAttention {
        type Element = f32;
    }
    unsafe impl dl::Pod for GptLayer {
        type Element = f32;
    }
    unsafe impl dl::Pod for Gpt {
        type Element = f32;
    }
    dl::network!(Gpt : Clone, Debug);
    pub struct GptScratch {
        wte: dl::Buffer<[f32; 16]>,
        learned_positions1: dl::Buffer<[f32; 16]>,
        first_attention1_qkv: dl::Buffer<[f32; 64]>,
    }
    impl dl::Zeroed for GptScratch {
        const ZERO: Self = GptScratch {
            wte: <dl::Buffer<[f32; 16]> as dl::Zeroed>::ZERO,
            learned_positions1: <dl::Buffer<[f32; 16]> as dl::Zeroed>::ZERO,
            first_attention1_qkv: <dl::Buffer<[f32; 64]> as dl::Zeroed>::ZERO,
        };
    }
    impl dl::Declared for Gpt {
        const NAME: &'static str = "Gpt";
        const TENSORS: dl::Tensors = dl::Tensors(
            &[
                dl::Entry::Tensor {
                    name: "wte.weight",
                    shape: &[50, 16],
                    offset: dl::offset_of!(Self, wte.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "learned_positions1.weight",
                    shape: &[8, 16],
                    offset: dl::offset_of!(Self, learned_positions1.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "first.layer_norm1.weight",
                    shape: &[16],
                    offset: dl::offset_of!(Self, first.layer_norm1.weight),
                    role: dl::Role::Scale,
                },
                dl::Entry::Tensor {
                    name: "first.layer_norm1.bias",
                    shape: &[16],
                    offset: dl::offset_of!(Self, first.layer_norm1.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "first.attention1.q.weight",
                    shape: &[16, 16],
                    offset: dl::offset_of!(Self, first.attention1.qkv.q_weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "first.attention1.k.weight",
                    shape: &[16, 16],
                    offset: dl::offset_of!(Self, first.attention1.qkv.k_weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "first.attention1.v.weight",
                    shape: &[16, 16],
                    offset: dl::offset_of!(Self, first.attention1.qkv.v_weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "first.attention1.q.bias",
                    shape: &[16],
                    offset: dl::offset_of!(Self, first.attention1.qkv.q_bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "first.attention1.k.bias",
                    shape: &[16],
                    offset: dl::offset_of!(Self, first.attention1.qkv.k_bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "first.attention1.v.bias",
                    shape: &[16],
                    offset: dl::offset_of!(Self, first.attention1.qkv.v_bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "first.attention1.out.weight",
                    shape: &[16, 16],
                    offset: dl::offset_of!(Self, first.attention1.out.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "first.attention1.out.bias",
                    shape: &[16],
                    offset: dl::offset_of!(Self, first.attention1.out.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "first.layer_norm2.weight",
                    shape: &[16],
                    offset: dl::offset_of!(Self, first.layer_norm2.weight),
                    role: dl::Role::Scale,
                },
                dl::Entry::Tensor {
                    name: "first.layer_norm2.bias",
                    shape: &[16],
                    offset: dl::offset_of!(Self, first.layer_norm2.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "first.dense1.weight",
                    shape: &[64, 16],
                    offset: dl::offset_of!(Self, first.dense1.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "first.dense1.bias",
                    shape: &[64],
                    offset: dl::offset_of!(Self, first.dense1.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "first.dense2.weight",
                    shape: &[16, 64],
                    offset: dl::offset_of!(Self, first.dense2.weight),
                    role: dl::Role::Weight,
                },
                dl::Entry::Tensor {
                    name: "first.dense2.bias",
                    shape: &[16],
                    offset: dl::offset_of!(Self, first.dense2.bias),
                    role: dl::Role::Bias,
                },
                dl::Entry::Tensor {
                    name: "layer_norm1.weight",
                    shape: &[16],
                    offset: dl::offset_of!(Self, layer_norm1.weight),
                    role: dl::Role::Scale,
                },
                dl::Entry::Tensor {
                    name: "layer_norm1.bias",
                    shape: &[16],
                    offset: dl::offset_of!(Self, layer_norm1.bias),
                    role: dl::Role::Bias,
                },
            ],
        );
        type Takes = u32;
        type Makes = [f32; 50];
        type Memory = GptScratch;
    }
    const WTE_OP: dl::ops::embedding::EmbeddingOp = dl::ops::embedding::EmbeddingOp {};
    const LEARNED_POSITIONS1_OP: dl::ops::positions::LearnedPositionsOp = dl::ops::positions::LearnedPositionsOp {};
    const FIRST_LAYER_NORM1_OP: dl::ops::layer_norm::LayerNormOp = dl::ops::layer_norm::LayerNormOp {
        epsilon: 0.00001,
    };
    const FIRST_ATTENTION1_QKV_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const FIRST_ATTENTION1_CONTEXT_OP: dl::ops::attention::AttentionOp = dl::ops::attention::AttentionOp {
        heads: 4,
        kv_heads: 4,
        head_dim: 4,
        causal: true,
        window: 0,
        alibi: false,
        dropout: 0.1,
        id: 0,
    };
    const FIRST_ATTENTION1_OUT_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const FIRST_DROPOUT1_OP: dl::ops::dropout::DropoutOp = dl::ops::dropout::DropoutOp {
        rate: 0.1,
        id: 0,
    };
    const FIRST_ADD1_OP: dl::ops::arithmetic::Add = dl::ops::arithmetic::Add {
        shapes: dl::ops::arithmetic::Shapes::Equal,
        sign: 1.0,
        activation: dl::ops::Activation::Identity,
    };
    const FIRST_LAYER_NORM2_OP: dl::ops::layer_norm::LayerNormOp = dl::ops::layer_norm::LayerNormOp {
        epsilon: 0.00001,
    };
    const FIRST_DENSE1_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const FIRST_DENSE2_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const FIRST_DROPOUT2_OP: dl::ops::dropout::DropoutOp = dl::ops::dropout::DropoutOp {
        rate: 0.1,
        id: 1,
    };
    const FIRST_ADD2_OP: dl::ops::arithmetic::Add = dl::ops::arithmetic::Add {
        shapes: dl::ops::arithmetic::Shapes::Equal,
        sign: 1.0,
        activation: dl::ops::Activation::Identity,
    };
    const LAYER_NORM1_OP: dl::ops::layer_norm::LayerNormOp = dl::ops::layer_norm::LayerNormOp {
        epsilon: 0.00001,
    };
    const WTE_2_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const FIRST_DENSE1_OP_INFER: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Gelu,
    };
    pub struct GptTraining<D: dl::Device> {
        wte: dl::Workspace<D>,
        learned_positions1: dl::Workspace<D>,
        first_attention1_qkv: dl::Workspace<D>,
        first_attention1_context: dl::Workspace<D>,
        first_attention1_out: dl::Workspace<D>,
        first_add1: dl::Workspace<D>,
        first_dense1: dl::Workspace<D>,
        first_gelu1: dl::Workspace<D>,
        first_dense2: dl::Workspace<D>,
        first_add2: dl::Workspace<D>,
        d_layer_norm1: dl::Workspace<D>,
        saved_first_attention1_context: dl::Workspace<D>,
    }
    pub struct GptInference<D: dl::Device> {
        wte: dl::Workspace<D>,
        learned_positions1: dl::Workspace<D>,
        first_attention1_qkv: dl::Workspace<D>,
    }
    pub struct GptState<D: dl::Device> {
        saved_first_attention1_context: dl::Workspace<D>,
    }
    #[allow(unused_mut, unused_variables)]
    impl dl::Passes for Gpt {
        type Input = dl::Vec<u32>;
        type Output = dl::Vec<[f32; 50]>;
        const OUTPUT_SEQUENCES: &'static [usize] = &[0];
        const MOST_ROWS: dl::Option<usize> = dl::Some(8);
        const INPUTS: &'static [dl::InputInfo] = &[
            dl::InputInfo {
                name: "tokens",
                shape: &[dl::RUN_TIME],
            },
        ];
        const OUTPUTS: &'static [dl::OutputInfo] = &[
            dl::OutputInfo {
                name: "output",
                shape: &[dl::RUN_TIME, 50],
            },
        ];
        const LAYERS: &'static [dl::LayerInfo] = &[
            dl::LayerInfo {
                name: "wte",
                layer: "embedding(50, 16)",
                output: &[dl::RUN_TIME, 16],
                inputs: &[dl::LayerInput::Input(0)],
                parameters: 800,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "learned_positions1",
                layer: "learned_positions",
                output: &[dl::RUN_TIME, 16],
                inputs: &[dl::LayerInput::Layer(0)],
                parameters: 128,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.layer_norm1",
                layer: "layer_norm",
                output: &[dl::RUN_TIME, 16],
                inputs: &[dl::LayerInput::Layer(1)],
                parameters: 32,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.attention1.qkv",
                layer: "queries, keys and values",
                output: &[dl::RUN_TIME, 48],
                inputs: &[dl::LayerInput::Layer(2)],
                parameters: 816,
                multiply_adds: 768,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.attention1.context",
                layer: "attention(4, causal: true, dropout: 0.1)",
                output: &[dl::RUN_TIME, 16],
                inputs: &[dl::LayerInput::Layer(3)],
                parameters: 0,
                multiply_adds: 32,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.attention1.out",
                layer: "output",
                output: &[dl::RUN_TIME, 16],
                inputs: &[dl::LayerInput::Layer(4)],
                parameters: 272,
                multiply_adds: 256,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.dropout1",
                layer: "dropout(0.1)",
                output: &[dl::RUN_TIME, 16],
                inputs: &[dl::LayerInput::Layer(5)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.add1",
                layer: "residual { … }",
                output: &[dl::RUN_TIME, 16],
                inputs: &[dl::LayerInput::Layer(1), dl::LayerInput::Layer(6)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.layer_norm2",
                layer: "layer_norm",
                output: &[dl::RUN_TIME, 16],
                inputs: &[dl::LayerInput::Layer(7)],
                parameters: 32,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.dense1",
                layer: "dense(64)",
                output: &[dl::RUN_TIME, 64],
                inputs: &[dl::LayerInput::Layer(8)],
                parameters: 1088,
                multiply_adds: 1024,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.gelu1",
                layer: "gelu",
                output: &[dl::RUN_TIME, 64],
                inputs: &[dl::LayerInput::Layer(9)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.dense2",
                layer: "dense(16)",
                output: &[dl::RUN_TIME, 16],
                inputs: &[dl::LayerInput::Layer(10)],
                parameters: 1040,
                multiply_adds: 1024,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.dropout2",
                layer: "dropout(0.1)",
                output: &[dl::RUN_TIME, 16],
                inputs: &[dl::LayerInput::Layer(11)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "first.add2",
                layer: "residual { … }",
                output: &[dl::RUN_TIME, 16],
                inputs: &[dl::LayerInput::Layer(7), dl::LayerInput::Layer(12)],
                parameters: 0,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "layer_norm1",
                layer: "layer_norm",
                output: &[dl::RUN_TIME, 16],
                inputs: &[dl::LayerInput::Layer(13)],
                parameters: 32,
                multiply_adds: 0,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
            dl::LayerInfo {
                name: "wte",
                layer: "unembedding(wte)",
                output: &[dl::RUN_TIME, 50],
                inputs: &[dl::LayerInput::Layer(14)],
                parameters: 0,
                multiply_adds: 800,
                inside: &[],
                copies: 1,
                min_batch: 1,
            },
        ];
        fn check_inputs(samples: &[Self::Input]) -> dl::Result<()> {
            dl::check_lengths(samples, "tokens", dl::Some(8))?;
            dl::check_tokens(samples, 50)?;
            dl::Ok(())
        }
        type Inference<D: dl::Device> = GptInference<D>;
        type Training<D: dl::Device> = GptTraining<D>;
        type Evaluation<D: dl::Device> = ();
        const INFERENCE_FLOATS: usize = 16 + 16 + 64;
        const TRAINING_FLOATS: usize = 16 + 16 + 48 + 16 + 16 + 16 + 64 + 64 + 16 + 16
            + 64 + <[f32; 4] as dl::Pod>::LEN;
        fn inference_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> GptInference<D> {
            GptInference {
                wte: allocator.rows(16),
                learned_positions1: allocator.rows(16),
                first_attention1_qkv: allocator.rows(64),
            }
        }
        fn training_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> GptTraining<D> {
            GptTraining {
                wte: allocator.rows(16),
                learned_positions1: allocator.rows(16),
                first_attention1_qkv: allocator.rows(48),
                first_attention1_context: allocator.rows(16),
                first_attention1_out: allocator.rows(16),
                first_add1: allocator.rows(16),
                first_dense1: allocator.rows(64),
                first_gelu1: allocator.rows(64),
                first_dense2: allocator.rows(16),
                first_add2: allocator.rows(16),
                d_layer_norm1: allocator.rows(64),
                saved_first_attention1_context: allocator
                    .rows(<[f32; 4] as dl::Pod>::LEN),
            }
        }
        fn evaluation_memory<D: dl::Device>(allocator: &mut dl::Allocator<'_, D>) {}
        fn init_weights(&mut self, rng: &mut dl::Rng) {
            dl::InitLayer::init(&mut self.wte, (dl::Init::Normal { std: 1.0 },), rng);
            dl::InitLayer::init(
                &mut self.learned_positions1,
                (dl::Init::Normal { std: 0.02 },),
                rng,
            );
            dl::InitLayer::init(&mut self.first.layer_norm1, (), rng);
            dl::InitLayer::init(
                &mut self.first.attention1.qkv,
                (dl::Init::XavierUniform, dl::Init::Zeros),
                rng,
            );
            dl::InitLayer::init(
                &mut self.first.attention1.out,
                (dl::Init::PyTorch, dl::Init::Zeros),
                rng,
            );
            dl::InitLayer::init(&mut self.first.layer_norm2, (), rng);
            dl::InitLayer::init(
                &mut self.first.dense1,
                (dl::Init::PyTorch, dl::Init::PyTorch),
                rng,
            );
            dl::InitLayer::init(
                &mut self.first.dense2,
                (dl::Init::PyTorch, dl::Init::PyTorch),
                rng,
            );
            dl::InitLayer::init(&mut self.layer_norm1, (), rng);
        }
        fn infer<D: dl::Device>(
            dl::Infer {
                context,
                batch,
                net,
                input: tokens,
                memory,
                mut output,
            }: dl::Infer<'_, D, Self>,
        ) {
            let n = batch.samples;
            let rows = batch.rows(0);
            WTE_OP
                .forward(
                    context,
                    dl::field!(net.wte),
                    tokens,
                    memory.wte.write::<[f32; 16]>(rows),
                );
            LEARNED_POSITIONS1_OP
                .forward(
                    context,
                    batch.sequences[0],
                    dl::field!(net.learned_positions1),
                    memory.wte.read::<[f32; 16]>(rows),
                    memory.learned_positions1.write::<[f32; 16]>(rows),
                );
            FIRST_LAYER_NORM1_OP
                .forward(
                    context,
                    dl::field!(net.first.layer_norm1),
                    memory.learned_positions1.read::<[f32; 16]>(rows),
                    memory.wte.write::<[f32; 16]>(rows),
                );
            FIRST_ATTENTION1_QKV_OP
                .forward(
                    context,
                    dl::field!(net.first.attention1.qkv)
                        .cast::<dl::layers::Dense<16, 48>>(),
                    memory.wte.read::<[f32; 16]>(rows),
                    memory.first_attention1_qkv.write::<[f32; 48]>(rows),
                );
            FIRST_ATTENTION1_CONTEXT_OP
                .infer(
                    context,
                    batch.sequences[0],
                    memory.first_attention1_qkv.read::<[f32; 48]>(rows),
                    memory.wte.write::<[f32; 16]>(rows),
                );
            FIRST_ATTENTION1_OUT_OP
                .forward(
                    context,
                    dl::field!(net.first.attention1.out),
                    memory.wte.read::<[f32; 16]>(rows),
                    memory.first_attention1_qkv.write::<[f32; 16]>(rows),
                );
            FIRST_ADD1_OP
                .forward(
                    context,
                    memory.learned_positions1.read::<[f32; 16]>(rows),
                    memory.first_attention1_qkv.read::<[f32; 16]>(rows),
                    memory.wte.write::<[f32; 16]>(rows),
                );
            FIRST_LAYER_NORM2_OP
                .forward(
                    context,
                    dl::field!(net.first.layer_norm2),
                    memory.wte.read::<[f32; 16]>(rows),
                    memory.learned_positions1.write::<[f32; 16]>(rows),
                );
            FIRST_DENSE1_OP_INFER
                .forward(
                    context,
                    dl::field!(net.first.dense1),
                    memory.learned_positions1.read::<[f32; 16]>(rows),
                    memory.first_attention1_qkv.write::<[f32; 64]>(rows),
                );
            FIRST_DENSE2_OP
                .forward(
                    context,
                    dl::field!(net.first.dense2),
                    memory.first_attention1_qkv.read::<[f32; 64]>(rows),
                    memory.learned_positions1.write::<[f32; 16]>(rows),
                );
            FIRST_ADD2_OP
                .forward(
                    context,
                    memory.wte.read::<[f32; 16]>(rows),
                    memory.learned_positions1.read::<[f32; 16]>(rows),
                    memory.first_attention1_qkv.write::<[f32; 16]>(rows),
                );
            LAYER_NORM1_OP
                .forward(
                    context,
                    dl::field!(net.layer_norm1),
                    memory.first_attention1_qkv.read::<[f32; 16]>(rows),
                    memory.wte.write::<[f32; 16]>(rows),
                );
            WTE_2_OP
                .forward(
                    context,
                    dl::field!(net.wte).cast::<dl::layers::Dense<16, 50, 0>>(),
                    memory.wte.read::<[f32; 16]>(rows),
                    output.reborrow(),
                );
        }
        fn forward<D: dl::Device>(
            dl::Forward {
                context,
                batch,
                mut net,
                input: tokens,
                memory,
                mut arena,
                mut carried,
                mut output,
            }: dl::Forward<'_, D, Self>,
        ) {
            let n = batch.samples;
            let rows = batch.rows(0);
            WTE_OP
                .forward(
                    context,
                    dl::field!(net.wte),
                    tokens,
                    memory.wte.write::<[f32; 16]>(rows),
                );
            LEARNED_POSITIONS1_OP
                .forward(
                    context,
                    batch.sequences[0],
                    dl::field!(net.learned_positions1),
                    memory.wte.read::<[f32; 16]>(rows),
                    memory.learned_positions1.write::<[f32; 16]>(rows),
                );
            FIRST_LAYER_NORM1_OP
                .forward(
                    context,
                    dl::field!(net.first.layer_norm1),
                    memory.learned_positions1.read::<[f32; 16]>(rows),
                    memory.wte.write::<[f32; 16]>(rows),
                );
            FIRST_ATTENTION1_QKV_OP
                .forward(
                    context,
                    dl::field!(net.first.attention1.qkv)
                        .cast::<dl::layers::Dense<16, 48>>(),
                    memory.wte.read::<[f32; 16]>(rows),
                    memory.first_attention1_qkv.write::<[f32; 48]>(rows),
                );
            FIRST_ATTENTION1_CONTEXT_OP
                .forward(
                    context,
                    batch.sequences[0],
                    memory.first_attention1_qkv.read::<[f32; 48]>(rows),
                    memory.first_attention1_context.write::<[f32; 16]>(rows),
                    memory.saved_first_attention1_context.write::<[f32; 4]>(rows),
                );
            FIRST_ATTENTION1_OUT_OP
                .forward(
                    context,
                    dl::field!(net.first.attention1.out),
                    memory.first_attention1_context.read::<[f32; 16]>(rows),
                    memory.first_attention1_out.write::<[f32; 16]>(rows),
                );
            FIRST_DROPOUT1_OP
                .forward_in_place(
                    context,
                    memory.first_attention1_out.write::<[f32; 16]>(rows),
                );
            FIRST_ADD1_OP
                .forward(
                    context,
                    memory.learned_positions1.read::<[f32; 16]>(rows),
                    memory.first_attention1_out.read::<[f32; 16]>(rows),
                    memory.first_add1.write::<[f32; 16]>(rows),
                );
            FIRST_LAYER_NORM2_OP
                .forward(
                    context,
                    dl::field!(net.first.layer_norm2),
                    memory.first_add1.read::<[f32; 16]>(rows),
                    memory.first_attention1_out.write::<[f32; 16]>(rows),
                );
            FIRST_DENSE1_OP
                .forward(
                    context,
                    dl::field!(net.first.dense1),
                    memory.first_attention1_out.read::<[f32; 16]>(rows),
                    memory.first_dense1.write::<[f32; 64]>(rows),
                );
            dl::ops::Activation::Gelu
                .forward(
                    context,
                    memory.first_dense1.read::<[f32; 64]>(rows),
                    memory.first_gelu1.write::<[f32; 64]>(rows),
                );
            FIRST_DENSE2_OP
                .forward(
                    context,
                    dl::field!(net.first.dense2),
                    memory.first_gelu1.read::<[f32; 64]>(rows),
                    memory.first_dense2.write::<[f32; 16]>(rows),
                );
            FIRST_DROPOUT2_OP
                .forward_in_place(context, memory.first_dense2.write::<[f32; 16]>(rows));
            FIRST_ADD2_OP
                .forward(
                    context,
                    memory.first_add1.read::<[f32; 16]>(rows),
                    memory.first_dense2.read::<[f32; 16]>(rows),
                    memory.first_add2.write::<[f32; 16]>(rows),
                );
            LAYER_NORM1_OP
                .forward(
                    context,
                    dl::field!(net.layer_norm1),
                    memory.first_add2.read::<[f32; 16]>(rows),
                    memory.first_dense2.write::<[f32; 16]>(rows),
                );
            WTE_2_OP
                .forward(
                    context,
                    dl::field!(net.wte).cast::<dl::layers::Dense<16, 50, 0>>(),
                    memory.first_dense2.read::<[f32; 16]>(rows),
                    output.reborrow(),
                );
        }
        fn backward<D: dl::Device>(
            dl::Backward {
                context,
                batch,
                net,
                input: tokens,
                memory,
                mut arena,
                carried,
                output,
                mut d_output,
                d_net,
                d_input: mut d_tokens,
                own_loss,
            }: dl::Backward<'_, D, Self>,
        ) {
            let dl::Grad { to: mut d_net, write } = d_net;
            let trained = context.first_trained(net.data());
            let n = batch.samples;
            let rows = batch.rows(0);
            WTE_2_OP
                .backward(
                    context,
                    dl::field!(net.wte).cast::<dl::layers::Dense<16, 50, 0>>(),
                    memory.first_dense2.read::<[f32; 16]>(rows),
                    d_output.view(),
                    dl::Grad {
                        to: dl::field_mut!(d_net.wte)
                            .cast::<dl::layers::Dense<16, 50, 0>>(),
                        write,
                    },
                    dl::Some(
                        dl::Grad::set(memory.d_layer_norm1.write::<[f32; 16]>(rows)),
                    ),
                );
            LAYER_NORM1_OP
                .backward(
                    context,
                    dl::field!(net.layer_norm1),
                    memory.first_add2.read::<[f32; 16]>(rows),
                    memory.d_layer_norm1.read::<[f32; 16]>(rows),
                    dl::Grad {
                        to: dl::field_mut!(d_net.layer_norm1),
                        write,
                    },
                    if trained <= dl::offset_of!(Self, layer_norm1) {
                        dl::Some(
                            dl::Grad::set(memory.first_dense2.write::<[f32; 16]>(rows)),
                        )
                    } else {
                        dl::None
                    },
                );
            if trained <= dl::offset_of!(Self, layer_norm1) {
                FIRST_DROPOUT2_OP
                    .backward(
                        context,
                        memory.first_dense2.read::<[f32; 16]>(rows),
                        dl::Grad::set(memory.first_add2.write::<[f32; 16]>(rows)),
                    );
                FIRST_DENSE2_OP
                    .backward(
                        context,
                        dl::field!(net.first.dense2),
                        memory.first_gelu1.read::<[f32; 64]>(rows),
                        memory.first_add2.read::<[f32; 16]>(rows),
                        dl::Grad {
                            to: dl::field_mut!(d_net.first.dense2),
                            write,
                        },
                        if trained <= dl::offset_of!(Self, first.dense2) {
                            dl::Some(
                                dl::Grad::set(memory.d_layer_norm1.write::<[f32; 64]>(rows)),
                            )
                        } else {
                            dl::None
                        },
                    );
            }
            if trained <= dl::offset_of!(Self, first.dense2) {
                dl::ops::Activation::Gelu
                    .backward_in_place(
                        context,
                        memory.first_dense1.read::<[f32; 64]>(rows),
                        memory.d_layer_norm1.write::<[f32; 64]>(rows),
                    );
                FIRST_DENSE1_OP
                    .backward(
                        context,
                        dl::field!(net.first.dense1),
                        memory.first_attention1_out.read::<[f32; 16]>(rows),
                        memory.d_layer_norm1.read::<[f32; 64]>(rows),
                        dl::Grad {
                            to: dl::field_mut!(d_net.first.dense1),
                            write,
                        },
                        if trained <= dl::offset_of!(Self, first.dense1) {
                            dl::Some(
                                dl::Grad::set(memory.first_add2.write::<[f32; 16]>(rows)),
                            )
                        } else {
                            dl::None
                        },
                    );
            }
            if trained <= dl::offset_of!(Self, first.dense1) {
                FIRST_LAYER_NORM2_OP
                    .backward(
                        context,
                        dl::field!(net.first.layer_norm2),
                        memory.first_add1.read::<[f32; 16]>(rows),
                        memory.first_add2.read::<[f32; 16]>(rows),
                        dl::Grad {
                            to: dl::field_mut!(d_net.first.layer_norm2),
                            write,
                        },
                        if trained <= dl::offset_of!(Self, first.layer_norm2) {
                            dl::Some(
                                dl::Grad::add(memory.first_dense2.write::<[f32; 16]>(rows)),
                            )
                        } else {
                            dl::None
                        },
                    );
            }
            if trained <= dl::offset_of!(Self, first.layer_norm2) {
                FIRST_DROPOUT1_OP
                    .backward(
                        context,
                        memory.first_dense2.read::<[f32; 16]>(rows),
                        dl::Grad::set(
                            memory.first_attention1_out.write::<[f32; 16]>(rows),
                        ),
                    );
                FIRST_ATTENTION1_OUT_OP
                    .backward(
                        context,
                        dl::field!(net.first.attention1.out),
                        memory.first_attention1_context.read::<[f32; 16]>(rows),
                        memory.first_attention1_out.read::<[f32; 16]>(rows),
                        dl::Grad {
                            to: dl::field_mut!(d_net.first.attention1.out),
                            write,
                        },
                        if trained <= dl::offset_of!(Self, first.attention1.out) {
                            dl::Some(
                                dl::Grad::set(memory.first_add1.write::<[f32; 16]>(rows)),
                            )
                        } else {
                            dl::None
                        },
                    );
            }
            if trained <= dl::offset_of!(Self, first.attention1.out) {
                FIRST_ATTENTION1_CONTEXT_OP
                    .backward(
                        context,
                        batch.sequences[0],
                        memory.first_attention1_qkv.read::<[f32; 48]>(rows),
                        memory.first_attention1_context.read::<[f32; 16]>(rows),
                        memory.saved_first_attention1_context.read::<[f32; 4]>(rows),
                        memory.first_add1.read::<[f32; 16]>(rows),
                        dl::Grad::set(memory.first_dense1.write::<[f32; 48]>(rows)),
                    );
                FIRST_ATTENTION1_QKV_OP
                    .backward(
                        context,
                        dl::field!(net.first.attention1.qkv)
                            .cast::<dl::layers::Dense<16, 48>>(),
                        memory.wte.read::<[f32; 16]>(rows),
                        memory.first_dense1.read::<[f32; 48]>(rows),
                        dl::Grad {
                            to: dl::field_mut!(d_net.first.attention1.qkv)
                                .cast::<dl::layers::Dense<16, 48>>(),
                            write,
                        },
                        if trained <= dl::offset_of!(Self, first.attention1.qkv) {
                            dl::Some(
                                dl::Grad::set(
                                    memory.first_attention1_context.write::<[f32; 16]>(rows),
                                ),
                            )
                        } else {
                            dl::None
                        },
                    );
            }
            if trained <= dl::offset_of!(Self, first.attention1.qkv) {
                FIRST_LAYER_NORM1_OP
                    .backward(
                        context,
                        dl::field!(net.first.layer_norm1),
                        memory.learned_positions1.read::<[f32; 16]>(rows),
                        memory.first_attention1_context.read::<[f32; 16]>(rows),
                        dl::Grad {
                            to: dl::field_mut!(d_net.first.layer_norm1),
                            write,
                        },
                        if trained <= dl::offset_of!(Self, first.layer_norm1) {
                            dl::Some(
                                dl::Grad::add(memory.first_dense2.write::<[f32; 16]>(rows)),
                            )
                        } else {
                            dl::None
                        },
                    );
            }
            if trained <= dl::offset_of!(Self, first.layer_norm1) {
                LEARNED_POSITIONS1_OP
                    .backward(
                        context,
                        batch.sequences[0],
                        dl::field!(net.learned_positions1),
                        memory.first_dense2.read::<[f32; 16]>(rows),
                        dl::Grad {
                            to: dl::field_mut!(d_net.learned_positions1),
                            write,
                        },
                        if trained <= dl::offset_of!(Self, learned_positions1) {
                            dl::Some(dl::Grad::set(memory.wte.write::<[f32; 16]>(rows)))
                        } else {
                            dl::None
                        },
                    );
            }
            if trained <= dl::offset_of!(Self, learned_positions1) {
                WTE_OP
                    .backward(
                        context,
                        dl::field!(net.wte),
                        tokens,
                        memory.wte.read::<[f32; 16]>(rows),
                        dl::Grad {
                            to: dl::field_mut!(d_net.wte),
                            write: dl::Write::Add,
                        },
                    );
            }
        }
        fn inspect<D: dl::Device>(
            memory: &GptTraining<D>,
            batch: dl::Batch<'_, D>,
            see: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
        ) {
            let n = batch.samples;
            let rows = batch.rows(0);
            see(
                "learned_positions1",
                memory.learned_positions1.read::<[f32; 16]>(rows).data(),
            );
            see("first.layer_norm1", memory.wte.read::<[f32; 16]>(rows).data());
            see(
                "first.attention1.qkv",
                memory.first_attention1_qkv.read::<[f32; 48]>(rows).data(),
            );
            see(
                "first.attention1.context",
                memory.first_attention1_context.read::<[f32; 16]>(rows).data(),
            );
            see("first.add1", memory.first_add1.read::<[f32; 16]>(rows).data());
            see(
                "first.layer_norm2",
                memory.first_attention1_out.read::<[f32; 16]>(rows).data(),
            );
            see("first.dense1", memory.first_dense1.read::<[f32; 64]>(rows).data());
            see("first.gelu1", memory.first_gelu1.read::<[f32; 64]>(rows).data());
            see("first.add2", memory.first_add2.read::<[f32; 16]>(rows).data());
            see("layer_norm1", memory.first_dense2.read::<[f32; 16]>(rows).data());
        }
    }
    #[allow(unused_mut, unused_variables)]
    impl dl::Steps for Gpt {
        type State<D: dl::Device> = GptState<D>;
        const TRUNCATES: dl::bool = true;
        fn state_memory<D: dl::Device>(
            allocator: &mut dl::Allocator<'_, D>,
        ) -> GptState<D> {
            let rows = allocator.rows_of_streams();
            GptState {
                saved_first_attention1_context: allocator
                    .workspace(FIRST_ATTENTION1_CONTEXT_OP.state_len(rows)),
            }
        }
        fn slots<'s, D: dl::Device>(
            state: &'s GptState<D>,
            see: &mut dyn ::core::ops::FnMut(&'s dl::Workspace<D>),
        ) {
            see(&state.saved_first_attention1_context);
        }
        fn slots_mut<'s, D: dl::Device>(
            state: &'s mut GptState<D>,
            see: &mut dyn ::core::ops::FnMut(&'s mut dl::Workspace<D>),
        ) {
            see(&mut state.saved_first_attention1_context);
        }
        fn step<D: dl::Device>(
            dl::Step {
                context,
                batch,
                streams,
                net,
                input: tokens,
                memory,
                state,
                mut output,
            }: dl::Step<'_, D, Self>,
        ) {
            let n = batch.samples;
            let rows = batch.rows(0);
            WTE_OP
                .forward(
                    context,
                    dl::field!(net.wte),
                    tokens,
                    memory.wte.write::<[f32; 16]>(rows),
                );
            LEARNED_POSITIONS1_OP
                .step(
                    context,
                    batch.sequences[0],
                    streams,
                    dl::field!(net.learned_positions1),
                    memory.wte.read::<[f32; 16]>(rows),
                    memory.learned_positions1.write::<[f32; 16]>(rows),
                );
            FIRST_LAYER_NORM1_OP
                .forward(
                    context,
                    dl::field!(net.first.layer_norm1),
                    memory.learned_positions1.read::<[f32; 16]>(rows),
                    memory.wte.write::<[f32; 16]>(rows),
                );
            FIRST_ATTENTION1_QKV_OP
                .forward(
                    context,
                    dl::field!(net.first.attention1.qkv)
                        .cast::<dl::layers::Dense<16, 48>>(),
                    memory.wte.read::<[f32; 16]>(rows),
                    memory.first_attention1_qkv.write::<[f32; 48]>(rows),
                );
            FIRST_ATTENTION1_CONTEXT_OP
                .step(
                    context,
                    batch.sequences[0],
                    streams,
                    memory.first_attention1_qkv.read::<[f32; 48]>(rows),
                    state.saved_first_attention1_context.data_mut(),
                    memory.wte.write::<[f32; 16]>(rows),
                );
            FIRST_ATTENTION1_OUT_OP
                .forward(
                    context,
                    dl::field!(net.first.attention1.out),
                    memory.wte.read::<[f32; 16]>(rows),
                    memory.first_attention1_qkv.write::<[f32; 16]>(rows),
                );
            FIRST_ADD1_OP
                .forward(
                    context,
                    memory.learned_positions1.read::<[f32; 16]>(rows),
                    memory.first_attention1_qkv.read::<[f32; 16]>(rows),
                    memory.wte.write::<[f32; 16]>(rows),
                );
            FIRST_LAYER_NORM2_OP
                .forward(
                    context,
                    dl::field!(net.first.layer_norm2),
                    memory.wte.read::<[f32; 16]>(rows),
                    memory.learned_positions1.write::<[f32; 16]>(rows),
                );
            FIRST_DENSE1_OP_INFER
                .forward(
                    context,
                    dl::field!(net.first.dense1),
                    memory.learned_positions1.read::<[f32; 16]>(rows),
                    memory.first_attention1_qkv.write::<[f32; 64]>(rows),
                );
            FIRST_DENSE2_OP
                .forward(
                    context,
                    dl::field!(net.first.dense2),
                    memory.first_attention1_qkv.read::<[f32; 64]>(rows),
                    memory.learned_positions1.write::<[f32; 16]>(rows),
                );
            FIRST_ADD2_OP
                .forward(
                    context,
                    memory.wte.read::<[f32; 16]>(rows),
                    memory.learned_positions1.read::<[f32; 16]>(rows),
                    memory.first_attention1_qkv.write::<[f32; 16]>(rows),
                );
            LAYER_NORM1_OP
                .forward(
                    context,
                    dl::field!(net.layer_norm1),
                    memory.first_attention1_qkv.read::<[f32; 16]>(rows),
                    memory.wte.write::<[f32; 16]>(rows),
                );
            WTE_2_OP
                .forward(
                    context,
                    dl::field!(net.wte).cast::<dl::layers::Dense<16, 50, 0>>(),
                    memory.wte.read::<[f32; 16]>(rows),
                    output.reborrow(),
                );
        }
    }
};
const _: () = {
    use dl::private::core::{
        self as dl, hygiene::*, variable as tokens, variable as d_tokens,
    };
    const WTE_OP: dl::ops::embedding::EmbeddingOp = dl::ops::embedding::EmbeddingOp {};
    const LEARNED_POSITIONS1_OP: dl::ops::positions::LearnedPositionsOp = dl::ops::positions::LearnedPositionsOp {};
    const FIRST_LAYER_NORM1_OP: dl::ops::layer_norm::LayerNormOp = dl::ops::layer_norm::LayerNormOp {
        epsilon: 0.00001,
    };
    const FIRST_ATTENTION1_QKV_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const FIRST_ATTENTION1_CONTEXT_OP: dl::ops::attention::AttentionOp = dl::ops::attention::AttentionOp {
        heads: 4,
        kv_heads: 4,
        head_dim: 4,
        causal: true,
        window: 0,
        alibi: false,
        dropout: 0.1,
        id: 0,
    };
    const FIRST_ATTENTION1_OUT_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const FIRST_ADD1_OP: dl::ops::arithmetic::Add = dl::ops::arithmetic::Add {
        shapes: dl::ops::arithmetic::Shapes::Equal,
        sign: 1.0,
        activation: dl::ops::Activation::Identity,
    };
    const FIRST_LAYER_NORM2_OP: dl::ops::layer_norm::LayerNormOp = dl::ops::layer_norm::LayerNormOp {
        epsilon: 0.00001,
    };
    const FIRST_DENSE1_OP_INFER: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Gelu,
    };
    const FIRST_DENSE2_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    const FIRST_ADD2_OP: dl::ops::arithmetic::Add = dl::ops::arithmetic::Add {
        shapes: dl::ops::arithmetic::Shapes::Equal,
        sign: 1.0,
        activation: dl::ops::Activation::Identity,
    };
    const LAYER_NORM1_OP: dl::ops::layer_norm::LayerNormOp = dl::ops::layer_norm::LayerNormOp {
        epsilon: 0.00001,
    };
    const WTE_2_OP: dl::ops::dense::DenseOp = dl::ops::dense::DenseOp {
        activation: dl::ops::Activation::Identity,
    };
    pub struct GptStream {
        saved_first_attention1_context: dl::ops::attention::State<8, 16>,
    }
    impl dl::Zeroed for GptStream {
        const ZERO: Self = GptStream {
            saved_first_attention1_context: <dl::ops::attention::State<
                8,
                16,
            > as dl::Zeroed>::ZERO,
        };
    }
    #[allow(unused_variables)]
    impl dl::PredictSteps for Gpt {
        type State = GptStream;
        #[inline]
        fn step_with(
            &self,
            tokens: &Self::Takes,
            output: &mut Self::Makes,
            state: &mut Self::State,
            memory: &mut Self::Memory,
            position: dl::u64,
        ) {
            WTE_OP.forward(&self.wte, tokens, memory.wte.write::<[f32; 16]>());
            LEARNED_POSITIONS1_OP
                .step(
                    position,
                    &self.learned_positions1,
                    memory.wte.read::<[f32; 16]>(),
                    memory.learned_positions1.write::<[f32; 16]>(),
                );
            FIRST_LAYER_NORM1_OP
                .forward(
                    &self.first.layer_norm1,
                    memory.learned_positions1.read::<[f32; 16]>(),
                    memory.wte.write::<[f32; 16]>(),
                );
            FIRST_ATTENTION1_QKV_OP
                .forward(
                    dl::cast::<_, dl::layers::Dense<16, 48>>(&self.first.attention1.qkv),
                    memory.wte.read::<[f32; 16]>(),
                    memory.first_attention1_qkv.write::<[f32; 48]>(),
                );
            FIRST_ATTENTION1_CONTEXT_OP
                .step(
                    position,
                    memory.first_attention1_qkv.read::<[f32; 48]>(),
                    &mut state.saved_first_attention1_context,
                    memory.wte.write::<[f32; 16]>(),
                );
            FIRST_ATTENTION1_OUT_OP
                .forward(
                    &self.first.attention1.out,
                    memory.wte.read::<[f32; 16]>(),
                    memory.first_attention1_qkv.write::<[f32; 16]>(),
                );
            FIRST_ADD1_OP
                .forward(
                    memory.learned_positions1.read::<[f32; 16]>(),
                    memory.first_attention1_qkv.read::<[f32; 16]>(),
                    memory.wte.write::<[f32; 16]>(),
                );
            FIRST_LAYER_NORM2_OP
                .forward(
                    &self.first.layer_norm2,
                    memory.wte.read::<[f32; 16]>(),
                    memory.learned_positions1.write::<[f32; 16]>(),
                );
            FIRST_DENSE1_OP_INFER
                .forward(
                    &self.first.dense1,
                    memory.learned_positions1.read::<[f32; 16]>(),
                    memory.first_attention1_qkv.write::<[f32; 64]>(),
                );
            FIRST_DENSE2_OP
                .forward(
                    &self.first.dense2,
                    memory.first_attention1_qkv.read::<[f32; 64]>(),
                    memory.learned_positions1.write::<[f32; 16]>(),
                );
            FIRST_ADD2_OP
                .forward(
                    memory.wte.read::<[f32; 16]>(),
                    memory.learned_positions1.read::<[f32; 16]>(),
                    memory.first_attention1_qkv.write::<[f32; 16]>(),
                );
            LAYER_NORM1_OP
                .forward(
                    &self.layer_norm1,
                    memory.first_attention1_qkv.read::<[f32; 16]>(),
                    memory.wte.write::<[f32; 16]>(),
                );
            WTE_2_OP
                .forward(
                    dl::cast::<_, dl::layers::Dense<16, 50, 0>>(&self.wte),
                    memory.wte.read::<[f32; 16]>(),
                    &mut *output,
                );
        }
    }
};
