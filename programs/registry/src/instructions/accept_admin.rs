use crate::{errors::RegistryError, events::AdminChanged, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct AcceptAdmin<'info> {
    #[account(mut, seeds = [SEED_NETWORK, network.token_mint.as_ref()], bump = network.bump)]
    pub network: Box<Account<'info, Network>>,
    pub new_admin: Signer<'info>,
}

impl AcceptAdmin<'_> {
    pub fn validate(&self) -> Result<()> {
        require!(
            self.network.pending_admin == Some(self.new_admin.key()),
            RegistryError::NotTheProposedAdmin
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        let admin = ctx.accounts.new_admin.key();
        let network = &mut ctx.accounts.network;
        network.admin = admin;
        network.pending_admin = None;
        emit_cpi!(AdminChanged {
            network: ctx.accounts.network.key(),
            admin
        });
        Ok(())
    }
}
