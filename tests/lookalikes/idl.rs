//! What the IDL says of every instruction.

use serde_json::Value;

/// An instruction.
pub(crate) struct Described {
    pub(crate) name: String,
    /// First bytes of its data.
    pub(crate) tag: Vec<u8>,
    pub(crate) seats: Vec<Seat>,
}

/// A place for an account in an instruction.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(crate) name: String,
    pub(crate) writable: bool,
    pub(crate) signer: bool,
    /// It comes after those of the IDL.
    pub(crate) follows: bool,
}

impl Seat {
    /// The place of an account that follows those of the IDL.
    pub(crate) fn following(number: usize, writable: bool) -> Self {
        Self { name: format!("following {number}"), writable, signer: false, follows: true }
    }
}

/// The IDL.
fn idl() -> Value {
    serde_json::from_str(include_str!("../../idl/ballast.json")).expect("the IDL is JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().expect("a name").to_owned()
}

/// All instructions.
pub(crate) fn instructions() -> Vec<Described> {
    list(&idl()["instructions"]).iter().map(described).collect()
}

/// Name of the instruction that has this data.
///
/// # Panics
/// If there is none.
pub(crate) fn name_of(data: &[u8]) -> String {
    instructions().into_iter().find(|one| data.starts_with(&one.tag)).expect("an instruction of the program").name
}

fn described(instruction: &Value) -> Described {
    let byte = |value: &Value| value.as_u64().and_then(|byte| u8::try_from(byte).ok()).expect("a byte");
    Described {
        name: text(&instruction["name"]),
        tag: list(&instruction["discriminator"]).iter().map(byte).collect(),
        seats: list(&instruction["accounts"]).iter().map(seat).collect(),
    }
}

fn seat(account: &Value) -> Seat {
    let flag = |name: &str| account[name].as_bool().unwrap_or(false);
    Seat { name: text(&account["name"]), writable: flag("writable"), signer: flag("signer"), follows: false }
}
