use anchor_lang::prelude::*;

/// What a wallet has been paid. `["claim", distributor, beneficiary]`. 32 bytes with the discriminator, once for all epochs and
/// hotspots. Never closed: a new one would have been paid nothing.
#[account]
#[derive(InitSpace)]
pub struct Claim {
    /// Base units paid since genesis.
    pub claimed: u64,
    /// Epoch of the root it was last paid by.
    pub last_epoch: u64,
    /// Bump of this account.
    pub bump: u8,
    /// Bump of the beneficiary's associated token account.
    pub payout_bump: u8,
    /// Zero.
    pub reserved: [u8; 6],
}

/// One sibling of a proof: 40 bytes.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProofStep {
    /// Hash of the sibling.
    pub hash: [u8; 32],
    /// Base units below the sibling.
    pub sum: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_size_that_was_promised() {
        assert_eq!(Claim::DISCRIMINATOR.len() + Claim::INIT_SPACE, 32);
    }

    #[test]
    fn a_step_is_forty_bytes() {
        let mut bytes = vec![];
        ProofStep {
            hash: [7; 32],
            sum: 0x0102,
        }
        .serialize(&mut bytes)
        .unwrap();
        assert_eq!(bytes.len(), 40);
        assert_eq!(bytes[32..], [2, 1, 0, 0, 0, 0, 0, 0]);
    }
}
