use crate::{errors::RewardsError, events::PeriodsAppended, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct AppendPeriods<'info> {
    #[account(mut, has_one = distributor @ RewardsError::ForeignDistributor)]
    pub schedule: Box<Account<'info, Schedule>>,
    #[account(
        seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump,
        has_one = admin @ RewardsError::NotTheAdmin
    )]
    pub distributor: Box<Account<'info, Distributor>>,
    pub admin: Signer<'info>,
}

impl AppendPeriods<'_> {
    pub fn validate(&self, periods: &[EmissionPeriod]) -> Result<()> {
        // An epoch that is over must issue the same however late it is issued.
        let present = self.distributor.epoch_at(Clock::get()?.unix_timestamp);
        require!(
            periods.iter().all(|period| period.start_epoch > present),
            RewardsError::PeriodNotInTheFuture
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, periods: Vec<EmissionPeriod>) -> Result<()> {
        ctx.accounts.schedule.append(periods)?;
        emit_cpi!(PeriodsAppended {
            distributor: ctx.accounts.distributor.key(),
            periods: ctx.accounts.schedule.periods.len() as u16,
        });
        Ok(())
    }
}
