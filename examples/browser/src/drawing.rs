//! Strokes of a pen, and their picture in the form of MNIST: the longer side is 20 pixels, and the centre of mass is in the middle.

/// 0 is paper and 1 is ink, in the form that the network takes.
pub type Image = [[[f32; 28]; 28]; 1];

/// The length of the longer side of a digit, in pixels.
const SIZE: f32 = 20.0;
/// Half the width of the pen, in pixels.
const RADIUS: f32 = 1.1;
/// The most points that a drawing keeps.
const POINTS: usize = 4096;

/// Strokes in any units, such as those of the page.
pub struct Drawing {
    points: [Point; POINTS],
    len: usize,
}

#[derive(Clone, Copy)]
struct Point {
    x: f32,
    y: f32,
    /// True if a stroke begins here.
    first: bool,
}

impl Drawing {
    pub const fn new() -> Self {
        // All zeros, so that they take no place in the file.
        Drawing { points: [Point { x: 0.0, y: 0.0, first: false }; POINTS], len: 0 }
    }
    pub fn clear(&mut self) {
        self.len = 0;
    }
    /// Continues the stroke, or begins one. Points that are not finite are ignored, and so are those after the first 4,096.
    pub fn point(&mut self, x: f32, y: f32, first: bool) {
        if let Some(point) = self.points.get_mut(self.len)
            && x.is_finite()
            && y.is_finite()
        {
            *point = Point { x, y, first };
            self.len += 1;
        }
    }
    /// Returns the picture; `None` if nothing is drawn.
    pub fn image(&self) -> Option<Image> {
        let points = &self.points[..self.len];
        let bounds = |of: fn(&Point) -> f32| {
            points.iter().map(of).fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
        };
        let (x, y) = (bounds(|p| p.x), bounds(|p| p.y));
        let longest = (x.1 - x.0).max(y.1 - y.0);
        if points.is_empty() {
            return None;
        }
        // A dot has no size that could be scaled.
        let scale = if longest > 0.0 { (SIZE - 2.0 * RADIUS) / longest } else { 0.0 };
        let middle = [(x.0 + x.1) / 2.0, (y.0 + y.1) / 2.0];
        let mut image = self.ink(scale, middle, [13.5, 13.5]);
        let (mut ink, mut mass) = (0.0, [0.0; 2]);
        for (row, pixels) in image[0].iter().enumerate() {
            for (column, pixel) in pixels.iter().enumerate() {
                ink += pixel;
                mass = [mass[0] + column as f32 * pixel, mass[1] + row as f32 * pixel];
            }
        }
        if ink > 0.0 {
            image = self.ink(scale, middle, mass.map(|mass| 27.0 - mass / ink));
        }
        Some(image)
    }
    /// Draws all strokes with a round pen; the point `middle` of the drawing comes to the pixel `to`.
    fn ink(&self, scale: f32, middle: [f32; 2], to: [f32; 2]) -> Image {
        let mut image = [[[0.0; 28]; 28]; 1];
        let place = |p: &Point| [(p.x - middle[0]) * scale + to[0], (p.y - middle[1]) * scale + to[1]];
        let mut from = None;
        for point in &self.points[..self.len] {
            let end = place(point);
            line(&mut image, from.filter(|_| !point.first).unwrap_or(end), end);
            from = Some(end);
        }
        image
    }
}

/// Draws a line with soft edges.
fn line(image: &mut Image, a: [f32; 2], b: [f32; 2]) {
    let along = [b[0] - a[0], b[1] - a[1]];
    let square = along[0] * along[0] + along[1] * along[1];
    let pixels = |axis: usize| {
        let low = (a[axis].min(b[axis]) - RADIUS - 1.0).max(0.0) as usize;
        let high = (a[axis].max(b[axis]) + RADIUS + 2.0).clamp(0.0, 28.0) as usize;
        low..high
    };
    for row in pixels(1) {
        for column in pixels(0) {
            let from_a = [column as f32 - a[0], row as f32 - a[1]];
            let dot = from_a[0] * along[0] + from_a[1] * along[1];
            let t = if square > 0.0 { (dot / square).clamp(0.0, 1.0) } else { 0.0 };
            let (x, y) = (from_a[0] - t * along[0], from_a[1] - t * along[1]);
            let ink = (RADIUS + 0.5 - (x * x + y * y).sqrt()).clamp(0.0, 1.0);
            let pixel = &mut image[0][row][column];
            *pixel = pixel.max(ink);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(points: &[(f32, f32)]) -> Image {
        let mut drawing = Drawing::new();
        points.iter().enumerate().for_each(|(i, (x, y))| drawing.point(*x, *y, i == 0));
        drawing.image().unwrap()
    }

    #[test]
    fn place_and_size_of_a_drawing_do_not_matter() {
        let corner = [(0.0, 0.0), (0.0, 8.0), (4.0, 8.0)];
        let expected = drawn(&corner);
        assert_eq!(drawn(&corner.map(|(x, y)| (16.0 * x + 64.0, 16.0 * y - 32.0))), expected);
        let ink: f32 = expected.as_flattened().as_flattened().iter().sum();
        assert!((50.0..80.0).contains(&ink), "{ink}");
    }

    #[test]
    fn anything_can_be_drawn() {
        let mut drawing = Drawing::new();
        assert!(drawing.image().is_none());
        drawing.point(f32::NAN, 1.0, true);
        assert!(drawing.image().is_none());
        drawing.point(3.0, 3.0, false);
        let dot = drawing.image().unwrap();
        assert!((dot[0][13][13] - 0.8929).abs() < 1e-4, "{}", dot[0][13][13]);
        for i in 0..2 * POINTS {
            drawing.point(i as f32 * 1e30, f32::MAX, i % 3 == 0);
        }
        let image = drawing.image().unwrap();
        assert!(image.as_flattened().as_flattened().iter().all(|ink| (0.0..=1.0).contains(ink)));
    }
}
