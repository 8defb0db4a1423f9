use crate::state::{FeeKind, PriceSource};
use anchor_lang::prelude::*;

#[event]
pub struct DataCreditsCreated {
    pub dc_config: Pubkey,
    pub network: Pubkey,
    pub dc_mint: Pubkey,
    pub token_mint: Pubkey,
    pub admin: Pubkey,
}

#[event]
pub struct ParametersSet {
    pub dc_config: Pubkey,
    pub burn_authority: Pubkey,
    pub guardian: Pubkey,
    pub price_source: PriceSource,
    /// Seconds.
    pub max_price_age_s: u32,
    /// 1e-4 of the price.
    pub max_confidence_bps: u16,
}

#[event]
pub struct FeedSet {
    pub dc_config: Pubkey,
    pub oracles: Vec<Pubkey>,
    pub quorum: u8,
}

#[event]
pub struct EpochOpened {
    pub dc_config: Pubkey,
    pub epoch: u64,
}

/// The price of the token changed.
#[event]
pub struct PriceSet {
    pub dc_config: Pubkey,
    pub epoch: u64,
    /// 1e-8 USD a token.
    pub price_e8: u64,
    /// 1e-8 USD a token.
    pub confidence_e8: u64,
    /// Unix seconds.
    pub at: i64,
}

/// Network tokens were burnt and data credits made.
#[event]
pub struct DataCreditsMinted {
    pub dc_config: Pubkey,
    pub payer: Pubkey,
    /// Token account that received.
    pub recipient: Pubkey,
    pub epoch: u64,
    /// Base units of the network token.
    pub token_burned: u64,
    pub dc_minted: u64,
    /// 1e-8 USD a token, confidence taken off.
    pub price_e8: u64,
}

#[event]
pub struct RouterRegistered {
    pub router: Pubkey,
    pub authority: Pubkey,
    /// Route key with its tag.
    pub key: [u8; 33],
    pub oui: u32,
}

#[event]
pub struct RouterFunded {
    pub router: Pubkey,
    pub payer: Pubkey,
    /// Data credits.
    pub amount: u64,
}

/// Data credits of a router were burnt for packets carried.
#[event]
pub struct RouterBurned {
    pub router: Pubkey,
    /// Data credits.
    pub amount: u64,
    /// Epoch of the bill.
    pub epoch: u64,
    pub nonce: u64,
    /// SHA-256 of the bill.
    pub report_hash: [u8; 32],
}

#[event]
pub struct FeeBurned {
    pub dc_config: Pubkey,
    pub payer: Pubkey,
    /// Data credits.
    pub amount: u64,
    pub kind: FeeKind,
}

#[event]
pub struct PauseSet {
    pub dc_config: Pubkey,
    pub by: Pubkey,
    pub paused: bool,
}

#[event]
pub struct AdminProposed {
    pub dc_config: Pubkey,
    pub admin: Option<Pubkey>,
}

#[event]
pub struct AdminChanged {
    pub dc_config: Pubkey,
    pub admin: Pubkey,
}
