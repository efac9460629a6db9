//! Readers of the data that examples take by `--data DIR`. A program that lacks its data says SKIP and ends well, so that all examples can
//! be run one after another.

use dl::data::Dataset;
use dl::{Error, Result};
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Returns the folder of `--data` if it has all of these files; else the program ends with a line that says what is missing.
pub fn folder_or_skip(data: Option<&Path>, files: &[&str]) -> PathBuf {
    folder_of_option_or_skip("--data", data, files)
}

/// [`folder_or_skip`] for an option of another name.
pub fn folder_of_option_or_skip(option: &str, folder: Option<&Path>, files: &[&str]) -> PathBuf {
    let skip = |what: String| -> ! {
        println!("SKIP: {what}");
        std::process::exit(0)
    };
    let Some(folder) = folder else { skip(format!("`{option} DIR` names a folder with {}", files.join(", "))) };
    if let Some(file) = files.iter().find(|file| !folder.join(file).is_file()) {
        skip(format!("no file {}", folder.join(file).display()));
    }
    folder.into()
}

/// Reads a text, which may be compressed with gzip.
pub fn text(path: &Path) -> Result<String> {
    let wrong = |source| Error::Io { path: path.into(), source };
    let mut file = File::open(path).map_err(wrong)?;
    let mut text = String::new();
    match path.extension() {
        Some(gz) if gz == "gz" => GzDecoder::new(file).read_to_string(&mut text),
        _ => file.read_to_string(&mut text),
    }
    .map_err(wrong)?;
    Ok(text)
}

/// Reads the last column of a table whose first line is a header: the values of a time series, from the oldest on.
pub fn series(path: &Path) -> Result<Vec<f32>> {
    let value = |(line, text): (usize, &str)| {
        let value = text.rsplit(',').next().unwrap_or_default().trim().trim_matches('"');
        value.parse().ok().filter(|value: &f32| value.is_finite()).ok_or_else(|| Error::Cell {
            path: path.into(),
            line: line as u64 + 1,
            column: "value".into(),
            expected: "a finite number",
            found: value.into(),
        })
    };
    text(path)?.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()).map(value).collect()
}

/// Reads lines of two texts with a tab between them, such as sentences with their translations.
pub fn pairs(path: &Path) -> Result<Vec<(String, String)>> {
    let pair = |(line, text): (usize, &str)| {
        let pair = text.split_once('\t').ok_or_else(|| Error::Format {
            path: path.into(),
            format: "text",
            expected: "two texts with a tab between them in each line".into(),
            found: format!("none in line {}", line + 1),
        });
        pair.map(|(first, second)| (first.into(), second.into()))
    };
    text(path)?.lines().enumerate().map(pair).collect()
}

/// Reads the sentences of `rt-polarity.neg` with the label 0, then those of `rt-polarity.pos` with the label 1.
pub fn sentiments(folder: &Path) -> Result<Dataset<String, u32>> {
    let mut data = Dataset::default();
    for (label, file) in ["rt-polarity.neg", "rt-polarity.pos"].into_iter().enumerate() {
        let sentences: Vec<String> = text(&folder.join(file))?.lines().map(|line| line.trim().into()).collect();
        let labels = vec![label as u32; sentences.len()];
        data.append(Dataset::new(sentences, labels)?);
    }
    Ok(data)
}

/// Reads the messages of `SMSSpamCollection`: 1 is spam.
pub fn messages(folder: &Path) -> Result<Dataset<String, u32>> {
    let path = folder.join("SMSSpamCollection");
    let mut data = Dataset::default();
    for (line, (label, message)) in pairs(&path)?.into_iter().enumerate() {
        let label = match &*label {
            "ham" => 0,
            "spam" => 1,
            _ => {
                let (line, column) = (line as u64 + 1, "label".into());
                return Err(Error::Cell { path, line, column, expected: "`ham` or `spam`", found: label.into() });
            }
        };
        data.inputs.push(message);
        data.targets.push(label);
    }
    Ok(data)
}
