//! Tests of mistakes in rules, and of files that do not fit them.

use super::files::{entry, file};
use super::rules::{ATTENTION, DENSE, load, load_with, message, save};
use crate::io::safetensors::Writer;
use crate::io::{Load, Rules};
use crate::{Error, Tensors};

#[test]
fn shapes_are_those_of_the_file() {
    let load = |rules: Rules, name: &str, shape: &[usize]| {
        let zeros = vec![0.0; shape.iter().product()];
        let bytes = Writer::new().tensor(name, shape, &zeros).to_bytes().unwrap();
        let load = Load::new().rules(rules).allow_missing(true);
        let error = |tensors| load_with(&load, &bytes, tensors).unwrap_err().to_string();
        error(if name.starts_with("in") { ATTENTION } else { DENSE })
    };
    let rename = || Rules::new().rename("fc.*", "dense.*");
    assert_eq!(
        load(rename().transpose("fc.weight"), "fc.weight", &[4, 2]),
        "<memory>: tensor `fc.weight` (renamed to `dense.weight`): expected shape [2, 4], found [4, 2]"
    );
    assert_eq!(
        load(rename().transpose("fc.bias"), "fc.bias", &[4]),
        "<memory>: tensor `fc.bias`, by the rule `rename(\"fc.*\", …)`: expected 2 dimensions, to be transposed, found shape [4] in the model"
    );
    assert_eq!(
        load(rename().leading("fc.bias", 1), "fc.bias", &[2, 4]),
        "<memory>: tensor `fc.bias` (renamed to `dense.bias`): expected shape [1, 4], found [2, 4]"
    );
    assert_eq!(
        load(rename().reorder("fc.bias", [2, 1, 0]), "fc.bias", &[4]),
        "<memory>: tensor `fc.bias`, by the rule `rename(\"fc.*\", …)`: expected a number of rows that 3 divides, found shape [4] in the model"
    );
    let split = |axis| Rules::new().split("in", axis, ["layers.0.q.weight", "layers.0.k.weight", "layers.0.v.weight"]);
    assert_eq!(
        load(split(0), "in", &[12, 4]),
        "<memory>: tensor `in` (renamed to `layers.0.q.weight`, `layers.0.k.weight`, `layers.0.v.weight`): expected shape [8, 4], found [12, 4]"
    );
    assert_eq!(
        load(split(1), "in", &[8, 4]),
        "<memory>: tensor `in`, by the rule `split(\"in\", …)`: expected parts that differ along axis 1 alone in the model, found [4, 4] and [2, 4]"
    );
    assert_eq!(
        load(split(2), "in", &[8, 4]),
        "<memory>: tensor `in`, by the rule `split(\"in\", …)`: expected an axis 2 in the file, found shape [4, 4] of `layers.0.q.weight` in the model"
    );
    let half = Rules::new().split("in", 0, ["layers.0.q.weight", "layers.0.x.weight"]);
    assert_eq!(
        load(half, "in", &[8, 4]),
        "<memory>: tensor `in`, by the rule `split(\"in\", …)`: expected all of its parts in the model, found no `layers.0.x.weight`"
    );
    let nowhere = Rules::new().split("in", 0, ["a", "b"]);
    assert!(load(nowhere, "in", &[8, 4]).contains("the model lacks tensor `in` (renamed to `a`, `b`)"));
}

#[test]
fn names_that_fit_twice_are_errors() {
    let bytes = Writer::new().tensor("fc.weight", &[4, 2], &[0.0; 8]).tensor("fc.bias", &[4], &[0.0; 4]);
    let bytes = bytes.to_bytes().unwrap();
    let rules = Rules::new().rename("fc.*", "dense.*").rename("fc.weight", "dense.weight");
    assert_eq!(
        message(rules, &bytes, DENSE),
        "<memory>: tensor `fc.weight`, by the rule `rename(\"fc.*\", …)`: expected no other rule for it, found \
         `rename(\"fc.weight\", …)`, which fits too"
    );
    let rules = Rules::new().rename("fc.weight", "dense.weight").rename("fc.bias", "dense.weight");
    assert_eq!(
        message(rules, &bytes, DENSE),
        "<memory>: not a valid safetensors file: expected one tensor that is named `dense.weight` in the model, found `fc.weight` and `fc.bias`"
    );
    let split = Rules::new().rename("fc.weight", "dense.weight").split("fc.bias", 0, ["dense.bias", "dense.bias"]);
    assert!(message(split, &bytes, DENSE).contains("expected one tensor that is named `dense.bias`"));
}

