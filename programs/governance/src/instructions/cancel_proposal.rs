use crate::{errors::GovernanceError, events::ProposalChanged, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct CancelProposal<'info> {
    #[account(mut, has_one = proposer @ GovernanceError::NotTheProposer)]
    pub proposal: Box<Account<'info, Proposal>>,
    pub proposer: Signer<'info>,
}

impl CancelProposal<'_> {
    pub fn validate(&self) -> Result<()> {
        let is_open = matches!(
            self.proposal.state,
            ProposalState::Voting | ProposalState::Passed | ProposalState::Queued
        );
        require!(is_open, GovernanceError::WrongState);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.proposal.state = ProposalState::Cancelled;
        emit_cpi!(ProposalChanged {
            proposal: ctx.accounts.proposal.key(),
            state: ProposalState::Cancelled,
        });
        Ok(())
    }
}
