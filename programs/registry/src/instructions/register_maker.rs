use crate::{errors::RegistryError, events::MakerRegistered, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct RegisterMakerArgs {
    /// 1 to 32 bytes.
    pub name: String,
    /// Signs the onboarding of the maker's hotspots.
    pub issuer: Pubkey,
}

#[event_cpi]
#[derive(Accounts)]
#[instruction(args: RegisterMakerArgs)]
pub struct RegisterMaker<'info> {
    #[account(
        mut, seeds = [SEED_NETWORK, network.token_mint.as_ref()], bump = network.bump,
        has_one = token_mint @ RegistryError::WrongTokenAccount
    )]
    pub network: Box<Account<'info, Network>>,
    #[account(
        init, payer = payer, space = 8 + Maker::INIT_SPACE,
        seeds = [SEED_MAKER, network.key().as_ref(), &name_hash(&args.name)], bump
    )]
    pub maker: Box<Account<'info, Maker>>,
    #[account(
        init, payer = payer, seeds = [SEED_STAKE, maker.key().as_ref()], bump,
        token::mint = token_mint, token::authority = maker, token::token_program = token_program
    )]
    pub stake_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    pub token_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Becomes the maker's admin.
    pub admin: Signer<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

impl RegisterMaker<'_> {
    pub fn validate(&self, args: &RegisterMakerArgs) -> Result<()> {
        let length = args.name.len();
        require!(
            length >= 1 && length <= usize::from(MAX_NAME_BYTES),
            RegistryError::BadName
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, args: RegisterMakerArgs) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        accounts.network.makers += 1;
        accounts.maker.set_inner(Maker {
            network: accounts.network.key(),
            admin: accounts.admin.key(),
            pending_admin: None,
            issuer: args.issuer,
            stake_vault: accounts.stake_vault.key(),
            approved: false,
            hotspots: 0,
            bump: ctx.bumps.maker,
            name: args.name.clone(),
        });
        emit_cpi!(MakerRegistered {
            maker: ctx.accounts.maker.key(),
            network: ctx.accounts.network.key(),
            name: args.name,
            admin: ctx.accounts.admin.key(),
        });
        Ok(())
    }
}
