use crate::{errors::RegistryError, events::MakerAdminChanged, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct AcceptMakerAdmin<'info> {
    #[account(mut)]
    pub maker: Box<Account<'info, Maker>>,
    pub new_admin: Signer<'info>,
}

impl AcceptMakerAdmin<'_> {
    pub fn validate(&self) -> Result<()> {
        require!(
            self.maker.pending_admin == Some(self.new_admin.key()),
            RegistryError::NotTheProposedAdmin
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        let maker = &mut ctx.accounts.maker;
        maker.admin = ctx.accounts.new_admin.key();
        maker.pending_admin = None;
        emit_cpi!(MakerAdminChanged {
            maker: ctx.accounts.maker.key(),
            admin: ctx.accounts.new_admin.key(),
        });
        Ok(())
    }
}
