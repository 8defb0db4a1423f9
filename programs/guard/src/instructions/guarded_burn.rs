use crate::{errors::GuardError, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{burn, Burn, TokenInterface};

#[derive(Accounts)]
pub struct GuardedBurn<'info> {
    #[account(mut, seeds = [SEED_GUARD, vault.key().as_ref()], bump = guard.bump)]
    pub guard: Account<'info, Guard>,
    /// CHECK: the guard's target
    #[account(mut, address = guard.target @ GuardError::WrongTarget)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: the guard's mint
    #[account(mut, address = guard.mint @ GuardError::WrongMint)]
    pub mint: UncheckedAccount<'info>,
    pub caller: Signer<'info>,
    #[account(address = guard.token_program @ GuardError::WrongTokenProgram)]
    pub token_program: Interface<'info, TokenInterface>,
}

impl GuardedBurn<'_> {
    pub fn validate(&self, amount: u64) -> Result<()> {
        self.guard.require_ready(self.caller.key, amount)
    }

    pub fn handle(ctx: Context<Self>, amount: u64) -> Result<()> {
        let accounts = ctx.accounts;
        accounts.guard.let_out(amount, Clock::get()?.unix_timestamp)?;
        burn(
            CpiContext::new_with_signer(
                accounts.token_program.key(),
                Burn {
                    mint: accounts.mint.to_account_info(),
                    from: accounts.vault.to_account_info(),
                    authority: accounts.guard.to_account_info(),
                },
                &[&[SEED_GUARD, accounts.guard.target.as_ref(), &[accounts.guard.bump]]],
            ),
            amount,
        )
    }
}
