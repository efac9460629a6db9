//! A client of one connection, for the tests and the measurement.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A connection that stays open between requests.
pub struct Client(BufReader<TcpStream>);

/// An answer of the server.
#[derive(Debug)]
pub struct Answer {
    /// Such as 200.
    pub status: u16,
    /// The lines before the body, in lower case.
    pub head: Vec<String>,
    /// The body.
    pub body: String,
}

impl Client {
    /// Connects to a server.
    ///
    /// # Errors
    /// There is none at the address.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Client(BufReader::new(stream)))
    }
    /// Sends a request, and waits for its answer.
    ///
    /// # Errors
    /// The connection ended.
    pub fn post(&mut self, path: &str, body: &str) -> io::Result<Answer> {
        self.send(&format!("POST {path} HTTP/1.1\r\nhost: dl\r\ncontent-length: {}\r\n\r\n{body}", body.len()))?;
        self.answer()
    }
    /// Sends a request without a body, and waits for its answer.
    ///
    /// # Errors
    /// The connection ended.
    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: dl\r\n\r\n"))?;
        self.answer()
    }
    /// Sends some text.
    ///
    /// # Errors
    /// The connection ended.
    pub fn send(&mut self, text: &str) -> io::Result<()> {
        self.0.get_mut().write_all(text.as_bytes())
    }
    /// Waits for the answer to what was sent.
    ///
    /// # Errors
    /// The connection ended, or the server speaks no HTTP.
    pub fn answer(&mut self) -> io::Result<Answer> {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_lowercase();
            if line.is_empty() {
                break;
            }
            head.push(line);
        }
        let invalid = || io::Error::from(io::ErrorKind::InvalidData);
        let status = head[0].split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(invalid)?;
        let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        self.0.read_exact(&mut body)?;
        Ok(Answer { status, head, body: String::from_utf8(body).map_err(|_| invalid())? })
    }
}

/// The body of a request for these images.
pub fn question(images: &[crate::model::Image]) -> String {
    let numbers = |image: &crate::model::Image| {
        let numbers: Vec<String> = image.as_flattened().as_flattened().iter().map(f32::to_string).collect();
        format!("[{}]", numbers.join(","))
    };
    format!("{{\"images\":[{}]}}", images.iter().map(numbers).collect::<Vec<_>>().join(","))
}
