use crate::{data_credits_for, errors::DataCreditsError, events::DataCreditsMinted, read_price, state::*, tokens_for};
use anchor_lang::prelude::*;
use anchor_spl::{
    token_2022::Token2022,
    token_interface::{burn, Burn, Mint, TokenAccount, TokenInterface},
};
use guard::{cpi::accounts::GuardedMint, program::Guard as GuardProgram};

/// What the payer fixes, and the worst it accepts for the other side.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub enum Conversion {
    /// Burn exactly this many base units.
    ExactTokens { tokens: u64, least_data_credits: u64 },
    /// Make exactly this many data credits.
    ExactDataCredits { data_credits: u64, most_tokens: u64 },
}

impl Conversion {
    /// Base units to burn and data credits to make at a price (1e-8 USD a token). Rounds in the network's favour.
    pub fn resolve(self, price_e8: u64, decimals: u8) -> Result<(u64, u64)> {
        let (tokens, data_credits) = match self {
            Self::ExactTokens {
                tokens,
                least_data_credits,
            } => {
                let found = data_credits_for(tokens, price_e8, decimals).ok_or(DataCreditsError::AmountOverflow)?;
                require!(found >= least_data_credits, DataCreditsError::SlippageExceeded);
                (tokens, found)
            }
            Self::ExactDataCredits {
                data_credits,
                most_tokens,
            } => {
                let found = tokens_for(data_credits, price_e8, decimals).ok_or(DataCreditsError::AmountOverflow)?;
                require!(found <= most_tokens, DataCreditsError::SlippageExceeded);
                (found, data_credits)
            }
        };
        require!(tokens > 0 && data_credits > 0, DataCreditsError::ZeroAmount);
        Ok((tokens, data_credits))
    }
}

#[event_cpi]
#[derive(Accounts)]
pub struct MintDataCredits<'info> {
    #[account(
        mut, seeds = [SEED_DC, dc_config.dc_mint.as_ref()], bump = dc_config.bump,
        has_one = dc_mint @ DataCreditsError::WrongTokenAccount,
        has_one = token_mint @ DataCreditsError::WrongTokenAccount,
        has_one = token_program @ DataCreditsError::WrongTokenAccount
    )]
    pub dc_config: Box<Account<'info, DcConfig>>,
    /// The record of the present epoch.
    #[account(mut, has_one = dc_config @ DataCreditsError::ForeignDataCredits)]
    pub epoch_record: Box<Account<'info, EpochRecord>>,
    /// CHECK: address or owner, and bytes, are checked when it is read
    pub price: UncheckedAccount<'info>,
    /// Owns the tokens that are burnt.
    pub payer: Signer<'info>,
    #[account(mut)]
    pub token_mint: Box<InterfaceAccount<'info, Mint>>,
    #[account(
        mut, constraint = token_account.mint == token_mint.key() @ DataCreditsError::WrongTokenAccount,
        constraint = token_account.owner == payer.key() @ DataCreditsError::WrongTokenAccount
    )]
    pub token_account: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: the configured mint
    #[account(mut)]
    pub dc_mint: UncheckedAccount<'info>,
    /// Receives the data credits; anybody's.
    #[account(mut, constraint = recipient.mint == dc_mint.key() @ DataCreditsError::WrongTokenAccount)]
    pub recipient: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: the guard program derives it from the mint
    #[account(mut)]
    pub dc_guard: UncheckedAccount<'info>,
    pub guard_program: Program<'info, GuardProgram>,
    pub token_program: Interface<'info, TokenInterface>,
    pub dc_token_program: Program<'info, Token2022>,
}

