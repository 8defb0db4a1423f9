use crate::{errors::DataCreditsError, events::RouterRegistered, state::*};
use anchor_lang::prelude::*;
use anchor_spl::{
    token_2022::Token2022,
    token_interface::{Mint, TokenAccount},
};
use precompile::require_signature;

#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct RegisterRouterArgs {
    /// Route key with its tag.
    pub key: [u8; 33],
    /// Organisation number; 0 for none.
    pub oui: u32,
}

#[event_cpi]
#[derive(Accounts)]
#[instruction(args: RegisterRouterArgs)]
pub struct RegisterRouter<'info> {
    #[account(
        init, payer = payer, space = 8 + Router::INIT_SPACE,
        seeds = [SEED_ROUTER, dc_config.key().as_ref(), &key_hash(&args.key)], bump
    )]
    pub router: Box<Account<'info, Router>>,
    #[account(
        init, payer = payer, seeds = [SEED_ESCROW, router.key().as_ref()], bump,
        token::mint = dc_mint, token::authority = router, token::token_program = dc_token_program
    )]
    pub escrow: Box<InterfaceAccount<'info, TokenAccount>>,
    #[account(
        seeds = [SEED_DC, dc_config.dc_mint.as_ref()], bump = dc_config.bump,
        has_one = dc_mint @ DataCreditsError::WrongTokenAccount
    )]
    pub dc_config: Box<Account<'info, DcConfig>>,
    pub dc_mint: Box<InterfaceAccount<'info, Mint>>,
    /// The wallet in whose name packets are paid.
    pub authority: Signer<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    /// CHECK: its address is checked where it is read
    pub instructions: UncheckedAccount<'info>,
    pub dc_token_program: Program<'info, Token2022>,
    pub system_program: Program<'info, System>,
}

impl RegisterRouter<'_> {
    pub fn validate(&self, args: &RegisterRouterArgs) -> Result<()> {
        let message = register_message(&self.dc_config.key(), self.authority.key, args.oui);
        require_signature(&self.instructions, &args.key, &message).map_err(DataCreditsError::from)?;
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, args: RegisterRouterArgs) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        accounts.router.set_inner(Router {
            dc_config: accounts.dc_config.key(),
            key: args.key,
            authority: accounts.authority.key(),
            oui: args.oui,
            escrow: accounts.escrow.key(),
            funded: 0,
            burned: 0,
            last_nonce: 0,
            last_epoch: 0,
            bump: ctx.bumps.router,
        });
        emit_cpi!(RouterRegistered {
            router: ctx.accounts.router.key(),
            authority: ctx.accounts.authority.key(),
            key: args.key,
            oui: args.oui,
        });
        Ok(())
    }
}
