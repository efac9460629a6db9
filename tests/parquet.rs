//! Parquet files of pyarrow: the samples of the same table as CSV, typed errors, and damaged files.
#![cfg(feature = "parquet")]

mod common;

use common::places;
use dl::Error;
use dl::data::{Blank, Csv, Dataset, Parquet, Unknown};
use std::fs;
use std::path::PathBuf;

/// The table of the fixtures.
const TABLE: &str = "town,size,rooms,year,garden,rent,sold,kind,label
Rome,50.5,2,1950,1,900.50,2020-01-01,flat,0
Oslo,80.25,3,1980,0,1200.00,2020-01-02,house,1
,65.0,2,2001,0,750.25,2020-01-03,flat,0
Rome,,4,1999,1,1500.00,2020-01-04,house,1
Bern,NaN,1,2020,0,600.00,2020-01-05,flat,0
Oslo,60.125,3,1890,1,1100.10,2020-01-06,house,1
";

fn fixture(name: &str) -> PathBuf {
    places::fixture("parquet").join(format!("{name}.parquet"))
}

/// Every column but one of dates.
const INPUTS: [&str; 7] = ["town", "size", "rooms", "year", "garden", "rent", "kind"];

#[test]
fn samples_are_those_of_the_same_table_as_text() {
    for name in ["plain", "snappy", "gzip"] {
        for blank in [Blank::Drop, Blank::Fill(7.0), Blank::Mean, Blank::Median, Blank::MostFrequent] {
            let csv = Csv::new().inputs(INPUTS).categories(["town", "kind"]).blank(blank);
            let parquet = Parquet::new().inputs(INPUTS).categories(["town", "kind"]).blank(blank);
            let expected = csv.learn_from::<[f32; 7], u32>(TABLE.as_bytes()).unwrap();
            assert_eq!(parquet.learn::<[f32; 7], u32>(fixture(name)).unwrap(), expected, "{name} {blank:?}");
            // Other orders of columns, and several targets.
            let order = ["year", "town", "garden"];
            let (csv, parquet) = (csv.inputs(order), parquet.inputs(order));
            let (csv, parquet) = (csv.categories(["town"]), parquet.categories(["town"]));
            let (csv, parquet) = (csv.targets(["rent", "rooms"]), parquet.targets(["rent", "rooms"]));
            let expected = csv.learn_from::<[f32; 3], [f32; 2]>(TABLE.as_bytes()).unwrap();
            assert_eq!(parquet.learn::<[f32; 3], [f32; 2]>(fixture(name)).unwrap(), expected, "{name} {blank:?}");
        }
    }
    // Names of classes, and dates as categories.
    let set: Dataset<[f32; 1], u32> = Parquet::new()
        .inputs(["sold"])
        .categories(["sold"])
        .target("kind")
        .classes(["house", "flat"])
        .read(fixture("snappy"))
        .unwrap();
    assert_eq!(set.targets, [1, 0, 1, 0, 1, 0]);
    assert_eq!(set.inputs, [[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]]);
}

#[test]
fn encodings_are_shared_with_other_readers() {
    let parquet = Parquet::new().inputs(["town", "size"]).categories(["town"]).blank(Blank::Mean);
    let (_, encoding) = parquet.learn::<[f32; 2], u32>(fixture("plain")).unwrap();
    assert_eq!(encoding.categories("town").unwrap(), ["Bern", "Oslo", "Rome"]);
    let csv = Csv::new().encoding(&encoding).unknown(Unknown::Reserve).blank(Blank::Mean);
    let new: Dataset<[f32; 2], u32> = csv.parse(b"size,town,label\n,Rome,1\n3,Bonn,0\n").unwrap();
    assert_eq!(new.inputs, [[2.0, 63.96875], [3.0, 3.0]]);
    // A table of other rows; none of its towns is unknown.
    let again: Dataset<[f32; 2], u32> =
        Parquet::new().encoding(&encoding).blank(Blank::Mean).read(fixture("gzip")).unwrap();
    assert_eq!(again.inputs[3], [2.0, 63.96875]);
}

