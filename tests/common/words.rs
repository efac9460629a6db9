//! The words of generated code, for tests that give each of them to something of the user's.

/// Names that values, layers and blocks may have.
#[macro_export]
macro_rules! small_words {
    ($test:ident) => {
        $test! {
            a activation all allocator allow any arguments arithmetic as_mut b backward backward_in_place basic basic1
            batch batch_norm1 bias bool c cfg channels clear clone code conv1 conv2 conv3 copies copy core d d2
            d_basic1_relu1 d_code d_d_x d_h d_image d_input d_inputs d_layers d_left d_max_pool1 d_net d_output
            d_output_difference d_output_sum d_relu1 d_right d_term_0 d_term_1 d_terms d_x d_x_2 data debug declare
            default dense1 dense2 device difference dilation dl dl2 dl_layers doc epsilon evaluate evaluation_memory f
            f32 field field_mut first first_conv1 first_main first_relu1 first_relu2 fmt forward forward_in_place from
            gelu1 given groups h image inference infer infer_in_place inference_memory init init_weights input inputs
            inside inspect kernel language layer layer_norm1 layers left len main map max_pool1 min_batch model momentum
            multiply_adds n name net network new non_camel_case_types non_snake_case not offset offset_of ops other
            output_difference output_sum outputs hygiene own own_loss padding parameters part parts context pool private
            probes r read reborrow record reduce relu1 repr right rng role running_mean running_var rust_analyzer s
            samples saved_d_x saved_h saved_layers saved_relu1 scale scores scratch_x see set shape shapes shorten
            shortcut sign single slot memory square1 std str stride take target tensors term_0 term_1 terms test to
            training training_memory u32 u64 unexpected_cfgs union unused_mut unused_variables usize value value_d_x
            variable variables vec view w weight windows words workspace write x x_2 rows state streams cell d_last1
            at as_ref carried d_steps equal hidden id inner last1 lstm1 recurrent saved_lstm1 size steps
            arena slots rest merge trained first_trained inline predict_with position step_with by_running
        }
    };
}

/// A word that the loss has for the output.
#[macro_export]
macro_rules! outputs_words {
    ($test:ident) => {
        $test! { output }
    };
}

