use crate::{errors::GuardError, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{transfer_checked, TokenInterface, TransferChecked};

#[derive(Accounts)]
pub struct GuardedTransfer<'info> {
    #[account(mut, seeds = [SEED_GUARD, vault.key().as_ref()], bump = guard.bump)]
    pub guard: Account<'info, Guard>,
    /// CHECK: the guard's target
    #[account(mut, address = guard.target @ GuardError::WrongTarget)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: the guard's mint
    #[account(address = guard.mint @ GuardError::WrongMint)]
    pub mint: UncheckedAccount<'info>,
    /// CHECK: the token program checks that it is an account of the mint
    #[account(mut)]
    pub to: UncheckedAccount<'info>,
    pub caller: Signer<'info>,
    #[account(address = guard.token_program @ GuardError::WrongTokenProgram)]
    pub token_program: Interface<'info, TokenInterface>,
}

impl GuardedTransfer<'_> {
    pub fn validate(&self, amount: u64) -> Result<()> {
        require_keys_neq!(self.vault.key(), self.to.key(), GuardError::SameAccount);
        self.guard.require_ready(self.caller.key, amount)
    }

    pub fn handle(ctx: Context<Self>, amount: u64) -> Result<()> {
        let accounts = ctx.accounts;
        accounts.guard.let_out(amount, Clock::get()?.unix_timestamp)?;
        transfer_checked(
            CpiContext::new_with_signer(
                accounts.token_program.key(),
                TransferChecked {
                    from: accounts.vault.to_account_info(),
                    mint: accounts.mint.to_account_info(),
                    to: accounts.to.to_account_info(),
                    authority: accounts.guard.to_account_info(),
                },
                &[&[SEED_GUARD, accounts.guard.target.as_ref(), &[accounts.guard.bump]]],
            ),
            amount,
            accounts.guard.decimals,
        )
    }
}
