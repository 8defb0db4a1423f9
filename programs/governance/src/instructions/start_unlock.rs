use crate::{errors::GovernanceError, events::PositionChanged, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct StartUnlock<'info> {
    #[account(seeds = [SEED_GOV, gov.mint.as_ref()], bump = gov.bump)]
    pub gov: Box<Account<'info, Gov>>,
    #[account(
        mut, has_one = gov @ GovernanceError::ForeignGovernance, has_one = owner @ GovernanceError::NotTheOwner
    )]
    pub position: Box<Account<'info, Position>>,
    pub owner: Signer<'info>,
}

impl StartUnlock<'_> {
    pub fn validate(&self) -> Result<()> {
        require!(
            matches!(self.position.lock, LockKind::Constant { .. }),
            GovernanceError::NotConstant
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let from = accounts.gov.next_epoch_start(now);
        let seconds = accounts.position.lock.remaining(now) as i64;
        let lock = LockKind::Cliff {
            end: now.saturating_add(seconds),
        };
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
