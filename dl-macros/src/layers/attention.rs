//! `attention(heads)` lets every row of a sequence look at the others, and `cross_attention(memory, heads)` at those of another sequence.
//!
//! Both become several nodes in a scope of their own: the projections of the rows to queries, keys and values, which are one dense layer
//! for all that read the same rows; the rotation by positions; the attention itself; and the projection of its output.

use super::projection::{Projection, dense_node, inits, joined};
use super::*;
use crate::check;
use crate::diagnostics::message;
use quote::quote;

/// Attention of a sequence to itself, or to another one.
pub struct Attention {
    name: &'static str,
    cross: bool,
}

pub static ATTENTION: Attention = Attention { name: "attention", cross: false };
pub static CROSS_ATTENTION: Attention = Attention { name: "cross_attention", cross: true };

const HEADS: Parameter =
    Parameter::positional("heads", Kind::Size, Default::Required, "number of heads, which divides the features")
        .counting("head");
const KV_HEADS: Parameter = Parameter::named(
    "kv_heads",
    Kind::Size,
    Default::Same("heads"),
    "number of heads of keys and values, each for as many heads of queries, as many as `heads` by default",
)
.counting("head of keys");
const DROPOUT: Parameter = Parameter::named(
    "dropout",
    Kind::Number,
    Default::Number(0.0),
    "probability that a probability is set to 0 in training, from 0 to 1",
);
const BIAS: Parameter =
    Parameter::named("bias", Kind::Flag, Default::Flag(true), "whether the four projections have biases");
const INIT: Parameter = Parameter::named(
    "init",
    Kind::Init,
    Default::ByLayer,
    "initialisation of the weights, by default `xavier_uniform`, and `pytorch` for the output",
);
const LORA: Parameter = Parameter {
    doc: "rank of low-rank updates of the projections to queries and values (LoRA), which fine-tuning trains in their place; none by default",
    ..lora::RANK
};
const BIAS_INIT: Parameter =
    Parameter::named("bias_init", Kind::Init, Default::ByLayer, "initialisation of the biases, `zeros` by default");

impl Layer for Attention {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> Doc {
        let (shapes, line) = if self.cross {
            let line = "lets every row of a sequence look at all rows of another, `memory`, with several heads; PyTorch's \
                `MultiheadAttention`";
            ("`[t, n]`, `[s, m]` → `[t, n]`", line)
        } else {
            let line =
                "lets every row of a sequence look at the others, with several heads; PyTorch's `MultiheadAttention`";
            ("`[t, n]`, unchanged", line)
        };
        Doc::new(Chapter::Weights, shapes, line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        const CROSS: &[Parameter] = &[HEADS, KV_HEADS, DROPOUT, BIAS, INIT, BIAS_INIT, LORA, lora::ALPHA];
        const SELF: &[Parameter] = &[
            HEADS,
            Parameter::named(
                "causal",
                Kind::Flag,
                Default::Flag(false),
                "whether a row sees only itself and the rows before it",
            ),
            KV_HEADS,
            Parameter::named(
                "window",
                Kind::Size,
                Default::ByLayer,
                "number of rows that a row sees at most, including itself, with `causal: true`; all by default",
            )
            .at_least_one(),
            DROPOUT,
            BIAS,
            Parameter::named(
                "rotary",
                Kind::Number,
                Default::ByLayer,
                "base of rotary position embeddings, such as 10000: queries and keys are rotated by their positions",
            ),
            Parameter::named(
                "alibi",
                Kind::Flag,
                Default::Flag(false),
                "whether scores are lowered in proportion to the distance of the rows (ALiBi)",
            ),
            INIT,
            BIAS_INIT,
            LORA,
            lora::ALPHA,
        ];
        if self.cross { CROSS } else { SELF }
    }
    fn operands(&self) -> usize {
        if self.cross { 2 } else { 1 }
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn inferred(&self) -> Option<Inferred> {
        Some(Inferred::Features)
    }
    fn check(&self, call: &Call) -> bool {
        let mut valid =
            check::not_zero(call) & check::bias_is_used(call) & check::rate(call, "dropout") & lora::check(call);
        if call.given_at("window").is_some() && !call.flag("causal") {
            let text = "a window is of the rows up to a row itself: `causal: true`";
            call.diagnostics.error(call.at("window"), text);
            valid = false;
        }
        if call.is_given("rotary") {
            valid &= check::positive(call, "rotary");
            if call.flag("alibi") {
                let text = "`rotary` and `alibi` are two ways to tell positions; choose one";
                call.diagnostics.error(call.at("alibi"), text);
                valid = false;
            }
        }
        valid
    }
    fn alternative(&self) -> &'static str {
        "; inside of attention rows have a multiple of these features, so that they must be a constant"
    }
    fn lowered_as(&self) -> LoweredAs {
        LoweredAs::Parts
    }
    fn parts(&self, call: &Call) -> Option<Vec<Part>> {
        let sizes = Sizes::of(call, self.cross)?;
        if self.cross { sizes.cross(call) } else { sizes.self_attention(call) }
    }
    fn build(&self, _: &Call) -> Option<Built> {
        unreachable!("`lower` makes several nodes of it")
    }
}

/// The sizes of one use.
struct Sizes {
    /// The sequence of the queries.
    queries: check::Time,
    /// The sequence of keys and values.
    memory: check::Time,
    heads: Dim,
    kv_heads: Dim,
    head_dim: Dim,
    /// The features of keys, and of values.
    keys: Dim,
}

impl Sizes {
    /// Checks the operands, and that heads divide what they share.
    fn of(call: &Call, cross: bool) -> Option<Self> {
        let (queries, memory) = (check::time(call, 0), cross.then(|| check::time(call, 1)));
        let queries = queries?;
        let memory = memory.unwrap_or_else(|| Some(queries.clone()))?;
        let (heads, kv_heads) = (call.size("heads"), call.size("kv_heads"));
        let text = message!(&heads, " heads do not divide the ", &queries.features, " features of the input");
        let divides = queries.features.is_multiple_of(&heads);
        let mut valid = call.diagnostics.require(divides, call.at("heads"), text);
        if call.given_at("kv_heads").is_some() {
            let text = message!(&kv_heads, " heads of keys do not divide the ", &heads, " heads");
            valid &= call.diagnostics.require(heads.is_multiple_of(&kv_heads), call.at("kv_heads"), text);
        }
        valid.then_some(())?;
        let head_dim = queries.features.div(&heads);
        if call.is_given("rotary") {
            let text = message!("`rotary` turns pairs of features, but a head has ", &head_dim, ", an odd number");
            let even = head_dim.is_multiple_of(&Dim::Known(2));
            call.diagnostics.require(even, call.at("rotary"), text).then_some(())?;
        }
        let same = call.given_at("kv_heads").is_none();
        let keys = if same { queries.features.clone() } else { head_dim.mul(&kv_heads) };
        Some(Sizes { queries, memory, heads, kv_heads, head_dim, keys })
    }

