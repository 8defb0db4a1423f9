use crate::{errors::DataCreditsError, events::FeeBurned, state::*};
use anchor_lang::prelude::*;
use anchor_spl::{
    token_2022::Token2022,
    token_interface::{burn, Burn},
};

#[event_cpi]
#[derive(Accounts)]
pub struct BurnFee<'info> {
    #[account(
        mut, seeds = [SEED_DC, dc_config.dc_mint.as_ref()], bump = dc_config.bump,
        has_one = network @ DataCreditsError::NotTheNetwork,
        has_one = dc_mint @ DataCreditsError::WrongTokenAccount
    )]
    pub dc_config: Box<Account<'info, DcConfig>>,
    /// Only the registry program can sign for it.
    pub network: Signer<'info>,
    /// CHECK: the configured mint
    #[account(mut)]
    pub dc_mint: UncheckedAccount<'info>,
    /// CHECK: the token program checks that it is an account of the mint and the payer's
    #[account(mut)]
    pub from: UncheckedAccount<'info>,
    /// Owns the data credits.
    pub payer: Signer<'info>,
    pub dc_token_program: Program<'info, Token2022>,
}

impl BurnFee<'_> {
    pub fn validate(&self, amount: u64) -> Result<()> {
        require!(amount > 0, DataCreditsError::ZeroAmount);
        self.dc_config.require_running()
    }

    pub fn handle(ctx: Context<Self>, amount: u64, kind: FeeKind) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let burned = accounts.dc_config.dc_burned_fees.checked_add(amount);
        accounts.dc_config.dc_burned_fees = burned.ok_or(DataCreditsError::AmountOverflow)?;
        burn(
            CpiContext::new(
                accounts.dc_token_program.key(),
                Burn {
                    mint: accounts.dc_mint.to_account_info(),
                    from: accounts.from.to_account_info(),
                    authority: accounts.payer.to_account_info(),
                },
            ),
            amount,
        )?;
        emit_cpi!(FeeBurned {
            dc_config: ctx.accounts.dc_config.key(),
            payer: ctx.accounts.payer.key(),
            amount,
            kind,
        });
        Ok(())
    }
}
