//! Layers and parameters of other libraries that dl lacks or writes in another way, with advice.

const CELL: &str = "`rnn`, `lstm` and `gru` go along a whole sequence";
const ROWS: &str = "`dense` and activations work on every row of a sequence";
const ATTENTION: &str =
    "`attention(heads)` is attention of a sequence to itself, and `q -> cross_attention(memory, heads)` to another";
const TRANSFORMER: &str = "a transformer is declared by its parts: `x -> residual { layer_norm -> attention(8) } -> residual { layer_norm -> dense(256) -> gelu -> dense(64) }`";
const RESHAPE: &str = "`reshape([1, 28, 28])` gives a value another shape, and `flatten` makes features of it";
const ARROWS: &str = "arrows lead from layer to layer: `x -> dense(16) -> relu -> dense(10)`";
const FUNCTION: &str = "values are computed with `+`, `-`, `*`, `/` and layers: `2.0 * x`";
const HEADER: &str = "the input and its shape stand in the header: `Net(x: [784]) -> [10]`";
const DATA: &str = "changing the samples belongs to the data set, not to the network";

/// Layers, with what to use instead.
pub const LAYERS: &[(&str, &str)] = &[
    ("rnn_cell", CELL),
    ("lstm_cell", CELL),
    ("gru_cell", CELL),
    ("bidirectional", "`rnn`, `lstm` and `gru` have the argument `bidirectional: true`"),
    ("time_distributed", ROWS),
    ("self_attention", ATTENTION),
    ("multi_head_attention", ATTENTION),
    ("multihead_attention", ATTENTION),
    ("mha", ATTENTION),
    ("transformer", TRANSFORMER),
    ("transformer_encoder", TRANSFORMER),
    ("transformer_encoder_layer", TRANSFORMER),
    ("conv3d", "dl has `conv1d` and `conv2d`"),
    ("max_pool3d", "dl has `max_pool1d` and `max_pool2d`"),
    ("squeeze", RESHAPE),
    ("unsqueeze", RESHAPE),
    ("expand_dims", RESHAPE),
    ("unflatten", RESHAPE),
    ("sequential", ARROWS),
    ("module_list", ARROWS),
    ("activation", "an activation is a layer of its own: `-> relu`"),
    ("lambda", FUNCTION),
    ("map", FUNCTION),
    ("apply", FUNCTION),
    ("input", HEADER),
    ("input_layer", HEADER),
    ("random_crop", DATA),
    ("random_flip", DATA),
    ("rescaling", DATA),
    ("sin", FUNCTION),
    ("cos", FUNCTION),
];

const FLOWS_IN: &str = "it follows from what flows in";
const TRAINER: &str = "this belongs to the optimizer or the trainer";

/// Parameters of layers, with what to write instead.
pub const PARAMETERS: &[(&str, &str)] = &[
    ("activation", "an activation is a layer of its own: `-> dense(16) -> relu`"),
    ("nonlinearity", "an activation is a layer of its own: `-> dense(16) -> relu`"),
    ("name", "`as` names a layer: `-> dense(16) as hidden`"),
    ("lora", "`dense` and `attention` have low-rank updates"),
    ("in_features", FLOWS_IN),
    ("in_channels", FLOWS_IN),
    ("embed_dim", FLOWS_IN),
    ("d_model", FLOWS_IN),
    ("kdim", FLOWS_IN),
    ("vdim", FLOWS_IN),
    ("num_features", FLOWS_IN),
    ("normalized_shape", FLOWS_IN),
    ("input_shape", FLOWS_IN),
    ("input_size", FLOWS_IN),
    ("inputs", FLOWS_IN),
    ("dtype", "all weights are `f32`"),
    ("device", "a model runs where the trainer runs"),
    ("inplace", "the memory is planned by the macro"),
    ("kernel_regularizer", TRAINER),
    ("bias_regularizer", TRAINER),
    ("weight_decay", TRAINER),
    ("trainable", TRAINER),
    ("lr", TRAINER),
    ("data_format", "an image is [channels, height, width]"),
    ("padding_mode", "the border is zeros; `pad2d` makes others"),
    ("start_dim", "`flatten` takes all dimensions of a sample, and the batch is none of them"),
    ("reduction", "a loss is one number for each sample, and the trainer takes the mean"),
    ("return_sequences", "the output is a sequence, of which `last` takes the last row"),
    ("batch_first", "the batch is never written"),
];

/// Returns the advice of `table` about `word`; case and underscores do not matter.
pub fn advice(table: &[(&str, &'static str)], word: &str) -> Option<&'static str> {
    let plain = crate::suggest::simplified(word);
    table.iter().find(|(foreign, _)| crate::suggest::simplified(foreign) == plain).map(|(_, help)| *help)
}
