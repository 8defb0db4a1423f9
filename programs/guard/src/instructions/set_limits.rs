use crate::{errors::GuardError, events::LimitsSet, state::*};
use anchor_lang::prelude::*;
use leaky_bucket::Limit;

#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct LimitArgs {
    /// Base units per window; 0 lets nothing out.
    pub limit: u64,
    /// Seconds, at least 1.
    pub window_s: u32,
    pub guardian: Pubkey,
}

#[event_cpi]
#[derive(Accounts)]
pub struct SetLimits<'info> {
    #[account(
        mut, seeds = [SEED_GUARD, guard.target.as_ref()], bump = guard.bump,
        has_one = admin @ GuardError::NotTheAdmin
    )]
    pub guard: Account<'info, Guard>,
    pub admin: Signer<'info>,
}

impl SetLimits<'_> {
    pub fn validate(&self, args: &LimitArgs) -> Result<()> {
        require!(args.window_s > 0, GuardError::ZeroWindow);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, args: LimitArgs) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;
        let guard = &mut ctx.accounts.guard;
        let to = Limit {
            limit: args.limit,
            window_s: args.window_s,
        };
        let bucket = guard.bucket().rescale(guard.bucket_limit(), to, now);
        guard.level = bucket.level;
        guard.level_at = bucket.at;
        guard.limit = args.limit;
        guard.window_s = args.window_s;
        guard.guardian = args.guardian;
        emit_cpi!(LimitsSet {
            guard: ctx.accounts.guard.key(),
            limit: args.limit,
            window_s: args.window_s,
            guardian: args.guardian,
        });
        Ok(())
    }
}
