//! The line search for a point that fulfils the strong Wolfe conditions: Nocedal & Wright, "Numerical optimization", 2006, chapter 3.5, in
//! PyTorch's form.

use crate::Result;

/// A point on the line.
#[derive(Clone, Debug)]
pub(super) struct Point {
    /// Its distance from the start, in units of the direction.
    pub at: f64,
    pub loss: f64,
    pub gradient: Vec<f64>,
    /// The derivative of the loss along the direction.
    pub slope: f64,
}

/// The settings of a search.
pub(super) struct Line {
    /// The first distance to try.
    pub first: f64,
    /// The largest element of the direction.
    pub size: f64,
    /// The largest change of a weight that does not matter.
    pub tolerance: f64,
    /// The largest number of points, apart from the first.
    pub most: usize,
}

/// The part of the fall that the slope at the start promises, and the part of the slope that may remain.
const FALL: f64 = 1e-4;
const SLOPE: f64 = 0.9;

/// Returns a point with a lower loss and a flatter slope than at the start, or the lowest that was found, and the number of evaluations.
pub(super) fn strong_wolfe(
    start: &Point,
    line: Line,
    evaluate: &mut dyn FnMut(f64) -> Result<Point>,
) -> Result<(Point, usize)> {
    let too_high = |point: &Point| point.loss > start.loss + FALL * point.at * start.slope;
    let is_flat = |point: &Point| point.slope.abs() <= -SLOPE * start.slope;
    let (mut last, mut new, mut tries) = (start.clone(), evaluate(line.first)?, 0);
    // Goes on until such a point must lie between the last two.
    let mut bracket = loop {
        if tries == line.most {
            break [start.clone(), new];
        }
        if too_high(&new) || (tries > 1 && new.loss >= last.loss) {
            break [last, new];
        }
        if is_flat(&new) {
            return Ok((new, tries + 1));
        }
        if new.slope >= 0.0 {
            break [last, new];
        }
        let at = lowest(&last, &new, (new.at + 0.01 * (new.at - last.at), 10.0 * new.at));
        last = std::mem::replace(&mut new, evaluate(at)?);
        tries += 1;
    };
    // Narrows the bracket around the lower of its ends.
    let order = |bracket: &[Point; 2]| if bracket[0].loss <= bracket[1].loss { (0, 1) } else { (1, 0) };
    let ((mut low, mut high), mut near_an_end) = (order(&bracket), false);
    while tries < line.most {
        let [a, b] = &bracket;
        if (b.at - a.at).abs() * line.size < line.tolerance {
            break;
        }
        let (left, right) = (a.at.min(b.at), a.at.max(b.at));
        let (mut at, margin) = (lowest(a, b, (left, right)), 0.1 * (right - left));
        let is_near = (right - at).min(at - left) < margin;
        // A second point so near to an end would bring too little.
        let moves = is_near && (near_an_end || at >= right || at <= left);
        if moves {
            at = if (at - right).abs() < (at - left).abs() { right - margin } else { left + margin };
        }
        near_an_end = is_near && !moves;
        let new = evaluate(at)?;
        tries += 1;
        if too_high(&new) || new.loss >= bracket[low].loss {
            bracket[high] = new;
            (low, high) = order(&bracket);
            continue;
        }
        let done = is_flat(&new);
        if !done && new.slope * (bracket[high].at - bracket[low].at) >= 0.0 {
            bracket[high] = bracket[low].clone();
        }
        bracket[low] = new;
        if done {
            break;
        }
    }
    let [a, b] = bracket;
    Ok((if low == 0 { a } else { b }, tries + 1))
}

/// Returns the lowest place within `bounds` of the cubic polynomial with the losses and slopes of two points.
fn lowest(a: &Point, b: &Point, (left, right): (f64, f64)) -> f64 {
    let d1 = a.slope + b.slope - 3.0 * (a.loss - b.loss) / (a.at - b.at);
    let square = d1 * d1 - a.slope * b.slope;
    let (near, far) = if a.at <= b.at { (a, b) } else { (b, a) };
    let d2 = square.sqrt();
    let place = far.at - (far.at - near.at) * ((far.slope + d2 - d1) / (far.slope - near.slope + 2.0 * d2));
    // The polynomial has no lowest place, or a loss is not finite.
    if place.is_nan() { (left + right) / 2.0 } else { place.max(left).min(right) }
}
