//! Mutated files: no panic, and no more memory than a small multiple of the file, whatever its headers claim.

use dl::data::{Csv, Dataset, idx};
use dl::io::{Load, Rules, Save};
use dl::prelude::*;
use proptest::prelude::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, with the largest piece that each thread asked for.
struct Watching;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.set(LARGEST.get().max(layout.size()));
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

/// One rule of each kind that can be turned round.
fn rules() -> Rules {
    Rules::new()
        .rename("[net.]fc{i}.*", "dense{i}.*")
        .transpose("[net.]fc1.weight")
        .leading("[net.]fc2.weight", 2)
        .split("biases", 0, ["dense1.bias", "dense2.bias"])
        .reorder("biases", [1, 2, 0])
        .tied("head", "biases")
        .skip("*.mask")
}

/// Bytes that a reader may ask for at once: its buffers, and what it makes room for before it has seen it.
const MOST: usize = 2 << 20;

/// A change of a file: the place, the new content, and the kind (replace, insert, remove, or cut off).
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
        LARGEST.set(0);
        if let Ok(net) = Net::from_bytes(&mutated(Net::init(1).to_bytes().unwrap(), &changes)) {
            prop_assert!(dl::pod::flat(std::slice::from_ref(&*net)).iter().all(|weight| weight.is_finite()));
        }
        let by_rules = Save::new().rules(rules()).to_bytes(&*Net::init(1)).unwrap();
        if let Ok(net) = Load::new().rules(rules()).from_bytes::<Net>(&mutated(by_rules, &changes)) {
            prop_assert!(dl::pod::flat(std::slice::from_ref(&*net)).iter().all(|weight| weight.is_finite()));
        }
        if let Ok(images) = idx::parse::<[[f32; 4]; 4]>(&mutated(images(), &changes)) {
            prop_assert!(images.len() <= 10);
        }
        let table = b"a,b,c\n1,2.5,0\n-3,4e1,1\n5,\"6\",2\n".to_vec();
        let table: dl::Result<Dataset<[f32; 2], u32>> = Csv::new().parse(&mutated(table, &changes));
        if let Ok(table) = table {
            prop_assert_eq!(table.inputs.len(), table.targets.len());
        }
        prop_assert!(LARGEST.get() <= MOST, "{} bytes at once", LARGEST.get());
    }
}

/// A short training with a checkpoint after every step; `resume` begins with one.
fn train(checkpoint: &std::path::Path, resume: bool) -> dl::Result<()> {
    let data = Dataset::new(vec![[0.1, 0.2, 0.3], [0.5, 0.1, 0.0], [0.9, 0.4, 0.2]], vec![0, 1, 1])?;
    let trainer = Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).epochs(2).batch_size(2).validate(&data);
    let trainer = trainer.early_stopping(2).quiet();
    let mut trainer = if resume { trainer.resume(checkpoint) } else { trainer.checkpoint(checkpoint) };
    trainer.fit(&mut Net::init(1), &data)?;
    Ok(())
}

/// Values that a damaged or hostile checkpoint may hold in its fields.
const VALUES: [&str; 12] = [
    "0",
    "1",
    "7",
    "-1",
    "null",
    "\"NaN\"",
    "\"inf\"",
    "1e308",
    "9223372036854775807",
    "18446744073709551615",
    "[]",
    "{}",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn checkpoints_survive(
        field in any::<prop::sample::Index>(), value in 0..VALUES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..9_u8), 0..2),
    ) {
        static SOUND: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.safetensors");
        let sound = SOUND.get_or_init(|| {
            train(&path, false).unwrap();
            std::fs::read(&path).unwrap()
        });
        std::fs::write(&path, mutated(with_field(sound, field, VALUES[value]), &changes)).unwrap();
        // Some fields may be changed without harm, such as the seconds; whatever happens is no panic.
        let _ = train(&path, true);
    }
}

/// A file with one value replaced in the JSON of its checkpoint, at any depth.
fn with_field(file: &[u8], field: prop::sample::Index, value: &str) -> Vec<u8> {
    let (len, rest) = file.split_at(8);
    let len = u64::from_le_bytes(len.try_into().unwrap()) as usize;
    let (header, data) = rest.split_at(len);
    let mut header: serde_json::Value = serde_json::from_slice(header).unwrap();
    let checkpoint = &mut header["__metadata__"]["checkpoint"];
    let mut json: serde_json::Value = serde_json::from_str(checkpoint.as_str().unwrap()).unwrap();
    let mut pointers = Vec::new();
    collect_pointers(&json, String::new(), &mut pointers);
    let pointer: &String = field.get(&pointers);
    *json.pointer_mut(pointer).unwrap() = serde_json::from_str(value).unwrap();
    *checkpoint = json.to_string().into();
    let header = header.to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

/// Collects the JSON pointers of a value and of all values in it.
fn collect_pointers(json: &serde_json::Value, pointer: String, to: &mut Vec<String>) {
    for (key, value) in json.as_object().into_iter().flatten() {
        collect_pointers(value, format!("{pointer}/{key}"), to);
    }
    for (index, value) in json.as_array().into_iter().flatten().enumerate() {
        collect_pointers(value, format!("{pointer}/{index}"), to);
    }
    to.push(pointer);
}
