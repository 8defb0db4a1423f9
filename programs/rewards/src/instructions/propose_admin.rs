use crate::{errors::RewardsError, events::AdminProposed, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct ProposeAdmin<'info> {
    #[account(
        mut, seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump,
        has_one = admin @ RewardsError::NotTheAdmin
    )]
    pub distributor: Box<Account<'info, Distributor>>,
    pub admin: Signer<'info>,
}

impl ProposeAdmin<'_> {
    pub fn handle(ctx: Context<Self>, admin: Option<Pubkey>) -> Result<()> {
        ctx.accounts.distributor.pending_admin = admin;
        emit_cpi!(AdminProposed {
            distributor: ctx.accounts.distributor.key(),
            admin
        });
        Ok(())
    }
}
