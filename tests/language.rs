//! The meaning of declarations: names, shapes, parameters and settings of the networks that `model!` makes.

use dl::prelude::*;

mod config {
    pub const WIDTH: usize = 84;
}

dl::model! {
    const CLASSES: usize = 10;

    /// LeNet-5 for 28×28 grey-scale digits.
    pub LeNet(image: [1, 28, 28]) -> [CLASSES] {
        image
            -> conv2d(6, 5, padding: 2) -> relu -> max_pool2d(2)
            -> conv2d(16, 5) -> relu -> max_pool2d(2)
            -> flatten
            -> dense(120) -> relu
            -> dense(config::WIDTH) -> relu
            -> dense(CLASSES) as logits
    }

    Residual(image: [3, 8, 8]) -> [4] {
        let h = image -> conv2d(3, 3, padding: same, bias: false) -> batch_norm -> relu;
        let g = (h + image) -> softplus(beta: 2) -> layer_norm;
        (2 * g / 3 - 1) -> global_avg_pool2d -> dropout(0.1) -> dense(4) -> softmax
    }

    Shared(x: [8]) -> [8] {
        let a = x -> dense(8, init: he_normal) as layer -> tanh;
        add(a -> layer, x)
    }
}

/// Name, declaration and output of each layer.
fn layers<M: Model>() -> Vec<(&'static str, &'static str, &'static [usize])> {
    M::LAYERS.iter().map(|layer| (layer.name, layer.layer, layer.output)).collect()
}

#[test]
fn lenet_has_its_known_shapes_and_parameters() {
    let expected: [(_, _, &[usize]); 12] = [
        ("conv1", "conv2d(6, 5, padding: 2)", &[6, 28, 28]),
        ("relu1", "relu", &[6, 28, 28]),
        ("max_pool1", "max_pool2d(2)", &[6, 14, 14]),
        ("conv2", "conv2d(16, 5)", &[16, 10, 10]),
        ("relu2", "relu", &[16, 10, 10]),
        ("max_pool2", "max_pool2d(2)", &[16, 5, 5]),
        ("flatten1", "flatten", &[400]),
        ("dense1", "dense(120)", &[120]),
        ("relu3", "relu", &[120]),
        ("dense2", "dense(config::WIDTH)", &[84]),
        ("relu4", "relu", &[84]),
        ("logits", "dense(CLASSES)", &[10]),
    ];
    assert_eq!(layers::<LeNet>(), expected);
    // torchvision-style count: 156 + 2,416 + 48,120 + 10,164 + 850.
    assert_eq!(LeNet::PARAMETERS, 61_706);
    assert_eq!(LeNet::MULTIPLY_ADDS, 117_600 + 240_000 + 48_000 + 10_080 + 840);
    assert_eq!(LeNet::init(1).logits.weight[9].len(), 84);
}

#[test]
fn values_are_called_as_the_user_calls_them() {
    let names: Vec<_> = layers::<Residual>().iter().map(|layer| (layer.0, layer.1)).collect();
    let expected = [
        ("conv1", "conv2d(3, 3, padding: same, bias: false)"),
        ("batch_norm1", "batch_norm"),
        ("h", "relu"),
        ("add1", "h + image"),
        ("softplus1", "softplus(beta: 2)"),
        ("layer_norm1", "layer_norm"),
        ("mul1", "2 * g"),
        ("div1", "mul1 / 3"),
        ("sub1", "div1 - 1"),
        ("global_avg_pool1", "global_avg_pool2d"),
        ("dropout1", "dropout(0.1)"),
        ("dense1", "dense(4)"),
        ("softmax1", "softmax"),
    ];
    assert_eq!(names, expected);
    let tensors: Vec<_> = Residual::TENSORS.iter().map(|tensor| (tensor.name, tensor.shape)).collect();
    assert_eq!(tensors[0], ("conv1.weight".to_owned(), [3, 3, 3, 3].as_slice()));
    assert_eq!(tensors[1], ("batch_norm1.weight".to_owned(), [3].as_slice()));
}

#[test]
fn a_named_layer_used_again_has_one_set_of_weights() {
    assert_eq!(Shared::PARAMETERS, 8 * 8 + 8);
    let mut net = Shared::init(3);
    for i in 0..8 {
        net.layer.weight[i] = [0.0; 8];
        net.layer.weight[i][i] = 2.0;
        net.layer.bias[i] = 0.5;
    }
    let x: [f32; 8] = std::array::from_fn(|i| i as f32 / 10.0);
    let mut session = Session::<Shared>::on(dl::Cpu::new(), &net, 1).unwrap();
    let y = session.predict_one(&x);
    for i in 0..8 {
        let once = (2.0 * x[i] + 0.5).tanh();
        let expected = 2.0 * once + 0.5 + x[i];
        assert!((y[i] - expected).abs() < 1e-6, "{i}: {} {expected}", y[i]);
    }
}

model! {
    block wide(x, width) { x -> dense(width) -> relu }

    Inner<const N: usize>(x: [N]) -> [N] { x -> dense(N) -> layer_norm }
    Cloned(x: [4], y: [4]) -> [2] {
        (x + y) -> wide(4) as first -> repeat 3 { dense(4) -> relu } as layers -> Inner<4> as inner -> dense(2)
    }
}

/// A program's struct that owns models.
#[derive(Clone, Debug)]
struct Owner {
    net: Box<Cloned>,
    inner: [Box<Inner<4>>; 1],
}

#[test]
fn models_are_cloned_in_their_boxes() {
    let mut owner = Owner { net: Cloned::init(1), inner: [Inner::init(2)] };
    let before = owner.clone();
    owner.net.first.dense1.bias[0] += 1.0;
    owner.net.layers[2].dense1.bias[0] += 1.0;
    owner.inner[0].dense1.bias[0] += 1.0;
    let input = ClonedInput { x: [1.0; 4], y: [0.5; 4] };
    assert_eq!(before.net.predict_one(&input), Cloned::init(1).predict_one(&input));
    assert_ne!(owner.net.predict_one(&input), before.net.predict_one(&input));
    // A model inside another is plain data of it; in a box it is a model of its own.
    let alone: Box<Inner<4>> = owner.net.inner.to_box();
    assert_eq!(alone.dense1.weight, owner.net.inner.dense1.weight);
    assert_eq!(format!("{before:?}"), "Owner { net: Cloned (118 parameters), inner: [Inner (28 parameters)] }");
    assert_eq!(format!("{input:?}"), "ClonedInput { x: [1.0, 1.0, 1.0, 1.0], y: [0.5, 0.5, 0.5, 0.5] }");
    let copy = input;
    assert!(input == copy && input != ClonedInput { x: [0.0; 4], ..input });
}
