use crate::{errors::GovernanceError, events::PositionChanged, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct Extend<'info> {
    #[account(seeds = [SEED_GOV, gov.mint.as_ref()], bump = gov.bump)]
    pub gov: Box<Account<'info, Gov>>,
    #[account(
        mut, has_one = gov @ GovernanceError::ForeignGovernance, has_one = owner @ GovernanceError::NotTheOwner
    )]
    pub position: Box<Account<'info, Position>>,
    pub owner: Signer<'info>,
}

impl Extend<'_> {
    pub fn validate(&self, lock: LockKind) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;
        lock.check(&self.gov.rules, now)?;
        require!(
            lock.is_extension_of(self.position.lock, now),
            GovernanceError::LockShortened
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, lock: LockKind) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let from = accounts.gov.next_epoch_start(Clock::get()?.unix_timestamp);
        accounts.position.lock = lock;
        accounts.position.checkpoint(from);
        emit_cpi!(PositionChanged {
            gov: ctx.accounts.gov.key(),
            position: ctx.accounts.position.key(),
            owner: ctx.accounts.owner.key(),
            amount: ctx.accounts.position.amount,
            lock,
            from,
        });
        Ok(())
    }
}
