use crate::DataCreditsError;
use anchor_lang::prelude::*;

/// Data credits of one network. `["dc", dc_mint]`. Calls the guard of the data-credit mint.
#[account]
#[derive(InitSpace)]
pub struct DcConfig {
    /// The network account (a PDA of the registry) whose signature burns fees. Never changes.
    pub network: Pubkey,
    /// Token-2022 mint of the data credits: no decimals, cannot be transferred.
    pub dc_mint: Pubkey,
    /// Mint of the network token.
    pub token_mint: Pubkey,
    /// Token program of the network token.
    pub token_program: Pubkey,
    /// May change parameters, price oracles and guardian.
    pub admin: Pubkey,
    /// Becomes admin when it accepts.
    pub pending_admin: Option<Pubkey>,
    /// May pause.
    pub guardian: Pubkey,
    /// Burns data credits of routers for use: the metering oracle.
    pub burn_authority: Pubkey,
    /// Where the price of the network token comes from.
    pub price_source: PriceSource,
    /// A price older than this is not used, seconds.
    pub max_price_age_s: u32,
    /// A price less certain than this is not used, 1e-4 of the price.
    pub max_confidence_bps: u16,
    /// Seconds of an epoch; epoch = Unix time / this. Never changes.
    pub epoch_seconds: u32,
    /// Decimals of the network token.
    pub token_decimals: u8,
    /// Base units of the network token ever burnt here.
    pub token_burned: u64,
    /// Data credits ever made.
    pub dc_minted: u64,
    /// Data credits ever burnt for use.
    pub dc_burned_data: u64,
    /// Data credits ever burnt as fees.
    pub dc_burned_fees: u64,
    /// Data credits ever moved into escrow.
    pub dc_escrowed: u64,
    /// Nothing is made, funded or burnt while set.
    pub paused: bool,
    /// Bump of this account.
    pub bump: u8,
}

/// Where the price of the network token comes from.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub enum PriceSource {
    /// This program's own feed: the median of its oracles.
    Feed,
    /// Any fully verified update of this Pyth feed.
    Pyth {
        /// Pyth's id of the feed.
        feed_id: [u8; 32],
    },
}

/// What a fee is for.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub enum FeeKind {
    Onboard,
    Assert,
}

/// Parameters the admin can change.
#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct DcParameters {
    pub guardian: Pubkey,
    pub burn_authority: Pubkey,
    pub price_source: PriceSource,
    /// Seconds, at least 1.
    pub max_price_age_s: u32,
    /// 1e-4 of the price, at most 10000.
    pub max_confidence_bps: u16,
}

impl DcParameters {
    pub fn validate(&self) -> Result<()> {
        require!(
            self.max_price_age_s > 0 && self.max_confidence_bps <= 10_000,
            DataCreditsError::BadParameter
        );
        Ok(())
    }
}

impl DcConfig {
    /// The epoch of a time in Unix seconds.
    pub fn epoch_at(&self, now: i64) -> u64 {
        now.max(0).unsigned_abs() / u64::from(self.epoch_seconds)
    }

    pub fn require_running(&self) -> Result<()> {
        require!(!self.paused, DataCreditsError::Paused);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_layout_clients_read() {
        assert_eq!(DcConfig::INIT_SPACE, 7 * 32 + 33 + 33 + 4 + 2 + 4 + 1 + 5 * 8 + 2);
    }
}
