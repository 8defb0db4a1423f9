use anchor_lang::prelude::*;

/// What an epoch issued and what it came to. `["epoch", distributor, epoch]`. Never closed; once final it never changes.
#[account]
#[derive(InitSpace)]
pub struct Epoch {
    /// Whose epoch it is.
    pub distributor: Pubkey,
    /// Unix time / seconds of an epoch.
    pub epoch: u64,
    /// Base units by schedule.
    pub scheduled: u64,
    /// Base units issued again.
    pub reissued: u64,
    /// Base units to the pool: the budget that oracles divide.
    pub pool: u64,
    /// Base units to the treasury.
    pub treasury: u64,
    /// Base units of the network token burnt for data credits in it.
    pub burned: u64,
    /// Base units issued to the pool up to and with it.
    pub issued: u64,
    /// Price of the token that its data credits are valued at, 1e-8 USD; 0 when there has never been one.
    pub price_e8: u64,
    /// SHA-256 of the canonical JSON of its network parameters.
    pub parameter_hash: [u8; 32],
    /// Attempts to agree on its root that have been opened.
    pub attempts: u16,
    /// Whether the root below is final.
    pub is_final: bool,
    /// The final root; zero before.
    pub root_hash: [u8; 32],
    /// Sum of all leaves, base units.
    pub root_total: u64,
    /// Wallets with a leaf.
    pub leaf_count: u32,
    /// SHA-256 of the epoch's manifest.
    pub report_hash: [u8; 32],
    /// When it became final, Unix seconds.
    pub final_at: i64,
    /// Bump of this account.
    pub bump: u8,
}
