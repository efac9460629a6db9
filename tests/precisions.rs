//! A `state_dict` of PyTorch in half, brain, single and double precision loads by name, with names of its own.

#[path = "common/places.rs"]
mod places;

use dl::io::Load;
use dl::io::safetensors::Reader;
use dl::prelude::*;

const FILE: &str = "precisions.safetensors";

model! {
    Net(x: [3]) -> [2] { x -> dense(4) -> batch_norm as norm -> dense(2) as head }
}

/// PyTorch's names as those of `Net`, in the part of the file that is asked for.
fn net(part: &str) -> Box<Net> {
    let load = Load::new().rename("fc1.", "dense1.").rename("bn.", "norm.").rename("fc2.", "head.");
    let load = load.rename_with(|name| match (part, name.strip_prefix("expected.")) {
        ("expected", Some(name)) => Some(name.to_string()),
        ("state_dict", None) => Some(name.to_string()),
        _ => None,
    });
    load.load(places::fixture(FILE)).unwrap()
}

#[test]
fn every_precision_becomes_what_pytorch_says() {
    let (found, expected) = (net("state_dict"), net("expected"));
    let bits = |net: &Net| dl::pod::flat(std::slice::from_ref(net)).iter().map(|w| w.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&found), bits(&expected));
    // Not vacuous: there are subnormal halves, and the running means have moved.
    assert!(found.dense1.weight.as_flattened().iter().any(|w| *w != 0.0 && w.abs() < 6.1e-5));
    assert!(found.norm.running_mean.iter().all(|mean| *mean != 0.0));
    // The counter of batches is there, in a type that no tensor of a model has, and was passed over.
    assert_eq!(Reader::open(places::fixture(FILE)).unwrap().shape("bn.num_batches_tracked"), Some(&[][..]));
}
