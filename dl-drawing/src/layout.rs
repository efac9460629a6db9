//! Lays out a graph: layers in rows by their distance from the inputs, chains in columns, and a path for every line that crosses no
//! box.

use crate::{Graph, Layer, Source};

/// The width of a letter, the height of a line of text, and the space inside a box.
const LETTER: f64 = 6.7;
const LINE: f64 = 16.0;
const INSET: f64 = 10.0;
/// The space between rows, in which lines change their column; the space between columns; the width of a track for one line.
const GAP: f64 = 26.0;
const SPACE: f64 = 24.0;
const TRACK: f64 = 16.0;
/// The distance between the arrows to one box.
const ARROWS: f64 = 14.0;

/// The positions of all boxes and lines.
#[derive(Default)]
pub struct Layout {
    pub width: f64,
    pub height: f64,
    pub boxes: Vec<Placed>,
    pub lines: Vec<Line>,
}

/// A box: its upper left corner, size and content.
pub struct Placed {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub content: Content,
}

/// The content of a box.
pub enum Content {
    /// An input of a model inside a model, which is not drawn.
    Point,
    /// An input.
    Input(String),
    /// A layer: its two lines of text.
    Layer(String, String),
    /// A model: its two lines of text, the layout of its layers, and the number of copies.
    Frame(String, String, Layout, usize),
}

/// A line downwards with an arrow at its end: straight within rows, curved between rows.
pub struct Line(pub Vec<(f64, f64)>);

/// A box without a position.
struct Node {
    width: f64,
    height: f64,
    content: Content,
    /// The indices of the nodes that it reads.
    reads: Vec<usize>,
    row: usize,
    chain: usize,
}

/// The first and the last of the rows that are taken in one column.
type Taken = (usize, usize);

/// Nodes below each other in one column.
struct Chain {
    last: usize,
    taken: Taken,
    column: usize,
}

/// A column of boxes with tracks for lines to its right.
#[derive(Default)]
struct Column {
    taken: Vec<Taken>,
    width: f64,
    tracks: Vec<Vec<Taken>>,
}

/// Lays out `graph`; `nested` is true if it is inside a frame.
pub fn layout(graph: &Graph, nested: bool) -> Layout {
    let mut nodes = nodes(graph, nested);
    let mut chains = chains(&mut nodes);
    let (mut columns, tracks) = columns(&nodes, &mut chains);
    for node in &nodes {
        let column = &mut columns[chains[node.chain].column];
        column.width = column.width.max(node.width);
    }
    position(nodes, &chains, &columns, &tracks)
}

/// Returns inputs and layers with their sizes and rows.
fn nodes(graph: &Graph, nested: bool) -> Vec<Node> {
    let inputs = graph.inputs.iter().map(|input| {
        let content = if nested { Content::Point } else { Content::Input(input.clone()) };
        let (width, height) = if nested { (ARROWS, 0.0) } else { (text_width(input), LINE + INSET) };
        Node { width, height, content, reads: Vec::new(), row: 0, chain: 0 }
    });
    let mut nodes: Vec<Node> = inputs.collect();
    for layer in &graph.layers {
        let reads = layer.reads.iter().map(|source| match source {
            Source::Input(k) => *k,
            Source::Layer(i) => graph.inputs.len() + i,
        });
        // A line from a layer that does not come before is left out.
        let reads: Vec<usize> = reads.filter(|read| *read < nodes.len()).collect();
        let row = reads.iter().map(|read| nodes[*read].row + 1).max().unwrap_or(0);
        let (width, height, content) = content(layer);
        nodes.push(Node { width, height, content, reads, row, chain: 0 });
    }
    nodes
}

/// Returns the size and the content of a layer's box.
fn content(layer: &Layer) -> (f64, f64, Content) {
    let lines = 1 + !layer.note.is_empty() as usize;
    let (width, height) = (text_width(&layer.title).max(text_width(&layer.note)), LINE * lines as f64 + INSET);
    let (title, note) = (layer.title.clone(), layer.note.clone());
    match &layer.inside {
        None => (width, height, Content::Layer(title, note)),
        Some(inside) => {
            let inside = layout(inside, true);
            let size = (width.max(inside.width + 2.0 * INSET), height + inside.height + 2.0 * INSET);
            (size.0, size.1, Content::Frame(title, note, inside, layer.copies))
        }
    }
}

fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * LETTER + 2.0 * INSET
}

/// Joins nodes to chains: each node continues the leftmost chain that ends with a node that it reads.
fn chains(nodes: &mut [Node]) -> Vec<Chain> {
    let mut chains: Vec<Chain> = Vec::new();
    for i in 0..nodes.len() {
        let row = nodes[i].row;
        let open = nodes[i].reads.iter().filter(|read| chains[nodes[**read].chain].last == **read);
        let chain = open.map(|read| nodes[*read].chain).min().unwrap_or(chains.len());
        nodes[i].chain = chain;
        match chains.get_mut(chain) {
            Some(chain) => (chain.last, chain.taken.1) = (i, row),
            None => chains.push(Chain { last: i, taken: (row, row), column: 0 }),
        }
    }
    // Below its end, the column of a chain is reserved for the lines that start there.
    for chain in &mut chains {
        let below = nodes.iter().filter(|node| node.reads.contains(&chain.last)).map(|node| node.row - 1).max();
        chain.taken.1 = chain.taken.1.max(below.unwrap_or(0));
    }
    chains
}

