use crate::{errors::RegistryError, events::NetworkCreated, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::Mint;
use data_credits::DcConfig;

#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct CreateNetworkArgs {
    pub admin: Pubkey,
    /// Number of the network in protocol messages.
    pub wire_id: u16,
    pub settings: NetworkSettings,
    /// SHA-256 of the canonical JSON of the parameters.
    pub parameter_hash: [u8; 32],
}

#[event_cpi]
#[derive(Accounts)]
pub struct CreateNetwork<'info> {
    #[account(
        init, payer = payer, space = 8 + Network::INIT_SPACE,
        seeds = [SEED_NETWORK, token_mint.key().as_ref()], bump
    )]
    pub network: Box<Account<'info, Network>>,
    pub token_mint: Box<InterfaceAccount<'info, Mint>>,
    pub mint_authority: Signer<'info>,
    #[account(
        has_one = network @ RegistryError::ForeignDataCredits,
        has_one = token_mint @ RegistryError::ForeignDataCredits
    )]
    pub dc_config: Box<Account<'info, DcConfig>>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub system_program: Program<'info, System>,
}

impl CreateNetwork<'_> {
    pub fn validate(&self, args: &CreateNetworkArgs) -> Result<()> {
        require!(
            self.token_mint.mint_authority.contains(self.mint_authority.key),
            RegistryError::NotTheMintAuthority
        );
        require!(args.parameter_hash != [0; 32], RegistryError::ZeroHash);
        args.settings.validate()
    }

    pub fn handle(ctx: Context<Self>, args: CreateNetworkArgs) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        accounts.network.set_inner(Network {
            token_mint: accounts.token_mint.key(),
            token_program: *accounts.token_mint.to_account_info().owner,
            dc_config: accounts.dc_config.key(),
            dc_mint: accounts.dc_config.dc_mint,
            admin: args.admin,
            pending_admin: None,
            denylist_authority: args.settings.denylist_authority,
            wire_id: args.wire_id,
            epoch_seconds: accounts.dc_config.epoch_seconds,
            fees: args.settings.fees,
            rules: args.settings.rules,
            parameters: ParameterHashes::constant(args.parameter_hash),
            hotspots: 0,
            makers: 0,
            bump: ctx.bumps.network,
            metadata_uri: args.settings.metadata_uri,
        });
        emit_cpi!(NetworkCreated {
            network: ctx.accounts.network.key(),
            token_mint: ctx.accounts.token_mint.key(),
            dc_config: ctx.accounts.dc_config.key(),
            admin: args.admin,
        });
        Ok(())
    }
}
