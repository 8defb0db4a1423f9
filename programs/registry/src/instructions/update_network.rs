use crate::{errors::RegistryError, events::NetworkUpdated, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct UpdateNetwork<'info> {
    #[account(
        mut, seeds = [SEED_NETWORK, network.token_mint.as_ref()], bump = network.bump,
        has_one = admin @ RegistryError::NotTheAdmin
    )]
    pub network: Box<Account<'info, Network>>,
    pub admin: Signer<'info>,
}

impl UpdateNetwork<'_> {
    pub fn handle(ctx: Context<Self>, settings: NetworkSettings) -> Result<()> {
        let network = &mut ctx.accounts.network;
        network.fees = settings.fees;
        network.rules = settings.rules;
        network.denylist_authority = settings.denylist_authority;
        network.metadata_uri = settings.metadata_uri;
        emit_cpi!(NetworkUpdated {
            network: ctx.accounts.network.key()
        });
        Ok(())
    }
}
