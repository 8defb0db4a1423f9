use crate::{errors::GovernanceError, events::RulesSet, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct SetRules<'info> {
    #[account(mut, seeds = [SEED_GOV, gov.mint.as_ref()], bump = gov.bump)]
    pub gov: Box<Account<'info, Gov>>,
    /// The governance account again, as a signer: only an executed proposal has its signature.
    #[account(address = gov.key() @ GovernanceError::NotGovernance)]
    pub authority: Signer<'info>,
}

impl SetRules<'_> {
    pub fn handle(ctx: Context<Self>, rules: GovRules) -> Result<()> {
        ctx.accounts.gov.rules = rules;
        emit_cpi!(RulesSet {
            gov: ctx.accounts.gov.key()
        });
        Ok(())
    }
}
