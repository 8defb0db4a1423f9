use crate::{errors::RewardsError, events::OraclesRotated, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct RotateOracles<'info> {
    #[account(mut, has_one = distributor @ RewardsError::ForeignDistributor)]
    pub oracle_set: Box<Account<'info, OracleSet>>,
    #[account(
        seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump,
        has_one = admin @ RewardsError::NotTheAdmin
    )]
    pub distributor: Box<Account<'info, Distributor>>,
    pub admin: Signer<'info>,
}

impl RotateOracles<'_> {
    pub fn handle(ctx: Context<Self>, args: OracleArgs) -> Result<()> {
        let set = &mut ctx.accounts.oracle_set;
        set.version += 1;
        set.threshold = args.threshold;
        set.oracles = args.oracles.clone();
        emit_cpi!(OraclesRotated {
            distributor: ctx.accounts.distributor.key(),
            version: ctx.accounts.oracle_set.version,
            oracles: args.oracles,
            threshold: args.threshold,
        });
        Ok(())
    }
}
