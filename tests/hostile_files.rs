//! Mutated files: no panic, and no more memory than a small multiple of the file, whatever its headers claim.

use dl::data::{Csv, Dataset, idx};
use dl::prelude::*;
use proptest::prelude::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The system's allocator, with the largest piece that was ever asked for.
struct Watching;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Relaxed);
        // SAFETY: as our caller promises.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as our caller promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

model! {
    Net(x: [3]) -> [2] { x -> dense(4) -> relu -> dense(2) }
}

/// Bytes that a reader may ask for at once: its buffers, and what it makes room for before it has seen it.
const MOST: usize = 2 << 20;

/// Where to change a file, into what, and how: replace, insert, remove, or cut off.
type Change = (prop::sample::Index, u8, u8);

fn mutated(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for (place, byte, how) in changes {
        let at = place.index(bytes.len().max(1));
        match how {
            _ if bytes.is_empty() => {}
            0..6 => bytes[at] = *byte,
            6 => bytes.insert(at, *byte),
            7 => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
    bytes
}

fn images() -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 4, 0, 0, 0, 4];
    bytes.extend(0..144);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn readers_survive(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..9_u8), 0..6)) {
        LARGEST.store(0, Relaxed);
        if let Ok(net) = Net::from_bytes(&mutated(Net::init(1).to_bytes().unwrap(), &changes)) {
            prop_assert!(dl::plain::flat(std::slice::from_ref(&*net)).iter().all(|weight| weight.is_finite()));
        }
        if let Ok(images) = idx::parse::<[[f32; 4]; 4]>(&mutated(images(), &changes)) {
            prop_assert!(images.len() <= 10);
        }
        let table = b"a,b,c\n1,2.5,0\n-3,4e1,1\n5,\"6\",2\n".to_vec();
        let table: dl::Result<Dataset<[f32; 2], u32>> = Csv::new().parse(&mutated(table, &changes));
        if let Ok(table) = table {
            prop_assert_eq!(table.inputs.len(), table.targets.len());
        }
        prop_assert!(LARGEST.load(Relaxed) <= MOST, "{} bytes at once", LARGEST.load(Relaxed));
    }
}
