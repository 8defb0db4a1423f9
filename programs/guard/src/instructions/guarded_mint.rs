use crate::{errors::GuardError, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{mint_to, MintTo, TokenInterface};

#[derive(Accounts)]
pub struct GuardedMint<'info> {
    #[account(mut, seeds = [SEED_GUARD, mint.key().as_ref()], bump = guard.bump)]
    pub guard: Account<'info, Guard>,
    /// CHECK: the guard's target; a mint guard has no other
    #[account(mut, address = guard.mint @ GuardError::WrongMint)]
    pub mint: UncheckedAccount<'info>,
    /// CHECK: the token program checks that it is an account of the mint
    #[account(mut)]
    pub to: UncheckedAccount<'info>,
    pub caller: Signer<'info>,
    #[account(address = guard.token_program @ GuardError::WrongTokenProgram)]
    pub token_program: Interface<'info, TokenInterface>,
}

impl GuardedMint<'_> {
    pub fn validate(&self, amount: u64) -> Result<()> {
        self.guard.require_ready(self.caller.key, amount)
    }

    pub fn handle(ctx: Context<Self>, amount: u64) -> Result<()> {
        let accounts = ctx.accounts;
        accounts.guard.let_out(amount, Clock::get()?.unix_timestamp)?;
        mint_to(
            CpiContext::new_with_signer(
                accounts.token_program.key(),
                MintTo {
                    mint: accounts.mint.to_account_info(),
                    to: accounts.to.to_account_info(),
                    authority: accounts.guard.to_account_info(),
                },
                &[&[SEED_GUARD, accounts.guard.target.as_ref(), &[accounts.guard.bump]]],
            ),
            amount,
        )
    }
}