/// Some of them, where the word is never written into generated code.
#[macro_export]
macro_rules! few_words {
    ($test:ident) => {
        $test! { core dl f32 input n net output context r#type memory usize x }
    };
}

/// Layers of the language: what values may be called, and nothing that has weights.
#[macro_export]
macro_rules! layers_words {
    ($test:ident) => {
        $test! { add batch_norm conv2d dense dropout flatten gelu last layer_norm lstm max_pool2d mean mse relu slice square sub sum attention embedding learned_positions unembedding}
    };
}

/// Names that constants, parameters, types and models may have.
#[macro_export]
macro_rules! capitals_words {
    ($test:ident) => {
        $test! {
            ADD1_OP Activation Add Allocator Autoencoder AutoencoderEvaluation AutoencoderInference AutoencoderTraining
            BASIC1_ADD1_OP BASIC1_CONV1_OP BASIC1_CONV2_OP BATCH_NORM1_OP Backward Batch BatchNorm Bias Box C CONV1_OP
            CONV1_OP_INFER
            COPIES Clone ComputeLoss Conv Conv2d ConvInference ConvTraining Copy D D2 DENSE1_OP DENSE1_OP_INFER
            DENSE2_OP Debug Default Dense Device Element Elementwise Entry Equal Err Evaluate Evaluation FIRST_ADD1_OP
            FIRST_CONV1_OP FIRST_CONV2_OP FIRST_CONV3_OP FnMut Forward Gelu Grad INFERENCE_FLOATS INPUTS Identity Infer
            Inference Init Input InputInfo LAYERS LAYER_NORM1_OP LEN Layer LayerInfo LayerInput LayerNorm LossPasses MAX
            MAX_POOL1_OP MEAN1_OP MIN_BATCH MULTIPLY_ADDS Max Mlp MlpInference MlpTraining Model Mse NAME Net NetBasic
            NetBasic2 NetInference NetTraining Network None Objective Ok Conv2dOp BatchNormOp DenseOp LayerNormOp Option
            Output PARAMETERS PARTS Padding Pair PairInference PairInput PairOutput PairTraining Part PartialEq Parts
            Passes PartsMut Context Pod PyTorch Ref Relu Result Rng Role SCORES_OP SUB1_OP Scale Shapes Size Sliding
            Some Square Stack StackInference StackLayers StackLayersInference StackLayersTraining StackTraining
            Statistic String Sub Sum TENSORS TERMS Cell LAST1_OP LSTM1_OP Lstm Reader ReaderInference ReaderTraining
            CARRIED Carries OUTPUTS OutputInfo RecurrentOp Sequences SliceOp TRAINING_FLOATS Target Tensor Tensors Term Trainer Training Vec View ViewMut
            Weight Windows Workspace GoesForward GptState Last RUN_TIME State Step Steps Write ARENA ArenaSize Slot
            Deep DeepLayers DeepLayersSlots DeepTraining LoraDenseOp AutoencoderScratch Buffer ConvScratch Declared
            DeepLayersScratch DeepScratch InitLayer Makes Memory MlpScratch NetScratch PairScratch Predict Predicts
            StackLayersScratch StackScratch Takes ZERO Zeroed GptScratch GptStream PredictSteps PredictsSteps ReaderScratch
        }
    };
}

/// Words of a network on int8 alone: what values may be called.
#[macro_export]
macro_rules! int8_words {
    ($test:ident) => {
        $test! { add1 columns dim i8 int8 kernels largest limits logits nodes op tanh tanh1 values weights }
    };
}

/// Words of a network on int8 alone: what constants, types and models may be called.
#[macro_export]
macro_rules! int8_capitals_words {
    ($test:ident) => {
        $test! {
            ADD1_INT8 AddOp CONV1_INT8 CONV2_INT8 CONV2_OP Digits DigitsI8 DigitsI8Memory DigitsInference DigitsScratch DigitsTraining
            Function GRAPH Graph INFINITY Included InputI8 Kernels LOGITS_INT8 LOGITS_OP Lookup LookupOp MAX_POOL1_INT8 MaxPool
            MaxPoolOp Native Node Op OutputI8 Parameters PoolSizes Quantization Quantize Quantized QuantizedModel Same Tanh
        }
    };
}

/// Words that stand in generated code only behind a dot, in a path, or as names of the user's own values and types, so that nothing of
/// the user's can take their place.
#[macro_export]
macro_rules! qualified_words {
    ($test:ident) => {
        $test! {
            TRUNCATES alibi attention1 cast causal check_inputs check_lengths check_tokens d_layer_norm1 d_tokens data_mut
            features first_add1 first_add2 first_attention1_context first_attention1_out first_attention1_qkv
            first_dense1 first_dense2 first_gelu1 head_dim heads k_bias k_weight kv_heads layer_norm2 learned_positions1 no_steps
            out over_time positions q_bias q_weight qkv rate rows_of_streams saved_first_attention1_context sequences
            slots_mut state_len state_memory step tokens v_bias v_weight vocabulary window wte AttentionOp
            DropoutOp Embedding EmbeddingOp FIRST_ADD2_OP FIRST_ATTENTION1_CONTEXT_OP FIRST_ATTENTION1_OUT_OP
            FIRST_ATTENTION1_QKV_OP FIRST_DENSE1_OP FIRST_DENSE1_OP_INFER FIRST_DENSE2_OP FIRST_DROPOUT1_OP
            FIRST_DROPOUT2_OP FIRST_LAYER_NORM1_OP FIRST_LAYER_NORM2_OP Gpt GptAttention GptInference GptLayer
            GptTraining LEARNED_POSITIONS1_OP LearnedPositions LearnedPositionsOp MOST_ROWS Normal OUTPUT_SEQUENCES
            OverTime Projections WTE_2_OP WTE_OP XavierUniform Zeros DeepInference DeepLayersInference DeepLayersTraining
            LoraDense Tuned TunedInference TunedTraining forward_again lora lora_a lora_alpha lora_b merge_updates of_row
            of_sample saved_batch_norm1 no_predict_steps TunedScratch ChannelBlocks ChannelBlocksOp channel_blocks
        }
    };
}
