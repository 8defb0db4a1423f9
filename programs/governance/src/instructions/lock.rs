use crate::{deposit::Deposit, errors::GovernanceError, events::PositionChanged, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

#[event_cpi]
#[derive(Accounts)]
#[instruction(id: u64)]
pub struct LockTokens<'info> {
    #[account(
        mut, seeds = [SEED_GOV, gov.mint.as_ref()], bump = gov.bump,
        has_one = mint @ GovernanceError::WrongTokenAccount, has_one = locks @ GovernanceError::WrongTokenAccount
    )]
    pub gov: Box<Account<'info, Gov>>,
    #[account(
        init, payer = payer, space = 8 + Position::INIT_SPACE,
        seeds = [SEED_POSITION, gov.key().as_ref(), owner.key().as_ref(), &id.to_le_bytes()], bump
    )]
    pub position: Box<Account<'info, Position>>,
    pub owner: Signer<'info>,
    /// CHECK: the token program checks that it is an account of the mint and the owner's
    #[account(mut)]
    pub from: UncheckedAccount<'info>,
    #[account(mut)]
    pub locks: Box<InterfaceAccount<'info, TokenAccount>>,
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

impl LockTokens<'_> {
    pub fn validate(&self, amount: u64, lock: LockKind) -> Result<()> {
        require!(amount > 0, GovernanceError::ZeroAmount);
        lock.check(&self.gov.rules, Clock::get()?.unix_timestamp)
    }

    pub fn handle(ctx: Context<Self>, id: u64, amount: u64, lock: LockKind) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let from = accounts.gov.next_epoch_start(Clock::get()?.unix_timestamp);
        accounts.position.set_inner(Position {
            gov: accounts.gov.key(),
            owner: accounts.owner.key(),
            id,
            amount,
            lock,
            votes_active: 0,
            bump: ctx.bumps.position,
            checkpoints: vec![],
        });
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
            amount,
            lock,
            from,
        });
        Ok(())
    }
}
