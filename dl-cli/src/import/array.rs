//! Small arrays of numbers, and of places in other arrays: what moves elements is written once for both.

/// Numbers with a shape, outermost dimension first.
#[derive(Clone, Debug, PartialEq)]
pub struct Array<T> {
    pub shape: Vec<usize>,
    pub data: Vec<T>,
}

impl<T: Copy> Array<T> {
    pub fn new(shape: Vec<usize>, data: Vec<T>) -> Option<Self> {
        (size(&shape)? == data.len()).then_some(Array { shape, data })
    }
    pub fn scalar(number: T) -> Self {
        Array { shape: Vec::new(), data: vec![number] }
    }
    /// Makes an array of this shape, whose elements are those of this array at the returned places.
    fn pick(&self, shape: Vec<usize>, place: impl Fn(&[usize]) -> usize) -> Option<Self> {
        let len = size(&shape)?;
        let mut at = vec![0; shape.len()];
        let mut data = Vec::with_capacity(len);
        for _ in 0..len {
            data.push(*self.data.get(place(&at))?);
            for (index, size) in at.iter_mut().zip(&shape).rev() {
                *index += 1;
                if *index < *size {
                    break;
                }
                *index = 0;
            }
        }
        Some(Array { shape, data })
    }
    /// Returns the elements between two neighbours along each dimension.
    fn strides(&self) -> Vec<usize> {
        let mut strides = vec![1; self.shape.len()];
        for at in (1..self.shape.len()).rev() {
            strides[at - 1] = strides[at] * self.shape[at];
        }
        strides
    }
    pub fn transpose(&self, order: &[usize]) -> Option<Self> {
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..self.shape.len()) {
            return None;
        }
        let strides = self.strides();
        let shape = order.iter().map(|axis| self.shape[*axis]).collect();
        self.pick(shape, |at| at.iter().zip(order).map(|(index, axis)| index * strides[*axis]).sum())
    }
    /// Keeps these indices of one dimension.
    pub fn take(&self, axis: usize, indices: &[usize]) -> Option<Self> {
        let mut shape = self.shape.clone();
        if indices.iter().any(|index| *index >= self.shape[axis]) {
            return None;
        }
        *shape.get_mut(axis)? = indices.len();
        let strides = self.strides();
        let index = |at: &[usize], dimension: usize| if dimension == axis { indices[at[axis]] } else { at[dimension] };
        self.pick(shape, |at| (0..at.len()).map(|dimension| index(at, dimension) * strides[dimension]).sum())
    }
    pub fn broadcast(&self, shape: &[usize]) -> Option<Self> {
        let missing = shape.len().checked_sub(self.shape.len())?;
        let fits = |(own, to): (&usize, &usize)| *own == *to || *own == 1;
        if !self.shape.iter().zip(&shape[missing..]).all(fits) {
            return None;
        }
        if self.shape == shape {
            return Some(self.clone());
        }
        let strides = self.strides();
        let step = |at: &[usize], own: usize| if self.shape[own] == 1 { 0 } else { at[missing + own] * strides[own] };
        self.pick(shape.to_vec(), |at| (0..self.shape.len()).map(|own| step(at, own)).sum())
    }
    pub fn reshape(&self, shape: Vec<usize>) -> Option<Self> {
        Array::new(shape, self.data.clone())
    }
    pub fn zip<U: Copy, V>(&self, other: &Array<U>, f: impl Fn(T, U) -> V) -> Option<Array<V>> {
        let shape = broadcast_shape(&self.shape, &other.shape)?;
        let (a, b) = (self.broadcast(&shape)?, other.broadcast(&shape)?);
        let data = a.data.iter().zip(&b.data).map(|(a, b)| f(*a, *b)).collect();
        Some(Array { shape, data })
    }
}

/// The most elements of an array here: constants and views are small, except for weights, which the file has.
const MOST: usize = 1 << 28;

/// Returns the number of elements of a shape, if it is not too large.
pub fn size(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |n, size| n.checked_mul(*size)).filter(|n| *n <= MOST)
}

/// Returns the shape of both operands as in NumPy.
pub fn broadcast_shape(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let of = |shape: &[usize], at: usize| (at + shape.len()).checked_sub(rank).map_or(1, |at| shape[at]);
    (0..rank)
        .map(|at| match (of(a, at), of(b, at)) {
            (a, b) if a == b || b == 1 => Some(a),
            (1, b) => Some(b),
            _ => None,
        })
        .collect()
}

/// Joins arrays along a dimension.
pub fn concat<T: Copy>(arrays: &[&Array<T>], axis: usize) -> Option<Array<T>> {
    let mut shape = arrays.first()?.shape.clone();
    *shape.get_mut(axis)? = 0;
    for array in arrays {
        let same = |at: usize| at == axis || array.shape[at] == shape[at];
        if array.shape.len() != shape.len() || !(0..shape.len()).all(same) {
            return None;
        }
        shape[axis] += array.shape[axis];
    }
    let outer: usize = shape[..axis].iter().product();
    let mut data = Vec::with_capacity(size(&shape)?);
    for row in 0..outer {
        for array in arrays {
            let width: usize = array.shape[axis..].iter().product();
            data.extend_from_slice(&array.data[row * width..][..width]);
        }
    }
    Array::new(shape, data)
}
