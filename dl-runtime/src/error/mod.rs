//! The error type of the library: every variant gives the place, the expected value and the found value.

mod text;

use std::collections::BTreeMap;
use std::path::PathBuf;
pub(crate) use text::Names;
use text::{Shape, article, asked, begin, blank, mismatch, of_data, place, rows, ties, to};

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// All errors that can occur at run time. Wrong shapes in code are compile errors instead.
///
/// Data that was read from memory instead of a file has the path [`IN_MEMORY`].
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading or writing a file failed.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A file violates its format: it is truncated, damaged, wrongly labelled or malicious.
    #[error("{path}: not a valid {format} file: expected {expected}, found {found}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The name of the format, such as `IDX`.
        format: &'static str,
        /// The expected content.
        expected: String,
        /// The found content.
        found: String,
    },
    /// A file has another format, which its first bytes show.
    #[error("{path}: this is {found}, not {} {expected} file; {advice}", article(expected), path = path.display())]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// The name of the expected format, such as `safetensors`.
        expected: &'static str,
        /// The found format, such as `a zip archive that PyTorch saved`.
        found: &'static str,
        /// Advice for the user.
        advice: &'static str,
    },
    /// A field of a table does not have the type of its column.
    #[error("{path}, line {line}, column `{column}`: expected {expected}, found `{found}`", path = path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// The number of the line, counted from 1, header included; of a Parquet file, that of the row.
        line: u64,
        /// The name of the column, or its number counted from 1 if there is no header.
        column: Box<str>,
        /// The expected content.
        expected: &'static str,
        /// The found content.
        found: Box<str>,
    },
    /// A field of a table is empty, or marks a missing number.
    #[error("{path}, line {line}, column `{column}`: the cell is blank; {}", blank(*target), path = path.display())]
    BlankCell {
        /// The file.
        path: PathBuf,
        /// The number of the line, counted from 1, header included; of a Parquet file, that of the row.
        line: u64,
        /// The name of the column, or its number counted from 1 if there is no header.
        column: Box<str>,
        /// True for a column of the target; blank targets are never filled.
        target: bool,
    },
    /// The first line of a table should name its columns, but consists of numbers.
    #[error(
        "{path}: the first line holds numbers instead of column names: {numbers}; \
         `.header(false)` reads a table without names, `.header(true)` uses these as the names",
        path = path.display(), numbers = Names::of(found)
    )]
    NoHeader {
        /// The file.
        path: PathBuf,
        /// The fields of the first line.
        found: Vec<String>,
    },
    /// A table does not have the requested column.
    #[error("{path}: no column `{column}`; the columns are {columns}", path = path.display(), columns = Names::of(columns))]
    Column {
        /// The file.
        path: PathBuf,
        /// The requested column.
        column: String,
        /// The columns of the table.
        columns: Vec<String>,
    },
    /// The tensors of a file and of a model have different names.
    #[error("{path}: does not fit the model `{model}`{}", mismatch(missing, unexpected, renamed), path = path.display())]
    TensorNames {
        /// The file.
        path: PathBuf,
        /// The name of the model.
        model: &'static str,
        /// Tensors of the model that the file does not have.
        missing: Vec<String>,
        /// Tensors of the file that the model does not have, by their names in the file.
        unexpected: Vec<String>,
        /// The names that [`Load`](crate::io::Load) renamed tensors of the file to, if they changed.
        renamed: BTreeMap<String, String>,
    },
    /// A file lacks tensors of the model that its metadata declares equal to others, as `save_model` of safetensors does for tied
    /// weights.
    #[error("{path}: does not fit the model `{model}`; it lacks {}", ties(tied), path = path.display())]
    TensorsTied {
        /// The file.
        path: PathBuf,
        /// The name of the model.
        model: &'static str,
        /// The missing tensors, each with the name of the equal tensor in the file.
        tied: BTreeMap<String, String>,
    },
    /// No tensor of a file belongs to the model, in a load that allows missing and unexpected tensors.
    #[error("{path}: nothing to load for the model `{model}`{}", mismatch(missing, unexpected, renamed), path = path.display())]
    NothingToLoad {
        /// The file.
        path: PathBuf,
        /// The name of the model.
        model: &'static str,
        /// All tensors of the model.
        missing: Vec<String>,
        /// All tensors of the file, by their names in the file.
        unexpected: Vec<String>,
        /// The names that [`Load`](crate::io::Load) renamed tensors of the file to, if they changed.
        renamed: BTreeMap<String, String>,
    },
    /// A rename of [`Load`](crate::io::Load) matches no tensor of the file.
    #[error("{path}: the rename of `{from}` to `{to}` fits no tensor; {}", begin(names, *earlier), path = path.display())]
    Rename {
        /// The file.
        path: PathBuf,
        /// The prefix to be replaced.
        from: String,
        /// The prefix that replaces it.
        to: String,
        /// The names after the renames before this one.
        names: Vec<String>,
        /// The number of renames before this one.
        earlier: usize,
    },
    /// A tensor of a file does not fit a rule of [`Rules`](crate::io::Rules), or fits two.
    #[error("{path}: tensor `{tensor}`, by the rule `{rule}`: expected {expected}, found {found}", path = path.display())]
    Rule {
        /// The file.
        path: PathBuf,
        /// The tensor, by its name in the file.
        tensor: Box<str>,
        /// The rule, such as `split("h.{i}.attn.c_attn.weight", …)`.
        rule: Box<str>,
        /// The expected content or shape.
        expected: Box<str>,
        /// The found content or shape.
        found: Box<str>,
    },
    /// A rule of strict [`Rules`](crate::io::Rules) fits no tensor of the file.
    #[error("{path}: the rule `{rule}` fits no tensor; {}", begin(names, 0), path = path.display())]
    RuleUnused {
        /// The file.
        path: PathBuf,
        /// The rule, such as `rename("h.{i}.ln_1.*", …)`.
        rule: String,
        /// The names that rules could fit.
        names: Vec<String>,
    },
    /// A file has no tensor of this name.
    #[error("{path}: no tensor `{tensor}`", path = path.display())]
    NoTensor {
        /// The file.
        path: PathBuf,
        /// The requested tensor.
        tensor: String,
    },
    /// A tensor of a file has another shape than in the model.
    #[error("{path}: tensor `{tensor}`{}: expected shape {expected:?}, found {found:?}", to(renamed.as_deref()), path = path.display())]
    TensorShape {
        /// The file.
        path: PathBuf,
        /// The tensor, by its name in the file.
        tensor: String,
        /// The name that [`Load`](crate::io::Load) renamed it to, if that differs; several, if it is split into them.
        renamed: Option<String>,
        /// The shape in the model.
        expected: Vec<usize>,
        /// The shape in the file.
        found: Vec<usize>,
    },
    /// A tensor of a file has elements that cannot be converted to `f32`.
    #[error("{path}: tensor `{tensor}`{}: expected elements F32, F16, BF16 or F64, found {found}", to(renamed.as_deref()), path = path.display())]
    TensorType {
        /// The file.
        path: PathBuf,
        /// The tensor, by its name in the file.
        tensor: String,
        /// The name that [`Load`](crate::io::Load) renamed it to, if that differs; several, if it is split into them.
        renamed: Option<String>,
        /// The element type in the file.
        found: String,
    },
    /// A tensor of a file has elements of another type than the model, where nothing is converted.
    #[error("{path}: tensor `{tensor}`: expected elements {expected}, found {found}", path = path.display())]
    TensorDtype {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// The element type in the model.
        expected: &'static str,
        /// The element type in the file.
        found: String,
    },
    /// The metadata of a file does not belong to the model: see [`Predictor`](crate::Predictor).
    #[error("{path}: metadata `{key}`: expected {expected}, found {found}", path = path.display())]
    Metadata {
        /// The file.
        path: PathBuf,
        /// The key of the metadata, such as `dl.inputs`.
        key: String,
        /// The expected content.
        expected: String,
        /// The found content.
        found: String,
    },
    /// A tensor of a file contains NaN or an infinity.
    #[error("{path}: tensor `{tensor}`{}: expected finite numbers, found {value} at {index:?}", to(renamed.as_deref()), path = path.display())]
    TensorNotFinite {
        /// The file.
        path: PathBuf,
        /// The tensor, by its name in the file.
        tensor: String,
        /// The name that [`Load`](crate::io::Load) renamed it to, if that differs; several, if it is split into them.
        renamed: Option<String>,
        /// The position in the tensor, outermost dimension first.
        index: Vec<usize>,
        /// The value that was found.
        value: f32,
    },
    /// A class label is not below the number of classes.
    #[error("sample {sample}: label {label} is out of range; with {classes} classes, labels are 0 to {}", classes.saturating_sub(1))]
    LabelOutOfRange {
        /// The index of the sample in the data set.
        sample: usize,
        /// The label of the sample.
        label: u32,
        /// The number of classes.
        classes: usize,
    },
    /// A token of an input is not in the vocabulary of its embedding.
    #[error("sample {sample}: token {token} is out of range; with a vocabulary of {vocabulary}, tokens are 0 to {}", vocabulary.saturating_sub(1))]
    TokenOutOfRange {
        /// The index of the sample in the batch or data set.
        sample: usize,
        /// The token.
        token: u32,
        /// The number of tokens in the vocabulary.
        vocabulary: usize,
    },
    /// Logits by which no token can be drawn, since one of them is NaN or +inf.
    #[error(
        "the logit of token {token} is {value}; logits must be finite numbers, or -inf for tokens that are never drawn"
    )]
    Logit {
        /// The first such token.
        token: u32,
        /// NaN or infinity.
        value: f32,
    },
    /// Logits by which no token can be drawn, since all of them are -inf.
    #[error("no token can be drawn: all {tokens} logits are -inf")]
    NoToken {
        /// The number of logits.
        tokens: usize,
    },
    /// A character of a text is not in the vocabulary.
    #[error(
        "character {character:?} (U+{:04X}) at byte {at} of the text is not in the vocabulary of {vocabulary} characters",
        u32::from(*character)
    )]
    UnknownCharacter {
        /// The character.
        character: char,
        /// The byte at which it begins: `&text[at..]` begins with it.
        at: usize,
        /// The size of the vocabulary.
        vocabulary: usize,
    },
    /// A token that should be decoded is not in the vocabulary.
    #[error("token {token} at index {index} is out of range; with a vocabulary of {vocabulary}, tokens are 0 to {}", vocabulary.saturating_sub(1))]
    UnknownToken {
        /// Its index in the list of tokens.
        index: usize,
        /// The token.
        token: u32,
        /// The size of the vocabulary.
        vocabulary: usize,
    },
    /// A tokenizer of another library failed.
    #[error("the tokenizer cannot {doing}: {reason}")]
    Tokenizer {
        /// The operation, such as `encode the text`.
        doing: &'static str,
        /// The message of the library.
        reason: String,
    },
    /// A list of tokens is shorter than one window and the token after it.
    #[error("a window of {length} tokens and the token after it do not fit into {found} tokens")]
    FewTokens {
        /// The number of tokens in the list.
        found: usize,
        /// The number of tokens in a window.
        length: usize,
    },
    /// A series is shorter than one window and the value that it should be followed by.
    #[error(
        "a window of {length} value{} and the {} after it do not fit into {found} values",
        if *length == 1 { "" } else { "s" }, if *ahead == 1 { "one".into() } else { ahead.to_string() }
    )]
    ShortSeries {
        /// The number of values in the series.
        found: usize,
        /// The number of values in a window.
        length: usize,
        /// The number of values after a window, of which the last is the target.
        ahead: usize,
    },
    /// A sample contains NaN or an infinity.
    #[error("sample {sample}: expected finite numbers, found {value} {}", place(index))]
    SampleNotFinite {
        /// The index of the sample in the data set.
        sample: usize,
        /// The position in the sample, outermost dimension first; for a row of a table, the column.
        index: Vec<usize>,
        /// The value that was found.
        value: f32,
    },
    /// A target is outside the range of its loss.
    #[error("sample {sample}: target {value} {}", if value.is_finite() { format!("is out of range; expected {low} to {high}") } else { "is not a finite number".into() })]
    TargetOutOfRange {
        /// The index of the sample in the data set.
        sample: usize,
        /// The target, or one number of it.
        value: f32,
        /// The smallest allowed value.
        low: f32,
        /// The largest allowed value.
        high: f32,
    },
    /// A target of a loss for binary labels is neither 1 nor -1.
    #[error("sample {sample}: target {value} is neither 1 nor -1")]
    TargetNotASign {
        /// The index of the sample in the data set.
        sample: usize,
        /// The target, or one number of it.
        value: f32,
    },
    /// A number of an input is NaN or infinite.
    #[error("sample {sample}: input {value} is not a finite number")]
    InputNotFinite {
        /// The index of the sample in the data set or batch.
        sample: usize,
        /// The value that was found.
        value: f32,
    },
    /// A sequence of a sample is empty, or longer than its declared bound.
    #[error("sample {sample}: `{input}` {}", rows(*found, *most))]
    SequenceLength {
        /// The index of the sample in the data set or batch.
        sample: usize,
        /// The name of the input.
        input: &'static str,
        /// The number of rows of the sequence.
        found: usize,
        /// The largest number of rows, if one is declared.
        most: Option<usize>,
    },
    /// The target of a sample has not as many rows as its output.
    #[error("sample {sample}: the target has {found} rows, but the output has {expected}")]
    TargetRows {
        /// The index of the sample in the data set or batch.
        sample: usize,
        /// The number of rows of the output.
        expected: usize,
        /// The number of rows of the target.
        found: usize,
    },
    /// An error about the samples of a data set or batch: its message is that of `source` with the name of the set.
    #[error("{}", of_data(set, source))]
    DataSet {
        /// The name of the set: `training set`, `validation set` or `batch`.
        set: &'static str,
        /// The error about the samples, such as [`Error::InputNotFinite`] or [`Error::LabelOutOfRange`].
        source: Box<Error>,
    },
    /// A batch has fewer samples than a layer or a loss needs.
    #[error(
        "{batch} has {found} sample{}, but {of} needs at least {least}{}{help}",
        if *found == 1 { "" } else { "s" }, if help.is_empty() { "" } else { "; " }
    )]
    SmallBatch {
        /// The batch: `batch 3 of 3 of the training set`, or `the batch` of a session.
        batch: String,
        /// The number of samples in the batch.
        found: usize,
        /// The layer or loss, such as ``layer `norm` in training`` or ``loss `nt_xent` ``.
        of: String,
        /// The smallest number of samples that it needs.
        least: usize,
        /// Advice for the user.
        help: &'static str,
    },
    /// A setting of a loss, an optimizer, a schedule, a metric, a session or the trainer is out of its range.
    #[error("`{setting}` of `{of}` is {found}; it must be {expected}")]
    Setting {
        /// The name of the setting, such as `learning_rate`.
        setting: &'static str,
        /// The type or function that has the setting, such as `Adam`.
        of: &'static str,
        /// The range of the setting, such as `from 0 to 1`.
        expected: String,
        /// The value that was given.
        found: String,
    },
    /// A pattern that chooses tensors of a model, to freeze them or as a [`Group`](crate::optim::Group), fits none of them.
    #[error("the pattern `{pattern}` fits no tensor of the model `{model}`; {}", begin(names, 0))]
    NoTensorFits {
        /// The name of the model.
        model: &'static str,
        /// The pattern.
        pattern: String,
        /// All tensors of the model, those whose names begin like the pattern first.
        names: Vec<String>,
    },
    /// Two groups contain the same tensor.
    #[error("the groups `{first}` and `{second}` overlap: both contain the tensor `{tensor}`")]
    GroupsOverlap {
        /// The first such tensor.
        tensor: String,
        /// The pattern of one group.
        first: String,
        /// The pattern of the other.
        second: String,
    },
    /// All tensors of a model are frozen, so that a step would do nothing.
    #[error("all tensors of the model `{model}` are frozen, so there is nothing to train")]
    NothingToTrain {
        /// The name of the model.
        model: &'static str,
    },
    /// A value of a network cannot be quantized.
    #[error("`{value}` cannot be quantized: {reason}")]
    Quantize {
        /// The name of the value.
        value: &'static str,
        /// The reason.
        reason: &'static str,
    },
    /// A data set has no samples where some are needed.
    #[error("the {what} is empty")]
    Empty {
        /// The name of the set, such as `training set`.
        what: &'static str,
    },
    /// The numbers of inputs and targets differ.
    #[error("a data set needs one target per input: found {inputs} inputs and {targets} targets")]
    UnequalLengths {
        /// The number of inputs.
        inputs: usize,
        /// The number of targets.
        targets: usize,
    },
    /// An array has another shape at run time than the type that it is converted to.
    #[error("{what}: expected shape {}, found {found:?}", Shape(expected))]
    Shape {
        /// The array that was converted.
        what: &'static str,
        /// The shape of the type; `None` stands for any size.
        expected: Vec<Option<usize>>,
        /// The shape of the array.
        found: Vec<usize>,
    },
    /// A checkpoint belongs to another training: its version, model, optimizer or settings differ.
    #[error("{path}: checkpoint of another {what}: expected {expected}, found {found}", path = path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// The setting that differs, such as `model`, `optimizer` or `batch size`.
        what: &'static str,
        /// The value in the training that should be resumed.
        expected: String,
        /// The value in the file.
        found: String,
    },
    /// Training computed a number that is not finite.
    #[error(
        "step {step}: {layer} is not finite (NaN or infinity); \
         a smaller learning rate, gradient clipping or normalised inputs may help"
    )]
    NotFinite {
        /// The step of the training, counted from 1.
        step: u64,
        /// The first tensor that is not finite, such as ``layer `conv1` `` or ``gradient of `conv1.weight` ``.
        layer: String,
    },
    /// Validation computed a number that is not finite.
    #[error("after step {step}: {layer} is not finite (NaN or infinity) for sample {sample} of the validation set")]
    ValidationNotFinite {
        /// The number of training steps before this validation.
        step: u64,
        /// The first sample whose loss is not finite, by its index in the validation set.
        sample: usize,
        /// The first tensor that is not finite, such as `the output` or ``weight `conv1.weight` ``.
        layer: String,
    },
    /// A layer of a model cannot be written to an ONNX file.
    #[error("`{layer}` of the model `{model}` cannot be exported to ONNX: {reason}")]
    NotInOnnx {
        /// The name of the model.
        model: &'static str,
        /// The layer, or the operation if the layer has no weights.
        layer: String,
        /// The reason: the part that ONNX lacks.
        reason: String,
    },
    /// A model has too many weights for an ONNX file.
    #[error("the model `{model}` has {bytes} bytes of weights; an ONNX file has place for {most}")]
    OnnxTooLarge {
        /// The name of the model.
        model: &'static str,
        /// The number of bytes.
        bytes: usize,
        /// The largest number of bytes.
        most: usize,
    },
    /// The requested device is not available on this machine.
    #[error("no {device} here: {reason}")]
    NoDevice {
        /// The name of the device, such as `CUDA device 0`.
        device: String,
        /// The cause, and what to install.
        reason: String,
    },
    /// The memory of a device is full.
    #[error("{device}: out of memory: {}{free} of {total} bytes are free; a smaller batch needs less", asked(*wanted))]
    DeviceMemory {
        /// The device.
        device: String,
        /// The number of requested bytes, if it is known; kernels and graphs also need memory of the device.
        wanted: Option<usize>,
        /// The number of free bytes in total.
        free: usize,
        /// The number of bytes of the device.
        total: usize,
    },
    /// The memory of the host is full, or the request exceeds it.
    #[error("out of memory: {wanted} bytes were asked for; a smaller batch needs less")]
    Memory {
        /// The number of requested bytes.
        wanted: usize,
    },
    /// A device reported an error. Its memory may be lost.
    #[error("the device failed while {doing}: {reason}")]
    DeviceFailed {
        /// The operation that failed.
        doing: String,
        /// The message of its driver.
        reason: String,
    },
}

