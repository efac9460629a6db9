//! Models whose names meet those of generated code, and each other, do what the same models do under plain names.

use dl::Objective;
use dl::pod::flat;
use dl::prelude::*;

model! {
    block plain(x: [n], y: [n], wide) { (x -> dense(wide) -> relu) + (y -> dense(wide) -> sigmoid) }

    Pod(one: [3], two: [3]) -> (three: [3], four: [2]) {
        let a = one -> dense(3) as first;
        let b = a -> layer_norm;
        let c = (b * two) -> add(a);
        let d = (c + two) -> gelu -> first -> dropout(0.5);
        let e = d -> PodInner as inner;
        let f = (e + c + two) -> PodInner as other;
        let g = f -> plain(e, 3) -> layer_norm -> relu;
        (g * b, (e + d) -> plain(d, 3) as last -> repeat 2 { dense(3) -> layer_norm -> relu } -> dense(2))
    }
    loss(five: u32, six: [3]) { cross_entropy(four, five) + 0.5 * mse(three, six) + (c -> square -> mean) }

    PodInner(x: [3]) -> [3] { x -> dense(3) -> layer_norm -> gelu }
}

model! {
    block training(d: [n], d_D: [n], memory) { (d -> dense(memory) -> relu) + (d_D -> dense(memory) -> sigmoid) }

    Meeting(d_x: [3], x: [3]) -> (output: [3], d_output: [2]) {
        let saved_x = d_x -> dense(3) as net;
        let d_saved_x = saved_x -> layer_norm;
        let saved_d_saved_x = (d_saved_x * x) -> add(saved_x);
        let r#type = (saved_d_saved_x + x) -> gelu -> net -> dropout(0.5);
        let d_type = r#type -> MeetingTraining as r#dyn;
        let scratch_type = (d_type + saved_d_saved_x + x) -> MeetingTraining as value_d_x;
        let value_d_x = scratch_type -> training(d_type, 3) -> layer_norm -> relu;
        (
            value_d_x * d_saved_x,
            (d_type + r#type) -> training(r#type, 3) as r#loop -> repeat 2 { dense(3) -> layer_norm -> relu } -> dense(2),
        )
    }
    loss(n: u32, d_d_x: [3]) {
        cross_entropy(d_output, n) + 0.5 * mse(output, d_d_x) + (saved_d_saved_x -> square -> mean)
    }

    MeetingTraining(r#gen: [3]) -> [3] { r#gen -> dense(3) -> layer_norm -> gelu }
}

/// Losses and gradients of some steps.
fn run<M: Objective>(input: M::Input, target: M::Target) -> Vec<f32> {
    let mut training = M::init(3).training(Cpu::with_threads(1), 1).unwrap().seed(5).with_input_gradients().unwrap();
    let (inputs, targets, sgd) = ([input], [target], Sgd::new(0.1));
    let (mut gradients, mut numbers) = (M::init(0), Vec::new());
    for _ in 0..3 {
        training.forward(&inputs).unwrap();
        numbers.push(training.objective(&targets).unwrap());
        training.backward();
        training.gradients(&mut gradients).unwrap();
        numbers.extend_from_slice(flat(std::slice::from_ref(&*gradients)));
        training.step(&sgd).unwrap();
    }
    numbers
}

#[test]
fn names_change_nothing() {
    let (a, b, c) = ([0.5, -0.2, 0.1], [0.3, 0.9, -0.4], [0.1, 0.2, 0.3]);
    let plain = run::<Pod>(PodInput { one: a, two: b }, PodTarget { five: 1, six: c });
    let meeting = run::<Meeting>(MeetingInput { d_x: a, x: b }, MeetingTarget { n: 1, d_d_x: c });
    assert!(plain == meeting && plain.iter().all(|number| number.is_finite()));
}

/// A module of the facade's name, and one of a type's.
mod own {
    pub mod dl {
        pub const SIZE: usize = 3;
        pub mod parts {
            ::dl::model! { pub Inner(x: [super::SIZE]) -> [3] { x -> dense(3) } }
        }
    }
    pub mod f32 {
        pub const RATE: ::std::primitive::f32 = 0.5;
    }
    ::dl::model! {
        pub Net(x: [dl::SIZE]) -> [2] {
            x -> dense(dl::SIZE) -> dropout(f32::RATE) -> gelu -> dl::parts::Inner: [dl::SIZE] -> dense(2)
        }
    }
}

#[test]
fn modules_of_the_users_are_theirs() {
    assert_eq!(own::Net::PARAMETERS, 12 + 12 + 8);
    assert_eq!(own::Net::init(1).predict_one(&[1.0; 3]).len(), 2);
}
