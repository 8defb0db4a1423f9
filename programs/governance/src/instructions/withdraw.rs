use crate::{errors::GovernanceError, events::PositionWithdrawn, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{transfer_checked, Mint, TokenAccount, TokenInterface, TransferChecked};

#[event_cpi]
#[derive(Accounts)]
pub struct Withdraw<'info> {
    #[account(
        mut, seeds = [SEED_GOV, gov.mint.as_ref()], bump = gov.bump,
        has_one = mint @ GovernanceError::WrongTokenAccount, has_one = locks @ GovernanceError::WrongTokenAccount
    )]
    pub gov: Box<Account<'info, Gov>>,
    #[account(
        mut, close = owner, has_one = gov @ GovernanceError::ForeignGovernance,
        has_one = owner @ GovernanceError::NotTheOwner
    )]
    pub position: Box<Account<'info, Position>>,
    #[account(mut)]
    pub owner: Signer<'info>,
    /// CHECK: owns the locked tokens
    #[account(seeds = [SEED_LOCK_AUTHORITY, gov.key().as_ref()], bump = gov.lock_authority_bump)]
    pub lock_authority: UncheckedAccount<'info>,
    #[account(mut)]
    pub locks: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Any account of the token.
    #[account(mut)]
    pub to: Box<InterfaceAccount<'info, TokenAccount>>,
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    pub token_program: Interface<'info, TokenInterface>,
}

impl Withdraw<'_> {
    pub fn validate(&self) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;
        require!(self.position.lock.remaining(now) == 0, GovernanceError::StillLocked);
        require!(self.position.votes_active == 0, GovernanceError::VotesActive);
        require_keys_neq!(self.to.key(), self.locks.key(), GovernanceError::WrongTokenAccount);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let amount = accounts.position.amount;
        let locked = accounts.gov.locked.checked_sub(amount);
        accounts.gov.locked = locked.ok_or(GovernanceError::BooksDoNotBalance)?;
        let gov = accounts.gov.key();
        transfer_checked(
            CpiContext::new_with_signer(
                accounts.token_program.key(),
                TransferChecked {
                    from: accounts.locks.to_account_info(),
                    mint: accounts.mint.to_account_info(),
                    to: accounts.to.to_account_info(),
                    authority: accounts.lock_authority.to_account_info(),
                },
                &[&[SEED_LOCK_AUTHORITY, gov.as_ref(), &[accounts.gov.lock_authority_bump]]],
            ),
            amount,
            accounts.mint.decimals,
        )?;
        accounts.locks.reload()?;
        require!(
            accounts.locks.amount >= accounts.gov.locked,
            GovernanceError::BooksDoNotBalance
        );
        emit_cpi!(PositionWithdrawn {
            gov,
            position: ctx.accounts.position.key(),
            amount
        });
        Ok(())
    }
}
