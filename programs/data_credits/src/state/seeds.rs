use anchor_lang::prelude::*;

/// `["dc", dc_mint]`: [`crate::DcConfig`].
#[constant]
pub const SEED_DC: &[u8] = b"dc";
/// `["price", dc_config]`: [`crate::PriceFeed`].
#[constant]
pub const SEED_PRICE: &[u8] = b"price";
/// `["epoch", dc_config, epoch u64 LE]`: [`crate::EpochRecord`].
#[constant]
pub const SEED_EPOCH: &[u8] = b"epoch";
/// `["router", dc_config, SHA-256(route key 33)]`: [`crate::Router`].
#[constant]
pub const SEED_ROUTER: &[u8] = b"router";
/// `["escrow", router]`: the router's token account.
#[constant]
pub const SEED_ESCROW: &[u8] = b"escrow";
