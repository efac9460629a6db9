//! Draws a layout as SVG for light and dark pages: text and lines have the colour of the surrounding text, boxes a faint colour.

use crate::Graph;
use crate::layout::{Content, Layout, Line, Placed, baseline, inset, layout};
use crate::svg::{Attributes, Number, Svg};
use std::fmt::Write;

/// The margin around the drawing.
const MARGIN: f64 = 8.0;

/// Draws a whole file, with colours for viewers with a light or a dark background.
pub fn document(graph: &Graph) -> String {
    // `:root` matches the drawing only if it is the whole document.
    let style = "svg:root{color:#1f2328;background:#fff}\
                 @media(prefers-color-scheme:dark){svg:root{color:#d1d7e0;background:#16191d}}";
    draw(graph, |svg| svg.style(style))
}

/// Draws a part of a page, as one line of text.
pub fn inline(graph: &Graph) -> String {
    draw(graph, |_| {})
}

fn draw(graph: &Graph, style: impl FnOnce(&mut Svg)) -> String {
    let layout = layout(graph, false);
    let size = (layout.width + 2.0 * MARGIN, layout.height + 2.0 * MARGIN);
    let font: Attributes<'_> = &[
        ("font-family", &"ui-monospace, monospace"),
        ("font-size", &"11"),
        ("fill", &"currentColor"),
        ("text-anchor", &"middle"),
    ];
    Svg::file((-MARGIN, -MARGIN), size, font, |svg| {
        style(svg);
        group(svg, &layout);
    })
}

/// Draws a layout: lines first, so that boxes cover them.
fn group(svg: &mut Svg, layout: &Layout) {
    if !layout.lines.is_empty() {
        let (mut curves, mut arrows) = (String::new(), String::new());
        for line in &layout.lines {
            curve(&mut curves, line);
            let (x, y) = line.0[line.0.len() - 1];
            let _ = write!(arrows, "M{} {}l-3.5-7h7z", Number(x), Number(y));
        }
        let stroke = "currentColor";
        svg.element("path", &[("fill", &"none"), ("stroke", &stroke), ("stroke-opacity", &0.55), ("d", &curves)]);
        svg.element("path", &[("fill-opacity", &0.7), ("d", &arrows)]);
    }
    layout.boxes.iter().for_each(|placed| draw_box(svg, placed));
}

/// Writes a line, which is straight within rows and curved between them. Points come in pairs for the upper and the lower end of a row.
fn curve(text: &mut String, Line(points): &Line) {
    for (i, &(x, y)) in points.iter().enumerate() {
        let (x, y) = (Number(x), Number(y));
        let _ = match i.checked_sub(1).map(|before| points[before]) {
            None => write!(text, "M{x} {y}"),
            Some((from_x, from_y)) if i % 2 == 0 && from_x != points[i].0 => {
                let half = Number((from_y + points[i].1) / 2.0);
                write!(text, "C{} {half} {x} {half} {x} {y}", Number(from_x))
            }
            Some((_, from_y)) if from_y == points[i].1 => Ok(()),
            Some(_) => write!(text, "L{x} {y}"),
        };
    }
}

fn draw_box(svg: &mut Svg, placed: &Placed) {
    let Placed { x, y, width, height, content } = placed;
    let rectangle = |svg: &mut Svg, style: Attributes<'_>| {
        let (x, y, width, height) = (Number(*x), Number(*y), Number(*width), Number(*height));
        let place: Attributes<'_> = &[("x", &x), ("y", &y), ("width", &width), ("height", &height)];
        svg.element("rect", &[place, style].concat());
    };
    let line = |svg: &mut Svg, number: usize, words: &str, style: Attributes<'_>| {
        let (x, y) = (Number(x + width / 2.0), Number(y + baseline(number)));
        let place: Attributes<'_> = &[("x", &x), ("y", &y)];
        svg.text(&[place, style].concat(), words);
    };
    let faint: Attributes<'_> = &[("fill-opacity", &0.65)];
    match content {
        Content::Point => {}
        Content::Input(name) => {
            let stroke = "currentColor";
            rectangle(svg, &[("rx", &13), ("fill", &"none"), ("stroke", &stroke), ("stroke-opacity", &0.5)]);
            line(svg, 0, name, &[]);
        }
        Content::Layer(title, note) => {
            let colour = colour(title);
            rectangle(svg, &[("rx", &4), ("fill", &colour), ("fill-opacity", &0.16), ("stroke", &colour)]);
            line(svg, 0, title, &[]);
            if !note.is_empty() {
                line(svg, 1, note, faint);
            }
        }
        Content::Frame(title, note, inside, copies) => {
            let stroke: Attributes<'_> = &[("stroke", &"currentColor"), ("stroke-opacity", &0.4)];
            if *copies > 1 {
                let (x, y, width, height) = (Number(x + 5.0), Number(y + height), Number(*width), Number(-height));
                let edge = format!("M{x} {y}v5h{width}v{height}h-5");
                let line: Attributes<'_> = &[("fill", &"none"), ("d", &edge)];
                svg.element("path", &[line, stroke].concat());
            }
            let fill: Attributes<'_> = &[("rx", &6), ("fill", &"currentColor"), ("fill-opacity", &0.04)];
            rectangle(svg, &[fill, stroke].concat());
            line(svg, 0, title, &[("font-weight", &"bold")]);
            if !note.is_empty() {
                line(svg, 1, note, faint);
            }
            let (dx, dy) = inset(1 + !note.is_empty() as usize, *width, inside);
            let at = format!("translate({} {})", Number(x + dx), Number(y + dy));
            svg.group(&[("transform", &at)], |svg| group(svg, inside));
        }
    }
}

/// Returns the colour for a kind of layer: with weights, normalisation, pooling and joining, or others. The palette is that of Okabe
/// and Ito.
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
