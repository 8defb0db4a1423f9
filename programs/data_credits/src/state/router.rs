use anchor_lang::prelude::*;
use solana_sha256_hasher::hash;

/// A customer's account for packets: data credits in escrow that the metering oracle burns. `["router", dc_config, SHA-256(key)]`.
#[account]
#[derive(InitSpace)]
pub struct Router {
    /// Whose data credits it holds.
    pub dc_config: Pubkey,
    /// Route key with its tag (0xED Ed25519, 0x02/0x03 P-256); it signs the payer's meter reports.
    pub key: [u8; 33],
    /// The wallet in whose name packets are paid.
    pub authority: Pubkey,
    /// Organisation number of the address blocks; 0 for none.
    pub oui: u32,
    /// Token account `["escrow", router]`.
    pub escrow: Pubkey,
    /// Data credits ever put in.
    pub funded: u64,
    /// Data credits ever burnt.
    pub burned: u64,
    /// Number of the last burn; burns count from 1.
    pub last_nonce: u64,
    /// Epoch of the last bill.
    pub last_epoch: u64,
    /// Bump of this account.
    pub bump: u8,
}

/// SHA-256 of a key: what names its account.
pub fn key_hash(key: &[u8; 33]) -> [u8; 32] {
    hash(key).to_bytes()
}

/// What the route key signs to open an account: domain ‖ data-credit config ‖ authority ‖ organisation number LE.
pub fn register_message(dc_config: &Pubkey, authority: &Pubkey, oui: u32) -> Vec<u8> {
    [
        b"earshot-router-v1".as_slice(),
        dc_config.as_ref(),
        authority.as_ref(),
        &oui.to_le_bytes(),
    ]
    .concat()
}
