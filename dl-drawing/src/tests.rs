//! Tests drawings: no two boxes overlap, no line crosses a box, every line is drawn, and the SVG is well-formed.

use crate::layout::{Content, Layout, layout};
use crate::{Graph, Layer, Source, document, grouped, inline};
use Source::{Input, Layer as L};

fn layer(title: &str, reads: &[Source]) -> Layer {
    let parameters = title.len() as u64 * 100;
    Layer { reads: reads.to_vec(), ..Layer::new(title, "name", "[16, 8, 8]", "[16, 8, 8]", parameters) }
}

fn graph(inputs: &[&str], layers: Vec<Layer>) -> Graph {
    Graph { inputs: inputs.iter().map(|input| (*input).to_owned()).collect(), layers }
}

/// Returns a chain, a skip connection, an inception block, a dense block, two inputs, models inside models, and an empty graph.
fn graphs() -> Vec<Graph> {
    let chain = graph(&["image [1, 8, 8]"], vec![layer("conv2d(6, 5)", &[Input(0)]), layer("relu", &[L(0)])]);
    let skip = graph(
        &["x"],
        vec![
            layer("conv2d(16, 3)", &[Input(0)]),
            layer("relu", &[L(0)]),
            layer("conv2d(16, 3)", &[L(1)]),
            layer("add", &[L(0), L(2)]),
            layer("add", &[L(3), Input(0)]),
        ],
    );
    let inception = graph(
        &["x"],
        vec![
            layer("conv2d(64, 1)", &[Input(0)]),
            layer("conv2d(64, 1)", &[Input(0)]),
            layer("conv2d(96, 3, padding: 1)", &[L(1)]),
            layer("max_pool2d(3)", &[Input(0)]),
            layer("relu", &[L(3)]),
            layer("relu", &[L(4)]),
            layer("concat", &[L(0), L(2), L(5)]),
            layer("dense(10)", &[L(6)]),
        ],
    );
    let mut dense = vec![layer("conv2d(8, 3)", &[Input(0)])];
    for i in 0..6 {
        let all: Vec<Source> = (0..=i).map(|k| L(2 * k)).collect();
        dense.push(layer("concat", &all));
        dense.push(layer("conv2d(8, 3)", &[L(2 * i + 1)]));
    }
    let two = graph(
        &["a", "b [3]", "never_used"],
        vec![
            layer("dense(4)", &[Input(0)]),
            layer("dense(4)", &[Input(1)]),
            layer("relu", &[L(1)]),
            layer("mul", &[L(0), L(2)]),
            layer("add", &[L(3), Input(1)]),
            layer("mul", &[L(4), L(4)]),
        ],
    );
    let frame = Layer { inside: Some(inception.clone()), copies: 3, ..layer("block × 3", &[L(0)]) };
    let nested = graph(&["x"], vec![layer("relu", &[Input(0)]), frame, layer("a < b & c", &[L(1), L(0)])]);
    let twice = Layer { inside: Some(nested.clone()), ..layer("Outer", &[Input(0)]) };
    let constant = graph(&[], vec![layer("zeros", &[])]);
    let deep = graph(&["x"], vec![twice, layer("relu", &[L(0)])]);
    vec![chain, skip, inception, graph(&["x"], dense), two, nested, deep, constant, Graph::default()]
}

/// Calls `visit` with `layout` and with those inside it.
fn every(layout: &Layout, visit: &mut dyn FnMut(&Layout)) {
    visit(layout);
    for placed in &layout.boxes {
        if let Content::Frame(_, _, inside, _) = &placed.content {
            assert!(inside.width <= placed.width && inside.height <= placed.height);
            every(inside, visit);
        }
    }
}

