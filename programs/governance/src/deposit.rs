//! Tokens into the locks: counted, moved, and checked against the vault.
use crate::{errors::GovernanceError, Gov};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{transfer_checked, Mint, TokenAccount, TransferChecked};

/// What it takes to lock tokens.
pub struct Deposit<'a, 'info> {
    pub gov: &'a mut Account<'info, Gov>,
    pub locks: &'a mut InterfaceAccount<'info, TokenAccount>,
    pub mint: &'a InterfaceAccount<'info, Mint>,
    pub from: AccountInfo<'info>,
    /// Owns the tokens.
    pub owner: AccountInfo<'info>,
    pub token_program: Pubkey,
}

impl Deposit<'_, '_> {
    /// Locks `amount` base units.
    pub fn take(self, amount: u64) -> Result<()> {
        let locked = self.gov.locked.checked_add(amount);
        self.gov.locked = locked.ok_or(GovernanceError::AmountOverflow)?;
        transfer_checked(
            CpiContext::new(
                self.token_program,
                TransferChecked {
                    from: self.from,
                    mint: self.mint.to_account_info(),
                    to: self.locks.to_account_info(),
                    authority: self.owner,
                },
            ),
            amount,
            self.mint.decimals,
        )?;
        self.locks.reload()?;
        require!(self.locks.amount >= self.gov.locked, GovernanceError::BooksDoNotBalance);
        Ok(())
    }
}
