use crate::{errors::GovernanceError, events::GovernanceCreated, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use guard::{cpi::accounts::InitVaultGuard, program::Guard as GuardProgram, GuardArgs};

#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct InitGovArgs {
    pub rules: GovRules,
    /// Seconds of an epoch, at least 1.
    pub epoch_seconds: u32,
    /// Who may pause the treasury.
    pub treasury_guardian: Pubkey,
    /// Most base units the treasury pays in a window.
    pub treasury_limit: u64,
    /// Seconds of that window, at least 1.
    pub treasury_window_s: u32,
}

#[event_cpi]
#[derive(Accounts)]
pub struct InitGov<'info> {
    #[account(init, payer = payer, space = 8 + Gov::INIT_SPACE, seeds = [SEED_GOV, mint.key().as_ref()], bump)]
    pub gov: Box<Account<'info, Gov>>,
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    pub mint_authority: Signer<'info>,
    /// CHECK: owns the locked tokens, holds nothing itself
    #[account(seeds = [SEED_LOCK_AUTHORITY, gov.key().as_ref()], bump)]
    pub lock_authority: UncheckedAccount<'info>,
    #[account(
        init, payer = payer, seeds = [SEED_LOCKS, gov.key().as_ref()], bump,
        token::mint = mint, token::authority = lock_authority, token::token_program = token_program
    )]
    pub locks: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: created by the guard program, which derives it
    #[account(mut)]
    pub treasury: UncheckedAccount<'info>,
    /// CHECK: created by the guard program, which derives it
    #[account(mut)]
    pub treasury_guard: UncheckedAccount<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub guard_program: Program<'info, GuardProgram>,
    /// CHECK: checked by the guard program
    pub guard_event_authority: UncheckedAccount<'info>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

impl InitGov<'_> {
    pub fn validate(&self, args: &InitGovArgs) -> Result<()> {
        require!(
            self.mint.mint_authority.contains(self.mint_authority.key),
            GovernanceError::NotTheMintAuthority
        );
        require!(args.epoch_seconds > 0, GovernanceError::BadRule);
        args.rules.validate()
    }

    pub fn handle(ctx: Context<Self>, args: InitGovArgs) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        accounts.gov.set_inner(Gov {
            mint: accounts.mint.key(),
            token_program: accounts.token_program.key(),
            locks: accounts.locks.key(),
            treasury: accounts.treasury.key(),
            epoch_seconds: args.epoch_seconds,
            rules: args.rules,
            proposals: 0,
            locked: 0,
            lock_authority_bump: ctx.bumps.lock_authority,
            bump: ctx.bumps.gov,
        });
        accounts.create_treasury(&args)?;
        emit_cpi!(GovernanceCreated {
            gov: ctx.accounts.gov.key(),
            mint: ctx.accounts.mint.key(),
            treasury: ctx.accounts.treasury.key(),
        });
        Ok(())
    }

    fn create_treasury(&self, args: &InitGovArgs) -> Result<()> {
        guard::cpi::init_vault_guard(
            CpiContext::new_with_signer(
                self.guard_program.key(),
                InitVaultGuard {
                    guard: self.treasury_guard.to_account_info(),
                    vault: self.treasury.to_account_info(),
                    mint: self.mint.to_account_info(),
                    caller: self.gov.to_account_info(),
                    payer: self.payer.to_account_info(),
                    token_program: self.token_program.to_account_info(),
                    system_program: self.system_program.to_account_info(),
                    event_authority: self.guard_event_authority.to_account_info(),
                    program: self.guard_program.to_account_info(),
                },
                &[&[SEED_GOV, self.gov.mint.as_ref(), &[self.gov.bump]]],
            ),
            GuardArgs {
                admin: self.gov.key(),
                guardian: args.treasury_guardian,
                limit: args.treasury_limit,
                window_s: args.treasury_window_s,
                lifetime_cap: u64::MAX,
            },
        )
    }
}
