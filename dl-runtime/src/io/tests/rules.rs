//! Tests of rules for files of other libraries: each alone, there and back.

use crate::io::safetensors::{Reader, Writer};
use crate::io::{Load, Loaded, Rules, Save};
use crate::{Entry, Result, Role, Tensors};

pub const fn tensor(name: &'static str, shape: &'static [usize], floats: usize) -> Entry {
    Entry::Tensor { name, shape, offset: 4 * floats, role: Role::Weight }
}

/// Attention with 4 features, 2 of keys and values, in two layers.
pub const ATTENTION: Tensors = Tensors(&[
    tensor("layers.0.q.weight", &[4, 4], 0),
    tensor("layers.0.k.weight", &[2, 4], 16),
    tensor("layers.0.v.weight", &[2, 4], 24),
    tensor("layers.0.q.bias", &[4], 32),
    tensor("layers.0.k.bias", &[2], 36),
    tensor("layers.0.v.bias", &[2], 38),
]);
/// A matrix of 4×2 and a vector of 4.
pub const DENSE: Tensors = Tensors(&[tensor("dense.weight", &[4, 2], 0), tensor("dense.bias", &[4], 8)]);
/// A table, and a head that may be tied to it.
const HEAD: Tensors = Tensors(&[tensor("wte.weight", &[3, 2], 0), tensor("head.weight", &[3, 2], 6)]);
const TABLE: Tensors = Tensors(&[tensor("wte.weight", &[3, 2], 0)]);

/// Numbers from `first` on.
pub fn counting(first: u8, count: u8) -> Vec<f32> {
    (first..first + count).map(f32::from).collect()
}

pub fn load_with(load: &Load<'_>, bytes: &[u8], tensors: Tensors) -> Result<(Vec<f32>, Loaded)> {
    let mut matched = load.match_tensors(Reader::of(bytes)?, "Net", tensors)?;
    matched.verify()?;
    let mut model = vec![-1.0; tensors.parameters()];
    let loaded = matched.read(&mut model)?;
    Ok((model, loaded))
}

pub fn load(rules: Rules, bytes: &[u8], tensors: Tensors) -> Result<Vec<f32>> {
    Ok(load_with(&Load::new().rules(rules), bytes, tensors)?.0)
}

pub fn message(rules: Rules, bytes: &[u8], tensors: Tensors) -> String {
    load(rules, bytes, tensors).unwrap_err().to_string()
}

pub fn save(rules: Rules, tensors: Tensors, floats: &[f32]) -> Result<Vec<u8>> {
    Save::new().rules(rules).write_tensors("Net", tensors, floats)?.to_bytes()
}

/// Checks that the rules lead from a file with these tensors to the `expected` model, and back.
fn check(rules: Rules, tensors: Tensors, in_file: &[(&str, &[usize], &[f32])], expected: &[f32]) {
    let writer = in_file.iter().fold(Writer::new(), |writer, (name, shape, data)| writer.tensor(*name, shape, data));
    assert_eq!(load(rules.clone(), &writer.to_bytes().unwrap(), tensors).unwrap(), expected);
    let saved = save(rules, tensors, expected).unwrap();
    let mut reader = Reader::of(&saved).unwrap();
    let mut names: Vec<&str> = in_file.iter().map(|(name, ..)| *name).collect();
    let mut found = reader.names();
    names.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, names);
    for (name, shape, data) in in_file {
        reader.check(name, shape).unwrap();
        let mut read = vec![0.0; data.len()];
        reader.read(name, &mut read).unwrap();
        assert_eq!(read, *data, "{name}");
    }
}

#[test]
fn without_rules_that_fit_names_stay() {
    let rules = Rules::new().rename("other", "more").transpose("other");
    let (weight, bias) = (counting(0, 8), counting(8, 4));
    check(rules, DENSE, &[("dense.weight", &[4, 2], &weight), ("dense.bias", &[4], &bias)], &counting(0, 12));
}

