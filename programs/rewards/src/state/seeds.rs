use anchor_lang::prelude::*;

/// `["dist", network]`: [`crate::Distributor`].
#[constant]
pub const SEED_DISTRIBUTOR: &[u8] = b"dist";
/// `["schedule", distributor]`: [`crate::Schedule`].
#[constant]
pub const SEED_SCHEDULE: &[u8] = b"schedule";
/// `["oracles", distributor]`: [`crate::OracleSet`].
#[constant]
pub const SEED_ORACLES: &[u8] = b"oracles";
/// `["epoch", distributor, epoch u64 LE]`: [`crate::Epoch`].
#[constant]
pub const SEED_EPOCH: &[u8] = b"epoch";
/// `["root", distributor, epoch u64 LE, attempt u16 LE]`: [`crate::Root`].
#[constant]
pub const SEED_ROOT: &[u8] = b"root";
/// `["claim", distributor, beneficiary]`: [`crate::Claim`].
#[constant]
pub const SEED_CLAIM: &[u8] = b"claim";
/// `["log", distributor, oracle]`: [`crate::LogHeads`].
#[constant]
pub const SEED_LOG: &[u8] = b"log";
