use crate::{errors::RegistryError, events::MakerApprovalChanged, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct RevokeMaker<'info> {
    #[account(seeds = [SEED_NETWORK, network.token_mint.as_ref()], bump = network.bump)]
    pub network: Box<Account<'info, Network>>,
    #[account(mut, has_one = network @ RegistryError::ForeignNetwork)]
    pub maker: Box<Account<'info, Maker>>,
    /// The network's admin or the maker's.
    pub admin: Signer<'info>,
}

impl RevokeMaker<'_> {
    pub fn validate(&self) -> Result<()> {
        let by = self.admin.key();
        require!(
            by == self.network.admin || by == self.maker.admin,
            RegistryError::NotTheMakerAdmin
        );
        require!(self.maker.approved, RegistryError::MakerNotApproved);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.maker.approved = false;
        emit_cpi!(MakerApprovalChanged {
            maker: ctx.accounts.maker.key(),
            approved: false
        });
        Ok(())
    }
}
