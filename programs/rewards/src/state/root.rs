use crate::{OracleSet, RewardsError};
use anchor_lang::prelude::*;
use merkle_sum::MAX_DEPTH;
use solana_sha256_hasher::hashv;

/// What oracles vote for: all of it has to be identical.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq, InitSpace)]
pub struct RootTuple {
    /// Hash of the Merkle-sum root.
    pub root_hash: [u8; 32],
    /// Sum of all leaves, base units.
    pub total: u64,
    /// Wallets with a leaf.
    pub leaf_count: u32,
    /// SHA-256 of the epoch's manifest.
    pub report_hash: [u8; 32],
    /// SHA-256 of the canonical JSON of the network parameters it was computed under.
    pub parameter_hash: [u8; 32],
}

/// Where an attempt stands.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub enum RootState {
    /// Oracles vote.
    Voting,
    /// Enough agree; it may be vetoed until `final_from`.
    Approved,
    /// Vetoed for good.
    Vetoed,
    /// Final for good.
    Final,
}

/// One attempt to agree on the root of an epoch. `["root", distributor, epoch, attempt]`.
#[account]
#[derive(InitSpace)]
pub struct Root {
    /// Whose epoch it is.
    pub distributor: Pubkey,
    /// The epoch it is about.
    pub epoch: u64,
    /// Number of the attempt; attempts count from 0.
    pub attempt: u16,
    /// Version of the oracle set it was opened under.
    pub set_version: u32,
    /// Votes that approve.
    pub threshold: u8,
    /// Oracles in the set.
    pub oracle_count: u8,
    /// Oracles that have voted, a bit each.
    pub voted: u16,
    /// Where the attempt stands.
    pub state: RootState,
    /// What was approved; zero before.
    pub approved: RootTuple,
    /// From when on it can become final, Unix seconds; 0 before approval.
    pub final_from: i64,
    /// Who paid for this account and gets the rent back.
    pub rent_payer: Pubkey,
    /// Bump of this account.
    pub bump: u8,
    /// The different tuples voted for.
    #[max_len(15)]
    pub candidates: Vec<Candidate>,
}

/// A tuple that somebody voted for.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub struct Candidate {
    /// SHA-256 of the tuple.
    pub digest: [u8; 32],
    /// Oracles that voted for it, a bit each.
    pub votes: u16,
}

impl RootTuple {
    pub fn digest(&self) -> [u8; 32] {
        hashv(&[
            self.root_hash.as_slice(),
            &self.total.to_le_bytes(),
            &self.leaf_count.to_le_bytes(),
            &self.report_hash,
            &self.parameter_hash,
        ])
        .to_bytes()
    }

    pub fn validate(&self) -> Result<()> {
        let zero = [0; 32];
        require!(
            self.leaf_count >= 1
                && self.leaf_count <= 1 << MAX_DEPTH
                && self.root_hash != zero
                && self.report_hash != zero,
            RewardsError::MalformedRoot
        );
        Ok(())
    }
}

impl Root {
    /// A new attempt under a set of oracles.
    pub fn open(distributor: Pubkey, epoch: u64, attempt: u16, set: &OracleSet, rent_payer: Pubkey, bump: u8) -> Self {
        Self {
            distributor,
            epoch,
            attempt,
            set_version: set.version,
            threshold: set.threshold,
            oracle_count: set.oracles.len() as u8,
            voted: 0,
            state: RootState::Voting,
            approved: RootTuple::default(),
            final_from: 0,
            rent_payer,
            bump,
            candidates: vec![],
        }
    }

    /// Counts the vote of oracle `index`. Returns the votes for the tuple; at the threshold it is approved and the window begins.
    pub fn vote(&mut self, index: usize, tuple: &RootTuple, now: i64, veto_seconds: u32) -> Result<u8> {
        require!(self.state == RootState::Voting, RewardsError::VotingClosed);
        let bit = 1u16 << index;
        require!(self.voted & bit == 0, RewardsError::AlreadyVoted);
        let digest = tuple.digest();
        let at = match self.candidates.iter().position(|candidate| candidate.digest == digest) {
            Some(at) => at,
            None => {
                self.candidates.push(Candidate { digest, votes: 0 });
                self.candidates.len() - 1
            }
        };
        self.voted |= bit;
        self.candidates[at].votes |= bit;
        let votes = self.candidates[at].votes.count_ones() as u8;
        if votes >= self.threshold {
            self.state = RootState::Approved;
            self.approved = *tuple;
            self.final_from = now.saturating_add(i64::from(veto_seconds));
        }
        Ok(votes)
    }

    /// Whether no tuple can reach the threshold any more, however the others vote.
    pub fn is_deadlocked(&self) -> bool {
        let most = self
            .candidates
            .iter()
            .map(|candidate| candidate.votes.count_ones())
            .max()
            .unwrap_or(0);
        let open = u32::from(self.oracle_count) - self.voted.count_ones();
        self.state == RootState::Voting && most + open < u32::from(self.threshold)
    }

