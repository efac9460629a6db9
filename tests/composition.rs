//! Networks made of parts: blocks, combinators, models in models, several inputs and outputs, and their own losses.
#![allow(missing_docs)]

use dl::prelude::*;

model! {
    block basic(x: [c, h, w], channels, stride: 1) {
        let shortcut = if stride != 1 || c != channels {
            x -> conv2d(channels, 1, stride: stride, bias: false) -> batch_norm
        } else {
            x
        };
        let main = x -> conv2d(channels, 3, stride: stride, padding: 1, bias: false) -> batch_norm -> relu
            -> conv2d(channels, 3, padding: 1, bias: false) -> batch_norm;
        (main + shortcut) -> relu
    }

    Small(image: [3, 8, 8]) -> [5] {
        image -> conv2d(4, 3, padding: 1) -> basic(4) -> basic(8, stride: 2) as wide -> global_avg_pool2d -> dense(5)
    }

    Stack(x: [6]) -> [6] {
        x -> repeat 3 { residual { layer_norm -> dense(12) -> gelu -> dense(6) } } as blocks -> dense(6)
    }

    Pair(left: [4], right: [3]) -> (sum: [5], difference: [5]) {
        let (a, b) = (left -> dense(5), right -> dense(5));
        (a + b, a - b)
    }

    Encoder(x: [6]) -> (mean: [2], log_variance: [2]) {
        let h = x -> dense(8) -> relu;
        (h -> dense(2) as mean_of, h -> dense(2) as log_variance_of)
    }

    Twice(x: [6]) -> [2] {
        let (a, b) = x -> Encoder as encoder;
        let (c, d) = (x * 2.0) -> encoder;
        a + b + c + d
    }

    Cat(x: [2, 4, 4]) -> [7, 4, 4] {
        x -> concat { conv2d(4, 1) -> relu; conv2d(1, 3, padding: 1); x }
    }

    Mlp<const IN: usize, const HIDDEN: usize>(x: [IN]) -> [3] {
        x -> dense(HIDDEN) -> relu -> dense(3)
    }
}

#[test]
fn blocks_are_structs_inside_the_struct() {
    let names: Vec<String> = Small::TENSORS.iter().map(|tensor| tensor.name).collect();
    assert!(names.contains(&"wide.conv1.weight".to_owned()), "{names:?}");
    let net = Small::init(1);
    assert_eq!(net.basic1.conv1.weight.len(), 4);
    println!("{}", Small::summary());
    let names: Vec<String> = Stack::TENSORS.iter().map(|tensor| tensor.name).collect();
    assert!(names.contains(&"blocks.2.dense1.weight".to_owned()), "{names:?}");
    println!("{}", Stack::summary());
    let out = Pair::init(1).predict_one(&PairInput { left: [1.0; 4], right: [2.0; 3] });
    println!("{out:?} {}", Twice::summary());
    println!("{:?}", Mlp::<4, 8>::init(3).predict_one(&[1.0; 4]));
}