/// The path in errors about data that was not read from a file.
pub const IN_MEMORY: &str = "<memory>";

/// Formats the same message as `Display`, because a program whose `main` returns an error prints its `Debug` form.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl Error {
    /// Adds to an error about a tensor of a file the name `model` that the tensor was renamed to.
    pub(crate) fn with_name_in_model(mut self, model: &str) -> Error {
        if let Error::TensorShape { tensor, renamed, .. }
        | Error::TensorType { tensor, renamed, .. }
        | Error::TensorNotFinite { tensor, renamed, .. } = &mut self
        {
            *renamed = (tensor != model).then(|| model.into());
        }
        self
    }
    /// Turns an error about a sample into one about the samples of `set`. An error about a setting stays as it is, since it does not
    /// depend on the samples.
    pub(crate) fn of_data(self, set: &'static str) -> Error {
        match self {
            Error::Setting { .. } => self,
            source => Error::DataSet { set, source: Box::new(source) },
        }
    }
    /// Returns the index of the sample that the error is about.
    fn sample(&self) -> Option<usize> {
        match self {
            Error::InputNotFinite { sample, .. }
            | Error::LabelOutOfRange { sample, .. }
            | Error::TokenOutOfRange { sample, .. }
            | Error::TargetOutOfRange { sample, .. }
            | Error::SequenceLength { sample, .. }
            | Error::TargetRows { sample, .. }
            | Error::TargetNotASign { sample, .. } => Some(*sample),
            _ => None,
        }
    }
    /// Sets the index of the sample that the error is about.
    pub(crate) fn of_sample(mut self, index: usize) -> Error {
        if let Error::InputNotFinite { sample, .. }
        | Error::LabelOutOfRange { sample, .. }
        | Error::TokenOutOfRange { sample, .. }
        | Error::TargetOutOfRange { sample, .. }
        | Error::SequenceLength { sample, .. }
        | Error::TargetRows { sample, .. }
        | Error::TargetNotASign { sample, .. } = &mut self
        {
            *sample = index;
        }
        self
    }
    /// Returns a function that makes an [`Error::Io`] about `path`.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { path, source }
    }
}
