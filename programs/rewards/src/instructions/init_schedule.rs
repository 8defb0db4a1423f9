use crate::{errors::RewardsError, events::PeriodsAppended, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct InitSchedule<'info> {
    #[account(
        init, payer = payer, space = 8 + Schedule::INIT_SPACE,
        seeds = [SEED_SCHEDULE, distributor.key().as_ref()], bump
    )]
    pub schedule: Box<Account<'info, Schedule>>,
    #[account(
        seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump,
        has_one = admin @ RewardsError::NotTheAdmin
    )]
    pub distributor: Box<Account<'info, Distributor>>,
    pub admin: Signer<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub system_program: Program<'info, System>,
}

impl InitSchedule<'_> {
    pub fn handle(ctx: Context<Self>, periods: Vec<EmissionPeriod>) -> Result<()> {
        let distributor = ctx.accounts.distributor.key();
        let schedule = &mut ctx.accounts.schedule;
        schedule.distributor = distributor;
        schedule.bump = ctx.bumps.schedule;
        schedule.append(periods)?;
        let periods = schedule.periods.len() as u16;
        emit_cpi!(PeriodsAppended { distributor, periods });
        Ok(())
    }
}
