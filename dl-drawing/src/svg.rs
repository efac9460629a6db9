//! A layout as SVG, for light and dark pages: text and lines have the colour of the text around, boxes a hint of their own.

use crate::Graph;
use crate::layout::{Content, Layout, Line, Placed, baseline, inset, layout};
use std::fmt::Write;

/// What is left free around all.
const MARGIN: f64 = 8.0;

/// A file: with colours of its own for viewers with a light or a dark background.
pub fn document(graph: &Graph) -> String {
    // `:root` is the drawing only where it is the whole document.
    let style = "<style>svg:root{color:#1f2328;background:#fff}\
                 @media(prefers-color-scheme:dark){svg:root{color:#d1d7e0;background:#16191d}}</style>";
    draw(graph, style)
}

/// A part of a page, in one line.
pub fn inline(graph: &Graph) -> String {
    draw(graph, "")
}

fn draw(graph: &Graph, style: &str) -> String {
    let layout = layout(graph, false);
    let (width, height) = (layout.width + 2.0 * MARGIN, layout.height + 2.0 * MARGIN);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"{:.0} {:.0} {width:.0} {height:.0}\" font-family=\"ui-monospace, monospace\" font-size=\"11\" \
         fill=\"currentColor\" text-anchor=\"middle\">{style}",
        -MARGIN, -MARGIN
    );
    group(&mut text, &layout);
    text + "</svg>"
}

/// Lines first, so that boxes lie above them.
fn group(text: &mut String, layout: &Layout) {
    if !layout.lines.is_empty() {
        text.push_str("<path fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.55\" d=\"");
        layout.lines.iter().for_each(|line| curve(text, line));
        text.push_str("\"/><path fill-opacity=\"0.7\" d=\"");
        for Line(points) in &layout.lines {
            let (x, y) = points[points.len() - 1];
            let _ = write!(text, "M{} {}l-3.5-7h7z", Short(x), Short(y));
        }
        text.push_str("\"/>");
    }
    layout.boxes.iter().for_each(|placed| draw_box(text, placed));
}

/// Straight within rows, curved between them: points come in pairs, one for the upper and one for the lower end of a row.
fn curve(text: &mut String, Line(points): &Line) {
    for (i, &(x, y)) in points.iter().enumerate() {
        let (x, y) = (Short(x), Short(y));
        let _ = match i.checked_sub(1).map(|before| points[before]) {
            None => write!(text, "M{x} {y}"),
            Some((from_x, from_y)) if i % 2 == 0 && from_x != points[i].0 => {
                let half = Short((from_y + points[i].1) / 2.0);
                write!(text, "C{} {half} {x} {half} {x} {y}", Short(from_x))
            }
            Some((_, from_y)) if from_y == points[i].1 => Ok(()),
            Some(_) => write!(text, "L{x} {y}"),
        };
    }
}

fn draw_box(text: &mut String, placed: &Placed) {
    let Placed { x, y, width, height, content } = placed;
    let centre = x + width / 2.0;
    let rectangle = |text: &mut String, style: &str| {
        let (x, y, width, height) = (Short(*x), Short(*y), Short(*width), Short(*height));
        let _ = write!(text, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {style}/>");
    };
    let line = |text: &mut String, number: usize, words: &str, style: &str| {
        let at = (Short(centre), Short(y + baseline(number)));
        let _ = write!(text, "<text x=\"{}\" y=\"{}\"{style}>{}</text>", at.0, at.1, escaped(words));
    };
    let faint = " fill-opacity=\"0.65\"";
    match content {
        Content::Point => {}
        Content::Input(name) => {
            rectangle(text, "rx=\"13\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.5\"");
            line(text, 0, name, "");
        }
        Content::Layer(title, note) => {
            let colour = colour(title);
            let style = format!("rx=\"4\" fill=\"{colour}\" fill-opacity=\"0.16\" stroke=\"{colour}\"");
            rectangle(text, &style);
            line(text, 0, title, "");
            if !note.is_empty() {
                line(text, 1, note, faint);
            }
        }
        Content::Frame(title, note, inside, copies) => {
            let style =
                "rx=\"6\" fill=\"currentColor\" fill-opacity=\"0.04\" stroke=\"currentColor\" stroke-opacity=\"0.4\"";
            if *copies > 1 {
                let (x, y, width, height) = (Short(x + 5.0), Short(y + height), Short(*width), Short(-height));
                let edge = format!("M{x} {y}v5h{width}v{height}h-5");
                let _ =
                    write!(text, "<path d=\"{edge}\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.4\"/>");
            }
            rectangle(text, style);
            line(text, 0, title, " font-weight=\"bold\"");
            if !note.is_empty() {
                line(text, 1, note, faint);
            }
            let (dx, dy) = inset(1 + !note.is_empty() as usize, *width, inside);
            let _ = write!(text, "<g transform=\"translate({} {})\">", Short(x + dx), Short(y + dy));
            group(text, inside);
            text.push_str("</g>");
        }
    }
}

/// A colour for a kind of layer, one of Okabe and Ito's: what works with weights, what normalises, what pools and joins.
fn colour(title: &str) -> &'static str {
    let kind = title.split(['(', ' ']).next().unwrap_or_default();
    let starts = |names: &[&str]| names.iter().any(|name| kind.starts_with(name));
    if starts(&["dense", "embedding", "unembedding", "matmul", "attention", "lstm", "gru"]) {
        "#d55e00"
    } else if starts(&["conv", "depthwise", "separable"]) {
        "#0072b2"
    } else if kind.ends_with("norm") || starts(&["dropout"]) {
        "#009e73"
    } else if kind.contains("pool") || starts(&["upsample", "concat", "residual", "add"]) || title.contains(" + ") {
        "#cc79a7"
    } else {
        "#888888"
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A coordinate to half a unit, as short as it can be written.
struct Short(f64);

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", (self.0 * 2.0).round() / 2.0)
    }
}
