use crate::{errors::RewardsError, events::LogOpened, state::*};
use anchor_lang::prelude::*;
use precompile::check_key;

#[event_cpi]
#[derive(Accounts)]
pub struct OpenLog<'info> {
    #[account(
        init, payer = payer, space = 8 + std::mem::size_of::<LogHeads>(),
        seeds = [SEED_LOG, distributor.key().as_ref(), oracle.key().as_ref()], bump
    )]
    pub log_heads: AccountLoader<'info, LogHeads>,
    #[account(
        has_one = distributor @ RewardsError::ForeignDistributor,
        constraint = oracle_set.oracles.contains(oracle.key) @ RewardsError::NotAnOracle
    )]
    pub oracle_set: Box<Account<'info, OracleSet>>,
    #[account(seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump)]
    pub distributor: Box<Account<'info, Distributor>>,
    pub oracle: Signer<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub system_program: Program<'info, System>,
}

impl OpenLog<'_> {
    pub fn validate(&self, ingest_key: &[u8; 33]) -> Result<()> {
        check_key(ingest_key).map_err(|_| RewardsError::BadIngestKey)?;
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, ingest_key: [u8; 33]) -> Result<()> {
        let mut log = ctx.accounts.log_heads.load_init()?;
        log.distributor = ctx.accounts.distributor.key();
        log.oracle = ctx.accounts.oracle.key();
        log.ingest_key = ingest_key;
        log.bump = ctx.bumps.log_heads;
        drop(log);
        emit_cpi!(LogOpened {
            distributor: ctx.accounts.distributor.key(),
            oracle: ctx.accounts.oracle.key(),
            ingest_key,
        });
        Ok(())
    }
}
