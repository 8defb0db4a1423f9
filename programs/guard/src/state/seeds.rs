use anchor_lang::prelude::*;

/// `["guard", target]`: the guard of a mint or of a vault.
#[constant]
pub const SEED_GUARD: &[u8] = b"guard";
/// `["vault", caller, mint]`: a vault.
#[constant]
pub const SEED_VAULT: &[u8] = b"vault";
