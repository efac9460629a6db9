//! The values of an ONNX graph, with their shapes.

/// One dimension of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dim {
    /// The number of samples.
    Batch,
    /// The number of rows of each sample in a run-time dimension of the model.
    Length(usize),
    /// The number of everything before the dimensions that an operator treats together, as `batch·length`.
    Rows,
    /// A number.
    Size(usize),
}

/// A value of the graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Value {
    /// The name.
    pub name: String,
    /// The dimensions: [`Dim::Batch`], perhaps [`Dim::Length`], then those that are known.
    pub dims: Vec<Dim>,
}

impl Value {
    /// Returns the number of dimensions before those that are known.
    pub fn lead(&self) -> usize {
        self.dims.iter().take_while(|dim| !matches!(dim, Dim::Size(_))).count()
    }
    /// Returns the known dimensions.
    pub fn sizes(&self) -> Vec<usize> {
        sizes(&self.dims)
    }
    /// Returns the dimensions with `sizes` in place of the last `of`.
    pub fn with_last(&self, of: usize, sizes: &[usize]) -> Vec<Dim> {
        let kept = &self.dims[..self.dims.len() - of];
        kept.iter().copied().chain(sizes.iter().map(|&size| Dim::Size(size))).collect()
    }
}

/// Returns the known ones of some dimensions.
pub(crate) fn sizes(dims: &[Dim]) -> Vec<usize> {
    dims.iter().filter_map(|dim| if let Dim::Size(size) = dim { Some(*size) } else { None }).collect()
}
