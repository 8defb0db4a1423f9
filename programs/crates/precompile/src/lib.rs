//! Proof that a device, or the holder of a route key, signed a message: reads the signature check that stands before us.
//!
//! Ed25519 and secp256r1 signatures are verified by Solana's precompiles, which are instructions of the transaction and cannot be
//! called. So the caller puts the check right before the instruction that needs it, and this crate reads it from the instructions
//! sysvar: it must be that precompile, hold exactly one signature, keep key, signature and message in its own data, and
//! be about the key and the message we expect. That the signature itself holds is the runtime's work: otherwise the transaction
//! would have failed before us.
//!
//! Keys are 33 bytes as in `poc/src/protocol/device-key.ts`: 0xED and an Ed25519 point, or a compressed P-256 point (0x02, 0x03).
#![forbid(unsafe_code)]

mod data;
mod key;
mod scalar;

pub use data::{parse, Signed};
pub use key::{check_key, Scheme, KEY_BYTES};

use solana_account_info::AccountInfo;
use solana_instructions_sysvar::{load_current_index_checked, load_instruction_at_checked};

/// Why a signature is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The account is not the instructions sysvar.
    NotTheSysvar,
    /// The instruction before this one is not the precompile of the key's scheme, or there is none.
    Missing,
    /// Not exactly one signature.
    NotOneSignature,
    /// An offset points into another instruction.
    ForeignInstruction,
    /// An offset points outside the data.
    Truncated,
    /// The key has an unknown tag, is not canonical, or has small order.
    BadKey,
    /// Another key signed.
    WrongKey,
    /// Another message was signed.
    WrongMessage,
    /// A scalar of the signature is zero or out of range, or s is the high one of its two values.
    NotCanonical,
}

/// Checks that the instruction before the current one verified a signature of `key` over `message`.
pub fn require_signature(sysvar: &AccountInfo, key: &[u8; KEY_BYTES], message: &[u8]) -> Result<(), Refusal> {
    let scheme = check_key(key)?;
    let current = load_current_index_checked(sysvar).map_err(|_| Refusal::NotTheSysvar)?;
    let index = current.checked_sub(1).ok_or(Refusal::Missing)?;
    let before = load_instruction_at_checked(usize::from(index), sysvar).map_err(|_| Refusal::Missing)?;
    if !scheme.is_verified_by(before.program_id.as_ref()) {
        return Err(Refusal::Missing);
    }
    let signed = parse(scheme, &before.data)?;
    if signed.public_key != scheme.public_key(key) {
        return Err(Refusal::WrongKey);
    }
    if signed.message != message {
        return Err(Refusal::WrongMessage);
    }
    Ok(())
}
