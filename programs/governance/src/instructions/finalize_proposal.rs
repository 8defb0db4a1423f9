use crate::{errors::GovernanceError, events::ProposalChanged, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct FinalizeProposal<'info> {
    #[account(mut)]
    pub proposal: Box<Account<'info, Proposal>>,
}

impl FinalizeProposal<'_> {
    pub fn validate(&self) -> Result<()> {
        self.proposal.require_state(ProposalState::Voting)?;
        require!(
            Clock::get()?.unix_timestamp >= self.proposal.end,
            GovernanceError::VoteOpen
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        let proposal = &mut ctx.accounts.proposal;
        let has_passed = proposal.tally().passes(proposal.quorum, proposal.pass_bps);
        let state = if has_passed {
            ProposalState::Passed
        } else {
            ProposalState::Defeated
        };
        proposal.state = state;
        emit_cpi!(ProposalChanged {
            proposal: ctx.accounts.proposal.key(),
            state
        });
        Ok(())
    }
}
