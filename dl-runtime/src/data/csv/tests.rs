//! Tables, sound and not, and the text of every error.

use super::Csv;
use crate::data::{Dataset, Sample};
use proptest::prelude::*;

const TABLE: &str = "a,b,c\n1,2,3\n4.5,-6e1,7\n";

fn message<I: Sample, T: Sample>(csv: Csv, table: &[u8]) -> String {
    csv.parse::<I, T>(table).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn the_last_columns_are_the_targets() {
    let set: Dataset<[f32; 2], u32> = Csv::new().parse(TABLE.as_bytes()).unwrap();
    assert_eq!(set, Dataset { inputs: vec![[1.0, 2.0], [4.5, -60.0]], targets: vec![3, 7] });
    let set: Dataset<f32, [f32; 2]> = Csv::new().parse(TABLE.as_bytes()).unwrap();
    assert_eq!(set, Dataset { inputs: vec![1.0, 4.5], targets: vec![[2.0, 3.0], [-60.0, 7.0]] });
}

#[test]
fn columns_are_chosen_by_name() {
    let set: Dataset<[f32; 2], f32> = Csv::new().target("b").parse(TABLE.as_bytes()).unwrap();
    assert_eq!(set, Dataset { inputs: vec![[1.0, 3.0], [4.5, 7.0]], targets: vec![2.0, -60.0] });
    let set: Dataset<[[f32; 1]; 2], u32> = Csv::new().inputs(["b", "a"]).parse(TABLE.as_bytes()).unwrap();
    assert_eq!(set.inputs, [[[2.0], [1.0]], [[-60.0], [4.5]]]);
}

#[test]
fn other_dialects_are_read() {
    let table = "\u{feff}1;2\r\n\"3\" ; 4 \r\n";
    let set: Dataset<f32, u32> = Csv::new().header(false).delimiter(b';').target("1").parse(table.as_bytes()).unwrap();
    assert_eq!(set, Dataset { inputs: vec![2.0, 4.0], targets: vec![1, 3] });
}

#[test]
fn every_error_says_where() {
    type One = [f32; 2];
    assert_eq!(
        message::<One, u32>(Csv::new(), b"a,b,c\n1,2,0\n1,x,0\n"),
        "<memory>, line 3, column `b`: expected a finite number, found `x`"
    );
    assert_eq!(
        message::<One, u32>(Csv::new(), b"a,b,c\n\n1,,0\n"),
        "<memory>, line 3, column `b`: expected a finite number, found ``"
    );
    assert_eq!(
        message::<One, f32>(Csv::new().header(false), b"1,2,NaN\n"),
        "<memory>, line 1, column `3`: expected a finite number, found `NaN`"
    );
    assert_eq!(
        message::<One, u32>(Csv::new(), b"a,b,c\n1,2,-1\n"),
        "<memory>, line 2, column `c`: expected a whole number of 0 to 4294967295, found `-1`"
    );
    assert_eq!(
        message::<One, u32>(Csv::new().classes(["dog", "cat"]), b"a,b,c\n1,2,cat\n1,2,cow\n"),
        "<memory>, line 3, column `c`: expected the name of a class, found `cow`"
    );
    assert_eq!(
        message::<One, u32>(Csv::new().target("d"), TABLE.as_bytes()),
        "<memory>: no column `d`; the columns are `a`, `b`, `c`"
    );
    assert_eq!(
        message::<[f32; 3], u32>(Csv::new(), TABLE.as_bytes()),
        "<memory>: not a sound CSV file: expected 3 input columns, found 2"
    );
    assert_eq!(
        message::<One, [f32; 2]>(Csv::new().inputs(["a", "b"]).target("c"), TABLE.as_bytes()),
        "<memory>: not a sound CSV file: expected 2 target columns, found 1"
    );
    assert_eq!(
        message::<One, u32>(Csv::new(), b"a,b,c\n1,2,3\n1,2\n"),
        "<memory>: not a sound CSV file: expected 3 fields in every line, found 2 in line 3"
    );
    assert_eq!(
        message::<One, u32>(Csv::new(), b"a,b,c\n1,\xff,3\n"),
        "<memory>: not a sound CSV file: expected UTF-8, found other bytes in line 2, field 2"
    );
    assert_eq!(message::<One, u32>(Csv::new(), b""), "<memory>: not a sound CSV file: expected a table, found nothing");
    let error = Csv::new().read::<One, u32>("/nowhere/table.csv").unwrap_err().to_string();
    assert!(error.starts_with("/nowhere/table.csv: "), "{error}");
}

#[test]
fn lines_are_counted_whatever_ends_them() {
    for (table, line) in [
        ("a,b\nx,1", 2),
        ("a,b\nx,1\n", 2),
        ("a,b\r\nx,1\r\n", 2),
        ("a,b\r\n\r\n\r\n1,1\r\nx,1", 5),
        ("a,b\n\n\n1,1\nx,1\n2,2\n", 5),
        ("\"a\nb\",c\r\n1,1\r\nx,1\r\n", 4),
    ] {
        assert_eq!(
            message::<[f32; 1], u32>(Csv::new().header(true), table.as_bytes()).split(", col").next(),
            Some(&*format!("<memory>, line {line}")),
            "{table:?}"
        );
    }
}

#[test]
fn a_header_alone_is_an_empty_set() {
    assert!(Csv::new().parse::<[f32; 2], u32>(b"a,b,c\n").unwrap().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_tables_never_panic(
        header in any::<bool>(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        words in r#"[0-9a-c,"\n\r.-]{0,40}"#,
    ) {
        let mut table = [TABLE.as_bytes(), words.as_bytes()].concat();
        let len = table.len();
        changes.iter().for_each(|(place, byte)| table[place.index(len)] = *byte);
        for csv in [Csv::new(), Csv::new().target("b"), Csv::new().classes(["1"])] {
            if let Ok(set) = csv.header(header).parse::<[f32; 2], u32>(&table) {
                prop_assert!(set.check_lengths().is_ok());
                prop_assert!(set.inputs.as_flattened().iter().all(|number| number.is_finite()));
            }
        }
    }
}
