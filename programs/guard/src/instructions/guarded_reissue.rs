use crate::{errors::GuardError, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{burn, mint_to, Burn, Mint, MintTo, TokenInterface};

#[derive(Accounts)]
pub struct GuardedReissue<'info> {
    #[account(seeds = [SEED_GUARD, mint.key().as_ref()], bump = guard.bump)]
    pub guard: Account<'info, Guard>,
    #[account(mut, address = guard.mint @ GuardError::WrongMint)]
    pub mint: InterfaceAccount<'info, Mint>,
    /// CHECK: the token program checks that it is an account of the mint and whose
    #[account(mut)]
    pub from: UncheckedAccount<'info>,
    pub from_authority: Signer<'info>,
    /// CHECK: the token program checks that it is an account of the mint
    #[account(mut)]
    pub to: UncheckedAccount<'info>,
    pub caller: Signer<'info>,
    #[account(address = guard.token_program @ GuardError::WrongTokenProgram)]
    pub token_program: Interface<'info, TokenInterface>,
}

impl GuardedReissue<'_> {
    pub fn validate(&self, amount: u64) -> Result<()> {
        require_keys_neq!(self.from.key(), self.to.key(), GuardError::SameAccount);
        self.guard.require_ready(self.caller.key, amount)
    }

    pub fn handle(ctx: Context<Self>, amount: u64) -> Result<()> {
        let accounts = ctx.accounts;
        let supply = accounts.mint.supply;
        burn(
            CpiContext::new(
                accounts.token_program.key(),
                Burn {
                    mint: accounts.mint.to_account_info(),
                    from: accounts.from.to_account_info(),
                    authority: accounts.from_authority.to_account_info(),
                },
            ),
            amount,
        )?;
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
        )?;
        accounts.mint.reload()?;
        require_eq!(accounts.mint.supply, supply, GuardError::SupplyChanged);
        Ok(())
    }
}
