//! Governance: who locks tokens votes, for longer locks with more weight; what passes waits, and is then executed exactly as it was
//! voted on, signed by the governance account.
//!
//! Weights are counted at a proposal's snapshot and positions change only from the next epoch on, so that nothing locked for a vote
//! counts in it. Locked tokens belong to an authority that execution never signs for. Who may do what: programs/README.md.
use anchor_lang::prelude::*;

mod deposit;
pub mod errors;
pub mod events;
pub mod instructions;
pub mod packed;
pub mod state;

pub use errors::GovernanceError;
pub use instructions::*;
pub use packed::PackedInstruction;
pub use state::*;

declare_id!("EarshotGovernance11111111111111111111111111");

#[program]
pub mod governance {
    use super::*;

    /// Creates the governance of a token and its treasury.
    ///
    /// ### Authority: the token's mint authority, before it goes to the guard
    #[access_control(ctx.accounts.validate(&args))]
    pub fn init_gov(ctx: Context<InitGov>, args: InitGovArgs) -> Result<()> {
        InitGov::handle(ctx, args)
    }

    /// Changes the rules of later proposals.
    ///
    /// ### Authority: governance itself
    #[access_control(rules.validate())]
    pub fn set_rules(ctx: Context<SetRules>, rules: GovRules) -> Result<()> {
        SetRules::handle(ctx, rules)
    }

    /// Locks tokens in a new position; it counts from the next epoch on.
    ///
    /// ### Authority: the owner of the tokens
    #[access_control(ctx.accounts.validate(amount, lock))]
    pub fn lock(ctx: Context<LockTokens>, id: u64, amount: u64, lock: LockKind) -> Result<()> {
        LockTokens::handle(ctx, id, amount, lock)
    }

    /// Makes a lock longer or constant, from the next epoch on.
    ///
    /// ### Authority: the position's owner
    #[access_control(ctx.accounts.validate(lock))]
    pub fn extend(ctx: Context<Extend>, lock: LockKind) -> Result<()> {
        Extend::handle(ctx, lock)
    }

    /// Adds tokens to a position; they count from the next epoch on.
    ///
    /// ### Authority: the position's owner
    #[access_control(ctx.accounts.validate(amount))]
    pub fn top_up(ctx: Context<TopUp>, amount: u64) -> Result<()> {
        TopUp::handle(ctx, amount)
    }

    /// Lets a constant lock run out.
    ///
    /// ### Authority: the position's owner
    #[access_control(ctx.accounts.validate())]
    pub fn start_unlock(ctx: Context<StartUnlock>) -> Result<()> {
        StartUnlock::handle(ctx)
    }

    /// Pays the tokens of a position back and closes it, once its lock is over and its votes are released.
    ///
    /// ### Authority: the position's owner
    #[access_control(ctx.accounts.validate())]
    pub fn withdraw(ctx: Context<Withdraw>) -> Result<()> {
        Withdraw::handle(ctx)
    }

    /// Proposes instructions, by their hash.
    ///
    /// ### Authority: the owner of a position of enough weight
    #[access_control(ctx.accounts.validate(id, &instruction_hash))]
    pub fn propose(
        ctx: Context<Propose>,
        id: u64,
        instruction_hash: [u8; 32],
        description_hash: [u8; 32],
    ) -> Result<()> {
        Propose::handle(ctx, id, instruction_hash, description_hash)
    }

    /// Votes with a position, once.
    ///
    /// ### Authority: the position's owner
    #[access_control(ctx.accounts.validate())]
    pub fn vote(ctx: Context<CastVote>, choice: Choice) -> Result<()> {
        CastVote::handle(ctx, choice)
    }

    /// Closes a vote whose proposal no longer takes votes, so that the position is free.
    ///
    /// ### Authority: none; the rent goes to who paid it
    #[access_control(ctx.accounts.validate())]
    pub fn release_vote(ctx: Context<ReleaseVote>) -> Result<()> {
        ReleaseVote::handle(ctx)
    }

    /// Counts the votes after the end.
    ///
    /// ### Authority: none
    #[access_control(ctx.accounts.validate())]
    pub fn finalize_proposal(ctx: Context<FinalizeProposal>) -> Result<()> {
        FinalizeProposal::handle(ctx)
    }

    /// Starts the delay of a proposal that passed.
    ///
    /// ### Authority: none
    #[access_control(ctx.accounts.validate())]
    pub fn queue_proposal(ctx: Context<QueueProposal>) -> Result<()> {
        QueueProposal::handle(ctx)
    }

    /// Executes the instructions of a queued proposal after its delay: all of them, once, signed by governance.
    ///
    /// ### Authority: none
    #[access_control(ctx.accounts.validate())]
    pub fn execute<'info>(ctx: Context<'info, Execute<'info>>, instructions: Vec<PackedInstruction>) -> Result<()> {
        Execute::handle(ctx, instructions)
    }

    /// Withdraws a proposal that has not been executed.
    ///
    /// ### Authority: its proposer
    #[access_control(ctx.accounts.validate())]
    pub fn cancel_proposal(ctx: Context<CancelProposal>) -> Result<()> {
        CancelProposal::handle(ctx)
    }
}
