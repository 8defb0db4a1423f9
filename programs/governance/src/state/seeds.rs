use anchor_lang::prelude::*;

/// `["gov", mint]`: [`crate::Gov`]; signs what is executed.
#[constant]
pub const SEED_GOV: &[u8] = b"gov";
/// `["locks", gov]`: the token account of all locked tokens.
#[constant]
pub const SEED_LOCKS: &[u8] = b"locks";
/// `["lock_authority", gov]`: owns the locked tokens; never signs what is executed.
#[constant]
pub const SEED_LOCK_AUTHORITY: &[u8] = b"lock_authority";
/// `["pos", gov, owner, id u64 LE]`: [`crate::Position`].
#[constant]
pub const SEED_POSITION: &[u8] = b"pos";
/// `["prop", gov, id u64 LE]`: [`crate::Proposal`].
#[constant]
pub const SEED_PROPOSAL: &[u8] = b"prop";
/// `["vote", proposal, position]`: [`crate::Vote`].
#[constant]
pub const SEED_VOTE: &[u8] = b"vote";
