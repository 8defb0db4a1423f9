use crate::{errors::DataCreditsError, events::DataCreditsCreated, state::*};
use anchor_lang::{prelude::*, system_program};
use anchor_spl::{
    token_2022::{
        initialize_mint2,
        spl_token_2022::{extension::ExtensionType, state::Mint as MintState},
        InitializeMint2, Token2022,
    },
    token_2022_extensions::{non_transferable_mint_initialize, NonTransferableMintInitialize},
    token_interface::Mint,
};
use guard::{cpi::accounts::InitMintGuard, program::Guard as GuardProgram, GuardArgs};

#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct InitDataCreditsArgs {
    /// The network account, a PDA of the registry. It need not exist yet.
    pub network: Pubkey,
    pub admin: Pubkey,
    pub parameters: DcParameters,
    /// Seconds of an epoch, at least 1; the network must have the same.
    pub epoch_seconds: u32,
    /// Most data credits made in a window.
    pub mint_limit: u64,
    /// Seconds of that window, at least 1.
    pub mint_window_s: u32,
}

#[event_cpi]
#[derive(Accounts)]
pub struct InitDataCredits<'info> {
    #[account(init, payer = payer, space = 8 + DcConfig::INIT_SPACE, seeds = [SEED_DC, dc_mint.key().as_ref()], bump)]
    pub dc_config: Box<Account<'info, DcConfig>>,
    /// A new account that becomes the mint.
    #[account(mut)]
    pub dc_mint: Signer<'info>,
    pub token_mint: Box<InterfaceAccount<'info, Mint>>,
    /// CHECK: created by the guard program, which derives it
    #[account(mut)]
    pub dc_guard: UncheckedAccount<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub guard_program: Program<'info, GuardProgram>,
    /// CHECK: checked by the guard program
    pub guard_event_authority: UncheckedAccount<'info>,
    pub dc_token_program: Program<'info, Token2022>,
    pub system_program: Program<'info, System>,
}

impl InitDataCredits<'_> {
    pub fn validate(&self, args: &InitDataCreditsArgs) -> Result<()> {
        args.parameters.validate()?;
        require!(
            args.epoch_seconds > 0 && args.mint_window_s > 0,
            DataCreditsError::BadParameter
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, args: InitDataCreditsArgs) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        accounts.dc_config.set_inner(DcConfig {
            network: args.network,
            dc_mint: accounts.dc_mint.key(),
            token_mint: accounts.token_mint.key(),
            token_program: *accounts.token_mint.to_account_info().owner,
            admin: args.admin,
            pending_admin: None,
            guardian: args.parameters.guardian,
            burn_authority: args.parameters.burn_authority,
            price_source: args.parameters.price_source,
            max_price_age_s: args.parameters.max_price_age_s,
            max_confidence_bps: args.parameters.max_confidence_bps,
            epoch_seconds: args.epoch_seconds,
            token_decimals: accounts.token_mint.decimals,
            token_burned: 0,
            dc_minted: 0,
            dc_burned_data: 0,
            dc_burned_fees: 0,
            dc_escrowed: 0,
            paused: false,
            bump: ctx.bumps.dc_config,
        });
        accounts.create_mint()?;
        accounts.hand_mint_to_guard(&args)?;
        emit_cpi!(DataCreditsCreated {
            dc_config: ctx.accounts.dc_config.key(),
            network: args.network,
            dc_mint: ctx.accounts.dc_mint.key(),
            token_mint: ctx.accounts.token_mint.key(),
            admin: args.admin,
        });
        Ok(())
    }

    /// A mint without decimals and freeze authority, whose tokens cannot be transferred. The extension comes before the mint.
    fn create_mint(&self) -> Result<()> {
        let space = ExtensionType::try_calculate_account_len::<MintState>(&[ExtensionType::NonTransferable])?;
        system_program::create_account(
            CpiContext::new(
                self.system_program.key(),
                system_program::CreateAccount {
                    from: self.payer.to_account_info(),
                    to: self.dc_mint.to_account_info(),
                },
            ),
            Rent::get()?.minimum_balance(space),
            space as u64,
            self.dc_token_program.key,
        )?;
        non_transferable_mint_initialize(CpiContext::new(
            self.dc_token_program.key(),
            NonTransferableMintInitialize {
                token_program_id: self.dc_token_program.to_account_info(),
                mint: self.dc_mint.to_account_info(),
            },
        ))?;
        initialize_mint2(
            CpiContext::new(
                self.dc_token_program.key(),
                InitializeMint2 {
                    mint: self.dc_mint.to_account_info(),
                },
            ),
            0,
            &self.dc_config.key(),
            None,
        )
    }

    fn hand_mint_to_guard(&self, args: &InitDataCreditsArgs) -> Result<()> {
        guard::cpi::init_mint_guard(
            CpiContext::new_with_signer(
                self.guard_program.key(),
                InitMintGuard {
                    guard: self.dc_guard.to_account_info(),
                    mint: self.dc_mint.to_account_info(),
                    mint_authority: self.dc_config.to_account_info(),
                    caller: self.dc_config.to_account_info(),
                    payer: self.payer.to_account_info(),
                    token_program: self.dc_token_program.to_account_info(),
                    system_program: self.system_program.to_account_info(),
                    event_authority: self.guard_event_authority.to_account_info(),
                    program: self.guard_program.to_account_info(),
                },
                &[&[SEED_DC, self.dc_config.dc_mint.as_ref(), &[self.dc_config.bump]]],
            ),
            GuardArgs {
                admin: args.admin,
                guardian: args.parameters.guardian,
                limit: args.mint_limit,
                window_s: args.mint_window_s,
                lifetime_cap: u64::MAX,
            },
        )
    }
}
