//! Lists the files of all CUDA kernels, so that they can be compiled at once.

use crate::device::Cuda;
use crate::device::cuda::{Source, program};
use crate::{Result, device, ops};

/// Every file of kernels; a test finds those that are missing here.
#[rustfmt::skip] // One file on each line.
static SOURCES: &[&Source] = &[
    &device::cuda::cast::SOURCE,
    &device::cuda::storage::SOURCE,
    &ops::activation::cuda::SOURCE,
    &ops::argmax::cuda::SOURCE,
    &ops::arithmetic::cuda::SOURCE,
    &ops::attention::cuda::SOURCE,
    &ops::batch_norm::cuda::SOURCE,
    &ops::concat::cuda::SOURCE,
    &ops::conv1d::cuda::SOURCE,
    &ops::conv2d::cuda::SOURCE,
    &ops::conv2d::cuda::bf16::SOURCE,
    &ops::conv2d::cuda::tf32::SOURCE,
    &ops::cumsum::cuda::SOURCE,
    &ops::dense::cuda::SOURCE,
    &ops::dropout::cuda::SOURCE,
    &ops::embedding::cuda::SOURCE,
    &ops::group_norm::cuda::SOURCE,
    &ops::l2_normalize::cuda::SOURCE,
    &ops::layer_norm::cuda::SOURCE,
    &ops::loss::cuda::classes::SOURCE,
    &ops::loss::cuda::ctc::SOURCE,
    &ops::loss::cuda::elementwise::SOURCE,
    &ops::loss::cuda::nt_xent::SOURCE,
    &ops::loss::cuda::overlap::SOURCE,
    &ops::loss::cuda::positive::SOURCE,
    &ops::loss::cuda::vectors::SOURCE,
    &ops::matmul::cuda::SOURCE,
    &ops::noise::cuda::SOURCE,
    &ops::one_hot::cuda::SOURCE,
    &ops::over_time::cuda::SOURCE,
    &ops::pad2d::cuda::SOURCE,
    &ops::parameter::cuda::SOURCE,
    &ops::pool::cuda::SOURCE,
    &ops::positions::cuda::SOURCE,
    &ops::prelu::cuda::SOURCE,
    &ops::recurrent::cuda::SOURCE,
    &ops::reduce::cuda::SOURCE,
    &ops::reverse::cuda::SOURCE,
    &ops::rotary::cuda::SOURCE,
    &ops::scale::cuda::SOURCE,
    &ops::softmax::cuda::SOURCE,
    &ops::stochastic_depth::cuda::SOURCE,
    &ops::transpose::cuda::SOURCE,
    &ops::upsample::cuda::SOURCE,
    &ops::optimizer::cuda::SOURCE,
    &ops::optimizer::cuda::average::SOURCE,
    &ops::optimizer::cuda::clip::SOURCE,
    &ops::optimizer::cuda::lamb::SOURCE,
];

impl Cuda {
    /// Loads all kernels now, instead of each file at its first use. They are compiled the first time on a machine, and later read from
    /// a cache on disk: the folder in the environment variable `DL_KERNEL_CACHE`, or else `dl/kernels` in the user's cache folder.
    /// Nothing is cached if that folder cannot be written, or if `DL_KERNEL_CACHE` is empty.
    ///
    /// # Errors
    /// [`Error::DeviceFailed`](crate::Error::DeviceFailed) with the compiler's messages.
    pub fn load_kernels(&self) -> Result<()> {
        self.load(SOURCES)
    }
}

/// Returns the headers of all files, each of them once.
fn headers() -> Vec<&'static Source> {
    let mut headers: Vec<_> = SOURCES.iter().flat_map(|source| source.headers()).collect();
    headers.sort_by_key(|header| header.name);
    headers.dedup_by_key(|header| header.name);
    headers
}

/// The names and texts of files.
type Files<T> = Vec<(&'static str, T)>;

/// Returns every file of kernels in the form that NVRTC compiles, and the headers.
pub fn sources() -> (Files<String>, Files<&'static str>) {
    let programs = SOURCES.iter().map(|source| (source.name, program(source)));
    (programs.collect(), headers().iter().map(|header| (header.name, header.text)).collect())
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
        // The variable at run time takes precedence, since the tests may have been built elsewhere.
        let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
        files(&Path::new(&here).join("src"), &mut found);
        found.sort();
        let listed = super::SOURCES.iter().copied().chain(super::headers());
        let mut listed: Vec<String> = listed.map(|source| source.name.to_string()).collect();
        listed.sort();
        assert_eq!(found, listed);
    }

    #[test]
    fn headers_are_those_that_the_texts_name() {
        for source in super::SOURCES.iter().copied().chain(super::headers()) {
            let lines = source.text.lines().filter_map(|line| line.strip_prefix("#include \""));
            // The emulation has a header of its own, which ends with `.h`.
            let mut named: Vec<_> =
                lines.map(|rest| rest.trim_end_matches('"')).filter(|name| name.ends_with(".cuh")).collect();
            // A table of formulas may be included several times in a row.
            named.dedup();
            let includes: Vec<_> = source.includes.iter().map(|header| header.name).collect();
            assert_eq!(includes, named, "{}", source.name);
        }
    }
}