#[test]
fn unused_rules_are_errors_if_they_are_strict() {
    let bytes = Writer::new().tensor("dense.weight", &[4, 2], &[0.0; 8]).tensor("dense.bias", &[4], &[0.0; 4]);
    let bytes = bytes.to_bytes().unwrap();
    let names = "fits no tensor; the names are `dense.weight`, `dense.bias`";
    for (rules, rule) in [
        (Rules::new().rename("fc.*", "dense.*"), r#"rename("fc.*", …)"#),
        (Rules::new().skip("mask"), r#"skip("mask")"#),
        (Rules::new().transpose("fc.*"), r#"layout of "fc.*""#),
        (Rules::new().tied("head", "fc"), r#"tied("head", "fc")"#),
    ] {
        assert!(load(rules.clone(), &bytes, DENSE).is_ok());
        assert_eq!(message(rules.strict(true), &bytes, DENSE), format!("<memory>: the rule `{rule}` {names}"));
    }
    let tied = Rules::new().rename("head", "head").tied("head", "dense.bias").strict(true);
    assert!(load(tied, &bytes, DENSE).is_ok());
}

#[test]
fn wrong_rules_are_told_when_they_are_used() {
    let bytes = Writer::new().tensor("dense.weight", &[4, 2], &[0.0; 8]).to_bytes().unwrap();
    for (rules, expected) in [
        (
            Rules::new().rename("h.{i", "a"),
            "`rename` of `Rules` is `h.{i`; it must be a pattern whose brace `{` is closed",
        ),
        (
            Rules::new().rename("a", "[b.]c"),
            "`rename` of `Rules` is [b.]c; it must be a name in the model without brackets",
        ),
        (Rules::new().rename("a.{i}", "b"), "is `a.{i}` and `b`; it must be a rule with the same placeholders"),
        (Rules::new().rename("a", "b.*"), "is `a` and `b.*`; it must be a rule with the same placeholders"),
        (Rules::new().split("a", 0, []), "`split` of `Rules` is no name"),
        (Rules::new().join([], 0, "a"), "`join` of `Rules` is no name"),
        (Rules::new().skip(""), "`skip` of `Rules` is ``; it must be a pattern of names"),
        (Rules::new().transpose("*.*"), "`transpose` of `Rules` is `*.*`; it must be a pattern with at most one `*`"),
        (Rules::new().reorder("a", [0, 0]), "`reorder` of `Rules` is [0, 0]; it must be every number from 0 on once"),
        (Rules::new().reorder("a", []), "`reorder` of `Rules` is []"),
        (Rules::new().deinterleave("a", 0), "`deinterleave` of `Rules` is 0; it must be at least 1"),
        (Rules::new().leading("a", usize::MAX), "`leading` of `Rules` is 18446744073709551615; it must be at most 16"),
        (Rules::new().tied("a.{i}", "b"), "`tied` of `Rules` is `a.{i}` and `b`"),
        (Rules::new().rename("a", "b").under("{"), "`under` of `Rules` is {; it must be a pattern whose brace"),
    ] {
        // The first mistake is told.
        let found = message(rules.clone().skip("*.*"), &bytes, DENSE);
        assert!(found.contains(expected), "{found}\n{expected}");
        assert!(matches!(save(Rules::new().and(rules), DENSE, &[0.0; 12]), Err(Error::Setting { of: "Rules", .. })));
    }
}

#[test]
fn what_cannot_be_saved_by_rules_is_told() {
    let error = |rules, tensors: Tensors| {
        let floats = vec![0.0; tensors.parameters()];
        save(rules, tensors, &floats).unwrap_err().to_string()
    };
    let half = Rules::new().split("in", 0, ["dense.bias", "other"]);
    let expected = "`split` of `Rules` is `split(\"in\", …)` without `other`; it must be a rule all of whose parts are in the model";
    assert_eq!(error(half, DENSE), expected);
    let uneven = Rules::new().split("in", 0, ["dense.bias", "dense.weight"]);
    let expected = "`split` of `Rules` is `split(\"in\", …)` with shapes [4] and [4, 2]; it must be a rule whose parts differ along axis 0 alone";
    assert_eq!(error(uneven, DENSE), expected);
    let vector = Rules::new().rename("fc.bias", "dense.bias").transpose("fc.bias");
    let expected =
        "`rename` of `Rules` is `fc.bias`, which has shape [4] in the model; it must be 2 dimensions, to be transposed";
    assert_eq!(error(vector, DENSE), expected);
    let same = Rules::new().rename("x", "dense.bias").rename("x", "dense.weight");
    assert_eq!(error(same, DENSE), "<memory>: not a valid safetensors file: expected unique names, found `x` again");
}

#[test]
fn sizes_that_a_file_claims_ask_for_no_memory() {
    // Sizes of 0 let others be anything.
    let huge = 1_u64 << 60;
    let header = [entry("x", "F32", &format!("[0,{huge}]"), 0, 0), entry("y", "F32", &format!("[0,{huge}]"), 0, 0)];
    let bytes = file(&format!("{{{}}}", header.join(",")), 0);
    let rules = || Rules::new().join(["x", "y"], 1, "dense.weight");
    let load = || Load::new().allow_missing(true).allow_unexpected(true);
    let of = |rules| load_with(&load().rules(rules), &bytes, DENSE).unwrap_err().to_string();
    assert_eq!(
        of(rules()),
        "<memory>: tensor `x` (renamed to `dense.weight`): expected shape [4, 1152921504606846976], found [0, 1152921504606846976]"
    );
    assert!(of(rules().transpose("x")).contains("tensor `x`"));
    assert!(of(Rules::new().split("x", 1, ["dense.weight", "dense.bias"])).contains("tensor `x`"));
}
