//! Host = ELF: the engine on copies of the accounts, and real instructions on the accounts themselves, from equal states with
//! equal inputs. Results must be equal byte for byte, events must carry the engine's numbers, and where one refuses the other
//! must refuse for the same reason.

mod host;
mod random;
mod receipt;
mod story;
