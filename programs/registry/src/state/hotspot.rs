use crate::{RegistryError, TimedAntenna, TimedFlag, TimedLocation, TimedOwner, TimedSplit};
use anchor_lang::prelude::*;
use solana_sha256_hasher::hash;

/// A device and everything the network holds true of it. `["hotspot", network, SHA-256(device key)]`. Never closed, so that
/// a device key is onboarded once.
#[account]
#[derive(InitSpace)]
pub struct Hotspot {
    /// The network it belongs to.
    pub network: Pubkey,
    /// Public key with its tag: 0xED Ed25519, 0x02/0x03 P-256.
    pub device_key: [u8; 33],
    /// First 8 bytes of SHA-256(device key).
    pub gateway_id: [u8; 8],
    /// What it takes part in. Never changes.
    pub kind: HotspotKind,
    /// Mint of the token that says who owns it: one token, no decimals.
    pub nft_mint: Pubkey,
    /// Who made it; none for light hotspots of no maker.
    pub maker: Option<Pubkey>,
    /// The wallet that owns it, by epoch.
    pub owner: TimedOwner,
    /// Where it says it is, by epoch.
    pub location: TimedLocation,
    /// What antenna it has, by epoch.
    pub antenna: TimedAntenna,
    /// Whether it is suspended, by epoch.
    pub suspended: TimedFlag,
    /// Location asserts so far; the next one bears the next number.
    pub assert_nonce: u32,
    /// Epoch that `asserts_in_epoch` counts.
    pub assert_epoch: u64,
    /// Location asserts in that epoch.
    pub asserts_in_epoch: u16,
    /// Data credits burnt to onboard it.
    pub onboard_fee: u64,
    /// Number the device signed when it was onboarded.
    pub onboard_nonce: u64,
    /// Epoch it was onboarded in; it takes part from the next one on.
    pub onboarded_epoch: u64,
    /// Bump of this account.
    pub bump: u8,
    /// Where rewards go. Last, because its size varies.
    pub beneficiary: TimedSplit,
}

impl Hotspot {
    /// The latest owner on record, who may be so only from the next epoch on, is who acts for the hotspot.
    pub fn require_owner(&self, wallet: &Pubkey) -> Result<()> {
        require_keys_eq!(self.owner.next, *wallet, RegistryError::OwnerNotSynced);
        Ok(())
    }

    /// Counts an assert in `epoch`, of which it may have `limit`.
    pub fn count_assert(&mut self, epoch: u64, limit: u16) -> Result<()> {
        let before = if self.assert_epoch == epoch {
            self.asserts_in_epoch
        } else {
            0
        };
        require!(before < limit, RegistryError::TooManyAsserts);
        self.assert_epoch = epoch;
        self.asserts_in_epoch = before + 1;
        self.assert_nonce += 1;
        Ok(())
    }
}

/// What a hotspot takes part in.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub enum HotspotKind {
    /// Proofs of coverage, and data.
    Full,
    /// Data only.
    Light,
}

/// SHA-256 of a device key: what names its account, and in its first 8 bytes its gateway.
pub fn key_hash(key: &[u8; 33]) -> [u8; 32] {
    hash(key).to_bytes()
}

/// What the device signs to be onboarded: domain ‖ network ‖ owner ‖ maker (zero for none) ‖ kind u8 ‖ nonce u64 LE.
pub fn onboard_message(
    network: &Pubkey,
    owner: &Pubkey,
    maker: Option<Pubkey>,
    kind: HotspotKind,
    nonce: u64,
) -> Vec<u8> {
    let maker = maker.unwrap_or_default();
    let domain = b"earshot-onboard-v1".as_slice();
    [
        domain,
        network.as_ref(),
        owner.as_ref(),
        maker.as_ref(),
        &[kind as u8],
        &nonce.to_le_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_layout_clients_read() {
        let fixed = 32 + 33 + 8 + 1 + 32 + 33;
        let timed = (2 * 32 + 8) + (2 * 49 + 8) + (2 * 4 + 8) + (2 + 8);
        assert_eq!(
            Hotspot::INIT_SPACE,
            fixed + timed + 4 + 8 + 2 + 8 + 8 + 8 + 1 + 2 * (4 + 6 * 34) + 8
        );
    }

    #[test]
    fn signs_everything_that_makes_an_onboarding() {
        let key = |n| Pubkey::new_from_array([n; 32]);
        let message = onboard_message(&key(1), &key(2), Some(key(3)), HotspotKind::Light, 0x0102);
        assert_eq!(message.len(), 18 + 96 + 1 + 8);
        assert_eq!(message[18 + 96..], [1, 2, 1, 0, 0, 0, 0, 0, 0]);
    }
}
