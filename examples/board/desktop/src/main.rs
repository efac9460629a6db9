//! A small program for a desktop that has the network inside: it predicts the test digits.

include!("../../models.rs");

static NET: &LeNet = dl::include_model!(LeNet, "../../digits.safetensors");
/// 64 grey values 0..=16 for each digit.
static DIGITS: &[u8] = include_bytes!("../../target/digits.bin");

fn main() {
    let (mut scores, mut scratch) = ([0.0; 10], dl::Scratch::new());
    for grey in DIGITS.as_chunks::<64>().0 {
        let image = [std::array::from_fn(|row| std::array::from_fn(|column| f32::from(grey[8 * row + column]) / 16.0))];
        NET.predict_into(&image, &mut scores, &mut scratch);
        println!("{}", (0..10).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0));
    }
}
