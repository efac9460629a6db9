//! Copies of weights in the order in which kernels read them. Each is made at the first prediction, of weights that do not change.

use super::Memory;
use std::sync::{Arc, OnceLock};

/// The weights of a network in the layouts of kernels, each made when a kernel first asks for it.
///
/// It belongs to weights in memory, not to a session: what is written to these weights later is not seen. Clones are the same memory. A
/// network none of whose kernels ask takes no memory here. Reading takes no lock, so any number of threads can do it at once.
#[derive(Default)]
pub struct Prepared(OnceLock<Arc<Table>>);

/// The number of lists among which the entries are divided: about as many as a large network has convolutions.
const LISTS: usize = 64;

/// Lists that only grow, so that entries can be lent for as long as the table lives.
struct Table([Link; LISTS]);

/// The rest of a list.
type Link = OnceLock<Box<Entry>>;

struct Entry {
    key: Key,
    /// Empty if there was no memory for it.
    memory: OnceLock<Memory<f32>>,
    next: Link,
}

/// The weights, and the layout that a kernel wants of them.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    address: usize,
    weights: usize,
    layout: &'static str,
    len: usize,
}

impl Key {
    /// Returns a list for the address, of which the lowest bits are always the same.
    fn list(self) -> usize {
        (self.address >> 2).wrapping_mul(0x9E37_79B9) >> 16 & (LISTS - 1)
    }
}

impl Table {
    fn entry(&self, key: Key) -> &Entry {
        let new = || Box::new(Entry { key, memory: OnceLock::new(), next: Link::new() });
        let mut entry = self.0[key.list()].get_or_init(new);
        while entry.key != key {
            entry = entry.next.get_or_init(new);
        }
        entry
    }
}

impl Prepared {
    /// Returns `len` floats that `fill` made of `weights` when they were first asked for, in zeroed memory at a multiple of 64 bytes.
    /// `layout` names what `fill` writes: the kernel, and what else its layout depends on beside the weights and `len`. If several threads
    /// ask at first, one fills, and the others wait; so `fill` computes on its own thread alone. Returns `None` if memory is full.
    ///
    /// `weights` are weights of the network that this belongs to, and nothing that a pass computes.
    pub fn get_or(
        &self,
        weights: &[f32],
        layout: &'static str,
        len: usize,
        fill: impl FnOnce(&mut [f32]),
    ) -> Option<&[f32]> {
        let key = Key { address: weights.as_ptr().addr(), weights: weights.len(), layout, len };
        let memory = self.table().entry(key).memory.get_or_init(|| match Memory::zeros(len) {
            Ok(mut memory) => {
                fill(&mut memory);
                memory
            }
            Err(_) => Memory::empty(),
        });
        (memory.len() == len).then_some(memory)
    }
    /// Returns the number of copies.
    #[expect(clippy::len_without_is_empty, reason = "only tests count")]
    pub fn len(&self) -> usize {
        let lists = self.0.get().into_iter().flat_map(|table| &table.0);
        lists.map(|first| std::iter::successors(first.get(), |entry| entry.next.get()).count()).sum()
    }
    fn table(&self) -> &Arc<Table> {
        self.0.get_or_init(|| Arc::new(Table([const { Link::new() }; LISTS])))
    }
}

impl Clone for Prepared {
    fn clone(&self) -> Self {
        Prepared(self.table().clone().into())
    }
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    #[test]
    fn each_layout_of_each_weights_is_made_once() {
        let (prepared, made) = (Prepared::default(), AtomicUsize::new(0));
        let weights: Vec<f32> = (0..2000).map(|i| i as f32).collect();
        let get = |prepared: &Prepared, at: usize, layout: &'static str, len: usize| {
            let fill = |to: &mut [f32]| {
                made.fetch_add(1, Relaxed);
                to.iter_mut().zip(&weights[at..]).for_each(|(to, w)| *to = w + layout.len() as f32);
            };
            let found = prepared.get_or(&weights[at..at + 2], layout, len, fill).unwrap();
            assert_eq!((found.len(), found.as_ptr().addr() % 64), (len, 0));
            assert_eq!(found[len - 1], weights[at + len - 1] + layout.len() as f32);
            found.as_ptr().addr()
        };
        assert_eq!(prepared.len(), 0);
        let first = get(&prepared, 0, "a", 2);
        for (clone, at, layout, len) in [(false, 0, "a", 2), (true, 0, "a", 2)] {
            let prepared = if clone { &prepared.clone() } else { &prepared };
            assert_eq!(get(prepared, at, layout, len), first);
        }
        assert_ne!(get(&prepared, 0, "ab", 2), first);
        assert_ne!(get(&prepared, 0, "a", 3), first);
        // More than there are lists.
        let addresses: Vec<usize> = (1..500).map(|at| get(&prepared, at, "a", 2)).collect();
        assert_eq!((prepared.len(), made.load(Relaxed)), (502, 502));
        assert!((1..500).all(|at| get(&prepared.clone(), at, "a", 2) == addresses[at - 1]));
        assert_eq!((prepared.len(), made.load(Relaxed)), (502, 502));
    }

    #[test]
    fn threads_that_ask_together_get_the_same_memory() {
        let (prepared, made) = (Prepared::default(), AtomicUsize::new(0));
        let weights = [1.0; 50];
        let all = |prepared: &Prepared| -> Vec<usize> {
            let fill = |_: &mut [f32]| _ = made.fetch_add(1, Relaxed);
            (0..50).map(|i| prepared.get_or(&weights[i..], "", 9, fill).unwrap().as_ptr().addr()).collect()
        };
        let found = std::thread::scope(|scope| {
            [(); 4].map(|()| scope.spawn(|| all(&prepared))).map(|thread| thread.join().unwrap())
        });
        assert!(found.iter().all(|addresses| *addresses == found[0]));
        assert_eq!((prepared.len(), made.load(Relaxed)), (50, 50));
    }

    #[test]
    fn what_memory_cannot_hold_is_not_prepared() {
        assert!(Prepared::default().get_or(&[1.0], "", usize::MAX, |_| unreachable!()).is_none());
    }
}
