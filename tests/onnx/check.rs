//! Takes the place of the check of `tests/zoo`, whose networks are exported here.

use crate::harness::{Number, export};
use crate::round_trip::{comes_back, sources};
use dl::{Model, Pack};

sources! { "zoo": alexnet, densenet, inception, mobilenet, resnet18, resnet50, unet, vgg16 }

/// The rules by which tensors of PyTorch's file are found, which do not matter here.
pub enum Names {
    /// By their names, as this makes them.
    Torchvision(fn(&str) -> String),
    /// The first of the file is the first of the model.
    InOrder,
}

/// Exports `M` as a network of the zoo.
pub fn check<M, L>(case: &str, names: Names, _: &L)
where
    M: Model<Input: Pack<Element: Number>>,
{
    if let Names::Torchvision(rename) = names {
        rename("");
    }
    export::<M>(&format!("zoo.{case}"), 0);
    match case {
        "alexnet" => comes_back::<M, alexnet::Narrow>(&format!("zoo.{case}")),
        "densenet" => comes_back::<M, densenet::Narrow>(&format!("zoo.{case}")),
        "inception" => comes_back::<M, inception::Module>(&format!("zoo.{case}")),
        "mobilenet" => comes_back::<M, mobilenet::Narrow>(&format!("zoo.{case}")),
        "resnet18" => comes_back::<M, resnet18::Small18>(&format!("zoo.{case}")),
        "resnet50" => comes_back::<M, resnet50::Narrow50>(&format!("zoo.{case}")),
        "unet" => comes_back::<M, unet::Narrow>(&format!("zoo.{case}")),
        "vgg16" => comes_back::<M, vgg16::Narrow>(&format!("zoo.{case}")),
        _ => panic!("`{case}` has no source in `imported`"),
    }
}
