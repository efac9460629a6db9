//! Draws a table of numbers as squares from white (0) to dark (1), with words at its sides, as an SVG file.

use std::fmt::Write as _;
use std::path::Path;

/// The side of a square, in pixels.
const SIDE: usize = 28;
/// The width of a letter, in pixels, at the size of the font below.
const LETTER: usize = 9;

/// Draws a row of squares for each of `rows`, with a square for each of `columns`.
pub fn save_heat_map(
    path: impl AsRef<Path>,
    rows: &[String],
    columns: &[String],
    numbers: &[Vec<f32>],
) -> dl::Result<()> {
    let space = |words: &[String]| LETTER * words.iter().map(|word| word.chars().count()).max().unwrap_or(0) + 16;
    let (left, top) = (space(rows), space(columns));
    let (width, height) = (left + SIDE * columns.len() + 8, top + SIDE * rows.len() + 8);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"monospace\" font-size=\"14\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for (k, word) in columns.iter().enumerate() {
        let (x, y) = (left + SIDE * k + SIDE / 2 + 5, top - 8);
        _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\" transform=\"rotate(-90 {x} {y})\">{}</text>", escaped(word));
    }
    for (k, (word, numbers)) in rows.iter().zip(numbers).enumerate() {
        let (x, y) = (left - 8, top + SIDE * k);
        let middle = y + SIDE / 2 + 5;
        _ = writeln!(svg, "<text x=\"{x}\" y=\"{middle}\" text-anchor=\"end\">{}</text>", escaped(word));
        for (column, number) in numbers.iter().enumerate() {
            let (x, side) = (left + SIDE * column, SIDE - 1);
            _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{side}\" height=\"{side}\" fill=\"#103060\" fill-opacity=\"{number:.3}\" \
                 stroke=\"#cccccc\"/>"
            );
        }
    }
    svg.push_str("</svg>\n");
    let path = path.as_ref();
    std::fs::write(path, svg).map_err(|source| dl::Error::Io { path: path.to_owned(), source })?;
    println!("drawn to {}", path.display());
    Ok(())
}

fn escaped(word: &str) -> String {
    word.trim().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
