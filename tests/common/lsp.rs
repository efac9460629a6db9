//! A client of rust-analyzer: the language server protocol over its standard input and output, as far as tests need it.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The most time that an answer may take; the first one waits for the macro to be compiled.
const PATIENCE: Duration = Duration::from_secs(240);

/// rust-analyzer with one crate open, whose `src/main.rs` changes from question to question.
pub struct Editor {
    server: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    folder: tempfile::TempDir,
    asked: u64,
    version: u64,
}

impl Editor {
    /// Starts it on a new crate that depends on the facade; `None` where it is not installed.
    pub fn start() -> Option<Editor> {
        let installed = Command::new("rust-analyzer").arg("--version").output().is_ok_and(|run| run.status.success());
        if !installed {
            return None;
        }
        let (folder, here) = (tempfile::tempdir().unwrap(), Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap());
        let manifest = format!(
            "[package]\nname = \"edited\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n\
             [dependencies]\ndl = {{ package = \"dl-nets\", path = {here:?}, default-features = false }}\n"
        );
        std::fs::create_dir(folder.path().join("src")).unwrap();
        std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        std::fs::write(folder.path().join("src/main.rs"), "fn main() {}\n").unwrap();
        // The versions that are here already.
        std::fs::copy(here.join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
        let mut server = Command::new("rust-analyzer")
            .current_dir(folder.path())
            .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("editor"))
            .env("CARGO_NET_OFFLINE", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (server.stdin.take().unwrap(), server.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut editor = Editor { server, input, messages, folder, asked: 0, version: 0 };
        editor.greet();
        Some(editor)
    }

    fn greet(&mut self) {
        let root = uri(self.folder.path());
        self.ask(
            "initialize",
            json!({
                "processId": null,
                "rootUri": root,
                "capabilities": {
                    "textDocument": { "hover": { "contentFormat": ["markdown"] } },
                    "experimental": { "serverStatusNotification": true },
                },
                "initializationOptions": {
                    "checkOnSave": false,
                    "cachePriming": { "enable": false },
                    "completion": { "autoimport": { "enable": false } },
                },
            }),
        );
        self.tell("initialized", json!({}));
        let document =
            json!({ "uri": uri(&self.file()), "languageId": "rust", "version": 0, "text": "fn main() {}\n" });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
        // Until the crate is loaded and the macro compiled.
        loop {
            let message = self.receive();
            if message["method"] == "experimental/serverStatus" && message["params"]["quiescent"] == true {
                assert_ne!(message["params"]["health"], "error", "{message}");
                return;
            }
        }
    }

    /// The names that are offered at `|` in `text`.
    pub fn complete(&mut self, text: &str) -> Vec<String> {
        let at = self.show(text);
        let answer = self.ask("textDocument/completion", at);
        let items = answer.get("items").unwrap_or(&answer).as_array().cloned().unwrap_or_default();
        items.iter().filter_map(|item| item["label"].as_str().map(str::to_owned)).collect()
    }

    /// Returns what is shown for the word at `|` in `text`; nothing is the empty text.
    pub fn hover(&mut self, text: &str) -> String {
        let at = self.show(text);
        self.ask("textDocument/hover", at)["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }

    /// Returns where the word at `|` in `text` is defined: the name of the file, and its text from there to the end of the line.
    pub fn definition(&mut self, text: &str) -> Vec<(String, String)> {
        let at = self.show(text);
        let shown = text.replace('|', "");
        let answer = self.ask("textDocument/definition", at);
        let places = answer.as_array().cloned().unwrap_or_default();
        let place = |place: &Value| {
            let path = path(place["uri"].as_str()?)?;
            let text = if path == self.file() { shown.clone() } else { std::fs::read_to_string(&path).ok()? };
            let start = &place["range"]["start"];
            let line = text.lines().nth(start["line"].as_u64()? as usize)?;
            let rest: String = line.chars().skip(start["character"].as_u64()? as usize).collect();
            Some((path.file_name()?.to_str()?.to_owned(), rest))
        };
        places.iter().filter_map(place).collect()
    }

    /// Every mistake that is reported in `text`: its line, counted from 0, and the message.
    pub fn mistakes(&mut self, text: &str) -> Vec<(u64, String)> {
        self.show(text);
        let document = json!({ "textDocument": { "uri": uri(&self.file()) } });
        let answer = self.ask("textDocument/diagnostic", document);
        let items = answer["items"].as_array().cloned().unwrap_or_default();
        let line = |item: &Value| item["range"]["start"]["line"].as_u64().unwrap_or_default();
        items.iter().map(|item| (line(item), item["message"].as_str().unwrap_or_default().to_owned())).collect()
    }

    /// Makes `text` without its `|` the text of the file; the place of the `|`.
    fn show(&mut self, text: &str) -> Value {
        let (before, after) = text.split_once('|').unwrap_or((text, ""));
        self.version += 1;
        let document = json!({ "uri": uri(&self.file()), "version": self.version });
        let change = json!([{ "text": format!("{before}{after}") }]);
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": change }));
        let line = before.matches('\n').count();
        let character = before.rsplit('\n').next().unwrap_or_default().encode_utf16().count();
        json!({ "textDocument": document, "position": { "line": line, "character": character } })
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("src/main.rs")
    }

    /// The answer to a request.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.receive();
            if message["id"] == id && message["method"].is_null() {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].clone();
            }
        }
    }
    fn tell(&mut self, method: &str, params: Value) {
        self.write(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The next message; requests of the server are answered with nothing.
    fn receive(&mut self) -> Value {
        let message = self.messages.recv_timeout(PATIENCE).expect("rust-analyzer answers");
        if !message["id"].is_null() && !message["method"].is_null() {
            let nothing = message["params"]["items"].as_array().map(|items| vec![Value::Null; items.len()]);
            self.write(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": nothing }));
        }
        message
    }
    fn write(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// One message; `None` at the end.
fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        output.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut text = vec![0; length];
    output.read_exact(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// The file of a URI, in which a space is `%20`.
fn path(uri: &str) -> Option<PathBuf> {
    let mut bytes = Vec::new();
    let mut rest = uri.strip_prefix("file://")?.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok().map(PathBuf::from)
}
