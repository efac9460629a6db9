//! Large models and samples on small stacks, in a debug build: a model of 500 MB on 2 MB, one of 64 MB and samples of 7 MB on 256 KiB.

use dl::data::{Dataset, Normalizer};
use dl::pod::{flat, flat_mut, shaped, zeroed_box, zeroed_vec};
use dl::prelude::*;
use dl::random::Rng;
use std::slice::{from_mut, from_ref};

model! {
    Large(x: [8_000]) -> [10] {
        x -> dense(8_000) -> relu -> dense(7_600) -> relu -> dense(10)
    }
}

#[test]
fn half_a_gigabyte_never_passes_over_the_stack() {
    let work = || {
        assert!(size_of::<Large>() > 499_000_000);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.safetensors");
        let net = Large::init(7);
        net.save(&path).unwrap();
        let loaded = Large::load(&path).unwrap();
        assert!(net.dense1.weight[0] == loaded.dense1.weight[0]);
        assert!(net.dense3.bias == loaded.dense3.bias);
        drop(loaded);
        let clone = net.clone();
        assert!(net.dense1.weight[7_999] == clone.dense1.weight[7_999]);
        assert_eq!(format!("{clone:?}"), "Large (124,891,610 parameters)");
        drop(clone);
        let boxed = net.to_box();
        assert!(net.dense3.weight == boxed.dense3.weight);
    };
    with_stack(2 << 20, work);
}

fn with_stack(bytes: usize, work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(bytes).spawn(work).unwrap().join().unwrap();
}

/// 7 MB.
type Image = [[[f32; 768]; 768]; 3];

model! {
    Heavy(x: [4000]) -> [4] { x -> dense(4000) as wide -> relu -> dense(4) as out }
    Owner(x: [4000]) -> [2] { x -> Heavy as body -> relu -> dense(2) as head }
    Pooled(image: [3, 768, 768]) -> [2] { image -> avg_pool2d(256) -> flatten -> dropout(0.1) -> dense(2) }
}

/// Samples whose every number is their own, with it for the target.
fn images(numbers: std::ops::Range<u32>) -> Dataset<Image, u32> {
    let mut inputs: Vec<Image> = zeroed_vec(numbers.len());
    for (input, number) in inputs.iter_mut().zip(numbers.clone()) {
        flat_mut(from_mut(input)).fill(number as f32);
    }
    Dataset::new(inputs, numbers.collect()).unwrap()
}

#[track_caller]
fn assert_pairs(set: &Dataset<Image, u32>, count: usize) {
    assert_eq!(set.len(), count);
    for (image, number) in set.iter() {
        assert!(flat(from_ref(image)).iter().all(|x| *x == *number as f32), "{number}");
    }
}

#[test]
fn samples_of_megabytes_never_pass_over_the_stack() {
    with_stack(256 << 10, || {
        assert!(size_of::<Image>() > 7_000_000);
        let mut set = images(0..5);
        set.shuffle(42);
        assert_pairs(&set, 5);
        // The order is that of numbers alone, exchanged as `swap` does.
        let (mut expected, mut rng) = ([0, 1, 2, 3, 4], Rng::new(42));
        (1..5).rev().for_each(|i| expected.swap(i, rng.below(i + 1)));
        assert_eq!(set.targets, expected);
        assert_ne!(set.targets, [0, 1, 2, 3, 4]);

        let (mut few, rest) = set.clone().split(0.4);
        assert_pairs(&few, 2);
        few.append(rest);
        assert!(few == set);
        let (first, _) = few.split_at(1);
        assert_pairs(&first, 1);
        // A sample from a box.
        let mut inputs = first.inputs;
        let mut boxed = zeroed_box::<Image>();
        boxed[2][767][767] = 1.0;
        inputs.extend_from_slice(from_ref(&*boxed));
        assert_eq!(inputs[1][2][767][767], 1.0);
        // Numbers that are elsewhere already.
        assert_eq!(shaped::<Image>(flat(&inputs)).map(<[Image]>::len), Some(2));

        let mut set = set.map_inputs(|x, y: &mut Image| {
            flat_mut(from_mut(y)).iter_mut().zip(flat(from_ref(x))).for_each(|(y, x)| *y = x + 1.0);
        });
        assert!(set.iter().all(|(image, number)| image[2][767][767] == *number as f32 + 1.0));
        let masks = set.clone().map_targets(|number, mask: &mut Image| mask[1][0][0] = *number as f32);
        assert!(masks.targets.iter().zip(&set.targets).all(|(mask, number)| mask[1][0][0] == *number as f32));
        drop(masks);
        let normalizer = Normalizer::global(&set.inputs).unwrap();
        normalizer.apply(&mut set.inputs);
        assert!(set.inputs.iter().all(|image| image[0][0][0].abs() < 2.0));
        let unlabelled = Dataset::unlabelled(set.inputs);
        assert_eq!(unlabelled.batches(2).len(), 3);
    });
}

#[test]
fn samples_of_megabytes_are_learned_from() {
    with_stack(256 << 10, || {
        let mut set = images(0..4).map_targets(|number, class: &mut u32| *class = number % 2);
        Normalizer::global(&set.inputs).unwrap().apply(&mut set.inputs);
        let mut net = Pooled::init(1);
        let trainer = Trainer::new(Adam::new(0.01)).loss(CrossEntropy).epochs(2).batch_size(2).validate(&set);
        trainer.early_stopping(3).quiet().fit(&mut net, &set).unwrap();
        let outputs = net.predict(&set.inputs);
        // Rounding differs with the size of a batch.
        assert!((net.predict_one(&set.inputs[3])[0] - outputs[3][0]).abs() < 1e-6);
        assert_eq!(net.predict_with_dropout(&set.inputs, 1).unwrap().len(), 4);
        let mut session = net.session(Cpu::new(), 2).unwrap();
        assert!((session.predict_one(&set.inputs[3])[0] - outputs[3][0]).abs() < 1e-6);
        let mut training = net.training(Cpu::new(), 4).unwrap().with_input_gradients().unwrap();
        training.forward(&set.inputs).unwrap();
        training.loss(&CrossEntropy, &set.targets).unwrap();
        training.backward();
        training.input_gradients(&mut set.inputs).unwrap();
    });
}

#[test]
fn a_model_of_64_megabytes_is_copied_and_put_into_another() {
    with_stack(256 << 10, || {
        assert!(size_of::<Heavy>() > 64_000_000);
        let net = Heavy::init(7);
        let same = |a: &Heavy, b: &Heavy| flat(from_ref(a)) == flat(from_ref(b));
        let mut clone = net.clone();
        assert!(same(&net, &clone));
        clone.wide.weight[3999][3999] += 1.0;
        assert!(!same(&net, &clone));
        let at = &raw const *clone;
        clone.clone_from(&net);
        assert!(same(&net, &clone) && at == &raw const *clone, "in its own memory");

        let mut owner = Owner::init(8);
        let head = owner.head.weight;
        assert!(!same(&owner.body, &net));
        owner.body.copy_from(&net);
        assert!(same(&owner.body, &net) && owner.head.weight == head);
        // And out again.
        assert!(same(&owner.body.to_box(), &net));
        let copies: Vec<Box<Heavy>> = vec![net; 2];
        assert!(same(&copies[0], &copies[1]));
        let mut training = owner.training(Cpu::new(), 2).unwrap();
        training.forward(&zeroed_vec(2)).unwrap();
        training.store(&mut owner).unwrap();
        assert!(same(&owner.body, &copies[0]));
    });
}
