use crate::{errors::GuardError, events::GuardCreated, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

#[event_cpi]
#[derive(Accounts)]
pub struct InitVaultGuard<'info> {
    #[account(init, payer = payer, space = 8 + Guard::INIT_SPACE, seeds = [SEED_GUARD, vault.key().as_ref()], bump)]
    pub guard: Account<'info, Guard>,
    #[account(
        init, payer = payer, seeds = [SEED_VAULT, caller.key().as_ref(), mint.key().as_ref()], bump,
        token::mint = mint, token::authority = guard, token::token_program = token_program
    )]
    pub vault: InterfaceAccount<'info, TokenAccount>,
    #[account(mint::token_program = token_program)]
    pub mint: InterfaceAccount<'info, Mint>,
    /// Signs here and whenever it asks for tokens.
    pub caller: Signer<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

impl InitVaultGuard<'_> {
    pub fn validate(&self, args: &GuardArgs) -> Result<()> {
        require!(args.window_s > 0, GuardError::ZeroWindow);
        require_plain_mint(&self.mint)
    }

    pub fn handle(ctx: Context<Self>, args: GuardArgs) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let target = GuardTarget {
            address: accounts.vault.key(),
            mint: accounts.mint.key(),
            token_program: accounts.token_program.key(),
            decimals: accounts.mint.decimals,
        };
        let (caller, now) = (accounts.caller.key(), Clock::get()?.unix_timestamp);
        accounts
            .guard
            .set_inner(Guard::new(target, caller, &args, now, ctx.bumps.guard));
        emit_cpi!(GuardCreated {
            guard: ctx.accounts.guard.key(),
            target: ctx.accounts.vault.key(),
            caller: ctx.accounts.caller.key(),
            admin: args.admin,
            limit: args.limit,
            window_s: args.window_s,
        });
        Ok(())
    }
}
