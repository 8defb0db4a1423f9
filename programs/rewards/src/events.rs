use crate::state::{IssueSettings, RootTuple};
use anchor_lang::prelude::*;

#[event]
pub struct DistributorCreated {
    pub distributor: Pubkey,
    pub network: Pubkey,
    pub vault: Pubkey,
    pub first_epoch: u64,
}

#[event]
pub struct PeriodsAppended {
    pub distributor: Pubkey,
    /// Periods in the schedule now.
    pub periods: u16,
}

#[event]
pub struct OraclesRotated {
    pub distributor: Pubkey,
    pub version: u32,
    pub oracles: Vec<Pubkey>,
    pub threshold: u8,
}

#[event]
pub struct ConfigSet {
    pub distributor: Pubkey,
    pub guardian: Pubkey,
    /// Seconds.
    pub veto_seconds: u32,
}

#[event]
pub struct IssueSettingsScheduled {
    pub distributor: Pubkey,
    pub settings: IssueSettings,
    /// First epoch they hold in.
    pub from_epoch: u64,
}

#[event]
pub struct EpochIssued {
    pub distributor: Pubkey,
    pub epoch: u64,
    /// Base units by schedule.
    pub scheduled: u64,
    /// Base units issued again.
    pub reissued: u64,
    /// Base units to the pool.
    pub pool: u64,
    /// Base units to the treasury.
    pub treasury: u64,
    /// 1e-8 USD a token.
    pub price_e8: u64,
    pub parameter_hash: [u8; 32],
}

#[event]
pub struct AttemptOpened {
    pub distributor: Pubkey,
    pub epoch: u64,
    pub attempt: u16,
}

#[event]
pub struct RootVoted {
    pub distributor: Pubkey,
    pub epoch: u64,
    pub attempt: u16,
    pub oracle: Pubkey,
    pub tuple: RootTuple,
    /// Votes for the same tuple, this one included.
    pub votes: u8,
    /// Whether this vote approved it.
    pub approved: bool,
}

#[event]
pub struct RootVetoed {
    pub distributor: Pubkey,
    pub epoch: u64,
    pub attempt: u16,
    pub by: Pubkey,
}

#[event]
pub struct RootFinal {
    pub distributor: Pubkey,
    pub epoch: u64,
    pub attempt: u16,
    pub tuple: RootTuple,
}

#[event]
pub struct RewardClaimed {
    pub distributor: Pubkey,
    pub beneficiary: Pubkey,
    /// Base units paid now.
    pub amount: u64,
    /// Base units paid since genesis.
    pub claimed: u64,
    /// Epoch of the root that was proven against.
    pub epoch: u64,
}

#[event]
pub struct RootClosed {
    pub distributor: Pubkey,
    pub epoch: u64,
    pub attempt: u16,
}

#[event]
pub struct LogOpened {
    pub distributor: Pubkey,
    pub oracle: Pubkey,
    /// Key the log's receipts are signed with, and its tag.
    pub ingest_key: [u8; 33],
}

#[event]
pub struct LogHeadRecorded {
    pub distributor: Pubkey,
    pub oracle: Pubkey,
    /// Unix time / interval.
    pub interval: u64,
    /// Uploads in the log.
    pub length: u64,
    pub head: [u8; 32],
}

#[event]
pub struct PauseSet {
    pub distributor: Pubkey,
    pub by: Pubkey,
    pub paused: bool,
}

#[event]
pub struct AdminProposed {
    pub distributor: Pubkey,
    pub admin: Option<Pubkey>,
}

#[event]
pub struct AdminChanged {
    pub distributor: Pubkey,
    pub admin: Pubkey,
}
