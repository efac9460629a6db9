//! A model of 500 MB is created, saved, loaded, cloned and used on a stack of 2 MB, in a debug build.

use dl::prelude::*;

model! {
    Large(x: [8_000]) -> [10] {
        x -> dense(8_000) -> relu -> dense(7_600) -> relu -> dense(10)
    }
}

#[test]
fn half_a_gigabyte_never_passes_over_the_stack() {
    let work = || {
        assert!(size_of::<Large>() > 499_000_000);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.safetensors");
        let net = Large::init(7);
        net.save(&path).unwrap();
        let loaded = Large::load(&path).unwrap();
        assert!(net.dense1.weight[0] == loaded.dense1.weight[0]);
        assert!(net.dense3.bias == loaded.dense3.bias);
        drop(loaded);
        let clone = net.clone();
        assert!(net.dense1.weight[7_999] == clone.dense1.weight[7_999]);
        assert_eq!(format!("{clone:?}"), "Large (124,891,610 parameters)");
        drop(clone);
        let boxed = net.to_box();
        assert!(net.dense3.weight == boxed.dense3.weight);
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap();
}
