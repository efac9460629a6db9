//! Tables that are read on demand: the samples, errors and trainings of the same table in memory, in little memory; and files that change.

mod common;

use common::places;
use dl::Error;
use dl::data::{Blank, Csv, CsvSource, Dataset, Normalizer, Sample, Source};
use dl::pod::{flat, zeroed_vec};
use dl::prelude::*;
use dl::random::Rng;
use dl::train::{Ended, ExternalLoss};
use proptest::prelude::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The system's allocator, which measures the memory in use.
struct Measuring;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Measuring {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(now, Ordering::Relaxed);
        // SAFETY: as our caller promises.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as our caller promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Measuring = Measuring;

/// The memory of all tests is measured together, so they run one after another.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> std::sync::MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A file of this test's own.
fn file(name: &str, table: impl AsRef<[u8]>) -> PathBuf {
    fs::create_dir_all(places::scratch()).unwrap();
    let path = places::scratch().join(format!("csv-source-{name}.csv"));
    fs::write(&path, table).unwrap();
    path
}

/// All samples of a source, read from the last to the first.
fn samples<I: Sample, T: Sample>(source: &CsvSource<I, T>) -> Dataset<I, T> {
    let mut set = Dataset { inputs: zeroed_vec(source.len()), targets: zeroed_vec(source.len()) };
    for (i, (input, target)) in set.inputs.iter_mut().zip(&mut set.targets).enumerate().rev() {
        source.sample(i, &mut Rng::new(0), input, target).unwrap();
    }
    set
}

/// Checks that a table on demand is the same as one in memory, or that both are refused with the same words.
#[track_caller]
fn same<I: Sample<Element = f32> + PartialEq + std::fmt::Debug, T: Sample + PartialEq + std::fmt::Debug>(
    csv: &Csv,
    table: &[u8],
) -> Option<String> {
    let path = file("same", table);
    let (found, expected) = (csv.source::<I, T>(&path), csv.learn::<I, T>(&path));
    let (source, (set, encoding)) = match (found, expected) {
        (Ok(source), Ok(expected)) => (source, expected),
        (Err(Error::Empty { .. }), Ok((set, _))) if set.is_empty() => return Some("empty".into()),
        (Err(found), Err(expected)) => {
            assert_eq!(found.to_string(), expected.to_string());
            return Some(found.to_string());
        }
        (found, expected) => panic!("{:?}\n{:?}", found.err(), expected.err()),
    };
    assert_eq!(samples(&source), set);
    assert_eq!(source.encoding(), &encoding);
    let (found, expected) = (source.normalizer().unwrap(), Normalizer::per_feature(&set.inputs).unwrap());
    let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs()));
    assert!(close(found.means(), expected.means()), "{found:?} {expected:?}");
    assert!(close(found.deviations(), expected.deviations()), "{found:?} {expected:?}");
    None
}

const TABLE: &str = "kind,x,y,label\nb,1,NaN,0\na,2,5,1\nb,NA,7,1\n,4,5,0\nc,9,,0\na,4,6,1\n";

