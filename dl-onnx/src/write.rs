//! Writes a model as the bytes of a file.

use crate::read::MOST_BYTES;
use crate::{Error, IN_MEMORY, ModelProto, Result};
use prost::Message;

/// Returns the bytes of the file with this model. Equal models have equal bytes.
///
/// # Errors
/// [`Error::TooLarge`], with [`IN_MEMORY`] for the path, for a model of more than 2 GiB.
pub fn encode(model: &ModelProto) -> Result<Vec<u8>> {
    let found = model.encoded_len() as u64;
    if found > MOST_BYTES {
        return Err(Error::TooLarge { path: IN_MEMORY.into(), found, most: MOST_BYTES });
    }
    Ok(model.encode_to_vec())
}
