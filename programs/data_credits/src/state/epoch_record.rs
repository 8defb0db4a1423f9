use anchor_lang::prelude::*;

/// What an epoch burnt and what a token cost in it. `["epoch", dc_config, epoch]`. Written only during its epoch, so that whoever
/// reads it later reads the same. Never closed.
#[account]
#[derive(InitSpace)]
pub struct EpochRecord {
    /// Whose record it is.
    pub dc_config: Pubkey,
    /// Unix time / seconds of an epoch.
    pub epoch: u64,
    /// Base units of the network token burnt for data credits in this epoch.
    pub token_burned: u64,
    /// Data credits made in this epoch.
    pub dc_minted: u64,
    /// The last price of the epoch, 1e-8 USD a token; 0 when there was none.
    pub price_e8: u64,
    /// When that price was published, Unix seconds.
    pub price_at: i64,
    /// Bump of this account.
    pub bump: u8,
}

impl EpochRecord {
    /// Takes over a price unless it is older than the one it has.
    pub fn record_price(&mut self, price_e8: u64, at: i64) {
        if at >= self.price_at {
            self.price_e8 = price_e8;
            self.price_at = at;
        }
    }
}
