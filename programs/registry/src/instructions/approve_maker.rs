use crate::{errors::RegistryError, events::MakerApprovalChanged, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenAccount;

#[event_cpi]
#[derive(Accounts)]
pub struct ApproveMaker<'info> {
    #[account(
        seeds = [SEED_NETWORK, network.token_mint.as_ref()], bump = network.bump,
        has_one = admin @ RegistryError::NotTheAdmin
    )]
    pub network: Box<Account<'info, Network>>,
    #[account(
        mut, has_one = network @ RegistryError::ForeignNetwork,
        has_one = stake_vault @ RegistryError::WrongTokenAccount
    )]
    pub maker: Box<Account<'info, Maker>>,
    pub stake_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    pub admin: Signer<'info>,
}

impl ApproveMaker<'_> {
    pub fn validate(&self) -> Result<()> {
        require!(!self.maker.approved, RegistryError::MakerApproved);
        require!(
            self.stake_vault.amount >= self.network.rules.maker_stake,
            RegistryError::StakeTooSmall
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.maker.approved = true;
        emit_cpi!(MakerApprovalChanged {
            maker: ctx.accounts.maker.key(),
            approved: true
        });
        Ok(())
    }
}
