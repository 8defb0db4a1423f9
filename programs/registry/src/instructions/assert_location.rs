use crate::{errors::RegistryError, events::LocationAsserted, fee::FeePayment, nft::require_holder, state::*};
use anchor_lang::prelude::*;
use anchor_spl::{token_2022::Token2022, token_interface::TokenAccount};
use data_credits::{program::DataCredits, FeeKind};

#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct AssertLocationArgs {
    /// H3 index of resolution 8.
    pub cell_public: u64,
    /// Commitment to the digits of resolutions 9 to 12 (see `Location`).
    pub commitment: [u8; 32],
    /// Salt and digits of an open hotspot; none for a private one.
    pub opening: Option<Opening>,
    /// Number of the radio region.
    pub region: u8,
    /// One more than the last assert of the hotspot.
    pub nonce: u32,
}

#[event_cpi]
#[derive(Accounts)]
pub struct AssertLocation<'info> {
    #[account(
        seeds = [SEED_NETWORK, network.token_mint.as_ref()], bump = network.bump,
        has_one = dc_config @ RegistryError::ForeignDataCredits,
        has_one = dc_mint @ RegistryError::WrongTokenAccount
    )]
    pub network: Box<Account<'info, Network>>,
    #[account(mut, has_one = network @ RegistryError::ForeignNetwork)]
    pub hotspot: Box<Account<'info, Hotspot>>,
    pub owner: Signer<'info>,
    /// Holds the hotspot's token for the owner.
    pub nft_account: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Owns the data credits.
    pub payer: Signer<'info>,
    /// CHECK: the token program checks that it is an account of the mint and the payer's
    #[account(mut)]
    pub fee_account: UncheckedAccount<'info>,
    /// CHECK: the network's; the data-credit program reads it
    #[account(mut)]
    pub dc_config: UncheckedAccount<'info>,
    /// CHECK: the network's
    #[account(mut)]
    pub dc_mint: UncheckedAccount<'info>,
    pub data_credits_program: Program<'info, DataCredits>,
    /// CHECK: checked by the data-credit program
    pub data_credits_event_authority: UncheckedAccount<'info>,
    pub dc_token_program: Program<'info, Token2022>,
}

impl AssertLocation<'_> {
    pub fn validate(&self, args: &AssertLocationArgs) -> Result<()> {
        self.hotspot.require_owner(self.owner.key)?;
        require_holder(&self.nft_account, &self.hotspot.nft_mint, self.owner.key)?;
        require!(
            self.hotspot.assert_nonce.checked_add(1) == Some(args.nonce),
            RegistryError::NonceOutOfOrder
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, args: AssertLocationArgs) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let epoch = accounts.network.epoch_at(Clock::get()?.unix_timestamp);
        let location = Location::assert(args.cell_public, args.commitment, args.opening, args.region)?;
        let is_same_place = location.is_same_place(&accounts.hotspot.location.next);
        let fee = match (is_same_place, accounts.hotspot.kind) {
            (true, _) => 0,
            (false, HotspotKind::Full) => accounts.network.fees.full_assert,
            (false, HotspotKind::Light) => accounts.network.fees.light_assert,
        };
        accounts
            .hotspot
            .count_assert(epoch, accounts.network.rules.asserts_per_epoch)?;
        accounts.hotspot.location.set(location, epoch);
        accounts.burn_fee(fee)?;
        emit_cpi!(LocationAsserted {
            hotspot: ctx.accounts.hotspot.key(),
            location,
            fee,
            nonce: args.nonce,
            from_epoch: epoch + 1,
        });
        Ok(())
    }

    fn burn_fee(&self, amount: u64) -> Result<()> {
        FeePayment {
            network: &self.network,
            payer: self.payer.to_account_info(),
            fee_account: self.fee_account.to_account_info(),
            dc_config: self.dc_config.to_account_info(),
            dc_mint: self.dc_mint.to_account_info(),
            program: self.data_credits_program.to_account_info(),
            event_authority: self.data_credits_event_authority.to_account_info(),
            dc_token_program: self.dc_token_program.to_account_info(),
        }
        .burn(amount, FeeKind::Assert)
    }
}
