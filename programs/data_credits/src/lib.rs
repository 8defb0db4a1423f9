//! Data credits: what packets are paid with. One is worth $0.00001, cannot be transferred, and is made only by burning the
//! network's token at its price.
//!
//! A customer mints data credits, moves them into the escrow of a router account, and the metering oracle burns them for
//! packets. Fees for hotspots are burnt by the registry. The guard holds the mint authority and limits how many are made. Who may
//! do what: programs/README.md.
use anchor_lang::prelude::*;

pub mod errors;
pub mod events;
pub mod instructions;
pub mod price;
pub mod state;

pub use errors::DataCreditsError;
pub use instructions::*;
pub use price::*;
pub use state::*;

declare_id!("EarshotDataCredits1111111111111111111111111");

#[program]
pub mod data_credits {
    use super::*;

    /// Creates the data-credit mint of a network, with its authority in the guard.
    ///
    /// ### Authority: none; the network chooses which of these it uses
    #[access_control(ctx.accounts.validate(&args))]
    pub fn init_data_credits(ctx: Context<InitDataCredits>, args: InitDataCreditsArgs) -> Result<()> {
        InitDataCredits::handle(ctx, args)
    }

    /// Changes burn authority, guardian and price rules.
    ///
    /// ### Authority: the admin
    #[access_control(args.validate())]
    pub fn set_parameters(ctx: Context<SetParameters>, args: DcParameters) -> Result<()> {
        SetParameters::handle(ctx, args)
    }

    /// Creates the network's own price feed.
    ///
    /// ### Authority: the admin
    #[access_control(args.validate())]
    pub fn init_feed(ctx: Context<InitFeed>, args: FeedArgs) -> Result<()> {
        InitFeed::handle(ctx, args)
    }

    /// Changes oracles, quorum and limits of the price feed.
    ///
    /// ### Authority: the admin
    #[access_control(args.validate())]
    pub fn set_feed(ctx: Context<SetFeed>, args: FeedArgs) -> Result<()> {
        SetFeed::handle(ctx, args)
    }

    /// Opens the record of the present epoch or the next, which conversions and prices are written into.
    ///
    /// ### Authority: none
    #[access_control(ctx.accounts.validate(epoch))]
    pub fn open_epoch(ctx: Context<OpenEpoch>, epoch: u64) -> Result<()> {
        OpenEpoch::handle(ctx, epoch)
    }

    /// Says what a token costs, in 1e-8 USD. With enough fresh submissions the median becomes the price.
    ///
    /// ### Authority: an oracle of the price feed
    #[access_control(ctx.accounts.validate())]
    pub fn submit_price(ctx: Context<SubmitPrice>, price_e8: u64) -> Result<()> {
        SubmitPrice::handle(ctx, price_e8)
    }

    /// Writes a newer Pyth price into the record of the present epoch.
    ///
    /// ### Authority: none
    #[access_control(ctx.accounts.validate())]
    pub fn record_price(ctx: Context<RecordPrice>) -> Result<()> {
        RecordPrice::handle(ctx)
    }

    /// Burns network tokens of the payer and makes data credits for anybody.
    ///
    /// ### Authority: the owner of the tokens
    #[access_control(ctx.accounts.validate())]
    pub fn mint_data_credits(ctx: Context<MintDataCredits>, conversion: Conversion) -> Result<()> {
        MintDataCredits::handle(ctx, conversion)
    }

    /// Opens a router account for a route key, which proves itself by a signature.
    ///
    /// ### Authority: the wallet that will pay
    #[access_control(ctx.accounts.validate(&args))]
    pub fn register_router(ctx: Context<RegisterRouter>, args: RegisterRouterArgs) -> Result<()> {
        RegisterRouter::handle(ctx, args)
    }

    /// Moves data credits into a router's escrow, for good.
    ///
    /// ### Authority: the owner of the data credits
    #[access_control(ctx.accounts.validate(amount))]
    pub fn fund_router(ctx: Context<FundRouter>, amount: u64) -> Result<()> {
        FundRouter::handle(ctx, amount)
    }

    /// Burns data credits of a router for packets carried. Burns of a router are numbered, so that a retry cannot burn twice.
    ///
    /// ### Authority: the burn authority
    #[access_control(ctx.accounts.validate(&args))]
    pub fn burn_router(ctx: Context<BurnRouter>, args: BurnRouterArgs) -> Result<()> {
        BurnRouter::handle(ctx, args)
    }

    /// Burns a fee.
    ///
    /// ### Authority: the network (a PDA of the registry), and the owner of the data credits
    #[access_control(ctx.accounts.validate(amount))]
    pub fn burn_fee(ctx: Context<BurnFee>, amount: u64, kind: FeeKind) -> Result<()> {
        BurnFee::handle(ctx, amount, kind)
    }

    /// Stops conversions, funding and burns.
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
