use crate::{errors::RegistryError, events::StakeWithdrawn, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{transfer_checked, Mint, TokenAccount, TokenInterface, TransferChecked};

#[event_cpi]
#[derive(Accounts)]
pub struct WithdrawStake<'info> {
    #[account(
        has_one = admin @ RegistryError::NotTheMakerAdmin,
        has_one = stake_vault @ RegistryError::WrongTokenAccount
    )]
    pub maker: Box<Account<'info, Maker>>,
    #[account(mut)]
    pub stake_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    #[account(address = stake_vault.mint @ RegistryError::WrongTokenAccount)]
    pub token_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Any account of the token.
    #[account(mut)]
    pub to: Box<InterfaceAccount<'info, TokenAccount>>,
    pub admin: Signer<'info>,
    pub token_program: Interface<'info, TokenInterface>,
}

impl WithdrawStake<'_> {
    pub fn validate(&self) -> Result<()> {
        require!(!self.maker.approved, RegistryError::MakerApproved);
        require_keys_neq!(self.to.key(), self.stake_vault.key(), RegistryError::WrongTokenAccount);
        require!(self.stake_vault.amount > 0, RegistryError::StakeTooSmall);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let amount = accounts.stake_vault.amount;
        let name_hash = name_hash(&accounts.maker.name);
        transfer_checked(
            CpiContext::new_with_signer(
                accounts.token_program.key(),
                TransferChecked {
                    from: accounts.stake_vault.to_account_info(),
                    mint: accounts.token_mint.to_account_info(),
                    to: accounts.to.to_account_info(),
                    authority: accounts.maker.to_account_info(),
                },
                &[&[
                    SEED_MAKER,
                    accounts.maker.network.as_ref(),
                    &name_hash,
                    &[accounts.maker.bump],
                ]],
            ),
            amount,
            accounts.token_mint.decimals,
        )?;
        emit_cpi!(StakeWithdrawn {
            maker: ctx.accounts.maker.key(),
            amount
        });
        Ok(())
    }
}
