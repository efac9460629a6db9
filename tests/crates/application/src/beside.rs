//! A module called `dl` beside the facade, which this crate knows as `deep`: generated code never means the module.

/// It has what generated code names, as something else.
#[allow(missing_docs, reason = "what is in it is only there to be confused with the facade")]
pub mod dl {
    pub const WIDTH: usize = 6;
    pub struct Model;
    pub struct View;
    pub mod layers {
        pub struct Dense;
    }
    pub mod ops {}
    pub mod private {}
    pub use std::{assert as field, assert as field_mut, assert as network, assert as record, assert as model};
}

deep::model! {
    block wide(x, width) { x -> residual { dense(width) -> relu -> dense(4) } }

    /// Layers of every kind.
    pub Every(image: [1, 4, 4], words: u32[3]) -> (score: [1], code: [4]) {
        let a = image -> conv2d(2, 3, padding: 1) -> batch_norm -> max_pool2d(2) -> flatten -> dense(4);
        let b = words -> embedding(8, 4) -> mean(axis: 0) -> wide(8);
        let code = (a + b) -> repeat 2 { dense(4) -> tanh };
        let score = code -> dense(1);
        (score, code)
    }
    loss(target: [1]) { mse(score, target) }

    /// Sizes of the caller's.
    pub Sized<const N: usize>(x: [N]) -> [N] {
        x -> dense(N) -> gelu
    }
}

deep::model! {
    /// The module is meant where the user writes its name.
    pub Named(x: [dl::WIDTH]) -> [1] {
        x -> dense(dl::WIDTH) -> repeat 2 { dense(dl::WIDTH) -> relu } -> dense(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deep::prelude::*;

    #[test]
    fn models_beside_a_module_called_dl_run() {
        let every = Every::init(1).predict_one(&EveryInput { image: [[[1.0; 4]; 4]], words: [1, 2, 3] });
        assert!(every.score[0].is_finite() && every.code.iter().all(|x| x.is_finite()));
        assert_eq!(Sized::<3>::init(1).predict_one(&[0.5; 3]).len(), 3);
        assert_eq!(Named::PARAMETERS, 3 * (dl::WIDTH + 1) * dl::WIDTH + dl::WIDTH + 1);
    }
}
