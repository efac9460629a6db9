//! Low-rank updates (`lora`): against PyTorch, from files without them and files of `peft`, and merged.
#![allow(missing_docs)]

mod common;

use common::places::scratch;
use common::{Fixture, PASS, agree, check};
use dl::io::{Load, Rules, Save};
use dl::loss::Mse;
use dl::pod::{flat, flat_mut};
use dl::prelude::*;
use std::slice::{from_mut, from_ref};

/// One test for each model, named as the case in the file; the loss compares with random numbers.
macro_rules! operations {
    ($($case:ident: $model:ident),* $(,)?) => { $(
        #[test]
        fn $case() {
            let fixture = Fixture::open("lora.safetensors");
            let case = stringify!($case);
            check(&fixture, case, &*fixture.model::<$model>(&format!("{case}/weights/")), &Mse);
        }
    )* };
}

model! {
    Vector(x: [6]) -> [5] { x -> dense(5, lora: 2, lora_alpha: 3) }
    Rows(x: [7, 6]) -> [7, 9] { x -> dense(9, lora: 4) }
    NoBias(x: [6]) -> [5] { x -> dense(5, bias: false, lora: 2) }
    Layers(x: [6]) -> [4] { x -> dense(8, lora: 2, lora_alpha: 5) -> relu -> dense(7, lora: 3) -> gelu -> dense(4) }
    SelfAttention(x: [7, 12]) -> [7, 12] { x -> attention(3, causal: true, lora: 2, lora_alpha: 4) }
    SelfAttentionNoBias(x: [6, 8]) -> [6, 8] { x -> attention(2, bias: false, lora: 5) }
    CrossAttention(x: [12, 8]) -> [5, 8] {
        let (queries, rest) = x -> split([5, 7]);
        let memory = rest -> slice(0, 6, axis: -1);
        queries -> cross_attention(memory, heads: 4, lora: 3, lora_alpha: 6)
    }
}
operations! {
    vector: Vector,
    rows: Rows,
    no_bias: NoBias,
    layers: Layers,
    self_attention: SelfAttention,
    self_attention_no_bias: SelfAttentionNoBias,
    cross_attention: CrossAttention,
}

const RANK: usize = 2;
const ALPHA: f32 = 3.0;

model! {
    const D: usize = 8;

    Body(x: [6]) -> [6] { x -> dense(6) -> tanh }
    BodyLora(x: [6]) -> [6] { x -> dense(6, lora: RANK, lora_alpha: ALPHA) -> tanh }

    // Layers in blocks, in copies, in a checkpoint, of another model, and of sequences.
    Base(x: [.., 6]) -> [3] {
        x -> dense(D) as first -> repeat 2 { residual { layer_norm -> attention(2, causal: true) -> dense(D) as up -> gelu } } as layers
            -> last -> dense(6) -> Body as body -> dense(3)
    }
    Tuned(x: [.., 6]) -> [3] {
        x -> dense(D, lora: 2, lora_alpha: 16) as first
            -> repeat 2 {
                checkpoint { residual { layer_norm -> attention(2, causal: true, lora: 3) -> dense(D, lora: 4) as up -> gelu } }
            } as layers
            -> last -> dense(6) -> BodyLora as body -> dense(3)
    }

    Generic<const IN: usize, const R: usize>(x: [IN]) -> [5] { x -> dense(5, lora: R, lora_alpha: 3) }
}

/// Sequences of different lengths.
fn texts() -> Vec<Vec<[f32; 6]>> {
    let numbers = |i: usize| std::array::from_fn(|k| ((i * 6 + k) as f32 * 0.7).sin());
    [3, 1, 5].map(|len| (0..len).map(|i| numbers(i + len)).collect()).to_vec()
}

/// A network whose updates are not zero.
fn tuned() -> Box<Tuned> {
    let mut net = Tuned::init(42);
    for tensor in Tuned::TENSORS.iter().filter(|tensor| tensor.name.ends_with(".lora_b")) {
        let mut rng = dl::init::rng(tensor.offset as u64);
        dl::init::Init::Normal { std: 0.5 }.fill(&mut flat_mut(from_mut(&mut *net))[tensor.range()], 1, 1, &mut rng);
    }
    net
}

fn is_update(name: &str) -> bool {
    name.ends_with(".lora_a") || name.ends_with(".lora_b")
}

/// The names of all updates, the first factors first.
fn updates() -> Vec<String> {
    let mut names: Vec<String> =
        Tuned::TENSORS.iter().map(|tensor| tensor.name).filter(|name| is_update(name)).collect();
    names.sort_by_key(|name| name.ends_with(".lora_b"));
    names
}

#[test]
fn a_generic_model_has_its_rank_and_its_factor() {
    let fixture = Fixture::open("lora.safetensors");
    check(&fixture, "vector", &*fixture.model::<Generic<6, 2>>("vector/weights/"), &Mse);
    let mut bodies = [BodyLora::init(1), BodyLora::init(1)];
    bodies.iter_mut().for_each(|body| body.dense1.lora_b[2][1] = 4.0);
    bodies[1].merge_lora();
    let difference = bodies[1].dense1.weight[2][3] - bodies[0].dense1.weight[2][3];
    agree("merged", &[difference], &[ALPHA / RANK as f32 * 4.0 * bodies[0].dense1.lora_a[1][3]], PASS);
}

