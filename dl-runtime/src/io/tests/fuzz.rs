//! Tests of mutated files: any bytes give an error or a model, and never a panic.

use super::model::Net;
use crate::Model;
use proptest::prelude::*;

/// Returns a valid file with some bytes changed, removed or inserted, and its end cut off.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0..3_u8);
    (prop::collection::vec(change, 0..6), any::<prop::sample::Index>(), prop::bool::weighted(0.2)).prop_map(
        |(changes, end, cut)| {
            let mut bytes = Net::counting().to_bytes().unwrap();
            for (place, byte, kind) in changes {
                let at = place.index(bytes.len());
                match kind {
                    0 => bytes[at] = byte,
                    1 => bytes.insert(at, byte),
                    _ => drop(bytes.remove(at)),
                }
            }
            if cut {
                bytes.truncate(end.index(bytes.len() + 1));
            }
            bytes
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_files_never_panic(bytes in mutated()) {
        if let Ok(net) = Net::from_bytes(&bytes) {
            let numbers = crate::tensor::pod::flat(std::slice::from_ref(&*net));
            prop_assert!(numbers.iter().all(|number| number.is_finite()));
        }
    }

    #[test]
    fn random_headers_never_panic(header in r#"[{}\[\]:,"a-zF0-9 -]{0,80}"#, data in 0..64_usize) {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes.extend(vec![0; data]);
        prop_assert!(Net::from_bytes(&bytes).is_err());
    }
}