    /// Returns the nodes of attention of a sequence to itself.
    fn self_attention(self, call: &Call) -> Option<Vec<Part>> {
        let features = &self.queries.features;
        let mut parts = if call.is_given("lora") {
            let together = self.queries.features.add(&self.keys).add(&self.keys);
            let q = self.queries(call, Some(together.clone()))?;
            joined(
                &self.queries,
                std::iter::once(q).chain(self.keys_and_values(call, together, Source::Operand(0))?).collect(),
                0,
            )
        } else {
            vec![self.projections(call, Some(features), Source::Operand(0))]
        };
        let projected = Source::Part(parts.len() - 1);
        let rows = parts[parts.len() - 1].built.output.clone();
        if call.is_given("rotary") {
            let (heads, head_dim, base) = (self.heads.add(&self.kv_heads), &self.head_dim, call.number("rotary"));
            let fields = quote!(heads: #heads, head_dim: #head_dim, base: #base,);
            let config = Config::settings(quote!(dl::ops::rotary::RotaryOp), fields);
            let op = Op::new(config, BackwardReads::NOTHING).along_time_of([0]).stepping(Stepping::Position).in_place();
            let (text, built) = ("rotation of queries and keys", Built::new(rows, op));
            parts.push(Part { name: "rotary", text, inputs: vec![projected], built, weights_as: None });
        }
        let (causal, alibi) = (call.flag("causal"), call.flag("alibi"));
        let window = call.given_size("window").unwrap_or(Dim::Known(0));
        let more = quote!(causal: #causal, window: #window, alibi: #alibi,);
        let inputs = vec![Source::Part(parts.len() - 1)];
        let op = quote!(dl::ops::attention::AttentionOp);
        let mut core = self.core(call, op, more, inputs, 2 * call.index);
        if causal {
            let window = call.given_size("window");
            let most = self.queries.length.as_ref().and_then(|length| length.bound.as_ref());
            // As many rows as a window is long, or as a sequence has at most.
            let places = window.iter().chain(most).cloned().reduce(|a, b| a.min(&b));
            let constant = places.map(|places| Type::layer(quote!(dl::ops::attention::State), [&places, &self.keys]));
            let truncates = window.is_none();
            core.built.op.step = Stepping::State { floats: quote!(state_len(rows)), truncates, constant };
        }
        parts.push(core);
        parts.push(self.output(call, parts.len() - 1)?);
        Some(parts)
    }

    /// Returns the nodes of attention to another sequence.
    fn cross(self, call: &Call) -> Option<Vec<Part>> {
        let mut parts = vec![self.queries(call, None)?];
        if call.is_given("lora") {
            let together = self.keys.add(&self.keys);
            parts.extend(self.keys_and_values(call, together, Source::Operand(1))?);
            parts = joined(&self.memory, parts, 1);
        } else {
            parts.push(self.projections(call, None, Source::Operand(1)));
        }
        let inputs = vec![Source::Part(0), Source::Part(parts.len() - 1)];
        let op = quote!(dl::ops::attention::CrossAttentionOp);
        parts.push(self.core(call, op, quote!(), inputs, 2 * call.index + 1));
        parts.push(self.output(call, parts.len() - 1)?);
        Some(parts)
    }

    /// Returns the projection to queries, with its low-rank update if there is one; `together` as in [`Projection`].
    fn queries(&self, call: &Call, together: Option<Dim>) -> Option<Part> {
        let projection =
            Projection { name: "q", text: "queries", outputs: &self.queries.features, updated: true, together };
        projection.part(call, &self.queries, Rule::XavierUniform, Source::Operand(0))
    }
    /// Returns the projections to keys, and to values with their low-rank update.
    fn keys_and_values(&self, call: &Call, together: Dim, input: Source) -> Option<Vec<Part>> {
        let together = || Some(together.clone());
        let keys = Projection { name: "k", text: "keys", outputs: &self.keys, updated: false, together: together() };
        let values = Projection { name: "v", text: "values", outputs: &self.keys, updated: true, together: together() };
        let part = |projection: Projection| projection.part(call, &self.memory, Rule::XavierUniform, input);
        Some(vec![part(keys)?, part(values)?])
    }

    /// Returns the projections to keys and values, and to queries if their number is given.
    fn projections(&self, call: &Call, queries: Option<&Dim>, input: Source) -> Part {
        let (inputs, none) = (&self.memory.features, Dim::Known(0));
        let keys = &self.keys;
        let twice = keys.mul(&Dim::Known(2));
        let outputs = queries.map_or(twice.clone(), |queries| queries.add(&twice));
        let each = [queries, Some(keys), Some(keys)];
        let [weights, biases] = [
            [("q.weight", "q_weight"), ("k.weight", "k_weight"), ("v.weight", "v_weight")],
            [("q.bias", "q_bias"), ("k.bias", "k_bias"), ("v.bias", "v_bias")],
        ];
        let mut tensors = Vec::new();
        for (size, (name, member)) in each.iter().zip(weights) {
            tensors.extend(size.map(|size| Tensor::new(name, &[size, inputs], Role::Weight).in_member(member)));
        }
        let mut sizes = vec![inputs.clone(), queries.unwrap_or(&none).clone(), keys.clone()];
        let mut dense = vec![inputs.clone(), outputs.clone()];
        if call.flag("bias") {
            for (size, (name, member)) in each.iter().zip(biases) {
                tensors.extend(size.map(|size| Tensor::new(name, &[size], Role::Bias).in_member(member)));
            }
        } else {
            sizes.extend([none.clone(), none.clone()]);
            dense.push(none);
        }
        let ty = Type::layer(quote!(dl::layers::Projections), &sizes);
        let weights = Weights { ty, tensors, init: inits(call, Init::Rule(Rule::XavierUniform)) };
        let built = dense_node(&self.memory, &outputs)
            .with_weights(weights, self.memory.counted_steps().mul(inputs).mul(&outputs));
        let (name, text) =
            if queries.is_some() { ("qkv", "queries, keys and values") } else { ("kv", "keys and values") };
        let weights_as = Some(Type::layer(quote!(dl::layers::Dense), &dense));
        Part { name, text, inputs: vec![input], built, weights_as }
    }

    /// Returns the node of the attention itself; `more` are the settings that only one of the two operations has.
    fn core(&self, call: &Call, op: TokenStream, more: TokenStream, inputs: Vec<Source>, id: usize) -> Part {
        let Sizes { queries, memory, heads, kv_heads, head_dim, .. } = self;
        let (dropout, id) = (call.number("dropout"), Dim::Known(id));
        let fields = quote!(heads: #heads, kv_heads: #kv_heads, head_dim: #head_dim, #more dropout: #dropout, id: #id,);
        let reads = BackwardReads { inputs: true, output: true };
        let mut op = Op::new(Config::settings(op, fields), reads).along_time_of((0..inputs.len()).collect::<Vec<_>>());
        op.saved = Some(Saved { shape: queries.with_features(heads.clone()), per_sample: true });
        op.inference = Inference::Infer;
        let mut built = Built::new(queries.with_features(queries.features.clone()), op);
        let pairs = queries.counted_steps().mul(&memory.counted_steps());
        built.multiply_adds = pairs.mul(&queries.features).mul(&Dim::Known(2));
        Part { name: "context", text: "", inputs, built, weights_as: None }
    }

    /// Returns the projection of the output of part `context`.
    fn output(&self, call: &Call, context: usize) -> Option<Part> {
        let projection =
            Projection { name: "out", text: "output", outputs: &self.queries.features, updated: false, together: None };
        projection.part(call, &self.queries, Rule::PyTorch, Source::Part(context))
    }
}
