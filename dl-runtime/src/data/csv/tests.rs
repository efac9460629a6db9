//! Tests of valid and invalid tables, and of the text of every error.

use super::{Blank, Csv};
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
        "<memory>, line 3, column `b`: the cell is blank; `.blank(Blank::Drop)` leaves such lines out, \
         `.blank(Blank::Fill(0.0))` fills such cells"
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
        "<memory>: not a valid CSV file: expected 3 input columns, found 2: `a`, `b`"
    );
    assert_eq!(
        message::<One, [f32; 2]>(Csv::new().inputs(["a", "b"]).target("c"), TABLE.as_bytes()),
        "<memory>: not a valid CSV file: expected 2 target columns, found 1: `c`"
    );
    assert_eq!(
        message::<One, u32>(Csv::new(), b"a,b,c\n1,2,3\n1,2\n"),
        "<memory>: not a valid CSV file: expected 3 fields in every line, found 2 in line 3"
    );
    assert_eq!(
        message::<One, u32>(Csv::new(), b"a,b,c\n1,\xff,3\n"),
        "<memory>: not a valid CSV file: expected UTF-8, found other bytes in line 2, field 2"
    );
    assert_eq!(message::<One, u32>(Csv::new(), b""), "<memory>: not a valid CSV file: expected a table, found nothing");
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
        ("a,b\r1,1\rx,1\r", 3),
        ("a,b\r\r1,1\r\rx,1", 5),
    ] {
        assert_eq!(
            message::<[f32; 1], u32>(Csv::new().header(true), table.as_bytes()).split(", col").next(),
            Some(&*format!("<memory>, line {line}")),
            "{table:?}"
        );
    }
}

/// The table that pandas writes for two measurements, with a label that is a float because it once had a blank cell.
const PANDAS: &str = ",width,height,label\n0,1.5,2.0,1.0\n1,0.5,4.0,0.0\n2,2.5,6.0,1e0\n";

fn measurements() -> Dataset<[f32; 2], u32> {
    Dataset { inputs: vec![[1.5, 2.0], [0.5, 4.0], [2.5, 6.0]], targets: vec![1, 0, 1] }
}

#[test]
fn a_table_of_pandas_is_read() {
    for table in [
        PANDAS.to_string(),
        format!("\u{feff}{PANDAS}"),
        PANDAS.replace('\n', "\r\n"),
        PANDAS.replace('\n', "\r"),
        format!("\u{feff}{}", PANDAS.replace('\n', "\r\n")),
        // R quotes names, and pandas does so on request.
        PANDAS.replace(",width,height,label", "\"\",\"width\",\"height\",\"label\""),
        format!("\u{feff}{}", PANDAS.replace(",width,height,label", "\"\",\"width\",\"height\",\"label\"")),
        // An index of two columns, and a trailing comma on every line.
        PANDAS.replace('\n', "\n,").trim_end_matches(',').replacen(',', ",,", 1),
        PANDAS.replace('\n', ",\n"),
    ] {
        assert_eq!(Csv::new().parse(table.as_bytes()).ok(), Some(measurements()), "{table:?}");
        assert_eq!(Csv::new().target("label").parse(table.as_bytes()).ok(), Some(measurements()), "{table:?}");
    }
    // The line numbers can be read on request.
    let index: Dataset<[f32; 1], f32> = Csv::new().inputs([""]).parse(PANDAS.as_bytes()).unwrap();
    assert_eq!(index, Dataset { inputs: vec![[0.0], [1.0], [2.0]], targets: vec![1.0, 0.0, 1.0] });
}

#[test]
fn labels_that_are_not_whole_are_refused() {
    for label in ["1.5", "-1.0", "True", "NaN", "4294967296.0", "inf"] {
        assert_eq!(
            message::<[f32; 2], u32>(Csv::new(), PANDAS.replace("0.0", label).as_bytes()),
            format!("<memory>, line 3, column `label`: expected a whole number of 0 to 4294967295, found `{label}`")
        );
    }
    assert_eq!(
        message::<[f32; 2], u32>(Csv::new(), PANDAS.replace("0.0", "").as_bytes()),
        "<memory>, line 3, column `label`: the cell is blank; `.blank(Blank::Drop)` leaves such lines out"
    );
}