#[test]
fn rows_are_those_of_the_table_in_memory() {
    let _alone = alone();
    for blank in [Blank::Drop, Blank::Fill(2.0), Blank::Mean] {
        for table in [
            TABLE.to_string(),
            TABLE.replace('\n', "\r\n"),
            TABLE.replace('\n', "\r"),
            TABLE.replace('\n', "\n\n"),
            format!("\u{feff}{TABLE}"),
            format!("\u{feff}{}", TABLE.replace('\n', "\r\n\r\n")),
            TABLE.trim_end().to_string(),
            TABLE.replace("a,", "\"a\n, \"\"and\"\" more\","),
        ] {
            let csv = Csv::new().categories(["kind"]).blank(blank);
            assert_eq!(same::<[f32; 3], u32>(&csv, table.as_bytes()), None, "{blank:?} {table:?}");
        }
    }
    // Numbers far from zero, of which the mean of the squares would say nothing.
    let far: String = (0..1000).fold("x,y\n".into(), |mut table, i| {
        _ = writeln!(table, "{},{}", 1e6 + f64::from(i % 3), i % 7);
        table
    });
    assert_eq!(same::<[f32; 1], [f32; 1]>(&Csv::new(), far.as_bytes()), None);
    let path = file("far", &far);
    let source = Csv::new().source::<[f32; 1], [f32; 1]>(&path).unwrap();
    let set: Dataset<[f32; 1], [f32; 1]> = Csv::new().read(&path).unwrap();
    let (found, expected) = (source.target_normalizer().unwrap(), Normalizer::per_feature(&set.targets).unwrap());
    assert!((found.deviations()[0] - expected.deviations()[0]).abs() < 1e-6);
    // Other dialects, columns and classes, whose names are never blank.
    let csv = Csv::new().classes(["DE", "NA"]).blank(Blank::Drop);
    assert_eq!(same::<[f32; 1], u32>(&csv, b"x,country\n1,NA\n2,\n3,DE\n,DE\n"), None);
    let csv = Csv::new().header(false).delimiter(b';').target("1").classes(["no", "yes"]);
    assert_eq!(same::<[f32; 2], u32>(&csv, b"no;1;2\nyes;3;4\n\nno;5;6"), None);
    // New rows are read with the encoding of others.
    let learned = Csv::new().categories(["kind"]).blank(Blank::Mean);
    let (_, encoding) = learned.learn_from::<[f32; 3], u32>(TABLE.as_bytes()).unwrap();
    let new = learned.encoding(&encoding).unknown(dl::data::Unknown::Reserve);
    assert_eq!(same::<[f32; 3], u32>(&new, b"y,kind,more,x,label\n1,c,8,,0\n,,8,2,1\n3,new,1,1,1\n"), None);
    // Categories alone can be filled with the most frequent one.
    let csv = Csv::new().categories(["a"]).blank(Blank::MostFrequent);
    assert_eq!(same::<[f32; 1], u32>(&csv, b"a,y\nq,1\n,1\nq,0\np,1\n"), None);
}

#[test]
fn every_row_is_checked_before_the_training() {
    let _alone = alone();
    let told = |csv: &Csv, table: &[u8]| same::<[f32; 2], u32>(csv, table).unwrap();
    let csv = Csv::new();
    assert!(told(&csv, b"a,b,c\n1,2,0\n1,x,0\n").ends_with("line 3, column `b`: expected a finite number, found `x`"));
    assert!(told(&csv, b"a,b,c\n\n1,,0\n").contains("line 3, column `b`: the cell is blank"));
    assert!(told(&csv, b"a,b,c\n1,2,3\n1,2\n").ends_with("expected 3 fields in every line, found 2 in line 3"));
    assert!(told(&csv, b"a,b,c\n1,\xff,3\n").ends_with("expected UTF-8, found other bytes in line 2, field 2"));
    assert!(told(&csv, b"").ends_with("expected a table, found nothing"));
    assert!(told(&csv, b"PAR1\x15\x04").contains("a Parquet file"));
    assert!(told(&Csv::new().target("d"), b"a,b,c\n1,2,3\n").contains("no column `d`"));
    assert!(told(&Csv::new().blank(Blank::Mean), b"a,b,c\n1,,3\n").ends_with("found blank cells alone"));
    assert_eq!(told(&csv, b"a,b,c\n"), "empty");
    assert!(matches!(Csv::new().source::<[f32; 2], u32>("/nowhere/table.csv"), Err(Error::Io { .. })));
    // What only all values together tell is a setting that cannot be.
    let path = file("settings", TABLE);
    for blank in [Blank::Median, Blank::MostFrequent] {
        let error = Csv::new().categories(["kind"]).blank(blank).source::<[f32; 3], u32>(&path).err().unwrap();
        let expected = format!(
            "`blank` of `Csv` is {blank:?}; it must be `Refuse`, `Drop`, `Fill` or `Mean` for columns of numbers that are not all in memory"
        );
        assert_eq!(error.to_string(), expected);
        assert!(matches!(error, Error::Setting { setting: "blank", of: "Csv", .. }));
    }
}

