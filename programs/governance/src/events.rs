use crate::state::{Choice, LockKind, ProposalState};
use anchor_lang::prelude::*;

#[event]
pub struct GovernanceCreated {
    pub gov: Pubkey,
    pub mint: Pubkey,
    pub treasury: Pubkey,
}

#[event]
pub struct RulesSet {
    pub gov: Pubkey,
}

/// A position was made, extended, topped up, or begins to unlock.
#[event]
pub struct PositionChanged {
    pub gov: Pubkey,
    pub position: Pubkey,
    pub owner: Pubkey,
    /// Base units.
    pub amount: u64,
    pub lock: LockKind,
    /// From when on it counts so, Unix seconds.
    pub from: i64,
}

#[event]
pub struct PositionWithdrawn {
    pub gov: Pubkey,
    pub position: Pubkey,
    /// Base units.
    pub amount: u64,
}

#[event]
pub struct Proposed {
    pub gov: Pubkey,
    pub proposal: Pubkey,
    pub id: u64,
    pub proposer: Pubkey,
    /// SHA-256 of the instructions.
    pub instruction_hash: [u8; 32],
    /// SHA-256 of the text.
    pub description_hash: [u8; 32],
}

#[event]
pub struct VoteCast {
    pub proposal: Pubkey,
    pub position: Pubkey,
    pub choice: Choice,
    pub weight: u64,
}

#[event]
pub struct VoteReleased {
    pub proposal: Pubkey,
    pub position: Pubkey,
}

#[event]
pub struct ProposalChanged {
    pub proposal: Pubkey,
    pub state: ProposalState,
}
