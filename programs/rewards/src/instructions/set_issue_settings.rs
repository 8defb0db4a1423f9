use crate::{errors::RewardsError, events::IssueSettingsScheduled, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct SetIssueSettings<'info> {
    #[account(
        mut, seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump,
        has_one = admin @ RewardsError::NotTheAdmin
    )]
    pub distributor: Box<Account<'info, Distributor>>,
    pub admin: Signer<'info>,
}

impl SetIssueSettings<'_> {
    pub fn handle(ctx: Context<Self>, settings: IssueSettings, from_epoch: u64) -> Result<()> {
        let distributor = &mut ctx.accounts.distributor;
        let present = distributor.epoch_at(Clock::get()?.unix_timestamp);
        let next_epoch = distributor.next_epoch;
        distributor
            .settings
            .schedule(settings, from_epoch, present, next_epoch)?;
        emit_cpi!(IssueSettingsScheduled {
            distributor: ctx.accounts.distributor.key(),
            settings,
            from_epoch,
        });
        Ok(())
    }
}
