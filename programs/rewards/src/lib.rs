//! Issues the network's tokens epoch by epoch and pays them by roots that oracles agree on.
//!
//! An epoch is issued once, after its end, by a schedule. Oracles compute alone who earned what since genesis and vote for the root of
//! a Merkle-sum tree; more than two thirds have to name the identical tuple. After a window in which it can be vetoed it
//! is final for ever, and anybody proves to this program what a wallet has earned: one claim pays all of its hotspots and all
//! epochs so far. Who may do what: programs/README.md.
use anchor_lang::prelude::*;

pub mod errors;
pub mod events;
pub mod instructions;
pub mod state;

pub use errors::RewardsError;
pub use instructions::*;
pub use state::*;

declare_id!("EarshotRewards11111111111111111111111111111");

#[program]
pub mod rewards {
    use super::*;

    /// Creates the distributor of a network, its oracle set and its vault.
    ///
    /// ### Authority: the network's admin
    #[access_control(ctx.accounts.validate(&args))]
    pub fn init_distributor(ctx: Context<InitDistributor>, args: InitDistributorArgs) -> Result<()> {
        InitDistributor::handle(ctx, args)
    }

    /// Creates the schedule.
    ///
    /// ### Authority: the admin
    pub fn init_schedule(ctx: Context<InitSchedule>, periods: Vec<EmissionPeriod>) -> Result<()> {
        InitSchedule::handle(ctx, periods)
    }

    /// Adds periods of later epochs to the schedule.
    ///
    /// ### Authority: the admin
    #[access_control(ctx.accounts.validate(&periods))]
    pub fn append_periods(ctx: Context<AppendPeriods>, periods: Vec<EmissionPeriod>) -> Result<()> {
        AppendPeriods::handle(ctx, periods)
    }

    /// Changes guardian, veto window and retention. A root that is approved keeps its window.
    ///
    /// ### Authority: the admin
    #[access_control(ctx.accounts.validate(&config))]
    pub fn set_config(ctx: Context<SetConfig>, config: DistributorConfig) -> Result<()> {
        SetConfig::handle(ctx, config)
    }

    /// Schedules how later epochs are issued.
    ///
    /// ### Authority: the admin
    #[access_control(settings.validate())]
    pub fn set_issue_settings(ctx: Context<SetIssueSettings>, settings: IssueSettings, from_epoch: u64) -> Result<()> {
        SetIssueSettings::handle(ctx, settings, from_epoch)
    }

    /// Replaces the oracles. Attempts that are not final are over with it.
    ///
    /// ### Authority: the admin
    #[access_control(args.validate())]
    pub fn rotate_oracles(ctx: Context<RotateOracles>, args: OracleArgs) -> Result<()> {
        RotateOracles::handle(ctx, args)
    }

    /// Issues the next epoch once it is over, and opens the first attempt at its root.
    ///
    /// ### Authority: none
    #[access_control(ctx.accounts.validate(epoch))]
    pub fn issue_epoch(ctx: Context<IssueEpoch>, epoch: u64) -> Result<()> {
        IssueEpoch::handle(ctx, epoch)
    }

    /// Opens another attempt when the latest was vetoed, lost its oracles or cannot succeed.
    ///
    /// ### Authority: none
    #[access_control(ctx.accounts.validate(epoch, attempt))]
    pub fn open_attempt(ctx: Context<OpenAttempt>, epoch: u64, attempt: u16) -> Result<()> {
        OpenAttempt::handle(ctx, epoch, attempt)
    }

    /// Votes for a root.
    ///
    /// ### Authority: an oracle of the set
    #[access_control(ctx.accounts.validate(&tuple))]
    pub fn vote_root(ctx: Context<VoteRoot>, tuple: RootTuple) -> Result<()> {
        VoteRoot::handle(ctx, tuple)
    }

    /// Rejects an approved root while its window is open.
    ///
    /// ### Authority: the guardian or the admin
    #[access_control(ctx.accounts.validate())]
    pub fn veto_root(ctx: Context<VetoRoot>) -> Result<()> {
        VetoRoot::handle(ctx)
    }

    /// Makes an approved root final after its window.
    ///
    /// ### Authority: none
    #[access_control(ctx.accounts.validate())]
    pub fn finalize_root(ctx: Context<FinalizeRoot>) -> Result<()> {
        FinalizeRoot::handle(ctx)
    }

    /// Opens the account that remembers what a wallet has been paid.
    ///
    /// ### Authority: none
    pub fn open_claim(ctx: Context<OpenClaim>) -> Result<()> {
        OpenClaim::handle(ctx)
    }

    /// Pays a wallet what the latest final root proves, less what it has been paid; a part of it where it is more than the vault's limit, and
    /// the rest later. The tokens go to the wallet's own account, whoever asks.
    ///
    /// ### Authority: none
    #[access_control(ctx.accounts.validate(cumulative))]
    pub fn claim(ctx: Context<PayClaim>, cumulative: u64, left_siblings: u32, proof: Vec<ProofStep>) -> Result<()> {
        PayClaim::handle(ctx, cumulative, left_siblings, proof)
    }

    /// Closes the votes on the root of an old epoch. What became final stays in the epoch's account.
    ///
    /// ### Authority: none; the rent goes to who paid it
    #[access_control(ctx.accounts.validate())]
    pub fn close_old_root(ctx: Context<CloseOldRoot>) -> Result<()> {
        CloseOldRoot::handle(ctx)
    }

    /// Opens the record of log heads of an oracle.
    ///
    /// ### Authority: an oracle of the set
    #[access_control(ctx.accounts.validate(&ingest_key))]
    pub fn open_log(ctx: Context<OpenLog>, ingest_key: [u8; 33]) -> Result<()> {
        OpenLog::handle(ctx, ingest_key)
    }

    /// Records the head of an oracle's report log, once an interval.
    ///
    /// ### Authority: the oracle, while it is in the set
    #[access_control(ctx.accounts.validate())]
    pub fn record_log_head(ctx: Context<RecordLogHead>, length: u64, head: [u8; 32]) -> Result<()> {
        RecordLogHead::handle(ctx, length, head)
    }

    /// Stops issuing, votes, finality and claims.
    ///
    /// ### Authority: the guardian or the admin
    #[access_control(ctx.accounts.validate())]
    pub fn pause(ctx: Context<Pause>) -> Result<()> {
        Pause::handle(ctx)
    }

    /// Ends a pause.
    ///
    /// ### Authority: the admin
    #[access_control(ctx.accounts.validate())]
    pub fn unpause(ctx: Context<Unpause>) -> Result<()> {
        Unpause::handle(ctx)
    }

    /// Names the next admin, or nobody.
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
