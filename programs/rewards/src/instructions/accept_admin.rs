use crate::{errors::RewardsError, events::AdminChanged, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct AcceptAdmin<'info> {
    #[account(mut, seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump)]
    pub distributor: Box<Account<'info, Distributor>>,
    pub new_admin: Signer<'info>,
}

impl AcceptAdmin<'_> {
    pub fn validate(&self) -> Result<()> {
        require!(
            self.distributor.pending_admin == Some(self.new_admin.key()),
            RewardsError::NotTheProposedAdmin
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        let admin = ctx.accounts.new_admin.key();
        let distributor = &mut ctx.accounts.distributor;
        distributor.admin = admin;
        distributor.pending_admin = None;
        emit_cpi!(AdminChanged {
            distributor: ctx.accounts.distributor.key(),
            admin
        });
        Ok(())
    }
}
