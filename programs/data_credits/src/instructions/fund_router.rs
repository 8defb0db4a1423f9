use crate::{errors::DataCreditsError, events::RouterFunded, state::*};
use anchor_lang::prelude::*;
use anchor_spl::{token_2022::Token2022, token_interface::TokenAccount};
use guard::{cpi::accounts::GuardedReissue, program::Guard as GuardProgram};

#[event_cpi]
#[derive(Accounts)]
pub struct FundRouter<'info> {
    #[account(
        mut, seeds = [SEED_DC, dc_config.dc_mint.as_ref()], bump = dc_config.bump,
        has_one = dc_mint @ DataCreditsError::WrongTokenAccount
    )]
    pub dc_config: Box<Account<'info, DcConfig>>,
    #[account(
        mut, has_one = dc_config @ DataCreditsError::ForeignDataCredits,
        has_one = escrow @ DataCreditsError::WrongTokenAccount
    )]
    pub router: Box<Account<'info, Router>>,
    #[account(mut)]
    pub escrow: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: the configured mint
    #[account(mut)]
    pub dc_mint: UncheckedAccount<'info>,
    /// CHECK: the token program checks that it is an account of the mint and the payer's
    #[account(mut)]
    pub from: UncheckedAccount<'info>,
    /// Owns the data credits.
    pub payer: Signer<'info>,
    /// CHECK: the guard program derives it from the mint
    pub dc_guard: UncheckedAccount<'info>,
    pub guard_program: Program<'info, GuardProgram>,
    pub dc_token_program: Program<'info, Token2022>,
}

impl FundRouter<'_> {
    pub fn validate(&self, amount: u64) -> Result<()> {
        require!(amount > 0, DataCreditsError::ZeroAmount);
        self.dc_config.require_running()
    }

    pub fn handle(ctx: Context<Self>, amount: u64) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let before = accounts.escrow.amount;
        accounts.router.funded = accounts
            .router
            .funded
            .checked_add(amount)
            .ok_or(DataCreditsError::AmountOverflow)?;
        let escrowed = accounts.dc_config.dc_escrowed.checked_add(amount);
        accounts.dc_config.dc_escrowed = escrowed.ok_or(DataCreditsError::AmountOverflow)?;
        guard::cpi::guarded_reissue(
            CpiContext::new_with_signer(
                accounts.guard_program.key(),
                GuardedReissue {
                    guard: accounts.dc_guard.to_account_info(),
                    mint: accounts.dc_mint.to_account_info(),
                    from: accounts.from.to_account_info(),
                    from_authority: accounts.payer.to_account_info(),
                    to: accounts.escrow.to_account_info(),
                    caller: accounts.dc_config.to_account_info(),
                    token_program: accounts.dc_token_program.to_account_info(),
                },
                &[&[SEED_DC, accounts.dc_config.dc_mint.as_ref(), &[accounts.dc_config.bump]]],
            ),
            amount,
        )?;
        accounts.escrow.reload()?;
        let received = accounts.escrow.amount.checked_sub(before);
        require!(received == Some(amount), DataCreditsError::BooksDoNotBalance);
        emit_cpi!(RouterFunded {
            router: ctx.accounts.router.key(),
            payer: ctx.accounts.payer.key(),
            amount,
        });
        Ok(())
    }
}
