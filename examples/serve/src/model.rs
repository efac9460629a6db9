//! The network, its file, and the exchange of its weights while it is used.

use arc_swap::ArcSwap;
use dl::Shared;
use dl::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

model! {
    /// The network of the example `digits`, which writes its file.
    pub LeNet(image: [1, 8, 8]) -> [10] {
        image
            -> conv2d(16, 3, padding: 1) -> relu -> max_pool2d(2)
            -> conv2d(32, 3, padding: 1) -> relu -> max_pool2d(2)
            -> flatten
            -> dense(64) -> relu
            -> dense(10) as logits
    }
}

/// One grey image, from 0 (paper) to 1 (ink).
pub type Image = dl::Input<LeNet>;
/// The score of each digit.
pub type Scores = dl::Output<LeNet>;

/// The network that serves now. Whoever took it before an exchange keeps what it took.
pub struct Current {
    path: PathBuf,
    net: ArcSwap<Shared<LeNet>>,
}

impl Current {
    /// Reads the network from a file.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn load(path: PathBuf) -> dl::Result<Self> {
        let net = ArcSwap::from_pointee(Shared::from(LeNet::load(&path)?));
        Ok(Current { path, net })
    }
    /// Returns the network, which no later exchange changes. All sessions of it share what their kernels prepare of its weights.
    pub fn net(&self) -> Shared<LeNet> {
        (**self.net.load()).clone()
    }
    /// Reads the file again, and lets the next batches have its weights.
    ///
    /// # Errors
    /// As [`Model::load`]; the weights then stay.
    pub fn reload(&self) -> dl::Result<()> {
        self.net.store(Arc::new(Shared::from(LeNet::load(&self.path)?)));
        Ok(())
    }
}
