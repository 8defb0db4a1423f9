use anchor_lang::prelude::*;
use solana_sha256_hasher::hash;

/// Longest name of a maker, bytes.
#[constant]
pub const MAX_NAME_BYTES: u8 = 32;

/// SHA-256 of a name: what names the maker's account.
pub fn name_hash(name: &str) -> [u8; 32] {
    hash(name.as_bytes()).to_bytes()
}

/// A manufacturer, whose issuer vouches for full hotspots. `["maker", network, SHA-256(name)]`. Owns its stake account.
#[account]
#[derive(InitSpace)]
pub struct Maker {
    /// The network it is registered in.
    pub network: Pubkey,
    /// Sets the issuer, withdraws the stake.
    pub admin: Pubkey,
    /// Becomes admin when it accepts.
    pub pending_admin: Option<Pubkey>,
    /// Signs the onboarding of its hotspots.
    pub issuer: Pubkey,
    /// Token account `["stake", maker]`.
    pub stake_vault: Pubkey,
    /// Whether its hotspots may be onboarded.
    pub approved: bool,
    /// Hotspots onboarded.
    pub hotspots: u64,
    /// Bump of this account.
    pub bump: u8,
    /// 1 to 32 bytes of UTF-8.
    #[max_len(32)]
    pub name: String,
}
