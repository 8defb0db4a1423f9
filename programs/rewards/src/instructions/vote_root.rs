use crate::{errors::RewardsError, events::RootVoted, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct VoteRoot<'info> {
    #[account(mut, has_one = distributor @ RewardsError::ForeignDistributor)]
    pub root: Box<Account<'info, Root>>,
    #[account(
        seeds = [SEED_EPOCH, distributor.key().as_ref(), &root.epoch.to_le_bytes()], bump = epoch_account.bump
    )]
    pub epoch_account: Box<Account<'info, Epoch>>,
    #[account(has_one = distributor @ RewardsError::ForeignDistributor)]
    pub oracle_set: Box<Account<'info, OracleSet>>,
    #[account(seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump)]
    pub distributor: Box<Account<'info, Distributor>>,
    pub oracle: Signer<'info>,
}

impl VoteRoot<'_> {
    pub fn validate(&self, tuple: &RootTuple) -> Result<()> {
        self.distributor.require_running()?;
        self.oracle_set.index_of(self.oracle.key)?;
        require!(self.root.state == RootState::Voting, RewardsError::VotingClosed);
        require_eq!(
            self.root.set_version,
            self.oracle_set.version,
            RewardsError::OracleSetChanged
        );
        tuple.validate()?;
        require!(
            tuple.parameter_hash == self.epoch_account.parameter_hash,
            RewardsError::ParameterMismatch
        );
        require!(
            tuple.total >= self.distributor.final_total,
            RewardsError::TotalBelowFinal
        );
        require!(tuple.total <= self.epoch_account.issued, RewardsError::TotalAboveIssued);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, tuple: RootTuple) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let index = accounts.oracle_set.index_of(accounts.oracle.key)?;
        let now = Clock::get()?.unix_timestamp;
        let votes = accounts
            .root
            .vote(index, &tuple, now, accounts.distributor.veto_seconds)?;
        emit_cpi!(RootVoted {
            distributor: ctx.accounts.distributor.key(),
            epoch: ctx.accounts.root.epoch,
            attempt: ctx.accounts.root.attempt,
            oracle: ctx.accounts.oracle.key(),
            tuple,
            votes,
            approved: ctx.accounts.root.state == RootState::Approved,
        });
        Ok(())
    }
}
