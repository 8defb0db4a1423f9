use crate::{errors::GovernanceError, events::ProposalChanged, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct QueueProposal<'info> {
    #[account(mut)]
    pub proposal: Box<Account<'info, Proposal>>,
}

impl QueueProposal<'_> {
    pub fn validate(&self) -> Result<()> {
        self.proposal.require_state(ProposalState::Passed)
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        let proposal = &mut ctx.accounts.proposal;
        let eta = Clock::get()?
            .unix_timestamp
            .checked_add(i64::from(proposal.timelock_seconds));
        proposal.eta = eta.ok_or(GovernanceError::AmountOverflow)?;
        proposal.state = ProposalState::Queued;
        emit_cpi!(ProposalChanged {
            proposal: ctx.accounts.proposal.key(),
            state: ProposalState::Queued,
        });
        Ok(())
    }
}
