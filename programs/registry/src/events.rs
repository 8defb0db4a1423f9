use crate::state::{Antenna, HotspotKind, Location, Share};
use anchor_lang::prelude::*;

#[event]
pub struct NetworkCreated {
    pub network: Pubkey,
    pub token_mint: Pubkey,
    pub dc_config: Pubkey,
    pub admin: Pubkey,
}

#[event]
pub struct NetworkUpdated {
    pub network: Pubkey,
}

#[event]
pub struct ParametersScheduled {
    pub network: Pubkey,
    /// SHA-256 of the canonical JSON of the parameters.
    pub hash: [u8; 32],
    /// First epoch they hold in.
    pub from_epoch: u64,
}

#[event]
pub struct AdminProposed {
    pub network: Pubkey,
    pub admin: Option<Pubkey>,
}

#[event]
pub struct AdminChanged {
    pub network: Pubkey,
    pub admin: Pubkey,
}

#[event]
pub struct MakerRegistered {
    pub maker: Pubkey,
    pub network: Pubkey,
    pub name: String,
    pub admin: Pubkey,
}

#[event]
pub struct MakerUpdated {
    pub maker: Pubkey,
    pub issuer: Pubkey,
    /// Becomes admin when it accepts.
    pub pending_admin: Option<Pubkey>,
}

#[event]
pub struct MakerAdminChanged {
    pub maker: Pubkey,
    pub admin: Pubkey,
}

#[event]
pub struct MakerApprovalChanged {
    pub maker: Pubkey,
    pub approved: bool,
}

#[event]
pub struct StakeWithdrawn {
    pub maker: Pubkey,
    /// Base units.
    pub amount: u64,
}

#[event]
pub struct HotspotOnboarded {
    pub hotspot: Pubkey,
    pub device_key: [u8; 33],
    pub owner: Pubkey,
    pub maker: Option<Pubkey>,
    pub kind: HotspotKind,
    pub nft_mint: Pubkey,
    /// Data credits.
    pub fee: u64,
}

#[event]
pub struct LocationAsserted {
    pub hotspot: Pubkey,
    pub location: Location,
    /// Data credits; 0 when nothing changed.
    pub fee: u64,
    pub nonce: u32,
    /// First epoch it holds in.
    pub from_epoch: u64,
}

#[event]
pub struct AntennaSet {
    pub hotspot: Pubkey,
    pub antenna: Antenna,
    /// First epoch it holds in.
    pub from_epoch: u64,
}

#[event]
pub struct BeneficiarySet {
    pub hotspot: Pubkey,
    pub shares: Vec<Share>,
    /// First epoch it holds in.
    pub from_epoch: u64,
}

#[event]
pub struct OwnerSynced {
    pub hotspot: Pubkey,
    pub owner: Pubkey,
    /// First epoch it holds in.
    pub from_epoch: u64,
}

#[event]
pub struct SuspensionSet {
    pub hotspot: Pubkey,
    pub suspended: bool,
    /// First epoch it holds in.
    pub from_epoch: u64,
}
