//! A layout says how numbers lie in a file and in the model: transposed, under further dimensions, or with rows in another order.

use super::count;

/// A difference between the layout of a tensor in a file and in the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// The file has [in, out], the model [out, in].
    Transpose,
    /// The file has this many dimensions of size 1 before those of the model.
    Leading(usize),
    /// The rows are as many equal blocks as this list has numbers; block `k` of the model is block `list[k]` of the file.
    Reorder(Vec<usize>),
    /// The rows are this many equal groups. In each, the file has pairs of rows, and the model all first rows before all second ones.
    Deinterleave(usize),
}

impl Layout {
    /// Returns the shape in the model of a tensor that has this `shape` in the file, or what is expected instead.
    pub fn to_model(&self, shape: &[usize]) -> Result<Vec<usize>, String> {
        match self {
            Layout::Leading(n) => match shape.split_at_checked(*n) {
                Some((ones, rest)) if ones.iter().all(|size| *size == 1) => Ok(rest.to_vec()),
                _ => Err(format!("a shape that begins with {} of size 1", count(*n, "dimension"))),
            },
            _ => self.to_file(shape),
        }
    }
    /// Returns the shape in the file of a tensor that has this `shape` in the model, or what is expected instead.
    pub fn to_file(&self, shape: &[usize]) -> Result<Vec<usize>, String> {
        match (self, shape) {
            (Layout::Transpose, &[rows, columns]) => Ok(vec![columns, rows]),
            (Layout::Transpose, _) => Err("2 dimensions, to be transposed".into()),
            (Layout::Leading(n), _) => Ok([&vec![1; *n], shape].concat()),
            (Layout::Reorder(_) | Layout::Deinterleave(_), _) => {
                let blocks = self.blocks();
                let fits = shape.first().is_some_and(|rows| rows.is_multiple_of(blocks));
                fits.then(|| shape.to_vec()).ok_or_else(|| format!("a number of rows that {blocks} divides"))
            }
        }
    }
    /// Returns the axis in the model of an `axis` in the file.
    pub fn axis(&self, axis: usize) -> Option<usize> {
        match self {
            Layout::Transpose => 1_usize.checked_sub(axis),
            Layout::Leading(n) => axis.checked_sub(*n),
            Layout::Reorder(_) | Layout::Deinterleave(_) => Some(axis),
        }
    }
    /// Rearranges the numbers of a tensor of this `shape` in the file to the layout of the model.
    pub fn arrange(&self, shape: &[usize], numbers: Vec<f32>) -> Vec<f32> {
        self.moved(shape, numbers, |to, from| (to, from))
    }
    /// Does the opposite of [`Layout::arrange`], for a `shape` in the model.
    pub fn restore(&self, shape: &[usize], numbers: Vec<f32>) -> Vec<f32> {
        self.moved(shape, numbers, |to, from| (from, to))
    }

    /// The number that must divide the rows.
    fn blocks(&self) -> usize {
        match self {
            Layout::Transpose | Layout::Leading(_) => 1,
            Layout::Reorder(order) => order.len(),
            Layout::Deinterleave(groups) => 2 * groups,
        }
    }
    /// Moves the numbers; `direction` gets the places of a row in the model and in the file, and says to which and from which it goes.
    fn moved(
        &self,
        shape: &[usize],
        numbers: Vec<f32>,
        direction: impl Fn(usize, usize) -> (usize, usize),
    ) -> Vec<f32> {
        let rows = shape.first().copied().unwrap_or(0);
        let width = numbers.len().checked_div(rows).unwrap_or(0);
        match self {
            Layout::Leading(_) => numbers,
            _ if numbers.is_empty() => numbers,
            Layout::Transpose => {
                let columns = width;
                let from = |at: usize| numbers[at % rows * columns + at / rows];
                (0..numbers.len()).map(from).collect()
            }
            Layout::Reorder(_) | Layout::Deinterleave(_) => {
                let mut moved = vec![0.0; numbers.len()];
                for row in 0..rows {
                    let (to, from) = direction(row, self.row_in_file(row, rows));
                    moved[to * width..][..width].copy_from_slice(&numbers[from * width..][..width]);
                }
                moved
            }
        }
    }
    /// Returns the row of the file that is the `row` of the model, of so many `rows`.
    fn row_in_file(&self, row: usize, rows: usize) -> usize {
        match self {
            Layout::Transpose | Layout::Leading(_) => row,
            Layout::Reorder(order) => {
                let block = rows / order.len();
                order[row / block] * block + row % block
            }
            Layout::Deinterleave(groups) => {
                let group = rows / groups;
                let (start, within) = (row / group * group, row % group);
                start + within % (group / 2) * 2 + within / (group / 2)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks both directions.
    fn check(layout: &Layout, shape: &[usize], file: &[f32], model: &[f32]) {
        assert_eq!(layout.arrange(shape, file.to_vec()), model, "{layout:?}");
        assert_eq!(layout.restore(&layout.to_model(shape).unwrap(), model.to_vec()), file, "{layout:?}");
    }

    #[test]
    fn numbers_move_there_and_back() {
        check(&Layout::Transpose, &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        check(&Layout::Transpose, &[0, 3], &[], &[]);
        check(&Layout::Leading(2), &[1, 1, 2], &[1.0, 2.0], &[1.0, 2.0]);
        let rows = [1.0, 1.5, 2.0, 2.5, 3.0, 3.5];
        check(&Layout::Reorder(vec![1, 2, 0]), &[3, 2], &rows, &[2.0, 2.5, 3.0, 3.5, 1.0, 1.5]);
        let bias: Vec<f32> = (0_u8..8).map(f32::from).collect();
        check(&Layout::Reorder(vec![1, 0]), &[8], &bias, &[4.0, 5.0, 6.0, 7.0, 0.0, 1.0, 2.0, 3.0]);
        // Two heads of 4: the file has (x0, y0, x1, y1), the model (x0, x1, y0, y1).
        check(&Layout::Deinterleave(2), &[8], &bias, &[0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]);
        check(&Layout::Deinterleave(1), &[0, 4], &[], &[]);
    }

    #[test]
    fn shapes_that_do_not_fit_are_told() {
        assert_eq!(Layout::Transpose.to_file(&[2, 3, 4]).unwrap_err(), "2 dimensions, to be transposed");
        assert_eq!(Layout::Reorder(vec![0, 1, 2]).to_file(&[7]).unwrap_err(), "a number of rows that 3 divides");
        assert_eq!(Layout::Deinterleave(2).to_file(&[]).unwrap_err(), "a number of rows that 4 divides");
        let leading = Layout::Leading(1).to_model(&[2, 3]).unwrap_err();
        assert_eq!(leading, "a shape that begins with 1 dimension of size 1");
        assert!(Layout::Leading(3).to_model(&[1, 1]).is_err());
    }
}
