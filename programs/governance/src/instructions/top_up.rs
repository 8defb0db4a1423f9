use crate::{deposit::Deposit, errors::GovernanceError, events::PositionChanged, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

#[event_cpi]
#[derive(Accounts)]
pub struct TopUp<'info> {
    #[account(
        mut, seeds = [SEED_GOV, gov.mint.as_ref()], bump = gov.bump,
        has_one = mint @ GovernanceError::WrongTokenAccount, has_one = locks @ GovernanceError::WrongTokenAccount
    )]
    pub gov: Box<Account<'info, Gov>>,
    #[account(
        mut, has_one = gov @ GovernanceError::ForeignGovernance, has_one = owner @ GovernanceError::NotTheOwner
    )]
    pub position: Box<Account<'info, Position>>,
    pub owner: Signer<'info>,
    /// CHECK: the token program checks that it is an account of the mint and the owner's
    #[account(mut)]
    pub from: UncheckedAccount<'info>,
    #[account(mut)]
    pub locks: Box<InterfaceAccount<'info, TokenAccount>>,
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    pub token_program: Interface<'info, TokenInterface>,
}

impl TopUp<'_> {
    pub fn validate(&self, amount: u64) -> Result<()> {
        require!(amount > 0, GovernanceError::ZeroAmount);
        require!(
            self.position.lock.remaining(Clock::get()?.unix_timestamp) > 0,
            GovernanceError::LockOver
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, amount: u64) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let from = accounts.gov.next_epoch_start(Clock::get()?.unix_timestamp);
        let total = accounts.position.amount.checked_add(amount);
        accounts.position.amount = total.ok_or(GovernanceError::AmountOverflow)?;
        accounts.position.checkpoint(from);
        Deposit {
            gov: &mut accounts.gov,
            locks: &mut accounts.locks,
            mint: &accounts.mint,
            from: accounts.from.to_account_info(),
            owner: accounts.owner.to_account_info(),
            token_program: accounts.token_program.key(),
        }
        .take(amount)?;
        emit_cpi!(PositionChanged {
            gov: ctx.accounts.gov.key(),
            position: ctx.accounts.position.key(),
            owner: ctx.accounts.owner.key(),
            amount: ctx.accounts.position.amount,
            lock: ctx.accounts.position.lock,
            from,
        });
        Ok(())
    }
}