#[test]
fn columns_are_described() {
    let _alone = alone();
    let path = file("described", "kind,x,empty,id\nb,1,,1\na,2.5,NaN,22\nb,NA,,3\n,-4,,q\n");
    let columns = Csv::new().describe(&path, 3).unwrap();
    let names: Vec<&str> = columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["kind", "x", "empty", "id"]);
    let counts: Vec<_> = columns.iter().map(|c| (c.rows, c.blanks, c.numbers, c.whole, c.is_numeric())).collect();
    assert_eq!(counts, [(4, 1, 0, 0, false), (4, 1, 3, 2, true), (4, 4, 0, 0, false), (4, 0, 3, 3, false)]);
    let values = |k: usize| columns[k].values.clone().map(|values| values.join(" "));
    assert_eq!([values(0), values(1), values(2)], [Some("a b".into()), Some("-4 1 2.5".into()), Some(String::new())]);
    // One value too many.
    assert_eq!(values(3), None);
    let told = |table: &str| Csv::new().describe(file("described", table), 3).unwrap_err().to_string();
    assert!(told("a,b\n1,2\n3\n").ends_with("expected 2 fields in every line, found 1 in line 3"));
    assert!(told("1,2\n3,4\n").contains("the first line holds numbers"));
    assert!(told("").ends_with("expected a table, found nothing"));
}

