//! 32 bytes as people write them: base58, or hex for feed ids.

use std::{fmt, str::FromStr};

use solana_pubkey::Pubkey;

/// An address or a 32-byte identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address(pub(crate) [u8; 32]);

impl Address {
    /// As 64 lower-case hex digits.
    pub(crate) fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Pubkey::new_from_array(self.0).fmt(f)
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        if let Some(bytes) = from_hex(digits) {
            return Ok(Self(bytes));
        }
        Pubkey::from_str(text)
            .map(|key| Self(key.to_bytes()))
            .map_err(|_| String::from("neither a base58 address nor 64 hex digits"))
    }
}

/// 64 hex digits. No address looks like that: base58 needs at most 44 characters.
fn from_hex(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base58_and_hex() {
        let base58: Address = "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ".parse().unwrap();
        assert_eq!(base58.to_string(), "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
        assert_eq!(base58.hex().parse(), Ok(base58));
        assert_eq!(format!("0x{}", base58.hex().to_uppercase()).parse(), Ok(base58));
        for wrong in ["", "rec5", "0x12", "0OIl", &"f".repeat(63), &"g".repeat(64), &"+1".repeat(32), &"é".repeat(32)]
        {
            assert!(wrong.parse::<Address>().is_err(), "{wrong}");
        }
    }
}
