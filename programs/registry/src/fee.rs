//! Burning a fee: a call to the data-credit program that only the network account can sign.
use crate::{Network, SEED_NETWORK};
use anchor_lang::prelude::*;
use data_credits::{cpi::accounts::BurnFee, FeeKind};

/// What it takes to burn a fee.
pub struct FeePayment<'a, 'info> {
    pub network: &'a Account<'info, Network>,
    /// Owns the data credits.
    pub payer: AccountInfo<'info>,
    pub fee_account: AccountInfo<'info>,
    pub dc_config: AccountInfo<'info>,
    pub dc_mint: AccountInfo<'info>,
    pub program: AccountInfo<'info>,
    pub event_authority: AccountInfo<'info>,
    pub dc_token_program: AccountInfo<'info>,
}

impl FeePayment<'_, '_> {
    /// Burns `amount` data credits; nothing when it is zero.
    pub fn burn(self, amount: u64, kind: FeeKind) -> Result<()> {
        if amount == 0 {
            return Ok(());
        }
        data_credits::cpi::burn_fee(
            CpiContext::new_with_signer(
                self.program.key(),
                BurnFee {
                    dc_config: self.dc_config,
                    network: self.network.to_account_info(),
                    dc_mint: self.dc_mint,
                    from: self.fee_account,
                    payer: self.payer,
                    dc_token_program: self.dc_token_program,
                    event_authority: self.event_authority,
                    program: self.program,
                },
                &[&[SEED_NETWORK, self.network.token_mint.as_ref(), &[self.network.bump]]],
            ),
            amount,
            kind,
        )
    }
}