#[test]
fn names_change_with_their_numbers() {
    const DEEP: Tensors = Tensors(&[
        tensor("layers.0.part.7.weight", &[2], 0),
        tensor("layers.0.part.7.bias", &[1], 2),
        tensor("layers.12.part.0.weight", &[1], 3),
    ]);
    let rules = Rules::new().rename("net.h{i}.p_{j}.*", "layers.{i}.part.{j}.*");
    check(
        rules,
        DEEP,
        &[
            ("net.h0.p_7.weight", &[2], &[0.0, 1.0]),
            ("net.h0.p_7.bias", &[1], &[2.0]),
            ("net.h12.p_0.weight", &[1], &[3.0]),
        ],
        &counting(0, 4),
    );
}

#[test]
fn prefixes_may_lack_and_are_written() {
    let rules = || Rules::new().rename("[module.]fc.*", "dense.*");
    let (weight, bias) = (counting(0, 8), counting(8, 4));
    let model = counting(0, 12);
    check(rules(), DENSE, &[("module.fc.weight", &[4, 2], &weight), ("module.fc.bias", &[4], &bias)], &model);
    let bytes = Writer::new().tensor("fc.weight", &[4, 2], &weight).tensor("module.fc.bias", &[4], &bias);
    assert_eq!(load(rules(), &bytes.to_bytes().unwrap(), DENSE).unwrap(), model);
    // Both at once.
    let both = bytes.tensor("fc.bias", &[4], &bias).to_bytes().unwrap();
    assert_eq!(
        message(rules(), &both, DENSE),
        "<memory>: not a valid safetensors file: expected one tensor that is named `dense.bias` in the model, \
         found `module.fc.bias` and `fc.bias`"
    );
}

#[test]
fn matrices_are_transposed() {
    let rules = Rules::new().rename("c_fc.*", "dense.*").transpose("c_fc.weight");
    let weight = [0.0, 2.0, 4.0, 6.0, 1.0, 3.0, 5.0, 7.0];
    check(rules, DENSE, &[("c_fc.weight", &[2, 4], &weight), ("c_fc.bias", &[4], &counting(8, 4))], &counting(0, 12));
}

#[test]
fn unequal_parts_are_split_and_joined() {
    // As in PyTorch's `in_proj_weight`, [q + k + v, in].
    let split = || {
        let names = |part: &str| ["q", "k", "v"].map(|name| format!("layers.{{i}}.{name}.{part}"));
        let (weights, biases) = (names("weight"), names("bias"));
        Rules::new().split("h.{i}.in_proj_weight", 0, weights.each_ref().map(|name| &**name)).split(
            "h.{i}.in_proj_bias",
            0,
            biases.each_ref().map(|name| &**name),
        )
    };
    let (weight, bias) = (counting(0, 32), counting(32, 8));
    let in_file: [(&str, &[usize], &[f32]); 2] =
        [("h.0.in_proj_weight", &[8, 4], &weight), ("h.0.in_proj_bias", &[8], &bias)];
    check(split(), ATTENTION, &in_file, &counting(0, 40));

    // As in GPT-2, [in, q + k + v].
    let transposed: Vec<f32> = (0_u8..32).map(|at| f32::from(at % 8 * 4 + at / 8)).collect();
    let rules = Rules::new()
        .split("c_attn.weight", 1, ["layers.0.q.weight", "layers.0.k.weight", "layers.0.v.weight"])
        .transpose("c_attn.weight")
        .split("c_attn.bias", 0, ["layers.0.q.bias", "layers.0.k.bias", "layers.0.v.bias"]);
    let in_file: [(&str, &[usize], &[f32]); 2] =
        [("c_attn.weight", &[4, 8], &transposed), ("c_attn.bias", &[8], &bias)];
    check(rules, ATTENTION, &in_file, &counting(0, 40));

    // Along the columns of both.
    const COLUMNS: Tensors = Tensors(&[tensor("a", &[2, 1], 0), tensor("b", &[2, 2], 2)]);
    let rules = Rules::new().split("ab", 1, ["a", "b"]);
    let in_file: [(&str, &[usize], &[f32]); 1] = [("ab", &[2, 3], &[0.0, 2.0, 3.0, 1.0, 4.0, 5.0])];
    check(rules, COLUMNS, &in_file, &counting(0, 6));
}