#[test]
fn a_count_of_columns_lists_them() {
    let valid = "<memory>: not a valid CSV file: expected";
    assert_eq!(
        message::<[f32; 1], u32>(Csv::new(), PANDAS.as_bytes()),
        format!("{valid} 1 input column, found 2: `width`, `height`; 1 without a name left out")
    );
    assert_eq!(
        message::<[f32; 2], u32>(Csv::new(), TABLE.replace(',', ";").as_bytes()),
        format!(
            "{valid} 2 input columns, found none; the first line is one field, `a;b;c`: `.delimiter(b';')` splits it"
        )
    );
    assert_eq!(
        message::<[f32; 2], u32>(Csv::new(), b"a\tb\tc\n1\t2\t3\n"),
        format!(
            "{valid} 2 input columns, found none; the first line is one field, `a\tb\tc`: `.delimiter(b'\\t')` splits it"
        )
    );
}

#[test]
fn a_first_line_of_numbers_needs_a_choice() {
    let reported = "<memory>: the first line holds numbers instead of column names:";
    let choice = "`.header(false)` reads a table without names, `.header(true)` uses these as the names";
    assert_eq!(
        message::<[f32; 2], u32>(Csv::new(), b"1,2.5,0\n3,4,1\n"),
        format!("{reported} `1`, `2.5`, `0`; {choice}")
    );
    // Tables with blank cells among the numbers, and with columns that pandas numbered.
    assert_eq!(message::<[f32; 2], u32>(Csv::new(), b"1,,0\n"), format!("{reported} `1`, ``, `0`; {choice}"));
    assert_eq!(message::<[f32; 2], u32>(Csv::new(), b"1,NaN,0\n"), format!("{reported} `1`, `NaN`, `0`; {choice}"));
    let numbered = b",0,1,2\n0,5,6,1\n";
    assert_eq!(message::<[f32; 2], u32>(Csv::new(), numbered), format!("{reported} ``, `0`, `1`, `2`; {choice}"));
    let set: Dataset<[f32; 2], u32> = Csv::new().header(true).parse(numbered).unwrap();
    assert_eq!(set, Dataset { inputs: vec![[5.0, 6.0]], targets: vec![1] });
    let set: Dataset<[f32; 2], u32> = Csv::new().header(false).parse(b"1,2.5,0\n3,4,1\n").unwrap();
    assert_eq!(set.len(), 2);
    // A single name that is not a number makes the line a header, even if it looks like `NaN`.
    assert_eq!(Csv::new().parse::<[f32; 2], u32>(b"1,2,y\n3,4,1\n").unwrap().len(), 1);
    assert_eq!(Csv::new().parse::<[f32; 2], u32>(b"NA,None,null\n3,4,1\n").unwrap().len(), 1);
}

#[test]
fn duplicate_names_of_columns_are_errors() {
    let table = b"a,a,b,c\n1,2,3,4\n";
    let twice = "<memory>: not a valid CSV file: expected unique column names, found `a` for columns 1 and 2";
    assert_eq!(message::<[f32; 3], u32>(Csv::new(), table), twice);
    assert_eq!(message::<[f32; 1], u32>(Csv::new().inputs(["a"]), table), twice);
    assert_eq!(message::<[f32; 3], u32>(Csv::new().target("a"), table), twice);
    assert_eq!(message::<[f32; 2], u32>(Csv::new(), table), twice);
    // A duplicate name that is not read is no error.
    let set: Dataset<[f32; 1], u32> = Csv::new().inputs(["b"]).target("c").parse(table).unwrap();
    assert_eq!(set, Dataset { inputs: vec![[3.0]], targets: vec![4] });

    type One = [f32; 2];
    let table = TABLE.as_bytes();
    assert_eq!(
        message::<One, u32>(Csv::new().inputs(["a", "c"]).target("c"), table),
        "`inputs` of `Csv` is `c`; it must be columns that are not targets"
    );
    // The last column is the target by default.
    assert_eq!(
        message::<One, u32>(Csv::new().inputs(["c", "a"]), table),
        "`inputs` of `Csv` is `c`; it must be columns that are not targets"
    );
    assert_eq!(
        message::<One, u32>(Csv::new().inputs(["a", "a"]), table),
        "`inputs` of `Csv` is `a` twice; it must be different columns"
    );
    assert_eq!(
        message::<f32, [f32; 2]>(Csv::new().targets(["b", "b"]), table),
        "`targets` of `Csv` is `b` twice; it must be different columns"
    );
    assert_eq!(
        message::<One, u32>(Csv::new().classes(["x", "y", "x"]), table),
        "`classes` of `Csv` is `x` twice; it must be different names"
    );
}

