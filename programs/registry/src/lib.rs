//! Hotspots and their makers: who owns a hotspot, where it says it is, who is paid for it, and under which parameters.
//!
//! A device proves on chain that it has its key. Ownership is a Token-2022 token that can be sold like any other; what is written
//! about a hotspot holds from the next epoch on, so that past rewards stay with who earned them and every oracle reads the same
//! registry. Fees are burnt in data credits. Who may do what: programs/README.md.
use anchor_lang::prelude::*;

pub mod errors;
pub mod events;
pub mod fee;
pub mod instructions;
pub mod nft;
pub mod state;

pub use errors::RegistryError;
pub use fee::FeePayment;
pub use instructions::*;
pub use state::*;

declare_id!("EarshotRegistry1111111111111111111111111111");

#[program]
pub mod registry {
    use super::*;

    /// Creates the network of a token.
    ///
    /// ### Authority: the token's mint authority, before it goes to the guard, so that nobody else can take the place
    #[access_control(ctx.accounts.validate(&args))]
    pub fn create_network(ctx: Context<CreateNetwork>, args: CreateNetworkArgs) -> Result<()> {
        CreateNetwork::handle(ctx, args)
    }

    /// Changes fees, rules and the denylist authority.
    ///
    /// ### Authority: the admin
    #[access_control(settings.validate())]
    pub fn update_network(ctx: Context<UpdateNetwork>, settings: NetworkSettings) -> Result<()> {
        UpdateNetwork::handle(ctx, settings)
    }

    /// Schedules other network parameters from a later epoch on.
    ///
    /// ### Authority: the admin
    #[access_control(ctx.accounts.validate(&hash, from_epoch))]
    pub fn set_parameters(ctx: Context<SetParameters>, hash: [u8; 32], from_epoch: u64) -> Result<()> {
        SetParameters::handle(ctx, hash, from_epoch)
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

    /// Registers a maker and opens its stake account, into which anybody pays by an ordinary transfer.
    ///
    /// ### Authority: who becomes the maker's admin
    #[access_control(ctx.accounts.validate(&args))]
    pub fn register_maker(ctx: Context<RegisterMaker>, args: RegisterMakerArgs) -> Result<()> {
        RegisterMaker::handle(ctx, args)
    }

    /// Lets a maker issue hotspots.
    ///
    /// ### Authority: the network's admin
    #[access_control(ctx.accounts.validate())]
    pub fn approve_maker(ctx: Context<ApproveMaker>) -> Result<()> {
        ApproveMaker::handle(ctx)
    }

    /// Ends a maker's approval. Its hotspots stay.
    ///
    /// ### Authority: the network's admin, or the maker's
    #[access_control(ctx.accounts.validate())]
    pub fn revoke_maker(ctx: Context<RevokeMaker>) -> Result<()> {
        RevokeMaker::handle(ctx)
    }

    /// Sets the maker's issuer and names its next admin, or nobody.
    ///
    /// ### Authority: the maker's admin
    pub fn update_maker(ctx: Context<UpdateMaker>, issuer: Pubkey, pending_admin: Option<Pubkey>) -> Result<()> {
        UpdateMaker::handle(ctx, issuer, pending_admin)
    }

    /// Becomes the maker's admin.
    ///
    /// ### Authority: the maker's proposed admin
    #[access_control(ctx.accounts.validate())]
    pub fn accept_maker_admin(ctx: Context<AcceptMakerAdmin>) -> Result<()> {
        AcceptMakerAdmin::handle(ctx)
    }

    /// Pays the whole stake of a maker that is not approved out.
    ///
    /// ### Authority: the maker's admin
    #[access_control(ctx.accounts.validate())]
    pub fn withdraw_stake(ctx: Context<WithdrawStake>) -> Result<()> {
        WithdrawStake::handle(ctx)
    }

    /// Onboards a device: checks its signature, burns the fee, makes its token and gives it to the owner.
    ///
    /// ### Authority: the device's key; for a full hotspot an approved maker's issuer; the owner of the data credits
    #[access_control(ctx.accounts.validate(&args))]
    pub fn onboard(ctx: Context<Onboard>, args: OnboardArgs) -> Result<()> {
        Onboard::handle(ctx, args)
    }

    /// Says where the hotspot is. A fee is due when that is another place than before.
    ///
    /// ### Authority: the owner, who holds the token
    #[access_control(ctx.accounts.validate(&args))]
    pub fn assert_location(ctx: Context<AssertLocation>, args: AssertLocationArgs) -> Result<()> {
        AssertLocation::handle(ctx, args)
    }

    /// Says what antenna the hotspot has.
    ///
    /// ### Authority: the owner, who holds the token
    #[access_control(ctx.accounts.validate(&antenna))]
    pub fn set_antenna(ctx: Context<SetAntenna>, antenna: Antenna) -> Result<()> {
        SetAntenna::handle(ctx, antenna)
    }

    /// Says who is paid: a wallet, or a fixed split of up to six.
    ///
    /// ### Authority: the owner, who holds the token
    #[access_control(ctx.accounts.validate(&split))]
    pub fn set_beneficiary(ctx: Context<SetBeneficiary>, split: Split) -> Result<()> {
        SetBeneficiary::handle(ctx, split)
    }

    /// Writes down who holds the hotspot's token now. From the next epoch on rewards go to that wallet.
    ///
    /// ### Authority: none
    #[access_control(ctx.accounts.validate())]
    pub fn sync_owner(ctx: Context<SyncOwner>) -> Result<()> {
        SyncOwner::handle(ctx)
    }

    /// Suspends a hotspot from the next epoch on, or ends that. Moves no funds.
    ///
    /// ### Authority: the denylist authority or the admin
    #[access_control(ctx.accounts.validate(suspended))]
    pub fn set_suspended(ctx: Context<SetSuspended>, suspended: bool) -> Result<()> {
        SetSuspended::handle(ctx, suspended)
    }
}
