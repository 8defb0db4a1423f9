//! The one program that can create the network's tokens and open its vaults. It keeps a guard for each mint and each vault: one
//! other program may ask it for tokens, and it gives no more than a limit per window of time, whatever that program believes.
//!
//! It knows nothing of rewards, fees or votes, and is small so that it can be read in one sitting and frozen first. Amounts are
//! base units; times are Unix seconds. Who may do what: programs/README.md.
use anchor_lang::prelude::*;

pub mod errors;
pub mod events;
pub mod instructions;
pub mod state;

pub use errors::GuardError;
pub use instructions::*;
pub use state::*;

declare_id!("EarshotGuard1111111111111111111111111111111");

#[program]
pub mod guard {
    use super::*;

    /// Takes over the mint authority of a token for good. From then on only `caller` (a PDA of another program) has tokens made.
    ///
    /// ### Authority: the present mint authority
    #[access_control(ctx.accounts.validate(&args))]
    pub fn init_mint_guard(ctx: Context<InitMintGuard>, args: GuardArgs) -> Result<()> {
        InitMintGuard::handle(ctx, args)
    }

    /// Creates an empty vault that is the guard's from birth. Only `caller` has tokens paid out of it.
    ///
    /// ### Authority: the caller itself, so that nobody can take its place
    #[access_control(ctx.accounts.validate(&args))]
    pub fn init_vault_guard(ctx: Context<InitVaultGuard>, args: GuardArgs) -> Result<()> {
        InitVaultGuard::handle(ctx, args)
    }

    /// Makes tokens.
    ///
    /// ### Authority: the guard's caller
    #[access_control(ctx.accounts.validate(amount))]
    pub fn guarded_mint(ctx: Context<GuardedMint>, amount: u64) -> Result<()> {
        GuardedMint::handle(ctx, amount)
    }

    /// Pays tokens out of a vault.
    ///
    /// ### Authority: the guard's caller
    #[access_control(ctx.accounts.validate(amount))]
    pub fn guarded_transfer(ctx: Context<GuardedTransfer>, amount: u64) -> Result<()> {
        GuardedTransfer::handle(ctx, amount)
    }

    /// Burns tokens of a vault. Counts against the limit like a payment.
    ///
    /// ### Authority: the guard's caller
    #[access_control(ctx.accounts.validate(amount))]
    pub fn guarded_burn(ctx: Context<GuardedBurn>, amount: u64) -> Result<()> {
        GuardedBurn::handle(ctx, amount)
    }

    /// Burns tokens of one account and makes as many in another: how tokens that cannot be transferred move. The supply is the same
    /// before and after, so no limit applies.
    ///
    /// ### Authority: the guard's caller, and the owner of the account that is burnt from
    #[access_control(ctx.accounts.validate(amount))]
    pub fn guarded_reissue(ctx: Context<GuardedReissue>, amount: u64) -> Result<()> {
        GuardedReissue::handle(ctx, amount)
    }

    /// Changes limit, window and guardian. What has been let through stays counted.
    ///
    /// ### Authority: the admin
    #[access_control(ctx.accounts.validate(&args))]
    pub fn set_limits(ctx: Context<SetLimits>, args: LimitArgs) -> Result<()> {
        SetLimits::handle(ctx, args)
    }

    /// Stops everything the guard does.
    ///
    /// ### Authority: the guardian or the admin
    #[access_control(ctx.accounts.validate())]
    pub fn pause(ctx: Context<Pause>) -> Result<()> {
        Pause::handle(ctx)
    }

    /// Lets a paused guard work again.
    ///
    /// ### Authority: the admin, not the guardian
    #[access_control(ctx.accounts.validate())]
    pub fn unpause(ctx: Context<Unpause>) -> Result<()> {
        Unpause::handle(ctx)
    }

    /// Names the next admin; nothing changes until it accepts. The same call withdraws a proposal (`None`).
    ///
    /// ### Authority: the admin
    pub fn propose_admin(ctx: Context<ProposeAdmin>, admin: Option<Pubkey>) -> Result<()> {
        ProposeAdmin::handle(ctx, admin)
    }

    /// Becomes the admin.
    ///
    /// ### Authority: the proposed admin
    #[access_control(ctx.accounts.validate())]
    pub fn accept_admin(ctx: Context<AcceptAdmin>) -> Result<()> {
        AcceptAdmin::handle(ctx)
    }
}