#[test]
fn no_two_boxes_overlap_and_all_are_inside() {
    for graph in graphs() {
        every(&layout(&graph, false), &mut |layout| {
            for (i, a) in layout.boxes.iter().enumerate() {
                assert!(a.x >= 0.0 && a.y >= 0.0 && a.x + a.width <= layout.width && a.y + a.height <= layout.height);
                for b in &layout.boxes[..i] {
                    let apart =
                        a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height;
                    assert!(apart, "{graph:?}");
                }
            }
        });
    }
}

#[test]
fn every_line_is_drawn_and_crosses_no_box() {
    for graph in graphs() {
        let drawn = layout(&graph, false);
        assert_eq!(drawn.lines.len(), graph.layers.iter().map(|layer| layer.reads.len()).sum::<usize>());
        assert_eq!(drawn.boxes.len(), graph.inputs.len() + graph.layers.len());
        every(&drawn, &mut |layout| {
            for line in &layout.lines {
                for pair in line.0.windows(2) {
                    let [(x1, y1), (x2, y2)] = [pair[0], pair[1]];
                    assert!(y2 >= y1, "lines go down");
                    for placed in &layout.boxes {
                        let beside = x1.max(x2) <= placed.x || x1.min(x2) >= placed.x + placed.width;
                        assert!(beside || y2 <= placed.y || y1 >= placed.y + placed.height, "{graph:?}");
                    }
                }
            }
        });
    }
}

#[test]
fn branches_stand_side_by_side_and_chains_below_each_other() {
    let drawn = layout(&graphs()[2], false);
    let centre = |i: usize| drawn.boxes[i].x + drawn.boxes[i].width / 2.0;
    // The chain x -> conv2d -> concat -> dense is in one column, and conv2d -> conv2d beside it.
    assert!(centre(0) == centre(1) && centre(1) == centre(7) && centre(7) == centre(8));
    assert!(centre(2) == centre(3) && centre(2) > centre(1) && centre(4) > centre(2));
    assert!(drawn.boxes[1].y < drawn.boxes[3].y && drawn.boxes[1].y == drawn.boxes[2].y);
}

/// Asserts that tags are closed in order, attributes are quoted, and the text has no bare `&` or `<`.
fn well_formed(text: &str) {
    let mut open = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (between, tag) = rest.split_at(start);
        assert!(between.split('&').skip(1).all(|part| ["amp;", "lt;", "gt;"].iter().any(|e| part.starts_with(e))));
        let end = tag.find('>').expect("a tag ends");
        let (inside, after) = (&tag[1..end], &tag[end + 1..]);
        assert_eq!(inside.matches('"').count() % 2, 0, "{inside}");
        if let Some(name) = inside.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !inside.ends_with('/') {
            open.push(inside.split(' ').next().unwrap());
        }
        rest = after;
    }
    assert!(open.is_empty() && rest.is_empty(), "{open:?} {rest}");
}

#[test]
fn drawings_are_well_formed_and_say_everything() {
    for graph in graphs() {
        for text in [document(&graph), inline(&graph)] {
            well_formed(&text);
            assert!(!text.contains('\n') && !text.contains("NaN"));
            for layer in &graph.layers {
                for words in [&layer.title, &layer.note] {
                    assert!(text.contains(&words.replace('&', "&amp;").replace('<', "&lt;")), "{text}");
                }
            }
        }
    }
    for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (61_706, "61,706"), (1_234_567, "1,234,567")] {
        assert_eq!(grouped(n), text);
    }
    let note = |name, shape, parameters| Layer::new("", name, shape, "[8]", parameters).note;
    assert_eq!(note("relu1", "[8]", 0), "");
    assert_eq!(note("flatten1", "[4]", 0), "[4]");
    assert_eq!(note("dense1", "[8]", 72_000), "dense1 · [8] · 72,000 parameters");
}

#[test]
fn long_chains_are_cheap() {
    let layers = (0..1000).map(|i| layer("dense(8)", &[if i == 0 { Input(0) } else { L(i - 1) }])).collect();
    assert!(inline(&graph(&["x"], layers)).len() < 500_000);
}
