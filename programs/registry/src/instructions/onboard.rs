use crate::{errors::RegistryError, events::HotspotOnboarded, fee::FeePayment, nft::HotspotToken, state::*};
use anchor_lang::prelude::*;
use anchor_spl::{associated_token::AssociatedToken, token_2022::Token2022};
use data_credits::{program::DataCredits, FeeKind};
use precompile::require_signature;

#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct OnboardArgs {
    /// Public key of the device with its tag.
    pub device_key: [u8; 33],
    pub kind: HotspotKind,
    /// Any number; the device signed it.
    pub nonce: u64,
    pub antenna: Antenna,
}

#[event_cpi]
#[derive(Accounts)]
#[instruction(args: OnboardArgs)]
pub struct Onboard<'info> {
    #[account(
        mut, seeds = [SEED_NETWORK, network.token_mint.as_ref()], bump = network.bump,
        has_one = dc_config @ RegistryError::ForeignDataCredits,
        has_one = dc_mint @ RegistryError::WrongTokenAccount
    )]
    pub network: Box<Account<'info, Network>>,
    #[account(
        init, payer = payer, space = 8 + Hotspot::INIT_SPACE,
        seeds = [SEED_HOTSPOT, network.key().as_ref(), &key_hash(&args.device_key)], bump
    )]
    pub hotspot: Box<Account<'info, Hotspot>>,
    /// CHECK: made here
    #[account(mut, seeds = [SEED_HOTSPOT_NFT, hotspot.key().as_ref()], bump)]
    pub nft_mint: UncheckedAccount<'info>,
    /// CHECK: the owner's associated account of the new mint; made by the program that derives it
    #[account(mut)]
    pub nft_account: UncheckedAccount<'info>,
    /// CHECK: a wallet that is written down; the device signed it
    pub owner: UncheckedAccount<'info>,
    /// Who made the device; none for a light hotspot of no maker.
    #[account(mut, has_one = network @ RegistryError::ForeignNetwork)]
    pub maker: Option<Box<Account<'info, Maker>>>,
    /// Signs for the maker.
    pub issuer: Option<Signer<'info>>,
    /// Pays rent, and the fee from its data credits.
    #[account(mut)]
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
    /// CHECK: its address is checked where it is read
    pub instructions: UncheckedAccount<'info>,
    pub nft_token_program: Program<'info, Token2022>,
    pub associated_token_program: Program<'info, AssociatedToken>,
    pub system_program: Program<'info, System>,
}

impl Onboard<'_> {
    pub fn validate(&self, args: &OnboardArgs) -> Result<()> {
        let maker = self.maker.as_ref().map(|maker| maker.key());
        let message = onboard_message(&self.network.key(), self.owner.key, maker, args.kind, args.nonce);
        require_signature(&self.instructions, &args.device_key, &message).map_err(RegistryError::from)?;
        match &self.maker {
            Some(maker) => {
                require!(maker.approved, RegistryError::MakerNotApproved);
                let issuer = self.issuer.as_ref().map(|issuer| issuer.key());
                require!(issuer == Some(maker.issuer), RegistryError::NotTheIssuer);
            }
            None => require!(args.kind == HotspotKind::Light, RegistryError::MakerRequired),
        }
        self.network.rules.check_antenna(&args.antenna)
    }

    pub fn handle(ctx: Context<Self>, args: OnboardArgs) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let key_hash = key_hash(&args.device_key);
        let epoch = accounts.network.epoch_at(Clock::get()?.unix_timestamp);
        let fee = match args.kind {
            HotspotKind::Full => accounts.network.fees.full_onboard,
            HotspotKind::Light => accounts.network.fees.light_onboard,
        };
        let mut gateway_id = [0; 8];
        gateway_id.copy_from_slice(&key_hash[..8]);
        accounts.network.hotspots += 1;
        if let Some(maker) = &mut accounts.maker {
            maker.hotspots += 1;
        }
        accounts.hotspot.set_inner(Hotspot {
            network: accounts.network.key(),
            device_key: args.device_key,
            gateway_id,
            kind: args.kind,
            nft_mint: accounts.nft_mint.key(),
            maker: accounts.maker.as_ref().map(|maker| maker.key()),
            owner: TimedOwner::new(accounts.owner.key(), epoch),
            location: TimedLocation::new(Location::NOWHERE, epoch),
            antenna: TimedAntenna::new(args.antenna, epoch),
            suspended: TimedFlag::new(false, epoch),
            assert_nonce: 0,
            assert_epoch: epoch,
            asserts_in_epoch: 0,
            onboard_fee: fee,
            onboard_nonce: args.nonce,
            onboarded_epoch: epoch,
            bump: ctx.bumps.hotspot,
            beneficiary: TimedSplit::new(Split::whole(accounts.owner.key()), epoch),
        });
        accounts.burn_fee(fee)?;
        accounts.create_token(&key_hash, &gateway_id, ctx.bumps.nft_mint)?;
        emit_cpi!(HotspotOnboarded {
            hotspot: ctx.accounts.hotspot.key(),
            device_key: args.device_key,
            owner: ctx.accounts.owner.key(),
            maker: ctx.accounts.hotspot.maker,
            kind: args.kind,
            nft_mint: ctx.accounts.nft_mint.key(),
            fee,
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
            dc_token_program: self.nft_token_program.to_account_info(),
        }
        .burn(amount, FeeKind::Onboard)
    }

    fn create_token(&self, key_hash: &[u8; 32], gateway_id: &[u8; 8], mint_bump: u8) -> Result<()> {
        HotspotToken {
            hotspot: self.hotspot.to_account_info(),
            hotspot_seeds: &[
                SEED_HOTSPOT,
                self.hotspot.network.as_ref(),
                key_hash,
                &[self.hotspot.bump],
            ],
            mint: self.nft_mint.to_account_info(),
            mint_bump,
            owner: self.owner.to_account_info(),
            token_account: self.nft_account.to_account_info(),
            payer: self.payer.to_account_info(),
            token_program: self.nft_token_program.to_account_info(),
            associated_token_program: self.associated_token_program.key(),
            system_program: self.system_program.to_account_info(),
        }
        .create(gateway_id, &self.network.metadata_uri)
    }
}
