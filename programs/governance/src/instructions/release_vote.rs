use crate::{errors::GovernanceError, events::VoteReleased, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct ReleaseVote<'info> {
    pub proposal: Box<Account<'info, Proposal>>,
    #[account(mut)]
    pub position: Box<Account<'info, Position>>,
    #[account(
        mut, close = rent_payer, has_one = proposal @ GovernanceError::ForeignVote,
        has_one = position @ GovernanceError::ForeignVote, has_one = rent_payer @ GovernanceError::NotTheRentPayer
    )]
    pub vote: Box<Account<'info, Vote>>,
    /// CHECK: who paid for the vote account
    #[account(mut)]
    pub rent_payer: UncheckedAccount<'info>,
}

impl ReleaseVote<'_> {
    pub fn validate(&self) -> Result<()> {
        require!(
            self.proposal.is_vote_over(Clock::get()?.unix_timestamp),
            GovernanceError::VoteOpen
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        let position = &mut ctx.accounts.position;
        position.votes_active = position
            .votes_active
            .checked_sub(1)
            .ok_or(GovernanceError::BooksDoNotBalance)?;
        emit_cpi!(VoteReleased {
            proposal: ctx.accounts.proposal.key(),
            position: ctx.accounts.position.key(),
        });
        Ok(())
    }
}
