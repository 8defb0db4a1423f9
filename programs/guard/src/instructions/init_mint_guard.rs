use crate::{errors::GuardError, events::GuardCreated, state::*};
use anchor_lang::prelude::*;
use anchor_spl::{
    token_2022::spl_token_2022::instruction::AuthorityType,
    token_interface::{set_authority, Mint, SetAuthority, TokenInterface},
};

#[event_cpi]
#[derive(Accounts)]
pub struct InitMintGuard<'info> {
    #[account(init, payer = payer, space = 8 + Guard::INIT_SPACE, seeds = [SEED_GUARD, mint.key().as_ref()], bump)]
    pub guard: Account<'info, Guard>,
    #[account(mut, mint::token_program = token_program)]
    pub mint: InterfaceAccount<'info, Mint>,
    /// Gives the authority away here.
    pub mint_authority: Signer<'info>,
    /// CHECK: a key that is written down; it has to sign whenever it asks for tokens
    pub caller: UncheckedAccount<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

impl InitMintGuard<'_> {
    pub fn validate(&self, args: &GuardArgs) -> Result<()> {
        require!(args.window_s > 0, GuardError::ZeroWindow);
        require!(
            self.mint.mint_authority.contains(&self.mint_authority.key()),
            GuardError::NotTheMintAuthority
        );
        require_plain_mint(&self.mint)
    }

    pub fn handle(ctx: Context<Self>, args: GuardArgs) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let target = GuardTarget {
            address: accounts.mint.key(),
            mint: accounts.mint.key(),
            token_program: accounts.token_program.key(),
            decimals: accounts.mint.decimals,
        };
        let (caller, now) = (accounts.caller.key(), Clock::get()?.unix_timestamp);
        accounts
            .guard
            .set_inner(Guard::new(target, caller, &args, now, ctx.bumps.guard));
        set_authority(
            CpiContext::new(
                accounts.token_program.key(),
                SetAuthority {
                    current_authority: accounts.mint_authority.to_account_info(),
                    account_or_mint: accounts.mint.to_account_info(),
                },
            ),
            AuthorityType::MintTokens,
            Some(accounts.guard.key()),
        )?;
        accounts.mint.reload()?;
        require!(
            accounts.mint.mint_authority.contains(&accounts.guard.key()),
            GuardError::NotTheMintAuthority
        );
        emit_cpi!(GuardCreated {
            guard: ctx.accounts.guard.key(),
            target: ctx.accounts.mint.key(),
            caller: ctx.accounts.caller.key(),
            admin: args.admin,
            limit: args.limit,
            window_s: args.window_s,
        });
        Ok(())
    }
}
