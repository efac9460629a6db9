//! A server that reads handwritten digits: `POST /predict` with images as JSON. `README.md` describes it.
//!
//! One network serves all requests. Worker threads predict with sessions that share its weights ([`batcher`]), requests that arrive together are
//! computed together, and `POST /reload` exchanges the weights while requests run ([`model`]). [`api`] is what clients see, and
//! [`server`] accepts their connections, bounds them, and ends without losing a request.

pub mod api;
pub mod batcher;
pub mod bench;
pub mod client;
pub mod model;
pub mod server;