#[test]
fn a_new_model_is_the_one_without_updates() {
    let (base, new) = (Base::init(42), Tuned::init(42));
    for of_base in Base::TENSORS.iter() {
        let of_new = Tuned::TENSORS.iter().find(|tensor| tensor.name == of_base.name).expect("the same name");
        assert_eq!(flat(from_ref(&*new))[of_new.range()], flat(from_ref(&*base))[of_base.range()], "{}", of_new.name);
    }
    agree("predictions", flat(&new.predict(&texts())), flat(&base.predict(&texts())), PASS);
    let updates = updates();
    assert_eq!(updates.len(), 2 * (1 + 2 * 3 + 1));
    assert!(
        ["first.lora_a", "layers.1.attention1.v.lora_b", "body.dense1.lora_b"]
            .iter()
            .all(|name| updates.contains(&(*name).into()))
    );
}

#[test]
fn a_file_without_updates_is_loaded() {
    let (path, base) = (scratch().join("lora_base.safetensors"), Base::init(7));
    base.save(&path).unwrap();
    let mut net = Tuned::init(42);
    let loaded = Load::new().allow_missing(true).load_into(&mut *net, &path).unwrap();
    let mut missing = loaded.missing;
    missing.sort_by_key(|name| name.ends_with(".lora_b"));
    assert_eq!(missing, updates());
    agree("predictions", flat(&net.predict(&texts())), flat(&base.predict(&texts())), PASS);
}

#[test]
fn files_of_peft_are_read_and_written() {
    let rules = || {
        Rules::new()
            .rename("base_model.model.*.lora_A.weight", "*.lora_a")
            .rename("base_model.model.*.lora_B.weight", "*.lora_b")
    };
    // Its files hold the updates alone.
    let (net, path) = (tuned(), scratch().join("lora_peft.safetensors"));
    let numbers = |name: &str| {
        let tensor = Tuned::TENSORS.iter().find(|tensor| tensor.name == name).unwrap();
        let bytes = flat(from_ref(&*net))[tensor.range()].iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
        (tensor.shape.to_vec(), bytes)
    };
    let tensors: Vec<_> = updates()
        .iter()
        .map(|name| {
            let of_peft = name.replace(".lora_a", ".lora_A.weight").replace(".lora_b", ".lora_B.weight");
            (format!("base_model.model.{of_peft}"), numbers(name))
        })
        .collect();
    let views = tensors.iter().map(|(name, (shape, bytes))| {
        (name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes).unwrap())
    });
    std::fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
    let mut read = Tuned::init(42);
    Load::new().rules(rules()).allow_missing(true).load_into(&mut *read, &path).unwrap();
    assert_eq!(flat(from_ref(&*read)), flat(from_ref(&*net)));

    Save::new().rules(rules()).save(&*net, &path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let written = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    for (name, (shape, bytes)) in &tensors {
        let tensor = written.tensor(name).unwrap();
        assert_eq!((tensor.shape(), tensor.data()), (shape.as_slice(), bytes.as_slice()));
    }
}

#[test]
fn merged_it_computes_the_same_with_and_without_updates() {
    let (mut net, path) = (tuned(), scratch().join("lora_merged.safetensors"));
    let expected = net.predict(&texts());
    assert!(flat(&expected) != flat(&Base::init(42).predict(&texts())));
    assert_eq!(net.merge_lora(), 1 + 2 * 3 + 1);
    agree("merged", flat(&net.predict(&texts())), flat(&expected), PASS);
    net.save(&path).unwrap();
    let base: Box<Base> = Load::new().allow_unexpected(true).load(&path).unwrap();
    agree("without updates", flat(&base.predict(&texts())), flat(&expected), PASS);
    assert_eq!(Base::init(42).merge_lora(), 0);
}

#[test]
fn updates_learn_while_the_weights_stay() {
    let (mut net, goal) = (tuned(), [[1.0, -1.0, 0.5]; 3]);
    let before = net.clone();
    let mut training = net.training(Cpu::new(), 3).unwrap();
    training.train_only(&["*.lora_a", "*.lora_b"]).unwrap();
    let mut losses = Vec::new();
    for _ in 0..30 {
        training.forward(&texts()).unwrap();
        losses.push(training.loss(&Mse, &goal).unwrap());
        training.backward();
        training.step(&Sgd::new(0.3)).unwrap();
    }
    training.store(&mut net).unwrap();
    assert!(losses[29] < 0.9 * losses[0], "{losses:?}");
    for tensor in Tuned::TENSORS.iter().filter(|tensor| !is_update(&tensor.name)) {
        assert_eq!(flat(from_ref(&*net))[tensor.range()], flat(from_ref(&*before))[tensor.range()]);
    }
}
