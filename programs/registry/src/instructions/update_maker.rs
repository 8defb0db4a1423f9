use crate::{errors::RegistryError, events::MakerUpdated, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
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
        emit_cpi!(MakerUpdated {
            maker: ctx.accounts.maker.key(),
            issuer,
            pending_admin,
        });
        Ok(())
    }
}
