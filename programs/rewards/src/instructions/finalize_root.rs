use crate::{errors::RewardsError, events::RootFinal, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct FinalizeRoot<'info> {
    #[account(mut, has_one = distributor @ RewardsError::ForeignDistributor)]
    pub root: Box<Account<'info, Root>>,
    #[account(
        mut, seeds = [SEED_EPOCH, distributor.key().as_ref(), &root.epoch.to_le_bytes()], bump = epoch_account.bump
    )]
    pub epoch_account: Box<Account<'info, Epoch>>,
    #[account(has_one = distributor @ RewardsError::ForeignDistributor)]
    pub oracle_set: Box<Account<'info, OracleSet>>,
    #[account(mut, seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump)]
    pub distributor: Box<Account<'info, Distributor>>,
}

impl FinalizeRoot<'_> {
    pub fn validate(&self) -> Result<()> {
        self.distributor.require_running()?;
        require!(self.root.state == RootState::Approved, RewardsError::NotApproved);
        require!(!self.epoch_account.is_final, RewardsError::EpochFinal);
        require_eq!(
            self.root.epoch,
            self.distributor.next_final,
            RewardsError::NotTheNextFinal
        );
        require_eq!(
            self.root.set_version,
            self.oracle_set.version,
            RewardsError::OracleSetChanged
        );
        require!(
            Clock::get()?.unix_timestamp >= self.root.final_from,
            RewardsError::VetoWindowOpen
        );
        let total = self.root.approved.total;
        // Other epochs may have become final since the votes.
        require!(total >= self.distributor.final_total, RewardsError::TotalBelowFinal);
        require!(total <= self.epoch_account.issued, RewardsError::TotalAboveIssued);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let tuple = accounts.root.approved;
        accounts.root.state = RootState::Final;
        let epoch = &mut accounts.epoch_account;
        epoch.is_final = true;
        epoch.root_hash = tuple.root_hash;
        epoch.root_total = tuple.total;
        epoch.leaf_count = tuple.leaf_count;
        epoch.report_hash = tuple.report_hash;
        epoch.final_at = Clock::get()?.unix_timestamp;
        let distributor = &mut accounts.distributor;
        distributor.next_final += 1;
        distributor.final_hash = tuple.root_hash;
        distributor.final_total = tuple.total;
        distributor.check_books()?;
        emit_cpi!(RootFinal {
            distributor: ctx.accounts.distributor.key(),
            epoch: ctx.accounts.root.epoch,
            attempt: ctx.accounts.root.attempt,
            tuple,
        });
        Ok(())
    }
}
