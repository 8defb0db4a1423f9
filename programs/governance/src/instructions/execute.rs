use crate::{
    errors::GovernanceError,
    events::ProposalChanged,
    packed::{instruction_hash, unpack},
    state::*,
    PackedInstruction,
};
use anchor_lang::{prelude::*, solana_program::program::invoke_signed};

#[event_cpi]
#[derive(Accounts)]
pub struct Execute<'info> {
    /// Signs. Not written here, so that an instruction may change it.
    #[account(seeds = [SEED_GOV, gov.mint.as_ref()], bump = gov.bump)]
    pub gov: Box<Account<'info, Gov>>,
    #[account(mut, has_one = gov @ GovernanceError::ForeignGovernance)]
    pub proposal: Box<Account<'info, Proposal>>,
}

impl<'info> Execute<'info> {
    pub fn validate(&self) -> Result<()> {
        self.proposal.require_state(ProposalState::Queued)?;
        let now = Clock::get()?.unix_timestamp;
        require!(now >= self.proposal.eta, GovernanceError::TooEarly);
        let until = self
            .proposal
            .eta
            .saturating_add(i64::from(self.proposal.execute_seconds));
        require!(now < until, GovernanceError::TooLate);
        Ok(())
    }

    pub fn handle(ctx: Context<'info, Self>, packed: Vec<PackedInstruction>) -> Result<()> {
        let keys: Vec<Pubkey> = ctx.remaining_accounts.iter().map(|account| account.key()).collect();
        let instructions = unpack(&packed, &keys)?;
        let hash = instruction_hash(&instructions)?;
        require!(
            hash == ctx.accounts.proposal.instruction_hash,
            GovernanceError::InstructionMismatch
        );

        // Written before anything is called: an instruction that comes back here finds it executed.
        ctx.accounts.proposal.state = ProposalState::Executed;
        ctx.accounts.proposal.exit(&crate::ID)?;
        let gov = &ctx.accounts.gov;
        let seeds: &[&[u8]] = &[SEED_GOV, gov.mint.as_ref(), &[gov.bump]];
        for instruction in &instructions {
            invoke_signed(instruction, ctx.remaining_accounts, &[seeds])?;
        }
        emit_cpi!(ProposalChanged {
            proposal: ctx.accounts.proposal.key(),
            state: ProposalState::Executed,
        });
        Ok(())
    }
}
