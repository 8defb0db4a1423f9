use crate::{errors::GovernanceError, events::Proposed, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
#[instruction(id: u64)]
pub struct Propose<'info> {
    #[account(mut, seeds = [SEED_GOV, gov.mint.as_ref()], bump = gov.bump)]
    pub gov: Box<Account<'info, Gov>>,
    #[account(
        init, payer = payer, space = 8 + Proposal::INIT_SPACE,
        seeds = [SEED_PROPOSAL, gov.key().as_ref(), &id.to_le_bytes()], bump
    )]
    pub proposal: Box<Account<'info, Proposal>>,
    #[account(has_one = gov @ GovernanceError::ForeignGovernance, has_one = owner @ GovernanceError::NotTheOwner)]
    pub position: Box<Account<'info, Position>>,
    pub owner: Signer<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub system_program: Program<'info, System>,
}

impl Propose<'_> {
    pub fn validate(&self, id: u64, instruction_hash: &[u8; 32]) -> Result<()> {
        require_eq!(id, self.gov.proposals, GovernanceError::WrongProposalNumber);
        require!(*instruction_hash != [0; 32], GovernanceError::ZeroHash);
        let now = Clock::get()?.unix_timestamp;
        let weight = self.position.weight_at(now, self.gov.rules.max_lock_seconds);
        require!(
            weight > 0 && weight >= self.gov.rules.proposer_min,
            GovernanceError::TooLittleToPropose
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, id: u64, instruction_hash: [u8; 32], description_hash: [u8; 32]) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let rules = accounts.gov.rules;
        accounts.gov.proposals += 1;
        accounts.proposal.set_inner(Proposal {
            gov: accounts.gov.key(),
            id,
            proposer: accounts.owner.key(),
            instruction_hash,
            description_hash,
            snapshot: now,
            end: now.saturating_add(i64::from(rules.vote_seconds)),
            quorum: rules.quorum,
            pass_bps: rules.pass_bps,
            timelock_seconds: rules.timelock_seconds,
            execute_seconds: rules.execute_seconds,
            max_lock_seconds: rules.max_lock_seconds,
            yes: 0,
            no: 0,
            abstain: 0,
            state: ProposalState::Voting,
            eta: 0,
            bump: ctx.bumps.proposal,
        });
        emit_cpi!(Proposed {
            gov: ctx.accounts.gov.key(),
            proposal: ctx.accounts.proposal.key(),
            id,
            proposer: ctx.accounts.owner.key(),
            instruction_hash,
            description_hash,
        });
        Ok(())
    }
}
