use crate::{errors::DataCreditsError, events::RouterBurned, state::*};
use anchor_lang::prelude::*;
use anchor_spl::{
    token_2022::Token2022,
    token_interface::{burn, Burn, TokenAccount},
};

#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct BurnRouterArgs {
    /// Data credits.
    pub amount: u64,
    /// Epoch of the bill: not before that of the last burn, and not in the future.
    pub epoch: u64,
    /// One more than that of the last burn.
    pub nonce: u64,
    /// SHA-256 of the bill.
    pub report_hash: [u8; 32],
}

#[event_cpi]
#[derive(Accounts)]
pub struct BurnRouter<'info> {
    #[account(
        mut, seeds = [SEED_DC, dc_config.dc_mint.as_ref()], bump = dc_config.bump,
        has_one = burn_authority @ DataCreditsError::NotTheBurnAuthority,
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
    pub burn_authority: Signer<'info>,
    pub dc_token_program: Program<'info, Token2022>,
}

impl BurnRouter<'_> {
    pub fn validate(&self, args: &BurnRouterArgs) -> Result<()> {
        self.dc_config.require_running()?;
        require!(args.amount > 0, DataCreditsError::ZeroAmount);
        require!(
            self.router.last_nonce.checked_add(1) == Some(args.nonce),
            DataCreditsError::NonceOutOfOrder
        );
        let present = self.dc_config.epoch_at(Clock::get()?.unix_timestamp);
        require!(
            args.epoch >= self.router.last_epoch && args.epoch <= present,
            DataCreditsError::WrongEpoch
        );
        require!(args.amount <= self.escrow.amount, DataCreditsError::EscrowTooSmall);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, args: BurnRouterArgs) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let overflow = DataCreditsError::AmountOverflow;
        accounts.dc_config.dc_burned_data = accounts
            .dc_config
            .dc_burned_data
            .checked_add(args.amount)
            .ok_or(overflow)?;
        let router = &mut accounts.router;
        router.burned = router
            .burned
            .checked_add(args.amount)
            .ok_or(DataCreditsError::AmountOverflow)?;
        router.last_nonce = args.nonce;
        router.last_epoch = args.epoch;
        // Anybody can add to an escrow by minting straight into it, so what was funded is a lower bound only.
        burn(
            CpiContext::new_with_signer(
                accounts.dc_token_program.key(),
                Burn {
                    mint: accounts.dc_mint.to_account_info(),
                    from: accounts.escrow.to_account_info(),
                    authority: accounts.router.to_account_info(),
                },
                &[&[
                    SEED_ROUTER,
                    accounts.router.dc_config.as_ref(),
                    &key_hash(&accounts.router.key),
                    &[accounts.router.bump],
                ]],
            ),
            args.amount,
        )?;
        emit_cpi!(RouterBurned {
            router: ctx.accounts.router.key(),
            amount: args.amount,
            epoch: args.epoch,
            nonce: args.nonce,
            report_hash: args.report_hash,
        });
        Ok(())
    }
}