    /// Whether another attempt may take its place: it was vetoed, its oracles were rotated away, it cannot reach the threshold, or what
    /// was approved is less than became final (`final_total`, base units) since.
    pub fn is_over(&self, set: &OracleSet, final_total: u64) -> bool {
        match self.state {
            RootState::Final => false,
            RootState::Vetoed => true,
            RootState::Voting => self.set_version != set.version || self.is_deadlocked(),
            RootState::Approved => self.set_version != set.version || self.approved.total < final_total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    fn set(count: u8, threshold: u8) -> OracleSet {
        OracleSet {
            distributor: Pubkey::default(),
            version: 1,
            threshold,
            bump: 0,
            oracles: (1..=count).map(|n| Pubkey::new_from_array([n; 32])).collect(),
        }
    }

    fn attempt(count: u8, threshold: u8) -> Root {
        Root::open(Pubkey::default(), 7, 0, &set(count, threshold), Pubkey::default(), 0)
    }

    fn tuple(n: u8) -> RootTuple {
        RootTuple {
            root_hash: [n; 32],
            total: 1,
            leaf_count: 1,
            report_hash: [n; 32],
            parameter_hash: [n; 32],
        }
    }

    #[test]
    fn approves_at_the_threshold_whoever_voted_first() {
        let mut root = attempt(5, 4);
        assert_eq!(root.vote(0, &tuple(9), 100, 60), Ok(1));
        for (index, votes) in [(1, 1), (2, 2), (3, 3)] {
            assert_eq!(root.vote(index, &tuple(1), 100, 60), Ok(votes));
            assert_eq!(root.state, RootState::Voting);
        }
        assert_eq!(root.vote(4, &tuple(1), 100, 60), Ok(4));
        assert_eq!(
            (root.state, root.approved, root.final_from),
            (RootState::Approved, tuple(1), 160)
        );
    }

    #[test]
    fn rejects_a_second_vote_and_a_late_one() {
        let mut root = attempt(5, 4);
        root.vote(0, &tuple(1), 0, 60).unwrap();
        assert_eq!(root.vote(0, &tuple(1), 0, 60), Err(RewardsError::AlreadyVoted.into()));
        assert_eq!(root.vote(0, &tuple(2), 0, 60), Err(RewardsError::AlreadyVoted.into()));
        for index in 1..4 {
            root.vote(index, &tuple(1), 0, 60).unwrap();
        }
        assert_eq!(root.vote(4, &tuple(1), 0, 60), Err(RewardsError::VotingClosed.into()));
    }

    #[test]
    fn a_vote_for_anything_else_counts_apart() {
        let others = [
            RootTuple {
                root_hash: [2; 32],
                ..tuple(1)
            },
            RootTuple { total: 2, ..tuple(1) },
            RootTuple {
                leaf_count: 2,
                ..tuple(1)
            },
            RootTuple {
                report_hash: [2; 32],
                ..tuple(1)
            },
            RootTuple {
                parameter_hash: [2; 32],
                ..tuple(1)
            },
        ];
        for other in others {
            let mut root = attempt(2, 2);
            root.vote(0, &tuple(1), 0, 60).unwrap();
            assert_eq!(root.vote(1, &other, 0, 60), Ok(1));
        }
    }

    #[test]
    fn is_over_when_nothing_can_reach_the_threshold() {
        let mut root = attempt(5, 4);
        root.vote(0, &tuple(1), 0, 60).unwrap();
        root.vote(1, &tuple(2), 0, 60).unwrap();
        assert!(!root.is_over(&set(5, 4), 0));
        root.vote(2, &tuple(3), 0, 60).unwrap();
        assert!(root.is_over(&set(5, 4), 0));
        let rotated = OracleSet {
            version: 2,
            ..set(5, 4)
        };
        assert!(attempt(5, 4).is_over(&rotated, 0));
        assert!(!attempt(5, 4).is_over(&set(5, 4), 0));
    }

    #[test]
    fn is_over_when_more_became_final_than_it_says() {
        let mut root = attempt(1, 1);
        root.vote(0, &RootTuple { total: 10, ..tuple(1) }, 0, 60).unwrap();
        assert_eq!(root.state, RootState::Approved);
        assert!(!root.is_over(&set(1, 1), 10));
        assert!(root.is_over(&set(1, 1), 11));
        root.state = RootState::Final;
        assert!(!root.is_over(&set(1, 1), 11));
    }

    #[test]
    fn has_the_layout_clients_read() {
        assert_eq!(RootTuple::INIT_SPACE, 108);
        assert_eq!(
            Root::INIT_SPACE,
            32 + 8 + 2 + 4 + 1 + 1 + 2 + 1 + 108 + 8 + 32 + 1 + 4 + 15 * 34
        );
    }

    proptest! {
        #[test]
        fn approves_only_what_the_threshold_of_distinct_oracles_voted_for(
            count in 1u8..=15, ballots in vec((0usize..15, 1u8..4), 0..60)
        ) {
            let threshold = 2 * count / 3 + 1;
            let mut root = attempt(count, threshold);
            let mut cast = [0u8; 15];
            for (index, choice) in ballots {
                let index = index % usize::from(count);
                if root.vote(index, &tuple(choice), 0, 1).is_ok() {
                    prop_assert_eq!(cast[index], 0);
                    cast[index] = choice;
                }
            }
            let most = (1..4).map(|choice| cast.iter().filter(|c| **c == choice).count()).max().unwrap();
            prop_assert_eq!(root.state == RootState::Approved, most >= usize::from(threshold));
            if root.state == RootState::Approved {
                let votes = cast.iter().filter(|c| **c == root.approved.root_hash[0]).count();
                prop_assert!(votes >= usize::from(threshold));
            } else {
                let open = cast[..usize::from(count)].iter().filter(|c| **c == 0).count();
                prop_assert_eq!(root.is_deadlocked(), most + open < usize::from(threshold));
            }
        }
    }
}
