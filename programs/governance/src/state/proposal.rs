use crate::GovernanceError;
use anchor_lang::prelude::*;
use vote_weight::Tally;

/// Instructions to vote on. `["prop", gov, id]`. The rules it was made under hold for it to the end.
#[account]
#[derive(InitSpace)]
pub struct Proposal {
    /// The governance that votes on it.
    pub gov: Pubkey,
    /// Number; proposals count from 0.
    pub id: u64,
    /// Who made it and may cancel it.
    pub proposer: Pubkey,
    /// SHA-256 of the instructions, as `execute` packs them.
    pub instruction_hash: [u8; 32],
    /// SHA-256 of the text that explains it.
    pub description_hash: [u8; 32],
    /// When weights are counted, Unix seconds.
    pub snapshot: i64,
    /// When the vote ends, Unix seconds.
    pub end: i64,
    /// Weight that has to take part.
    pub quorum: u64,
    /// Part that has to be for, 1e-4.
    pub pass_bps: u16,
    /// Seconds between queueing and execution.
    pub timelock_seconds: u32,
    /// Seconds in which it can be executed.
    pub execute_seconds: u32,
    /// Longest lock when it was made, seconds.
    pub max_lock_seconds: u32,
    /// Weight for.
    pub yes: u64,
    /// Weight against.
    pub no: u64,
    /// Weight that abstains.
    pub abstain: u64,
    /// Where it stands.
    pub state: ProposalState,
    /// When it can be executed, Unix seconds; 0 before it is queued.
    pub eta: i64,
    /// Bump of this account.
    pub bump: u8,
}

#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub enum ProposalState {
    Voting,
    Passed,
    Defeated,
    Queued,
    Executed,
    Cancelled,
}

#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub enum Choice {
    Yes,
    No,
    Abstain,
}

/// A position's vote. `["vote", proposal, position]`. It exists once, so a position votes once.
#[account]
#[derive(InitSpace)]
pub struct Vote {
    /// What was voted on.
    pub proposal: Pubkey,
    /// Which position voted.
    pub position: Pubkey,
    /// What it voted.
    pub choice: Choice,
    /// Weight it counted for, base units.
    pub weight: u64,
    /// Who paid for this account and gets the rent back.
    pub rent_payer: Pubkey,
    /// Bump of this account.
    pub bump: u8,
}

impl Proposal {
    pub fn tally(&self) -> Tally {
        Tally {
            yes: self.yes,
            no: self.no,
            abstain: self.abstain,
        }
    }

    /// Adds a vote.
    pub fn count(&mut self, choice: Choice, weight: u64) -> Result<()> {
        let sum = match choice {
            Choice::Yes => &mut self.yes,
            Choice::No => &mut self.no,
            Choice::Abstain => &mut self.abstain,
        };
        *sum = sum.checked_add(weight).ok_or(GovernanceError::AmountOverflow)?;
        Ok(())
    }

    /// Whether votes no longer count, at `now`.
    pub fn is_vote_over(&self, now: i64) -> bool {
        self.state != ProposalState::Voting || now >= self.end
    }

    pub fn require_state(&self, state: ProposalState) -> Result<()> {
        require!(self.state == state, GovernanceError::WrongState);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_layout_clients_read() {
        assert_eq!(
            Proposal::INIT_SPACE,
            32 + 8 + 3 * 32 + 8 + 8 + 8 + 2 + 12 + 24 + 1 + 8 + 1
        );
        assert_eq!(Vote::INIT_SPACE, 64 + 1 + 8 + 32 + 1);
    }
}