#[test]
fn several_tensors_become_one() {
    const JOINED: Tensors = Tensors(&[tensor("a.0.w", &[3, 2], 0), tensor("a.1.w", &[3, 2], 6)]);
    let rules = || Rules::new().join(["h.{i}.x", "h.{i}.y"], 1, "a.{i}.w").transpose("h.{i}.x").transpose("h.{i}.y");
    // [in, out] with 1 and 2 outputs.
    let file = |second: &'static str| {
        Writer::new()
            .tensor("h.0.x", &[2, 1], &[0.0, 1.0])
            .tensor("h.1.y", &[2, 2], &[8.0, 10.0, 9.0, 11.0])
            .tensor("h.1.x", &[2, 1], &[6.0, 7.0])
            .tensor(second, &[2, 2], &[2.0, 4.0, 3.0, 5.0])
            .to_bytes()
            .unwrap()
    };
    assert_eq!(load(rules(), &file("h.0.y"), JOINED).unwrap(), counting(0, 12));
    let found = message(rules(), &file("h.2.y"), JOINED);
    let expected = r#"<memory>: tensor `h.0.x`, by the rule `join("h.{i}.x", …)`: expected all parts in the file, found none that fits `h.{i}.y`"#;
    assert_eq!(found, expected);
    let error = save(rules(), JOINED, &counting(0, 12)).unwrap_err().to_string();
    assert!(error.starts_with("`join` of `Rules` is `join(\"h.{i}.x\", …)`; it must be left out when"), "{error}");

    let small = Writer::new()
        .tensor("h.0.x", &[2, 1], &[0.0; 2])
        .tensor("h.0.y", &[2, 1], &[0.0; 2])
        .tensor("h.1.x", &[2, 2], &[0.0; 4])
        .tensor("h.1.y", &[2, 1], &[0.0; 2]);
    assert_eq!(
        message(rules(), &small.to_bytes().unwrap(), JOINED),
        r#"<memory>: tensor `h.0.x`, by the rule `join("h.{i}.x", …)`: expected parts of 3 together along axis 0 of `a.0.w`, found shapes [2, 1] and [2, 1]"#
    );
    let other = Writer::new()
        .tensor("h.0.x", &[3, 1], &[0.0; 3])
        .tensor("h.0.y", &[2, 2], &[0.0; 4])
        .tensor("h.1.x", &[2], &[0.0; 2])
        .tensor("h.1.y", &[2, 2], &[0.0; 4]);
    let expected = "<memory>: tensor `h.0.x` (renamed to `a.0.w`): expected shape [2, 1], found [3, 1]";
    assert_eq!(message(rules(), &other.to_bytes().unwrap(), JOINED), expected);
}

#[test]
fn rows_change_their_order() {
    let rules = Rules::new().reorder("dense.*", [1, 0]);
    let in_file: [(&str, &[usize], &[f32]); 2] = [
        ("dense.weight", &[4, 2], &[4.0, 5.0, 6.0, 7.0, 0.0, 1.0, 2.0, 3.0]),
        ("dense.bias", &[4], &[10.0, 11.0, 8.0, 9.0]),
    ];
    check(rules, DENSE, &in_file, &counting(0, 12));
    // Pairs of rows become halves, after the matrix is transposed.
    let rules = Rules::new().transpose("dense.weight").deinterleave("dense.*", 1);
    let in_file: [(&str, &[usize], &[f32]); 2] = [
        ("dense.weight", &[2, 4], &[0.0, 4.0, 2.0, 6.0, 1.0, 5.0, 3.0, 7.0]),
        ("dense.bias", &[4], &[8.0, 10.0, 9.0, 11.0]),
    ];
    check(rules, DENSE, &in_file, &counting(0, 12));
}

#[test]
fn dimensions_of_size_1_are_left_out() {
    let rules = Rules::new().leading("dense.weight", 2);
    let (weight, bias) = (counting(0, 8), counting(8, 4));
    check(rules, DENSE, &[("dense.weight", &[1, 1, 4, 2], &weight), ("dense.bias", &[4], &bias)], &counting(0, 12));
}

