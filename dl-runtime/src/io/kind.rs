//! Recognises files of other formats by their first bytes, and advises what to do with them.

use crate::Error;
use std::path::Path;

/// The number of bytes at the beginning of a file that show its format.
pub(crate) const START: usize = 512;

/// The format of a file, and advice for two cases: a model was expected, or data was expected.
struct Kind {
    name: &'static str,
    model: &'static str,
    data: &'static str,
}

/// Returns the error about a file of another format than `expected`; `None` if its first bytes belong to no known format.
pub(crate) fn other_format(path: &Path, expected: &'static str, start: &[u8]) -> Option<Error> {
    let is_model = expected == super::safetensors::FORMAT;
    let Kind { name, model, data } = kind_of(start).or_else(|| safetensors(start).filter(|_| !is_model))?;
    let advice = if is_model { model } else { data };
    Some(Error::OtherFormat { path: path.to_path_buf(), expected, found: name, advice })
}

const STATE_DICT: &str =
    r#"in Python, `safetensors.torch.save_file(model.state_dict(), "model.safetensors")` writes one"#;
const PICKLED: &str = r#"in Python, `safetensors.torch.save_file(torch.load("FILE"), "model.safetensors")` writes one from a saved `state_dict`"#;
const ARRAYS: &str =
    r#"in Python, `safetensors.numpy.save_file({"dense1.weight": array}, "model.safetensors")` writes one"#;
const TENSORS: &str =
    "in Python, its tensors under the names of the model are written by `safetensors.numpy.save_file`";
const TABLE: &str = r#"in Python, `numpy.savetxt("table.csv", array, delimiter=",")` writes a table"#;
const NO_DATA: &str = "it holds a model, not data";
const UNPACK: &str = "unpack it first";
const EXPORT: &str = "the program that wrote it can export CSV";
const DOWNLOAD: &str = "download the file itself, not the page that shows it";
const UTF_8: &str = "save it as UTF-8";

fn kind_of(start: &[u8]) -> Option<Kind> {
    let kind = |name, model, data| Some(Kind { name, model, data });
    let after = |at: usize, bytes: &[u8]| start.get(at..).is_some_and(|rest| rest.starts_with(bytes));
    match start {
        [] => kind("an empty file", "save or download it again", "save or download it again"),
        [b'P', b'K', 3, 4, ..] => zip(start),
        [0x80, 2..=5, ..] => kind("a Python pickle, as older versions of PyTorch save", PICKLED, NO_DATA),
        [0x1f, 0x8b, ..] => kind("compressed with gzip", UNPACK, UNPACK),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [1..=0x7f, 0, 1..=0x7f, 0, ..] | [0, 1..=0x7f, 0, 1..=0x7f, ..] => {
            kind("text in UTF-16", STATE_DICT, UTF_8)
        }
        _ if after(0, b"\x93NUMPY") => kind("a NumPy array", ARRAYS, TABLE),
        _ if after(0, b"\x89HDF\r\n\x1a\n") => kind(
            "an HDF5 file, as Keras and MATLAB save",
            TENSORS,
            "in Python, `pandas.read_hdf` and `to_csv` write a table",
        ),
        _ if after(0, b"version https://git-lfs") => kind(
            "a Git LFS pointer instead of a file",
            "`git lfs pull` fetches the file",
            "`git lfs pull` fetches the file",
        ),
        _ if after(0, b"GGUF") && after(5, b"\0\0\0") => kind("a GGUF file of llama.cpp", TENSORS, NO_DATA),
        _ if after(4, b"TFL3") && after(2, b"\0\0") => kind("a TensorFlow Lite model", TENSORS, NO_DATA),
        _ if after(0, b"PAR1\x15") => {
            kind("a Parquet file", STATE_DICT, "in Python, `pandas.read_parquet` and `to_csv` write a table")
        }
        _ if after(0, b"BZh") && after(4, b"1AY&SY") => kind("compressed with bzip2", UNPACK, UNPACK),
        _ if after(0, b"\xfd7zXZ\0") => kind("compressed with xz", UNPACK, UNPACK),
        _ if after(0, b"\x28\xb5\x2f\xfd") => kind("compressed with zstd", UNPACK, UNPACK),
        _ if after(257, b"ustar") => kind("a tar archive", UNPACK, UNPACK),
        // These bytes are fields 1 and 2 of ONNX's `ModelProto`: the version of the format and the producer.
        [8, 3..=32, 0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42, ..] => kind(
            "an ONNX model",
            "in Python, `safetensors.torch.save_file` writes the `state_dict` of the model that was exported",
            NO_DATA,
        ),
        [8, 1, 0x12, ..] => kind("a TensorFlow SavedModel", TENSORS, NO_DATA),
        _ => text(start),
    }
}

/// Recognises the length of a header followed by the header.
fn safetensors(start: &[u8]) -> Option<Kind> {
    let advice = "`Model::load` reads it";
    match start {
        [_, _, _, _, 0, 0, 0, 0, b'{', b'"' | b'}', ..] => {
            Some(Kind { name: "a safetensors file", model: advice, data: advice })
        }
        _ => None,
    }
}

/// Recognises the program that wrote a zip archive by the name of its first file.
fn zip(start: &[u8]) -> Option<Kind> {
    let has = |name: &[u8]| start.windows(name.len()).any(|bytes| bytes == name);
    let (name, model, data) = match () {
        () if has(b"/data.pkl") => ("a zip archive that PyTorch saved", STATE_DICT, NO_DATA),
        () if has(b".npy") => ("a NumPy archive (`.npz`)", ARRAYS, TABLE),
        () if has(b"[Content_Types].xml") => ("an Excel workbook", STATE_DICT, EXPORT),
        () => ("a zip archive, as PyTorch and Keras save", STATE_DICT, UNPACK),
    };
    Some(Kind { name, model, data })
}

/// Recognises web pages, XML and JSON.
fn text(start: &[u8]) -> Option<Kind> {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let begins = |word: &[u8]| start.get(..word.len()).is_some_and(|bytes| bytes.eq_ignore_ascii_case(word));
    let (name, model, data) = match start {
        _ if begins(b"<!doctype html") || begins(b"<html") || begins(b"<head") => ("a web page", DOWNLOAD, DOWNLOAD),
        _ if begins(b"<?xml") => ("an XML file", STATE_DICT, EXPORT),
        [b'{' | b'[', rest @ ..] => match rest.trim_ascii_start() {
            rest if rest.windows(12).any(|bytes| bytes == b"\"weight_map\"") => (
                "an index of safetensors files",
                "`Load::new().allow_missing(true).load_into(…)` loads the files that it names, one after another",
                NO_DATA,
            ),
            [b'"' | b'{' | b'[' | b'}' | b']', ..] => {
                ("a JSON file", STATE_DICT, "in Python, `pandas.read_json` and `to_csv` write a table")
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(Kind { name, model, data })
}
