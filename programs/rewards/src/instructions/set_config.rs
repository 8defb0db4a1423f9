use crate::{errors::RewardsError, events::ConfigSet, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct SetConfig<'info> {
    #[account(
        mut, seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump,
        has_one = admin @ RewardsError::NotTheAdmin
    )]
    pub distributor: Box<Account<'info, Distributor>>,
    pub admin: Signer<'info>,
}

impl SetConfig<'_> {
    pub fn validate(&self, config: &DistributorConfig) -> Result<()> {
        config.validate()?;
        // Heads on record are numbered by it: a longer one would number the next heads below them, and none could follow.
        require_eq!(
            config.log_seconds,
            self.distributor.log_seconds,
            RewardsError::LogIntervalFixed
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, config: DistributorConfig) -> Result<()> {
        let distributor = &mut ctx.accounts.distributor;
        distributor.guardian = config.guardian;
        distributor.veto_seconds = config.veto_seconds;
        distributor.root_retention = config.root_retention;
        emit_cpi!(ConfigSet {
            distributor: ctx.accounts.distributor.key(),
            guardian: config.guardian,
            veto_seconds: config.veto_seconds,
        });
        Ok(())
    }
}
