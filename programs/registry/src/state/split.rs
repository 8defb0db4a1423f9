use crate::RegistryError;
use anchor_lang::prelude::*;

/// Most wallets that share the rewards of a hotspot.
#[constant]
pub const MAX_SHARES: u8 = 6;

const ONE_BPS: u32 = 10_000;

/// Where the rewards of a hotspot go: one wallet, or a fixed split of up to six.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq, InitSpace)]
pub struct Split {
    #[max_len(6)]
    /// Who gets how much: 1 to 6 different wallets.
    pub shares: Vec<Share>,
}

#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub struct Share {
    /// Who is paid.
    pub wallet: Pubkey,
    /// 1e-4 of the rewards; all of them sum to 10000.
    pub bps: u16,
}

impl Split {
    /// Everything to one wallet.
    pub fn whole(wallet: Pubkey) -> Self {
        Self {
            shares: vec![Share {
                wallet,
                bps: ONE_BPS as u16,
            }],
        }
    }

    pub fn validate(&self) -> Result<()> {
        let shares = &self.shares;
        let sum: u32 = shares.iter().map(|share| u32::from(share.bps)).sum();
        let is_distinct = shares
            .iter()
            .enumerate()
            .all(|(i, share)| shares[..i].iter().all(|other| other.wallet != share.wallet));
        require!(
            shares.len() <= usize::from(MAX_SHARES)
                && sum == ONE_BPS
                && is_distinct
                && shares
                    .iter()
                    .all(|share| share.bps > 0 && share.wallet != Pubkey::default()),
            RegistryError::BadSplit
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(bps: &[u16]) -> Split {
        let share = |(i, bps): (usize, &u16)| Share {
            wallet: Pubkey::new_from_array([i as u8 + 1; 32]),
            bps: *bps,
        };
        Split {
            shares: bps.iter().enumerate().map(share).collect(),
        }
    }

    #[test]
    fn accepts_one_to_six_wallets_that_share_all() {
        for bps in [&[10_000][..], &[9_999, 1], &[1_000, 1_000, 1_000, 1_000, 1_000, 5_000]] {
            assert!(split(bps).validate().is_ok());
        }
        assert!(Split::whole(Pubkey::new_from_array([1; 32])).validate().is_ok());
    }

    #[test]
    fn rejects_other_splits() {
        for bps in [
            &[][..],
            &[9_999],
            &[10_000, 1],
            &[10_000, 0],
            &[u16::MAX],
            &[1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 4_000],
        ] {
            assert!(split(bps).validate().is_err(), "{bps:?}");
        }
        let mut twice = split(&[5_000, 5_000]);
        twice.shares[1].wallet = twice.shares[0].wallet;
        assert!(twice.validate().is_err());
        assert!(Split::whole(Pubkey::default()).validate().is_err());
    }
}
