//! All files of kernels, and the headers they include by name.

use super::kernel::Source;
use crate::ops;

/// What files of kernels include.
pub(super) static HEADERS: &[Source] = &[
    Source { name: "mma.cuh", text: include_str!("mma.cuh") },
    Source { name: "tiles.cuh", text: include_str!("../../ops/conv2d/tiles.cuh") },
    Source { name: "depthwise.cuh", text: include_str!("../../ops/conv2d/depthwise.cuh") },
    Source { name: "implicit.cuh", text: include_str!("../../ops/conv2d/implicit.cuh") },
    Source { name: "activation.cuh", text: include_str!("../../ops/activation/activation.cuh") },
    Source { name: "activations.cuh", text: include_str!("../../ops/activation/activations.cuh") },
    Source { name: "axes.cuh", text: include_str!("../../ops/axes/axes.cuh") },
    Source { name: "common.cuh", text: include_str!("common.cuh") },
    Source { name: "elementwise.cuh", text: include_str!("elementwise.cuh") },
    Source { name: "reduce.cuh", text: include_str!("../../ops/reduce/reduce.cuh") },
    Source { name: "loss.cuh", text: include_str!("../../ops/loss/cuda/loss.cuh") },
    Source { name: "losses.cuh", text: include_str!("../../ops/loss/cuda/losses.cuh") },
    Source { name: "moments.cuh", text: include_str!("../../ops/layer_norm/moments.cuh") },
    Source { name: "team.cuh", text: include_str!("team.cuh") },
    Source { name: "cast.cuh", text: include_str!("cast.cuh") },
    Source { name: "optimizer.cuh", text: include_str!("../../ops/optimizer/cuda/optimizer.cuh") },
    Source { name: "matmul.cuh", text: include_str!("../../ops/matmul/matmul.cuh") },
];

/// Every file of kernels; a test finds those that are missing here.
#[rustfmt::skip] // One a line.
pub(super) static SOURCES: &[&Source] = &[
    &ops::conv2d::cuda::SOURCE,
    &ops::conv2d::cuda::bf16::SOURCE,
    &ops::conv2d::cuda::tf32::SOURCE,
    &super::storage::SOURCE,
    &super::cast::SOURCE,
    &ops::matmul::cuda::SOURCE,
    &ops::dense::cuda::SOURCE,
    &ops::dropout::cuda::SOURCE,
    &ops::noise::cuda::SOURCE,
    &ops::embedding::cuda::SOURCE,
    &ops::l2_normalize::cuda::SOURCE,
    &ops::pad2d::cuda::SOURCE,
    &ops::upsample::cuda::SOURCE,
    &ops::prelu::cuda::SOURCE,
    &ops::transpose::cuda::SOURCE,
    &ops::concat::cuda::SOURCE,
    &ops::reduce::cuda::SOURCE,
    &ops::activation::cuda::SOURCE,
    &ops::arithmetic::cuda::SOURCE,
    &crate::ops::loss::cuda::classes::SOURCE,
    &crate::ops::loss::cuda::elementwise::SOURCE,
    &crate::ops::loss::cuda::nt_xent::SOURCE,
    &crate::ops::loss::cuda::vectors::SOURCE,
    &ops::pool::cuda::SOURCE,
    &ops::softmax::cuda::SOURCE,
    &ops::layer_norm::cuda::SOURCE,
    &ops::group_norm::cuda::SOURCE,
    &ops::batch_norm::cuda::SOURCE,
    &ops::optimizer::cuda::SOURCE,
    &ops::optimizer::cuda::clip::SOURCE,
];

/// Names of files, and their texts.
type Files<T> = Vec<(&'static str, T)>;

/// Every file of kernels, as NVRTC is given it; then the headers.
#[doc(hidden)]
pub fn sources() -> (Files<String>, Files<&'static str>) {
    let programs = SOURCES.iter().map(|source| (source.name, super::compile::program(source)));
    (programs.collect(), HEADERS.iter().map(|header| (header.name, header.text)).collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    fn files(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("the crate's own source") {
            let path = entry.expect("an entry").path();
            match path.extension().and_then(|extension| extension.to_str()) {
                _ if path.is_dir() => files(&path, found),
                Some("cu" | "cuh") => found.push(path.file_name().unwrap().to_string_lossy().into_owned()),
                _ => {}
            }
        }
    }

    #[test]
    fn every_file_of_kernels_is_listed() {
        let mut found = Vec::new();
        // Where cargo says it is when it runs the tests: they may have been built elsewhere.
        let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
        files(&Path::new(&here).join("src"), &mut found);
        found.sort();
        let listed = super::SOURCES.iter().copied().chain(super::HEADERS);
        let mut listed: Vec<String> = listed.map(|source| source.name.to_string()).collect();
        listed.sort();
        assert_eq!(found, listed);
    }
}
