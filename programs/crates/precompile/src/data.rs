//! The data of a precompile instruction. Both precompiles lay it out alike:
//!
//! ```text
//! 0  signatures u8, padding u8
//! 2  signature offset u16, its instruction u16, key offset u16, its instruction u16,
//!    message offset u16, message size u16, its instruction u16      (little-endian, once per signature)
//! ```
//!
//! An instruction index of 0xFFFF means this very instruction; the only one accepted.
use crate::{scalar::check_signature, Refusal, Scheme};

const HEADER_BYTES: usize = 16;
const THIS_INSTRUCTION: u16 = u16::MAX;
const SIGNATURE_BYTES: usize = 64;

/// What one signature check verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<'a> {
    /// 32 bytes for Ed25519, 33 for P-256.
    pub public_key: &'a [u8],
    pub message: &'a [u8],
}

/// Reads the data of a check of exactly one signature. Every offset is tested before it is followed.
pub fn parse(scheme: Scheme, data: &[u8]) -> Result<Signed<'_>, Refusal> {
    if data.len() < HEADER_BYTES {
        // The Ed25519 precompile accepts a check of no signatures in two bytes.
        return Err(if data.first() == Some(&1) {
            Refusal::Truncated
        } else {
            Refusal::NotOneSignature
        });
    }
    if data[0] != 1 {
        return Err(Refusal::NotOneSignature);
    }
    let word = |at: usize| u16::from_le_bytes([data[at], data[at + 1]]);
    let [signature_at, signature_in, key_at, key_in, message_at, message_size, message_in] =
        std::array::from_fn(|i| word(2 + 2 * i));
    if [signature_in, key_in, message_in]
        .iter()
        .any(|index| *index != THIS_INSTRUCTION)
    {
        return Err(Refusal::ForeignInstruction);
    }
    let part = |at: u16, size: usize| {
        let at = usize::from(at);
        data.get(at..at + size).ok_or(Refusal::Truncated)
    };
    check_signature(scheme, part(signature_at, SIGNATURE_BYTES)?)?;
    Ok(Signed {
        public_key: part(key_at, scheme.public_key_bytes())?,
        message: part(message_at, usize::from(message_size))?,
    })
}
