use crate::{errors::RegistryError, events::AdminProposed, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct ProposeAdmin<'info> {
    #[account(
        mut, seeds = [SEED_NETWORK, network.token_mint.as_ref()], bump = network.bump,
        has_one = admin @ RegistryError::NotTheAdmin
    )]
    pub network: Box<Account<'info, Network>>,
    pub admin: Signer<'info>,
}

impl ProposeAdmin<'_> {
    pub fn handle(ctx: Context<Self>, admin: Option<Pubkey>) -> Result<()> {
        ctx.accounts.network.pending_admin = admin;
        emit_cpi!(AdminProposed {
            network: ctx.accounts.network.key(),
            admin
        });
        Ok(())
    }
}