#[test]
fn buffers_are_passed_over() {
    let rules =
        || Rules::new().rename("fc.*", "dense.*").skip("fc.mask").skip("*.position_ids").skip("h.{i}.attn.bias");
    let bytes = Writer::new()
        .tensor("fc.weight", &[4, 2], &[0.5; 8])
        .tensor("fc.bias", &[4], &[0.5; 4])
        .tensor("fc.mask", &[1], &[0.0])
        .tensor("h.11.attn.bias", &[1], &[0.0])
        .tensor("a.b.position_ids", &[1], &[f32::NAN]);
    let (_, loaded) = load_with(&Load::new().rules(rules()), &bytes.to_bytes().unwrap(), DENSE).unwrap();
    assert_eq!(loaded, Loaded::default());
    let bytes = bytes.tensor("h.x.attn.bias", &[1], &[0.0]).to_bytes().unwrap();
    assert!(message(rules(), &bytes, DENSE).ends_with("the model lacks tensor `h.x.attn.bias`"));
}

#[test]
fn tied_tensors_may_lack_on_either_side() {
    let rules = || {
        let rules = Rules::new().rename("[model.]embed.weight", "wte.weight").rename("lm_head.weight", "head.weight");
        rules.tied("lm_head.weight", "[model.]embed.weight")
    };
    let table = counting(0, 6);
    let lacks = Writer::new().tensor("model.embed.weight", &[3, 2], &table);
    let twice = [table.clone(), table.clone()].concat();
    assert_eq!(load(rules(), &lacks.to_bytes().unwrap(), HEAD).unwrap(), twice);
    assert_eq!(load(rules(), &lacks.to_bytes().unwrap(), TABLE).unwrap(), table);
    let both = lacks.clone().tensor("lm_head.weight", &[3, 2], &table).to_bytes().unwrap();
    assert_eq!(load(rules(), &both, HEAD).unwrap(), twice);
    assert_eq!(load(rules(), &both, TABLE).unwrap(), table);
    let mut other = table.clone();
    other[4] = 0.5;
    let untied = lacks.clone().tensor("lm_head.weight", &[3, 2], &other).to_bytes().unwrap();
    assert_eq!(load(rules(), &untied, HEAD).unwrap(), [&table[..], &other].concat());
    assert_eq!(
        message(rules(), &untied, TABLE),
        "<memory>: tensor `lm_head.weight`, by the rule `tied(\"lm_head.weight\", \"[model.]embed.weight\")`: expected the numbers of \
         `model.embed.weight`, because the model has one tensor for both, found 0.5 instead of 4 at number 4"
    );
    let larger = lacks.tensor("lm_head.weight", &[4, 2], &[0.0; 8]).to_bytes().unwrap();
    assert!(message(rules(), &larger, TABLE).ends_with("tensor `lm_head.weight`: expected shape [3, 2], found [4, 2]"));
    // Without the rule, the head lacks.
    let rules = Rules::new().rename("embed.weight", "wte.weight");
    let bytes = Writer::new().tensor("embed.weight", &[3, 2], &table).to_bytes().unwrap();
    assert!(message(rules, &bytes, HEAD).ends_with("it lacks tensor `head.weight`"));
}

#[test]
fn rules_apply_after_renames_and_under_a_prefix() {
    const INSIDE: Tensors = Tensors(&[tensor("body.dense.weight", &[4, 2], 0), tensor("body.dense.bias", &[4], 8)]);
    let rules = Rules::new().rename("fc.*", "dense.*").transpose("fc.weight").under("body.");
    let weight = [0.0, 2.0, 4.0, 6.0, 1.0, 3.0, 5.0, 7.0];
    let bytes = Writer::new().tensor("_orig_mod.fc.weight", &[2, 4], &weight);
    let bytes = bytes.tensor("_orig_mod.fc.bias", &[4], &counting(8, 4)).to_bytes().unwrap();
    let load = Load::new().rules(rules).rename("_orig_mod.", "");
    assert_eq!(load_with(&load, &bytes, INSIDE).unwrap().0, counting(0, 12));
}
