//! Numbers in files: in human-readable formats, NaN and infinities are written as text, because JSON cannot represent them as numbers.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number that may be NaN or infinite.
#[derive(Clone, Copy, Debug)]
pub(super) struct Float(pub f64);

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() || !serializer.is_human_readable() {
            serializer.serialize_f64(self.0)
        } else {
            serializer.collect_str(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Number {
            Number(f64),
            Text(String),
        }
        if !deserializer.is_human_readable() {
            return f64::deserialize(deserializer).map(Float);
        }
        match Number::deserialize(deserializer)? {
            Number::Number(number) => Ok(Float(number)),
            Number::Text(text) => text.parse().map(Float).map_err(D::Error::custom),
        }
    }
}

/// For fields: `#[serde(with = "float::one")]`.
pub(super) mod one {
    use super::*;

    pub fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        Float(*number).serialize(serializer)
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Float::deserialize(deserializer).map(|number| number.0)
    }
}

/// For fields: `#[serde(with = "float::many")]`.
pub(super) mod many {
    use super::*;

    pub fn serialize<S: Serializer>(numbers: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(numbers.iter().map(|number| Float(*number)))
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        Ok(Vec::<Float>::deserialize(deserializer)?.into_iter().map(|number| number.0).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back_from_json() {
        let numbers = [0.0, -0.0, 0.1, 1.0 / 3.0, 5e-324, -1.797_693_134_862_315_7e308, 1.203_425_343_243_4e-17];
        for number in numbers.into_iter().chain([f64::NAN, f64::INFINITY, f64::NEG_INFINITY]) {
            let json = serde_json::to_string(&Float(number)).unwrap();
            let Float(again) = serde_json::from_str(&json).unwrap();
            assert_eq!(again.to_bits(), number.to_bits(), "{json}");
        }
        assert_eq!(serde_json::from_str::<Float>("7").unwrap().0, 7.0);
        for wrong in ["null", "\"\"", "\"ten\"", "[1.0]", "1e999"] {
            assert!(serde_json::from_str::<Float>(wrong).is_err(), "{wrong}");
        }
    }
}
