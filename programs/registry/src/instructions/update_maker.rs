use crate::{errors::RegistryError, state::*};
use anchor_lang::prelude::*;

#[derive(Accounts)]
pub struct UpdateMaker<'info> {
    #[account(mut, has_one = admin @ RegistryError::NotTheMakerAdmin)]
    pub maker: Box<Account<'info, Maker>>,
    pub admin: Signer<'info>,
}

impl UpdateMaker<'_> {
    pub fn handle(ctx: Context<Self>, issuer: Pubkey, pending_admin: Option<Pubkey>) -> Result<()> {
        let maker = &mut ctx.accounts.maker;
        maker.issuer = issuer;
        maker.pending_admin = pending_admin;
        Ok(())
    }
}
