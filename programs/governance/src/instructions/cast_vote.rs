use crate::{errors::GovernanceError, events::VoteCast, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct CastVote<'info> {
    #[account(mut)]
    pub proposal: Box<Account<'info, Proposal>>,
    #[account(
        mut, has_one = owner @ GovernanceError::NotTheOwner,
        constraint = position.gov == proposal.gov @ GovernanceError::ForeignGovernance
    )]
    pub position: Box<Account<'info, Position>>,
    #[account(
        init, payer = payer, space = 8 + Vote::INIT_SPACE,
        seeds = [SEED_VOTE, proposal.key().as_ref(), position.key().as_ref()], bump
    )]
    pub vote: Box<Account<'info, Vote>>,
    pub owner: Signer<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub system_program: Program<'info, System>,
}

impl CastVote<'_> {
    fn weight(&self) -> u64 {
        self.position
            .weight_at(self.proposal.snapshot, self.proposal.max_lock_seconds)
    }

    pub fn validate(&self) -> Result<()> {
        require!(
            !self.proposal.is_vote_over(Clock::get()?.unix_timestamp),
            GovernanceError::VoteOver
        );
        require!(self.weight() > 0, GovernanceError::NoWeight);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, choice: Choice) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let weight = accounts.weight();
        accounts.proposal.count(choice, weight)?;
        let votes = accounts.position.votes_active.checked_add(1);
        accounts.position.votes_active = votes.ok_or(GovernanceError::AmountOverflow)?;
        accounts.vote.set_inner(Vote {
            proposal: accounts.proposal.key(),
            position: accounts.position.key(),
            choice,
            weight,
            rent_payer: accounts.payer.key(),
            bump: ctx.bumps.vote,
        });
        emit_cpi!(VoteCast {
            proposal: ctx.accounts.proposal.key(),
            position: ctx.accounts.position.key(),
            choice,
            weight,
        });
        Ok(())
    }
}