/// Assigns a column to every chain, and a track beside it to every node whose lines pass other boxes of its chain. Returns the column
/// and the index of the track for each node.
fn columns(nodes: &[Node], chains: &mut [Chain]) -> (Vec<Column>, Vec<Option<(usize, usize)>>) {
    let mut columns: Vec<Column> = Vec::new();
    for chain in chains.iter_mut() {
        chain.column = free(columns.iter().map(|column| &column.taken), chain.taken);
        if chain.column == columns.len() {
            columns.push(Column::default());
        }
        columns[chain.column].taken.push(chain.taken);
    }
    let track = |(i, node): (usize, &Node)| {
        let chain = &chains[node.chain];
        let far = nodes.iter().filter(|reader| reader.reads.contains(&i) && reader.row > node.row + 1);
        // The line to the next node of the chain stays in the column.
        let far =
            far.filter(|reader| reader.chain != node.chain || !follows(nodes, i, reader)).map(|reader| reader.row);
        let last = far.max().filter(|_| chain.last != i)?;
        let tracks = &mut columns[chain.column].tracks;
        let number = free(tracks.iter(), (node.row + 1, last - 1));
        if number == tracks.len() {
            tracks.push(Vec::new());
        }
        tracks[number].push((node.row + 1, last - 1));
        Some((chain.column, number))
    };
    let tracks = nodes.iter().enumerate().map(track).collect();
    (columns, tracks)
}

/// Returns whether `reader` is the next node after `i` in its chain.
fn follows(nodes: &[Node], i: usize, reader: &Node) -> bool {
    let next = nodes[i + 1..].iter().find(|node| node.chain == nodes[i].chain);
    next.is_some_and(|next| next.row == reader.row)
}

/// Returns the index of the first of `lists` in which no rows of `wanted` are taken, or the number of lists.
fn free<'a>(lists: impl ExactSizeIterator<Item = &'a Vec<Taken>>, wanted: Taken) -> usize {
    let (len, mut lists) = (lists.len(), lists);
    lists.position(|taken| taken.iter().all(|rows| rows.1 < wanted.0 || wanted.1 < rows.0)).unwrap_or(len)
}

/// Computes the coordinates of all boxes and lines.
fn position(nodes: Vec<Node>, chains: &[Chain], columns: &[Column], tracks: &[Option<(usize, usize)>]) -> Layout {
    let rows = nodes.iter().map(|node| node.row + 1).max().unwrap_or(0);
    let mut tops = vec![0.0; rows + 1];
    for row in 0..rows {
        let height = nodes.iter().filter(|node| node.row == row).map(|node| node.height).fold(0.0, f64::max);
        tops[row + 1] = tops[row] + height + GAP;
    }
    let bottom = |row: usize| tops[row + 1] - GAP;
    let mut lefts = vec![0.0];
    for column in columns {
        let left = lefts[lefts.len() - 1];
        lefts.push(left + column.width + column.tracks.len() as f64 * TRACK + SPACE);
    }
    let middle = |column: usize| lefts[column] + columns[column].width / 2.0;
    let track =
        |(column, number): (usize, usize)| lefts[column] + columns[column].width + (number as f64 + 0.5) * TRACK;
    let centre = |node: &Node| middle(chains[node.chain].column);
    let top = |node: &Node| (tops[node.row] + bottom(node.row) - node.height) / 2.0;
    let mut lines = Vec::new();
    for node in &nodes {
        // Arrows are sorted, so that lines from the left end on the left.
        let way = |read: usize| {
            let from = &nodes[read];
            let own = chains[from.chain].last == read || from.chain == node.chain && follows(&nodes, read, node);
            let beside = tracks[read].filter(|_| !own && node.row > from.row + 1);
            beside.map_or(centre(from), track)
        };
        let mut reads: Vec<(f64, usize)> = node.reads.iter().map(|&read| (way(read), read)).collect();
        reads.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (k, (x, read)) in reads.into_iter().enumerate() {
            let from = &nodes[read];
            let spread = (k as f64 - (node.reads.len() - 1) as f64 / 2.0) * ARROWS;
            let to = centre(node) + spread.clamp(-node.width / 2.0 + 4.0, node.width / 2.0 - 4.0);
            let mut points = vec![(centre(from), top(from) + from.height), (centre(from), bottom(from.row))];
            if node.row > from.row + 1 {
                points.extend([(x, tops[from.row + 1]), (x, bottom(node.row - 1))]);
            }
            points.extend([(to, tops[node.row]), (to, top(node))]);
            lines.push(Line(points));
        }
    }
    let boxes = nodes.iter().map(|node| (centre(node) - node.width / 2.0, top(node))).collect::<Vec<_>>();
    let boxes = nodes.into_iter().zip(boxes).map(|(Node { width, height, content, .. }, (x, y))| Placed {
        x,
        y,
        width,
        height,
        content,
    });
    let width = (lefts[lefts.len() - 1] - SPACE).max(0.0);
    Layout { width, height: (tops[rows] - GAP).max(0.0), boxes: boxes.collect(), lines }
}

/// Returns the baseline of a line of text, relative to the top of its box.
pub fn baseline(line: usize) -> f64 {
    INSET / 2.0 + LINE * line as f64 + 12.0
}
/// Returns the position of the layout inside a frame of this width, below `lines` lines of text.
pub fn inset(lines: usize, width: f64, inside: &Layout) -> (f64, f64) {
    ((width - inside.width) / 2.0, LINE * lines as f64 + INSET + INSET)
}