#[test]
fn blank_cells_are_dropped_or_filled_by_choice() {
    let table = "width,height,note,label\n1,,,0\n,NaN,x,1\n3,4,,2\n5,6,,\nNA,8,y,4\n";
    let csv = |blank| Csv::new().inputs(["width", "height"]).target("label").blank(blank);
    let set: Dataset<[f32; 2], u32> = csv(Blank::Drop).parse(table.as_bytes()).unwrap();
    assert_eq!(set, Dataset { inputs: vec![[3.0, 4.0]], targets: vec![2] });
    // A blank target is never filled.
    assert_eq!(
        message::<[f32; 2], u32>(csv(Blank::Fill(-1.0)), table.as_bytes()),
        "<memory>, line 5, column `label`: the cell is blank; `.blank(Blank::Drop)` leaves such lines out"
    );
    let table = table.replace("5,6,,\n", "");
    let set: Dataset<[f32; 2], u32> = csv(Blank::Fill(-1.0)).parse(table.as_bytes()).unwrap();
    let inputs = vec![[1.0, -1.0], [-1.0, -1.0], [3.0, 4.0], [-1.0, 8.0]];
    assert_eq!(set, Dataset { inputs, targets: vec![0, 1, 2, 4] });
    assert_eq!(
        message::<[f32; 2], u32>(csv(Blank::Refuse), table.as_bytes()),
        "<memory>, line 2, column `height`: the cell is blank; `.blank(Blank::Drop)` leaves such lines out, \
         `.blank(Blank::Fill(0.0))` fills such cells"
    );
    // The name of a class is not blank, and words outside the list are not blank either.
    let countries = "x,country\n1,NA\n2,\n3,DE\n";
    let csv = Csv::new().classes(["DE", "NA"]).blank(Blank::Drop);
    let set: Dataset<f32, u32> = csv.parse(countries.as_bytes()).unwrap();
    assert_eq!(set, Dataset { inputs: vec![1.0, 3.0], targets: vec![1, 0] });
    assert_eq!(
        message::<f32, u32>(Csv::new().blank(Blank::Drop), b"x,y\n?,1\n"),
        "<memory>, line 2, column `x`: expected a finite number, found `?`"
    );
    // The number for blank cells is checked like the number in a cell.
    assert_eq!(
        message::<f32, u32>(Csv::new().blank(Blank::Fill(f32::NAN)), b"x,y\n1,1\n"),
        "`blank` of `Csv` is NaN; it must be a finite number"
    );
    assert_eq!(
        message::<u32, u32>(Csv::new().blank(Blank::Fill(-1.0)), b"x,y\n1,1\n"),
        "`blank` of `Csv` is -1; it must be a whole number of 0 to 4294967295"
    );
}

#[test]
fn files_that_are_not_tables_are_recognised() {
    let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let reported = "<memory>: this is text in UTF-16, not a CSV file; save it as UTF-8";
    for table in [format!("\u{feff}{TABLE}"), TABLE.to_string()] {
        assert_eq!(message::<[f32; 2], u32>(Csv::new(), &utf16(&table, u16::to_le_bytes)), reported);
        assert_eq!(message::<[f32; 2], u32>(Csv::new(), &utf16(&table, u16::to_be_bytes)), reported);
    }
    let workbook = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0[Content_Types].xml";
    assert_eq!(
        message::<[f32; 2], u32>(Csv::new(), workbook),
        "<memory>: this is an Excel workbook, not a CSV file; the program that wrote it can export CSV"
    );
    for (bytes, found) in [
        (&b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a"[..], "a Git LFS pointer instead of a file"),
        (b"<!doctype html><html>", "a web page"),
        (b"[{\"a\": 1, \"b\": 2}]", "a JSON file"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"\x1f\x8b\x08", "compressed with gzip"),
        (b"\x40\0\0\0\0\0\0\0{\"dense1.bias\"", "a safetensors file"),
    ] {
        let text = message::<[f32; 2], u32>(Csv::new(), bytes);
        assert!(text.starts_with(&format!("<memory>: this is {found}, not a CSV file; ")), "{text}");
    }
    // Names may start like the files of other formats.
    assert_eq!(Csv::new().parse::<[f32; 2], u32>(b"PAR1,GGUF,BZh\n3,4,1\n").unwrap().len(), 1);
    assert_eq!(Csv::new().parse::<[f32; 2], u32>(b"[m],<b>,{x}\n3,4,1\n").unwrap().len(), 1);
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
        let csv = || Csv::new().header(header);
        for csv in [csv(), csv().target("b"), csv().classes(["1"]), csv().blank(Blank::Drop), Csv::new().blank(Blank::Fill(1.0))] {
            if let Ok(set) = csv.parse::<[f32; 2], u32>(&table) {
                prop_assert!(set.check_lengths().is_ok());
                prop_assert!(set.inputs.as_flattened().iter().all(|number| number.is_finite()));
            }
        }
    }
}
