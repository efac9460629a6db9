//! Finds values that are parts of another one, a concatenation: those of one sample are written right into it, so that nothing is copied.
//!
//! The samples of a larger batch lie one after the other, so that parts of them do not, and each part has memory of its own. Only images in
//! blocks of channels are parts: blocks begin at addresses that all kernels like.

use super::Planner;
use super::entities::Entity;
use crate::ir::Node;
use crate::steps::{Access, Call, NodeId, Sharing, Step};

/// A class that is a part of another one.
struct Link {
    part: Entity,
    whole: Entity,
    /// The number of elements before it.
    start: usize,
    /// The time at which a step would copy it, and the concatenation.
    copied: usize,
    node: NodeId,
}

/// All parts. A whole may be a part of another one.
#[derive(Default)]
pub struct Parts(Vec<Link>);

impl Parts {
    fn link(&self, class: Entity) -> Option<&Link> {
        self.0.iter().find(|link| link.part == class)
    }
    /// Returns the largest class of which a class is a part, and the number of elements before it.
    pub fn of(&self, class: Entity) -> Option<(Entity, usize)> {
        let mut link = self.link(class)?;
        let mut start = link.start;
        while let Some(next) = self.link(link.whole) {
            start += next.start;
            link = next;
        }
        Some((link.whole, start))
    }
    /// Returns the classes of which a class is a part, from the smallest to the largest.
    fn wholes(&self, class: Entity) -> impl Iterator<Item = &Link> {
        std::iter::successors(self.link(class), |link| self.link(link.whole))
    }
    /// Returns the largest class that a class is a part of, or itself.
    fn root(&self, class: Entity) -> Entity {
        self.of(class).map_or(class, |(whole, _)| whole)
    }
}

/// A step that writes a class, and what it reads.
struct Write<'a> {
    time: usize,
    step: &'a Step,
    class: Entity,
    reads: Vec<Entity>,
}

impl Planner<'_> {
    /// Finds the parts among what `steps` read, with their times, and returns the steps that need not copy them.
    pub(super) fn find_parts(&mut self, steps: &[(usize, &Step)]) -> Vec<usize> {
        let writes: Vec<Write> = steps.iter().flat_map(|&(time, step)| self.writes(time, step)).collect();
        let mut found = Vec::new();
        for (i, &(copied, step)) in steps.iter().enumerate() {
            let Some(link) = self.possible(copied, step) else { continue };
            let (part, whole) = (link.part, link.whole);
            if part == whole || self.parts.link(part).is_some() || self.parts.root(whole) == part {
                continue;
            }
            self.parts.0.push(link);
            if self.fits(&writes) {
                found.push(i);
            } else {
                self.parts.0.pop();
            }
        }
        // The memory of the whole is in use from the first part on.
        for link in &self.parts.0 {
            let root = self.parts.root(link.part);
            let (first, last) = (self.classes.first(link.part), self.classes.last(link.part));
            self.classes.extend_lifetime(root, first);
            self.classes.extend_lifetime(root, last);
        }
        found
    }

    /// Returns the part that a step copies, if it is one of images in blocks of channels without a place of their own.
    fn possible(&self, copied: usize, step: &Step) -> Option<Link> {
        let (Call::Forward(node, Some(k)), Sharing::Part) = (step.call, step.sharing) else { return None };
        let (from, to) = step.moved()?;
        let Node { inputs, output, .. } = &self.nodes[node];
        let in_blocks = |&value: &usize| self.values[value].shape.in_blocks;
        let (part, whole) = (self.classes.of(self.entity(from)?), self.classes.of(self.entity(to)?));
        let outside = self.classes.place(part).or(self.classes.place(whole)).is_some();
        if outside || !in_blocks(output) || !inputs.iter().all(in_blocks) {
            return None;
        }
        let before = inputs[..k].iter().map(|&input| self.values[input].shape.len().known());
        Some(Link { part, whole, start: before.sum::<Option<usize>>()?, copied, node })
    }

    /// Returns what a step writes.
    fn writes<'a>(&self, time: usize, step: &'a Step) -> Vec<Write<'a>> {
        let class = |access: fn(Access) -> bool| {
            let arguments = step.arguments.iter().filter(move |argument| access(argument.access));
            arguments.filter_map(|argument| self.entity(argument)).map(|entity| self.classes.of(entity))
        };
        let reads: Vec<Entity> = class(|access| access == Access::Read).collect();
        let written = class(|access| access != Access::Read);
        written.map(|class| Write { time, step, class, reads: reads.clone() }).collect()
    }

    /// Returns whether all parts keep their values as long as they are read.
    fn fits(&self, writes: &[Write]) -> bool {
        let Planner { parts, classes, .. } = self;
        writes.iter().all(|write| {
            let copies = |link: &Link| write.step.call.copies(link.node);
            // A part is complete before the whole is, which does not change while a part of it is read.
            let complete = parts.link(write.class).is_none_or(|link| write.time < link.copied);
            let mut inside = parts.0.iter().filter(|link| parts.wholes(link.part).any(|of| of.whole == write.class));
            let keeps = inside.all(|link| {
                let of = parts.wholes(link.part).find(|of| of.whole == write.class);
                of.is_some_and(copies) || classes.last(link.part) < write.time
            });
            complete && keeps && !self.meets(write)
        })
    }

    /// Returns whether a step reads what lies in the memory that it writes, unless it copies a part of it or works in place.
    fn meets(&self, write: &Write) -> bool {
        let Parts(links) = &self.parts;
        let root = self.parts.root(write.class);
        let skipped = |class: Entity| {
            let copied = |link: &Link| link.part == class && link.copied == write.time;
            links.iter().any(copied)
        };
        write.reads.iter().any(|&read| read != write.class && self.parts.root(read) == root && !skipped(read))
    }
}

impl Call {
    /// Returns whether it copies a part of a concatenation.
    fn copies(self, concatenation: NodeId) -> bool {
        matches!(self, Call::Forward(node, Some(_)) if node == concatenation)
    }
}
