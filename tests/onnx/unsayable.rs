//! A layer that ONNX cannot express is an error that names it.

use dl::Error;
use dl::prelude::*;

mod written {
    //! Layers that the macro does not know.

    macro_rules! by_hand {
        ($name:ident) => {
            impl dl::Layer for $name {
                type Input = [f32; 4];
                type Output = [f32; 4];
                fn init(&mut self, _: &mut dl::init::Rng) {}
                fn forward(&self, _: &[[f32; 4]], _: &mut [[f32; 4]]) {
                    panic!("an export computes nothing");
                }
                fn backward(&self, _: &[[f32; 4]], _: &[[f32; 4]], _: &[[f32; 4]], _: &mut Self, _: &mut [[f32; 4]]) {}
            }
        };
    }
    dl::layer! {
        /// With weights.
        pub struct Squares {
            /// One for each feature.
            pub factor: [f32; 4] as Weight,
        }
    }
    by_hand!(Squares);
    dl::layer! {
        /// Without weights.
        pub struct Turned {}
    }
    by_hand!(Turned);
}

model! {
    WithWeights(x: [3]) -> [4] { x -> dense(4) -> crate::unsayable::written::Squares: [4] as squares }
    Without(x: [3]) -> [2] { x -> dense(4) -> crate::unsayable::written::Turned: [4] -> dense(2) }
    Projected(x: [.., 3]) -> [.., 2] { x -> dense(3) -> lstm(4, projection: 2) as reader }
}

#[test]
fn a_projection_of_a_state_is_an_error_that_names_the_layer() {
    let net = Projected::init(1);
    let error = net.to_onnx().unwrap_err();
    assert!(matches!(&error, Error::NotInOnnx { model: "Projected", layer, .. } if layer == "reader"), "{error}");
    let file = tempfile::tempdir().unwrap().path().join("net.onnx");
    net.export_onnx(&file).unwrap_err();
    assert!(!file.exists(), "nothing is written");
}

#[test]
fn layers_that_are_written_by_hand_are_errors_that_name_them() {
    let error = WithWeights::init(1).to_onnx().unwrap_err().to_string();
    let reason = "the layer `Squares` is written by hand, and ONNX knows only its own operators";
    assert_eq!(error, format!("`squares` of the model `WithWeights` cannot be exported to ONNX: {reason}"));
    let error = Without::init(1).to_onnx().unwrap_err();
    assert!(matches!(&error, Error::NotInOnnx { layer, .. } if layer == "Turned"), "{error}");
}