impl MintDataCredits<'_> {
    pub fn validate(&self) -> Result<()> {
        self.dc_config.require_running()?;
        let present = self.dc_config.epoch_at(Clock::get()?.unix_timestamp);
        require_eq!(self.epoch_record.epoch, present, DataCreditsError::WrongEpoch);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, conversion: Conversion) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let price = read_price(&accounts.dc_config, &accounts.price, Clock::get()?.unix_timestamp)?;
        let cautious_e8 = price.cautious_e8()?;
        let (tokens, data_credits) = conversion.resolve(cautious_e8, accounts.dc_config.token_decimals)?;

        accounts.count(tokens, data_credits)?;
        if accounts.dc_config.epoch_at(price.published_at) == accounts.epoch_record.epoch {
            accounts.epoch_record.record_price(price.price_e8, price.published_at);
        }
        let supply = accounts.token_mint.supply;
        accounts.burn_tokens(tokens)?;
        accounts.make_data_credits(data_credits)?;

        accounts.token_mint.reload()?;
        require!(
            supply.checked_sub(accounts.token_mint.supply) == Some(tokens),
            DataCreditsError::BooksDoNotBalance
        );
        emit_cpi!(DataCreditsMinted {
            dc_config: ctx.accounts.dc_config.key(),
            payer: ctx.accounts.payer.key(),
            recipient: ctx.accounts.recipient.key(),
            epoch: ctx.accounts.epoch_record.epoch,
            token_burned: tokens,
            dc_minted: data_credits,
            price_e8: cautious_e8,
        });
        Ok(())
    }

    fn count(&mut self, tokens: u64, data_credits: u64) -> Result<()> {
        let add = |sum: u64, amount| sum.checked_add(amount).ok_or(DataCreditsError::AmountOverflow);
        self.dc_config.token_burned = add(self.dc_config.token_burned, tokens)?;
        self.dc_config.dc_minted = add(self.dc_config.dc_minted, data_credits)?;
        self.epoch_record.token_burned = add(self.epoch_record.token_burned, tokens)?;
        self.epoch_record.dc_minted = add(self.epoch_record.dc_minted, data_credits)?;
        Ok(())
    }

    fn burn_tokens(&self, amount: u64) -> Result<()> {
        burn(
            CpiContext::new(
                self.token_program.key(),
                Burn {
                    mint: self.token_mint.to_account_info(),
                    from: self.token_account.to_account_info(),
                    authority: self.payer.to_account_info(),
                },
            ),
            amount,
        )
    }

    fn make_data_credits(&self, amount: u64) -> Result<()> {
        guard::cpi::guarded_mint(
            CpiContext::new_with_signer(
                self.guard_program.key(),
                GuardedMint {
                    guard: self.dc_guard.to_account_info(),
                    mint: self.dc_mint.to_account_info(),
                    to: self.recipient.to_account_info(),
                    caller: self.dc_config.to_account_info(),
                    token_program: self.dc_token_program.to_account_info(),
                },
                &[&[SEED_DC, self.dc_config.dc_mint.as_ref(), &[self.dc_config.bump]]],
            ),
            amount,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOLLAR: u64 = 100_000_000;

    #[test]
    fn holds_the_bound_of_either_side_exactly() {
        let tokens = |least| {
            Conversion::ExactTokens {
                tokens: 1_999,
                least_data_credits: least,
            }
            .resolve(DOLLAR, 8)
        };
        assert_eq!(tokens(1), Ok((1_999, 1)));
        assert_eq!(tokens(2), Err(DataCreditsError::SlippageExceeded.into()));
        let credits = |most| {
            Conversion::ExactDataCredits {
                data_credits: 1,
                most_tokens: most,
            }
            .resolve(DOLLAR, 8)
        };
        assert_eq!(credits(1_000), Ok((1_000, 1)));
        assert_eq!(credits(999), Err(DataCreditsError::SlippageExceeded.into()));
    }

    #[test]
    fn rejects_conversions_that_give_or_take_nothing() {
        for conversion in [
            Conversion::ExactTokens {
                tokens: 0,
                least_data_credits: 0,
            },
            Conversion::ExactTokens {
                tokens: 999,
                least_data_credits: 0,
            },
            Conversion::ExactDataCredits {
                data_credits: 0,
                most_tokens: u64::MAX,
            },
        ] {
            assert_eq!(conversion.resolve(DOLLAR, 8), Err(DataCreditsError::ZeroAmount.into()));
        }
    }
}