#[test]
fn tables_of_fewer_columns_are_padded() {
    let _alone = alone();
    let csv = Csv::new().categories(["kind"]).blank(Blank::Mean);
    let narrow: Dataset<[f32; 3], u32> = csv.parse(TABLE.as_bytes()).unwrap();
    let csv = csv.padded();
    let wide: Dataset<[f32; 5], u32> = csv.parse(TABLE.as_bytes()).unwrap();
    assert!(narrow.inputs.iter().zip(&wide.inputs).all(|(a, b)| a[..] == b[..3] && b[3..] == [0.0; 2]));
    assert_eq!(same::<[f32; 5], u32>(&csv, TABLE.as_bytes()), None);
    let (mut input, mut target) = ([9.0; 5], 9);
    let source = csv.source::<[f32; 5], u32>(file("padded", TABLE)).unwrap();
    source.sample(1, &mut Rng::new(0), &mut input, &mut target).unwrap();
    assert_eq!((input, target), (wide.inputs[1], wide.targets[1]));
    let told = same::<[f32; 2], u32>(&csv, TABLE.as_bytes()).unwrap();
    assert!(told.ends_with("expected 1 to 2 input columns, found 3: `kind`, `x`, `y`"), "{told}");
    assert!(same::<[f32; 2], u32>(&Csv::new().padded(), b"y\n1\n").unwrap().ends_with("found none"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_table_is_read_as_in_memory(words in r#"[0-9a-c,"\n\r.-]{0,60}"#, header in any::<bool>(), categories in any::<bool>()) {
        let _alone = alone();
        for blank in [Blank::Refuse, Blank::Drop, Blank::Mean, Blank::Fill(1.0)] {
            let csv = Csv::new().header(header).blank(blank);
            let first = if header { "a" } else { "1" };
            let csv = if categories { csv.categories([first]) } else { csv };
            let _ = same::<[f32; 2], u32>(&csv, format!("a,b,c\n{words}").as_bytes());
            let _ = same::<[f32; 1], u32>(&csv, words.as_bytes());
        }
    }
}

model! { Net(x: [3]) -> [2] { x -> dense(8) -> tanh -> dropout(0.2) -> dense(2) } }

/// 300 rows with some blank cells.
fn table() -> String {
    let mut table = String::from("kind,x,y,label\n");
    for i in 0..300 {
        let x = if i % 41 == 7 { String::new() } else { format!("{}", f64::from(i % 17) / 8.0) };
        _ = writeln!(table, "{},{x},{},{}", ["cat", "dog", "cow"][i as usize % 3], i % 11, u32::from(i % 17 > i % 11));
    }
    table
}

type Settings<'a> = Trainer<'a, Net, u32, Adam, ExternalLoss<CrossEntropy>>;

fn trainer<'a>() -> Settings<'a> {
    Trainer::new(Adam::new(1e-2)).loss(CrossEntropy).epochs(3).batch_size(32).seed(3).quiet()
}

fn bits(net: &Net) -> Vec<u32> {
    flat(std::slice::from_ref(net)).iter().map(|w| w.to_bits()).collect()
}

#[test]
fn training_is_that_of_the_table_in_memory_on_any_number_of_threads() {
    let _alone = alone();
    let path = file("train", table());
    let csv = Csv::new().categories(["kind"]).blank(Blank::Mean);
    let rows: CsvSource<[f32; 3], u32> = csv.source(&path).unwrap();
    let normalizer = rows.normalizer().unwrap();
    let mut set: Dataset<[f32; 3], u32> = csv.read(&path).unwrap();
    normalizer.apply(&mut set.inputs);
    let mut expected = Net::init(1);
    trainer().fit(&mut expected, &set).unwrap();
    let source = rows.batches(|inputs, _, _| normalizer.apply(inputs));
    for loaders in [1, 2, 7] {
        let mut net = Net::init(1);
        trainer().loaders(loaders).fit_source(&mut net, &source).unwrap();
        assert!(bits(&net) == bits(&expected), "{loaders} threads");
    }
}

/// The error of a training whose file is changed after the first epoch, when its threads are at their first rows again.
fn changed(name: &str, change: impl Fn(&Path)) -> String {
    let path = file(name, table());
    let rows: CsvSource<[f32; 3], u32> = Csv::new().categories(["kind"]).blank(Blank::Mean).source(&path).unwrap();
    // The time of a change has a resolution of some milliseconds.
    std::thread::sleep(std::time::Duration::from_millis(50));
    let trainer = trainer().epochs(5).on_epoch(|_| change(&path));
    let error = { trainer }.fit_source(&mut Net::init(1), &rows).unwrap_err();
    assert!((1..5).contains(&error.history().epochs.len()), "{error}");
    assert_eq!(error.history().ended, Ended::Failed);
    assert!(matches!(error.error(), Error::Format { path: found, format: "CSV", .. } if *found == path), "{error}");
    error.to_string()
}

#[test]
fn a_file_that_changes_ends_the_training() {
    let _alone = alone();
    let expected = "expected the rows that were there when the file was opened, found another";
    let truncate =
        |bytes: u64| move |path: &Path| fs::File::options().write(true).open(path).unwrap().set_len(bytes).unwrap();
    for bytes in [0, 10, 100, 2000] {
        assert!(changed("truncated", truncate(bytes)).contains(expected));
    }
    assert!(changed("longer", |path| fs::write(path, table() + "cat,1,1,0\n").unwrap()).contains(expected));
    // In place, of the same length: other numbers, and bytes that are no numbers.
    assert!(
        changed("numbers", |path| fs::write(path, table().replace("cat,0,", "cat,9,")).unwrap()).contains(expected)
    );
    assert!(changed("bytes", |path| fs::write(path, vec![0xFF; table().len()]).unwrap()).contains(expected));
    // A file that is replaced by another one stays the same for those who have opened it.
    let path = file("replaced", table());
    let rows: CsvSource<[f32; 3], u32> = Csv::new().categories(["kind"]).blank(Blank::Mean).source(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, "something else").unwrap();
    trainer().fit_source(&mut Net::init(1), &rows).unwrap();
}

#[test]
fn a_large_table_needs_little_memory() {
    let _alone = alone();
    const ROWS: usize = 60_000;
    let path = places::scratch().join("csv-source-large.csv");
    fs::create_dir_all(places::scratch()).unwrap();
    {
        use std::io::Write;
        let mut to = std::io::BufWriter::new(fs::File::create(&path).unwrap());
        let names: Vec<String> = (0..24).map(|k| format!("x{k}")).collect();
        writeln!(to, "{},label", names.join(",")).unwrap();
        for i in 0..ROWS {
            (0..24).for_each(|k| write!(to, "{:.3},", ((i * 31 + k * 17) % 997) as f64 / 97.0).unwrap());
            writeln!(to, "{}", i % 2).unwrap();
        }
    }
    let size = fs::metadata(&path).unwrap().len() as usize;
    assert!(size > 8_000_000, "{size}");
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let rows: CsvSource<[f32; 24], u32> = Csv::new().source(&path).unwrap();
    assert_eq!(rows.len(), ROWS);
    let (mut input, mut target, mut sum) = ([0.0; 24], 0, 0);
    for i in 0..ROWS {
        rows.sample((i * 7919) % ROWS, &mut Rng::new(0), &mut input, &mut target).unwrap();
        assert_eq!(target as usize, (i * 7919) % ROWS % 2);
        sum += target as usize;
    }
    assert_eq!(sum, ROWS / 2);
    let most = MOST.load(Ordering::Relaxed) - before;
    // 8 bytes for each row in a vector that doubles, and buffers; the samples alone would have 6 MB.
    assert!(most < 3 * 8 * ROWS + 300_000 && most < size / 4, "{most} bytes");
    fs::remove_file(&path).unwrap();
}
