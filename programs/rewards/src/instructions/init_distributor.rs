use crate::{errors::RewardsError, events::DistributorCreated, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use guard::{cpi::accounts::InitVaultGuard, program::Guard as GuardProgram, GuardArgs, SEED_GUARD, SEED_VAULT};
use registry::Network;

#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct InitDistributorArgs {
    pub admin: Pubkey,
    pub config: DistributorConfig,
    pub settings: IssueSettings,
    pub oracles: OracleArgs,
    /// First epoch that is issued; not over yet.
    pub first_epoch: u64,
    /// Most base units paid in a window.
    pub vault_limit: u64,
    /// Seconds of that window, at least 1.
    pub vault_window_s: u32,
}

#[event_cpi]
#[derive(Accounts)]
pub struct InitDistributor<'info> {
    #[account(
        init, payer = payer, space = 8 + Distributor::INIT_SPACE,
        seeds = [SEED_DISTRIBUTOR, network.key().as_ref()], bump
    )]
    pub distributor: Box<Account<'info, Distributor>>,
    #[account(
        init, payer = payer, space = 8 + OracleSet::INIT_SPACE,
        seeds = [SEED_ORACLES, distributor.key().as_ref()], bump
    )]
    pub oracle_set: Box<Account<'info, OracleSet>>,
    #[account(
        has_one = token_mint @ RewardsError::WrongTokenAccount,
        constraint = network.admin == network_admin.key() @ RewardsError::NotTheNetworkAdmin
    )]
    pub network: Box<Account<'info, Network>>,
    pub network_admin: Signer<'info>,
    #[account(mint::token_program = token_program)]
    pub token_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Receives the treasury's part: a vault of the guard, which nobody can close to stop the epochs.
    #[account(constraint = treasury.mint == token_mint.key() @ RewardsError::WrongTokenAccount)]
    pub treasury: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: created by the guard program, which derives it
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: created by the guard program, which derives it
    #[account(mut)]
    pub vault_guard: UncheckedAccount<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub guard_program: Program<'info, GuardProgram>,
    /// CHECK: checked by the guard program
    pub guard_event_authority: UncheckedAccount<'info>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

impl InitDistributor<'_> {
    pub fn validate(&self, args: &InitDistributorArgs) -> Result<()> {
        args.config.validate()?;
        args.settings.validate()?;
        args.oracles.validate()?;
        let (guard, _) = Pubkey::find_program_address(&[SEED_GUARD, self.treasury.key().as_ref()], &guard::ID);
        require_keys_eq!(self.treasury.owner, guard, RewardsError::WrongTokenAccount);
        let present = self.network.epoch_at(Clock::get()?.unix_timestamp);
        require!(args.first_epoch >= present, RewardsError::FirstEpochOver);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, args: InitDistributorArgs) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        accounts.distributor.set_inner(Distributor {
            network: accounts.network.key(),
            token_mint: accounts.token_mint.key(),
            token_program: accounts.token_program.key(),
            vault: accounts.vault.key(),
            treasury: accounts.treasury.key(),
            admin: args.admin,
            pending_admin: None,
            guardian: args.config.guardian,
            epoch_seconds: accounts.network.epoch_seconds,
            veto_seconds: args.config.veto_seconds,
            log_seconds: args.config.log_seconds,
            root_retention: args.config.root_retention,
            first_epoch: args.first_epoch,
            next_epoch: args.first_epoch,
            next_final: args.first_epoch,
            issued: 0,
            issued_treasury: 0,
            claimed: 0,
            final_hash: [0; 32],
            final_total: 0,
            burn_average: 0,
            burned: 0,
            reissued: 0,
            price_e8: 0,
            settings: TimedIssueSettings::constant(args.settings),
            paused: false,
            bump: ctx.bumps.distributor,
        });
        accounts.oracle_set.set_inner(OracleSet {
            distributor: accounts.distributor.key(),
            version: 1,
            threshold: args.oracles.threshold,
            bump: ctx.bumps.oracle_set,
            oracles: args.oracles.oracles.clone(),
        });
        accounts.create_vault(&args)?;
        emit_cpi!(DistributorCreated {
            distributor: ctx.accounts.distributor.key(),
            network: ctx.accounts.network.key(),
            vault: ctx.accounts.vault.key(),
            first_epoch: args.first_epoch,
        });
        Ok(())
    }

    fn create_vault(&self, args: &InitDistributorArgs) -> Result<()> {
        guard::cpi::init_vault_guard(
            CpiContext::new_with_signer(
                self.guard_program.key(),
                InitVaultGuard {
                    guard: self.vault_guard.to_account_info(),
                    vault: self.vault.to_account_info(),
                    mint: self.token_mint.to_account_info(),
                    caller: self.distributor.to_account_info(),
                    payer: self.payer.to_account_info(),
                    token_program: self.token_program.to_account_info(),
                    system_program: self.system_program.to_account_info(),
                    event_authority: self.guard_event_authority.to_account_info(),
                    program: self.guard_program.to_account_info(),
                },
                &[&[
                    SEED_DISTRIBUTOR,
                    self.distributor.network.as_ref(),
                    &[self.distributor.bump],
                ]],
            ),
            GuardArgs {
                admin: args.admin,
                guardian: args.config.guardian,
                limit: args.vault_limit,
                window_s: args.vault_window_s,
                lifetime_cap: u64::MAX,
            },
        )?;
        let seeds = [
            SEED_VAULT,
            &self.distributor.key().to_bytes(),
            &self.distributor.token_mint.to_bytes(),
        ];
        let (vault, _) = Pubkey::find_program_address(&seeds, &guard::ID);
        require_keys_eq!(vault, self.distributor.vault, RewardsError::WrongTokenAccount);
        Ok(())
    }
}
