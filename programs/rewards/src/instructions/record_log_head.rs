use crate::{errors::RewardsError, events::LogHeadRecorded, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct RecordLogHead<'info> {
    #[account(
        mut, has_one = oracle @ RewardsError::NotAnOracle,
        has_one = distributor @ RewardsError::ForeignDistributor
    )]
    pub log_heads: AccountLoader<'info, LogHeads>,
    #[account(has_one = distributor @ RewardsError::ForeignDistributor)]
    pub oracle_set: Box<Account<'info, OracleSet>>,
    #[account(seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump)]
    pub distributor: Box<Account<'info, Distributor>>,
    pub oracle: Signer<'info>,
}

impl RecordLogHead<'_> {
    pub fn validate(&self) -> Result<()> {
        self.oracle_set.index_of(self.oracle.key)?;
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, length: u64, head: [u8; 32]) -> Result<()> {
        let now = Clock::get()?.unix_timestamp.max(0).unsigned_abs();
        let interval = now / u64::from(ctx.accounts.distributor.log_seconds);
        ctx.accounts
            .log_heads
            .load_mut()?
            .record(LogHead { interval, length, head })?;
        emit_cpi!(LogHeadRecorded {
            distributor: ctx.accounts.distributor.key(),
            oracle: ctx.accounts.oracle.key(),
            interval,
            length,
            head,
        });
        Ok(())
    }
}
