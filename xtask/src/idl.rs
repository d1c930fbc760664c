//! `cargo xtask idl`: the program's interface, without Anchor's command line.
//!
//! Built with the feature `idl-build`, Anchor's macros leave tests in the program that print the parts of its IDL. They are
//! run here and put together as `anchor idl build` does. Anchor reads some environment variables while its own macros are
//! compiled, so this has a target folder to itself.

use anchor_lang_idl_spec::{Idl, IdlConst, IdlErrorCode, IdlEvent, IdlTypeDef};
use serde_json::Value;

use crate::workspace::{cargo, output, root, settle, target};
use crate::{Mode, Result};

const IDL: &str = "idl/ballast.json";

pub(crate) fn run(mode: Mode) -> Result {
    let printed = output(
        cargo()
            .args(["test", "--quiet", "--locked", "--package", "ballast", "--lib", "--features", "idl-build"])
            .args(["__anchor_private_print_idl", "--", "--show-output"])
            .env("CARGO_TARGET_DIR", target()?.join("idl"))
            .env("ANCHOR_IDL_BUILD_NO_DOCS", "FALSE")
            .env("ANCHOR_IDL_BUILD_RESOLUTION", "TRUE")
            .env("ANCHOR_IDL_BUILD_SKIP_LINT", "FALSE")
            .env("ANCHOR_IDL_BUILD_PROGRAM_PATH", root().join("programs/ballast")),
    )?;
    let idl = shorten(assemble(&printed)?)?;
    let idl: Idl = serde_json::from_str(&idl)?;
    check(&idl)?;
    settle(mode, IDL, format!("{}\n", serde_json::to_string_pretty(&idl)?).as_bytes())?;
    println!(
        "idl: {} instructions, {} accounts, {} events, {} errors, {} types",
        idl.instructions.len(),
        idl.accounts.len(),
        idl.events.len(),
        idl.errors.len(),
        idl.types.len(),
    );
    Ok(())
}

/// Puts the printed sections together, everything sorted by name.
fn assemble(printed: &str) -> Result<Idl> {
    let mut idl: Option<Idl> = None;
    let mut address = String::new();
    let mut constants: Vec<IdlConst> = Vec::new();
    let mut errors: Vec<IdlErrorCode> = Vec::new();
    let mut events: Vec<IdlEvent> = Vec::new();
    let mut types: Vec<IdlTypeDef> = Vec::new();

    for (kind, text) in sections(printed) {
        match kind {
            "address" => address = serde_json::from_str(&text)?,
            "const" => constants.push(serde_json::from_str(&text)?),
            "errors" if errors.is_empty() => errors = serde_json::from_str(&text)?,
            "errors" => return Err("the program defines its errors twice".into()),
            "event" => {
                let mut value: Value = serde_json::from_str(&text)?;
                events.push(serde_json::from_value(value["event"].take())?);
                types.extend(serde_json::from_value::<Vec<IdlTypeDef>>(value["types"].take())?);
            }
            "program" => idl = Some(serde_json::from_str(&text)?),
            _ => return Err(format!("a section `{kind}` that this Anchor should not have").into()),
        }
    }

    let mut idl = idl.ok_or("the program printed no IDL")?;
    idl.address = address;
    idl.constants = constants;
    idl.errors = errors;
    idl.events = events;
    idl.types.extend(types);
    idl.accounts.sort_by(|a, b| a.name.cmp(&b.name));
    idl.constants.sort_by(|a, b| a.name.cmp(&b.name));
    idl.events.sort_by(|a, b| a.name.cmp(&b.name));
    idl.instructions.sort_by(|a, b| a.name.cmp(&b.name));
    idl.types.sort_by(|a, b| a.name.cmp(&b.name));
    idl.types.dedup_by(|a, b| a.name == b.name);
    Ok(idl)
}

/// The parts between `--- IDL begin KIND ---` and `--- IDL end KIND ---`.
fn sections(printed: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut open: Option<(&str, String)> = None;
    for line in printed.lines() {
        let marker = |word| line.strip_prefix("--- IDL ")?.strip_prefix(word)?.strip_suffix(" ---");
        if let Some(kind) = marker("begin ") {
            open = Some((kind, String::new()));
        } else if marker("end ").is_some() {
            found.extend(open.take());
        } else if let Some((_, text)) = &mut open {
            text.push_str(line);
            text.push('\n');
        }
    }
    found
}

/// Names types by their last segment instead of `crate::module::Type`.
fn shorten(idl: Idl) -> Result<String> {
    let mut names: Vec<(String, String)> = Vec::new();
    for path in idl.types.iter().map(|ty| &ty.name) {
        let name = path.rsplit("::").next().unwrap_or(path);
        if names.iter().any(|(_, other)| other == name) {
            return Err(format!("two types are called `{name}`, and clients would see one").into());
        }
        names.push((path.clone(), name.into()));
    }
    let mut text = serde_json::to_string(&idl)?;
    for (path, name) in names {
        text = text.replace(&format!("\"{path}\""), &format!("\"{name}\""));
    }
    Ok(text)
}

/// What a client relies on: an address, and discriminators that tell everything apart.
fn check(idl: &Idl) -> Result {
    if idl.address.is_empty() {
        return Err("the program printed no address".into());
    }
    type Named<'a> = Vec<(&'a str, &'a [u8])>;
    let kinds: [(&str, Named<'_>); 3] = [
        ("accounts", idl.accounts.iter().map(|a| (a.name.as_str(), a.discriminator.as_slice())).collect()),
        ("events", idl.events.iter().map(|e| (e.name.as_str(), e.discriminator.as_slice())).collect()),
        ("instructions", idl.instructions.iter().map(|i| (i.name.as_str(), i.discriminator.as_slice())).collect()),
    ];
    for (kind, named) in kinds {
        for (index, (name, discriminator)) in named.iter().enumerate() {
            let clash = named
                .iter()
                .skip(index.saturating_add(1))
                .find(|(_, other)| other.starts_with(discriminator) || discriminator.starts_with(other));
            if let Some((other, _)) = clash {
                return Err(format!("{kind} `{name}` and `{other}` cannot be told apart").into());
            }
            if discriminator.iter().all(|byte| *byte == 0) {
                return Err(format!("{kind} `{name}` has no discriminator").into());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::sections;

    #[test]
    fn sections_are_found_between_other_lines() {
        let printed = "running 2 tests\n--- IDL begin address ---\n\"x\"\n--- IDL end address ---\n\n\
                       --- IDL begin errors ---\n[\n]\n--- IDL end errors ---\nok\n";
        assert_eq!(sections(printed), vec![("address", "\"x\"\n".to_owned()), ("errors", "[\n]\n".to_owned())]);
    }
}
