use anchor_lang::prelude::*;

/// `["network", token_mint]`: [`crate::Network`].
#[constant]
pub const SEED_NETWORK: &[u8] = b"network";
/// `["maker", network, SHA-256(name)]`: [`crate::Maker`].
#[constant]
pub const SEED_MAKER: &[u8] = b"maker";
/// `["stake", maker]`: the maker's stake, a token account.
#[constant]
pub const SEED_STAKE: &[u8] = b"stake";
/// `["hotspot", network, SHA-256(device key 33)]`: [`crate::Hotspot`].
#[constant]
pub const SEED_HOTSPOT: &[u8] = b"hotspot";
/// `["hotspot_nft", hotspot]`: the mint of the hotspot's token.
#[constant]
pub const SEED_HOTSPOT_NFT: &[u8] = b"hotspot_nft";
