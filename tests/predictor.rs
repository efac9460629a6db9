//! Networks with what belongs to them: from raw data to names, in files and in the program, and files that lie about it.

use dl::data::Normalizer;
use dl::data::text::{BytePairs, Characters, Tokenizer};
use dl::io::Save;
use dl::io::safetensors::Reader;
use dl::pod::flat;
use dl::prelude::*;
use dl::{Error, Predictor};
use std::sync::Arc;

model! {
    Flowers(x: [4]) -> [3] { x -> dense(8) -> relu -> dense(3) }
    Price(x: [4]) -> [1] { x -> dense(8) -> tanh -> dense(1) }
    Sure(x: [4]) -> [3] { x -> dense(3) -> softmax }
    Spots(image: [2, 3, 3]) -> [3] { image -> flatten -> dense(3) }
    Heat(x: [.., 2]) -> [.., 2] { x -> dense(2) }
    Words(tokens: u32[..]) -> [2] { tokens -> embedding(9, 4) -> lstm(4) -> last -> dense(2) }
    Two(a: [2], b: [2]) -> [2] { concat(a, b) -> dense(2) }
    Net(x: [3]) -> [2] { x -> dense(2) }
}

const NAMES: [&str; 3] = ["setosa", "versicolor", "virginica"];

fn columns() -> Normalizer<[f32; 4]> {
    let numbers = [0.1_f32, -1e-30, 1234.567, 3e30];
    Normalizer::from_parts(numbers.to_vec(), vec![0.3, 1e-30, 7.0 / 3.0, 1e30]).unwrap()
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn raw_rows_become_names() {
    let net: Arc<Flowers> = Flowers::init(1).into();
    let raw = [0.4, 1e-30, 1000.0, 2e30];
    let mut rows = [raw; 3];
    rows[2][0] = -5.0;
    let mut inputs = rows;
    columns().apply(&mut inputs);
    let expected = net.predict(&inputs);
    let made = Predictor::new(net.clone()).inputs(&columns()).classes(NAMES).unwrap();
    let made = made.note("trained-on", "Iris").unwrap().note("trained-on", "Iris, 1936").unwrap();
    let again = Predictor::<Flowers>::from_bytes(&made.to_bytes().unwrap()).unwrap();
    for predictor in [&made, &again] {
        assert_eq!(bits(flat(&predictor.predict(&rows))), bits(flat(&expected)));
        assert_eq!(bits(&*predictor.predict_one(&raw)), bits(&*net.predict_one(&inputs[0])));
        assert_eq!(predictor.class_names(), NAMES);
        assert_eq!(predictor.notes().iter().collect::<Vec<_>>(), [(&"trained-on".into(), &"Iris, 1936".into())]);
        let class = predictor.classify(&raw).unwrap();
        let scores = expected[0].map(f64::from);
        let best = (0..3).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
        assert_eq!((class.name, class.index), (NAMES[best], best));
        let sum: f64 = scores.iter().map(|score| score.exp()).sum();
        assert!((class.probability - scores[best].exp() / sum).abs() < 1e-6, "{class:?}");
    }
    // Sessions of a server take the same way.
    let mut session = Session::sharing(Cpu::with_threads(1), again.net().clone(), 3).unwrap();
    let mut outputs = [[0.0; 3]; 3];
    session.predict_into(&again.normalize(&rows), &mut outputs).unwrap();
    again.denormalize(&mut outputs);
    assert_eq!(bits(flat(&outputs)), bits(flat(&expected)));
}

#[test]
fn outputs_come_in_the_unit_of_the_targets() {
    let net = Price::init(2);
    let units = Normalizer::from_parts(vec![250_000.1], vec![31_234.5]).unwrap();
    let raw = [0.4, 1e-30, 1000.0, 2e30];
    let mut inputs = [raw];
    columns().apply(&mut inputs);
    let mut expected = net.predict(&inputs);
    units.undo(&mut expected);
    let path = tempfile::tempdir().unwrap();
    let path = path.path().join("price.safetensors");
    Predictor::new(net).inputs(&columns()).targets(&units).save(&path).unwrap();
    let price = Predictor::<Price>::load(&path).unwrap();
    assert_eq!(bits(&*price.predict_one(&raw)), bits(&expected[0]));
    // Who knows nothing of it reads the weights.
    assert!(Price::load(&path).is_ok());
    let answers = Predictor::new(Price::init(2)).classes(["no", "yes"]).unwrap();
    let score = f64::from(answers.predict_one(&[1.0; 4])[0]);
    let class = answers.classify(&[1.0; 4]).unwrap();
    assert_eq!(class.name, if score > 0.0 { "yes" } else { "no" });
    assert!((class.probability - 1.0 / (1.0 + (-score.abs()).exp())).abs() < 1e-6);
}

#[test]
fn probabilities_are_taken_as_they_are() {
    let net = Sure::init(3);
    let output = net.predict_one(&[1.0, 2.0, 3.0, 4.0]);
    let sure = Predictor::new(net).classes(NAMES).unwrap();
    let class = sure.classify(&[1.0, 2.0, 3.0, 4.0]).unwrap();
    assert_eq!(class.probability, f64::from(output[class.index]));
    assert!(output.iter().all(|p| *p <= output[class.index]));
}

#[test]
fn images_and_sequences_are_normalised_too() {
    let image = [[[10.0, 20.0, 30.0]; 3], [[1.0, 2.0, 3.0]; 3]];
    let net = Spots::init(4);
    for numbers in [1, 2, 18] {
        let means: Vec<f32> = (0..numbers).map(|i| i as f32).collect();
        let normalizer = Normalizer::from_parts(means.clone(), vec![2.0; numbers]).unwrap();
        let mut input = [image];
        normalizer.apply(&mut input);
        let expected = net.predict(&input);
        let bytes = Predictor::new(net.to_box()).inputs(&normalizer).to_bytes().unwrap();
        let found = Predictor::<Spots>::from_bytes(&bytes).unwrap();
        assert_eq!(bits(&*found.predict_one(&image)), bits(&expected[0]), "{numbers} means");
    }
    let net = Heat::init(5);
    let rows = Normalizer::from_parts(vec![1.0, 10.0], vec![2.0, 5.0]).unwrap();
    let raw = vec![[3.0, 20.0], [1.0, 15.0], [5.0, 10.0]];
    let mut expected = net.predict_one(&vec![[1.0, 2.0], [0.0, 1.0], [2.0, 0.0]]);
    rows.undo(&mut expected);
    let bytes = Predictor::new(net).inputs(&rows).targets(&rows).to_bytes().unwrap();
    let heat = Predictor::<Heat>::from_bytes(&bytes).unwrap();
    assert_eq!(*heat.predict_one(&raw), *expected);
    assert_eq!(raw[0], [3.0, 20.0]);
}

#[test]
fn a_tokenizer_goes_with_a_network() {
    let tokenizer = Characters::of("abcdefghi");
    let words = Predictor::new(Words::init(6)).tokenizer(&tokenizer).unwrap().classes(["bad", "good"]).unwrap();
    let words = Predictor::<Words>::from_bytes(&words.to_bytes().unwrap()).unwrap();
    let read: Characters = words.read_tokenizer().unwrap().expect("the file has one");
    assert_eq!(read, tokenizer);
    let class = words.classify(&read.encode("abba").unwrap()).unwrap();
    assert!(class.probability >= 0.5);
    let error = words.read_tokenizer::<BytePairs>().unwrap_err().to_string();
    assert!(error.contains("metadata `dl.tokenizer`: expected a tokenizer of the type `"), "{error}");
    assert!(matches!(words.classify(&vec![3, 99]), Err(Error::TokenOutOfRange { .. })));
    assert!(Predictor::new(Words::init(6)).read_tokenizer::<Characters>().unwrap().is_none());
}

#[test]
fn what_does_not_fit_is_refused_where_it_is_set() {
    let flowers = || Predictor::new(Flowers::init(1));
    let classes = |names: &[&str]| flowers().classes(names.iter().copied()).unwrap_err().to_string();
    let expected = "`classes` of `Predictor` is 2 names; it must be 3 names, one for each of 3 outputs";
    assert_eq!(classes(&["a", "b"]), expected);
    assert_eq!(classes(&["a", "b", "a"]), "`classes` of `Predictor` is `a` twice; it must be names that differ");
    let error = Predictor::new(Price::init(1)).classes(["cheap"]).unwrap_err().to_string();
    assert_eq!(error, "`classes` of `Predictor` is 1 name; it must be 2 names, for no and yes");
    let error = flowers().note("dl.inputs", "raw").unwrap_err().to_string();
    assert!(error.starts_with("`note` of `Predictor` is dl.inputs; it must be another key than "), "{error}");
    let error = flowers().classify(&[0.0; 4]).unwrap_err().to_string();
    assert_eq!(error, "`classes` of `Predictor` is none; it must be the names of the classes");
    let error = flowers().classes(NAMES).unwrap().classify(&[0.0, f32::NAN, 0.0, 0.0]).unwrap_err();
    assert!(matches!(error, Error::InputNotFinite { sample: 0, .. }), "{error}");
}

#[test]
fn files_that_lie_are_named_with_their_key() {
    let path = tempfile::tempdir().unwrap();
    let path = path.path().join("flowers.safetensors");
    let load = |key: &str, text: &str| {
        Save::new().metadata(key, text).save(&*Flowers::init(1), &path).unwrap();
        let error = match Predictor::<Flowers>::load(&path) {
            Ok(_) => return String::new(),
            Err(Error::Metadata { path: of, key: found, .. }) if (of == path) & (found == key) => {
                Predictor::<Flowers>::load(&path).unwrap_err().to_string()
            }
            Err(other) => panic!("{other}"),
        };
        error.strip_prefix(&format!("{}: metadata `{key}`: expected ", path.display())).unwrap().to_owned()
    };
    let cases = [
        ("dl.inputs", "", "means and deviations, found EOF"),
        ("dl.inputs", "no", "means and deviations, found expected"),
        ("dl.inputs", r#"{"means":"1"}"#, "means and deviations, found missing field `deviations`"),
        ("dl.inputs", r#"{"means":[1],"deviations":[1]}"#, "means and deviations, found invalid type"),
        (
            "dl.inputs",
            r#"{"means":"1","deviations":"1","more":"1"}"#,
            "means and deviations, found unknown field `more`",
        ),
        (
            "dl.inputs",
            r#"{"means":"one","deviations":"1"}"#,
            "means and deviations, found expected a number, found `one`",
        ),
        ("dl.inputs", r#"{"means":"1 2","deviations":"1 1"}"#, "means of 1 number, or one for each of 4 channels or 4"),
        ("dl.inputs", r#"{"means":"","deviations":""}"#, "means of 1 number"),
        (
            "dl.inputs",
            r#"{"means":"1 2 3 4","deviations":"1"}"#,
            "deviations of 4 numbers, as many as means, found 1 number",
        ),
        ("dl.inputs", r#"{"means":"NaN","deviations":"1"}"#, "means of finite numbers, found NaN at index 0"),
        ("dl.inputs", r#"{"means":"1e99","deviations":"1"}"#, "means of finite numbers, found inf at index 0"),
        ("dl.inputs", r#"{"means":"1","deviations":"0"}"#, "deviations of finite numbers above 0, found 0 at index 0"),
        (
            "dl.inputs",
            r#"{"means":"1","deviations":"-1"}"#,
            "deviations of finite numbers above 0, found -1 at index 0",
        ),
        (
            "dl.targets",
            r#"{"means":"1 2","deviations":"1 1"}"#,
            "means of 1 number, or one for each of 3 channels or 3",
        ),
        ("dl.classes", "setosa", "a list of names, found expected value"),
        ("dl.classes", "[]", "3 names, one for each of 3 outputs, found 0 names"),
        ("dl.classes", r#"["a","b"]"#, "3 names, one for each of 3 outputs, found 2 names"),
        ("dl.classes", r#"["a","b","c","d"]"#, "3 names, one for each of 3 outputs, found 4 names"),
        ("dl.classes", r#"["a","b",3]"#, "a list of names, found invalid type: integer `3`"),
        ("dl.classes", r#"["a","b","b"]"#, "names that differ, found `b` twice"),
    ];
    for (key, text, expected) in cases {
        let found = load(key, text);
        assert!(found.starts_with(expected), "{key}: {text}: {found}");
    }
    let deep = "[".repeat(100_000);
    assert!(load("dl.classes", &deep).contains("found"), "a list that nests deeply");
    assert_eq!(load("dl.inputs", r#"{"means":"0.5","deviations":"2"}"#), "");
    assert_eq!(load("anything", "goes"), "");
    // Models that no such numbers fit.
    let bytes = Save::new().metadata("dl.inputs", r#"{"means":"1","deviations":"1"}"#);
    for error in [
        Predictor::<Words>::from_bytes(&bytes.to_bytes(&*Words::init(1)).unwrap()).map(drop).unwrap_err(),
        Predictor::<Two>::from_bytes(&bytes.to_bytes(&*Two::init(1)).unwrap()).map(drop).unwrap_err(),
    ] {
        assert!(
            error.to_string().contains("`dl.inputs`: expected none for a model of several values or of tokens"),
            "{error}"
        );
    }
    // And the weights are checked as ever.
    assert!(matches!(Predictor::<Price>::load(&path), Err(Error::TensorNames { .. } | Error::TensorShape { .. })));
}

#[test]
fn a_predictor_in_the_program_uses_the_weights_where_they_lie() {
    static NET: &Net = dl::include_model!(Net, "fixtures/include/predictor.safetensors");
    let included = dl::include_predictor!(Net, "fixtures/include/predictor.safetensors").unwrap();
    let loaded = Predictor::<Net>::from_bytes(include_bytes!("fixtures/include/predictor.safetensors")).unwrap();
    let raw = [2.0, 4.0, 9.0];
    assert_eq!(*included.predict_one(&raw), *NET.predict_one(&[0.5, 1.0, 2.0]));
    assert_eq!(included.class_names(), ["left", "right"]);
    assert_eq!(included.notes()["trained-on"], "nothing");
    assert_eq!(included.classify(&raw).unwrap().name, loaded.classify(&raw).unwrap().name);
    assert_eq!(bits(flat(std::slice::from_ref(&**included.net()))), bits(flat(std::slice::from_ref(NET))));
    // A file without belongings has none; metadata of others are notes.
    let plain = dl::include_predictor!(Net, "fixtures/include/good.safetensors").unwrap();
    assert!(plain.class_names().is_empty() && plain.notes().contains_key("classes"));
}

#[test]
fn the_included_file_is_written_here() {
    let net = Net::from_bytes(include_bytes!("fixtures/include/good.safetensors")).unwrap();
    let normalizer = Normalizer::from_parts(vec![1.0, 2.0, 3.0], vec![2.0, 2.0, 3.0]).unwrap();
    let predictor = Predictor::new(net).inputs(&normalizer).classes(["left", "right"]).unwrap();
    let bytes = predictor.note("trained-on", "nothing").unwrap().to_bytes().unwrap();
    let path = "fixtures/include/predictor.safetensors";
    if std::env::var_os("DL_BLESS").is_some() {
        std::fs::write(path, &bytes).unwrap();
    }
    let parts = |bytes: &[u8]| {
        let mut metadata = Reader::of(bytes).unwrap().metadata().clone();
        // The version of the crate changes.
        metadata.remove("dl");
        (metadata, bytes[bytes.len() - size_of::<Net>()..].to_vec())
    };
    let found = parts(&std::fs::read(path).unwrap());
    assert_eq!(found, parts(&bytes), "`DL_BLESS=1 cargo test --test predictor` writes {path}");
}
