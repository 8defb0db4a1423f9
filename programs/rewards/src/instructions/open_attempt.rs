use crate::{errors::RewardsError, events::AttemptOpened, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
#[instruction(epoch: u64, attempt: u16)]
pub struct OpenAttempt<'info> {
    #[account(
        init, payer = payer, space = 8 + Root::INIT_SPACE,
        seeds = [SEED_ROOT, distributor.key().as_ref(), &epoch.to_le_bytes(), &attempt.to_le_bytes()], bump
    )]
    pub root: Box<Account<'info, Root>>,
    /// The attempt before.
    #[account(has_one = distributor @ RewardsError::ForeignDistributor)]
    pub previous: Box<Account<'info, Root>>,
    #[account(
        mut, seeds = [SEED_EPOCH, distributor.key().as_ref(), &epoch.to_le_bytes()], bump = epoch_account.bump
    )]
    pub epoch_account: Box<Account<'info, Epoch>>,
    #[account(has_one = distributor @ RewardsError::ForeignDistributor)]
    pub oracle_set: Box<Account<'info, OracleSet>>,
    #[account(seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump)]
    pub distributor: Box<Account<'info, Distributor>>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub system_program: Program<'info, System>,
}

impl OpenAttempt<'_> {
    pub fn validate(&self, epoch: u64, attempt: u16) -> Result<()> {
        self.distributor.require_running()?;
        require!(!self.epoch_account.is_final, RewardsError::EpochFinal);
        require_eq!(attempt, self.epoch_account.attempts, RewardsError::NotTheLatestAttempt);
        require!(
            self.previous.epoch == epoch && self.previous.attempt.checked_add(1) == Some(attempt),
            RewardsError::NotTheLatestAttempt
        );
        require!(
            self.previous.is_over(&self.oracle_set, self.distributor.final_total),
            RewardsError::AttemptStillOpen
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, epoch: u64, attempt: u16) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let distributor = accounts.distributor.key();
        accounts.epoch_account.attempts = attempt.checked_add(1).ok_or(RewardsError::AmountOverflow)?;
        accounts.root.set_inner(Root::open(
            distributor,
            epoch,
            attempt,
            &accounts.oracle_set,
            accounts.payer.key(),
            ctx.bumps.root,
        ));
        emit_cpi!(AttemptOpened {
            distributor,
            epoch,
            attempt
        });
        Ok(())
    }
}