#[test]
fn every_error_says_where() {
    let told = |parquet: Parquet, name: &str| {
        let error = parquet.read::<[f32; 2], u32>(fixture(name)).unwrap_err();
        error.to_string().replace(fixture(name).to_str().unwrap(), "FILE")
    };
    let of = |columns: [&str; 2]| Parquet::new().inputs(columns);
    assert_eq!(
        told(of(["rooms", "sold"]), "plain"),
        "FILE, line 1, column `sold`: expected a finite number, found `2020-01-01`"
    );
    assert_eq!(
        told(of(["rooms", "size"]), "snappy"),
        "FILE, line 4, column `size`: the cell is blank; `.blank(Blank::Drop)` leaves such lines out, \
         `.blank(Blank::Fill(0.0))` fills such cells"
    );
    assert_eq!(
        told(of(["rooms", "year"]).target("rent"), "plain"),
        "FILE, line 1, column `rent`: expected a whole number of 0 to 4294967295, found `900.50`"
    );
    assert_eq!(
        told(of(["rooms", "year"]).target("kind").classes(["flat"]), "plain"),
        "FILE, line 2, column `kind`: expected the name of a class, found `house`"
    );
    assert!(told(of(["rooms", "door"]), "plain").starts_with("FILE: no column `door`; the columns are `town`, `size`"));
    let count = told(Parquet::new(), "plain");
    assert!(count.starts_with("FILE: not a valid Parquet file: expected 2 input columns, found 8: `town`"), "{count}");
    assert_eq!(
        told(of(["rooms", "label"]), "plain"),
        "`inputs` of `Parquet` is `label`; it must be columns that are not targets"
    );
    assert_eq!(
        told(of(["rooms", "rooms"]), "plain"),
        "`inputs` of `Parquet` is `rooms` twice; it must be different columns"
    );
    assert_eq!(
        told(of(["rooms", "year"]).blank(Blank::Fill(f32::NAN)), "plain"),
        "`blank` of `Parquet` is NaN; it must be a finite number"
    );
    assert_eq!(
        told(of(["x", "many"]), "nested"),
        "FILE: not a valid Parquet file: expected numbers or text in column `many`, found lists or structs"
    );
    assert!(Parquet::new().inputs(["x"]).read::<[f32; 1], u32>(fixture("nested")).is_ok());
    assert_eq!(
        told(of(["rooms", "year"]), "zstd"),
        "FILE: not a valid Parquet file: expected a compression that the program was built with, found zstd"
    );
    assert!(of(["rooms", "year"]).read::<[f32; 2], u32>(fixture("empty")).unwrap().is_empty());
    assert!(told(of(["rooms", "year"]), "missing").starts_with("FILE: "));
    // Files of other formats, and of Parquet for the reader of CSV.
    let folder = places::scratch();
    fs::create_dir_all(&folder).unwrap();
    let other = |bytes: &[u8]| {
        let path = folder.join("other.parquet");
        fs::write(&path, bytes).unwrap();
        of(["rooms", "year"]).read::<[f32; 2], u32>(&path).unwrap_err().to_string()
    };
    assert!(other(b"").contains("this is an empty file, not a Parquet file"));
    assert!(other(b"\x1f\x8b\x08").contains("this is compressed with gzip, not a Parquet file"));
    assert!(other(TABLE.as_bytes()).ends_with("expected `PAR1` at the beginning, found other bytes"));
    assert!(other(b"PAR1").contains("expected a whole Parquet file"));
    let error = Csv::new().read::<[f32; 2], u32>(fixture("plain")).unwrap_err();
    assert!(matches!(error, Error::OtherFormat { found: "a Parquet file", .. }), "{error}");
}

#[test]
fn damaged_files_are_errors_or_tables() {
    let folder = places::scratch();
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("damaged.parquet");
    let parquet = Parquet::new().inputs(INPUTS).categories(["town", "kind"]).blank(Blank::Mean);
    let mut refused = 0;
    let mut read = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        match parquet.read::<[f32; 7], u32>(&path) {
            Ok(set) => set.check_lengths().unwrap(),
            Err(_) => refused += 1,
        }
    };
    for name in ["plain", "snappy", "gzip"] {
        let whole = fs::read(fixture(name)).unwrap();
        for end in (0..whole.len()).step_by(7) {
            read(&whole[..end]);
        }
        for at in (0..whole.len()).step_by(9) {
            for change in [0x01, 0xFF] {
                let mut damaged = whole.clone();
                damaged[at] ^= change;
                read(&damaged);
            }
        }
    }
    assert!(refused > 1000, "{refused}");
}
