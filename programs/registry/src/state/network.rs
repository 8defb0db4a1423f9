use crate::{Antenna, RegistryError};
use anchor_lang::prelude::*;

/// Longest metadata address, bytes.
#[constant]
pub const MAX_URI_BYTES: u16 = 96;

/// One deployment: its token, its rules, its counts. `["network", token_mint]`. Signs for fees.
#[account]
#[derive(InitSpace)]
pub struct Network {
    /// Mint of the network's token. Never changes.
    pub token_mint: Pubkey,
    /// Token program of the token.
    pub token_program: Pubkey,
    /// Data credits of this network.
    pub dc_config: Pubkey,
    /// Mint of its data credits.
    pub dc_mint: Pubkey,
    /// Sets rules and parameters, approves makers: governance.
    pub admin: Pubkey,
    /// Becomes admin when it accepts.
    pub pending_admin: Option<Pubkey>,
    /// May suspend and reinstate hotspots.
    pub denylist_authority: Pubkey,
    /// Number of the network in protocol messages.
    pub wire_id: u16,
    /// Seconds of an epoch; epoch = Unix time / this. Never changes.
    pub epoch_seconds: u32,
    /// What is burnt for what, data credits.
    pub fees: Fees,
    /// What is accepted.
    pub rules: Rules,
    /// Which network parameters hold in which epoch.
    pub parameters: ParameterHashes,
    /// Hotspots ever onboarded.
    pub hotspots: u64,
    /// Makers ever registered.
    pub makers: u64,
    /// Bump of this account.
    pub bump: u8,
    /// Hotspot tokens point to this, followed by the gateway id in hex; empty for nowhere.
    #[max_len(96)]
    pub metadata_uri: String,
}

/// What is burnt, in data credits.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub struct Fees {
    /// To onboard a full hotspot.
    pub full_onboard: u64,
    /// To change the location of a full hotspot.
    pub full_assert: u64,
    /// To onboard a light hotspot.
    pub light_onboard: u64,
    /// To change the location of a light hotspot.
    pub light_assert: u64,
}

/// What is accepted.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub struct Rules {
    /// Least antenna gain, 0.1 dBi.
    pub gain_min_ddbi: i16,
    /// Greatest antenna gain, 0.1 dBi.
    pub gain_max_ddbi: i16,
    /// Least height above ground, m.
    pub elevation_min_m: i16,
    /// Greatest height above ground, m.
    pub elevation_max_m: i16,
    /// Location asserts of a hotspot in one epoch.
    pub asserts_per_epoch: u16,
    /// Base units a maker stakes to be approved.
    pub maker_stake: u64,
}

impl Rules {
    /// Refuses an antenna outside the limits.
    pub fn check_antenna(&self, antenna: &Antenna) -> Result<()> {
        let gains = self.gain_min_ddbi..=self.gain_max_ddbi;
        require!(gains.contains(&antenna.gain_ddbi), RegistryError::GainOutOfRange);
        let elevations = self.elevation_min_m..=self.elevation_max_m;
        require!(
            elevations.contains(&antenna.elevation_m),
            RegistryError::ElevationOutOfRange
        );
        Ok(())
    }
}

/// Past changes that are kept: an epoch finds its parameters unless it is issued after five later changes came into force.
pub const PAST_PARAMETERS: usize = 4;

/// Parameters that held once.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq, InitSpace)]
pub struct PastParameters {
    /// SHA-256 of the canonical JSON of the parameters.
    pub hash: [u8; 32],
    /// First epoch they held in.
    pub from: u64,
}

/// Which parameters hold when: SHA-256 of their canonical JSON.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub struct ParameterHashes {
    /// Held before `current`, oldest first; the hash is zero where there was none.
    pub past: [PastParameters; PAST_PARAMETERS],
    /// Holds from `current_from` to before `next_from`.
    pub current: [u8; 32],
    /// First epoch of `current`.
    pub current_from: u64,
    /// Holds from `next_from` on.
    pub next: [u8; 32],
    /// First epoch of `next`; `current` and `next` are equal when no change is scheduled.
    pub next_from: u64,
}

impl ParameterHashes {
    /// The same from the beginning of time.
    pub fn constant(hash: [u8; 32]) -> Self {
        Self {
            past: [PastParameters::default(); PAST_PARAMETERS],
            current: hash,
            current_from: 0,
            next: hash,
            next_from: 0,
        }
    }

    /// The hash that holds in `epoch`, or the oldest one still known.
    pub fn at(&self, epoch: u64) -> [u8; 32] {
        if epoch >= self.next_from {
            self.next
        } else if epoch >= self.current_from {
            self.current
        } else {
            let mut oldest = self.current;
            for past in self.past.iter().rev().filter(|past| past.hash != [0; 32]) {
                oldest = past.hash;
                if epoch >= past.from {
                    break;
                }
            }
            oldest
        }
    }

    /// Schedules `hash` from `from_epoch` on, as seen in `epoch` (before it). A change that has not come into force is replaced.
    pub fn schedule(&mut self, hash: [u8; 32], from_epoch: u64, epoch: u64) {
        if epoch >= self.next_from && self.next != self.current {
            self.past.rotate_left(1);
            self.past[PAST_PARAMETERS - 1] = PastParameters {
                hash: self.current,
                from: self.current_from,
            };
            self.current = self.next;
            self.current_from = self.next_from;
        }
        self.next = hash;
        self.next_from = from_epoch;
    }
}

/// Rules the admin can change.
#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct NetworkSettings {
    /// What is burnt for what, data credits.
    pub fees: Fees,
    /// What is accepted.
    pub rules: Rules,
    pub denylist_authority: Pubkey,
    /// At most 96 bytes.
    pub metadata_uri: String,
}

impl NetworkSettings {
    pub fn validate(&self) -> Result<()> {
        let Rules {
            gain_min_ddbi,
            gain_max_ddbi,
            elevation_min_m,
            elevation_max_m,
            ..
        } = self.rules;
        require!(
            gain_min_ddbi <= gain_max_ddbi
                && elevation_min_m <= elevation_max_m
                && self.metadata_uri.len() <= usize::from(MAX_URI_BYTES),
            RegistryError::BadRule
        );
        Ok(())
    }
}

impl Network {
    /// The epoch of a time in Unix seconds.
    pub fn epoch_at(&self, now: i64) -> u64 {
        now.max(0).unsigned_abs() / u64::from(self.epoch_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_each_epoch_the_parameters_that_hold_in_it() {
        let mut hashes = ParameterHashes::constant([1; 32]);
        hashes.schedule([2; 32], 10, 5);
        assert_eq!([5, 9, 10, 50].map(|epoch| hashes.at(epoch)[0]), [1, 1, 2, 2]);
        // Replaced before it came into force.
        hashes.schedule([3; 32], 12, 9);
        assert_eq!([9, 11, 12].map(|epoch| hashes.at(epoch)[0]), [1, 1, 3]);
        hashes.schedule([4; 32], 20, 15);
        assert_eq!([11, 12, 19, 20].map(|epoch| hashes.at(epoch)[0]), [1, 3, 3, 4]);
        hashes.schedule([5; 32], 30, 25);
        assert_eq!([15, 20, 29, 30].map(|epoch| hashes.at(epoch)[0]), [3, 4, 4, 5]);
        // An epoch that is issued late finds what held in it.
        assert_eq!([0, 11, 12].map(|epoch| hashes.at(epoch)[0]), [1, 1, 3]);
    }

    #[test]
    fn keeps_four_past_parameters_and_then_the_oldest_of_them() {
        let mut hashes = ParameterHashes::constant([1; 32]);
        for n in 2..=7u8 {
            hashes.schedule([n; 32], u64::from(n) * 10, u64::from(n) * 10 - 1);
        }
        assert_eq!([5, 25, 30, 69, 70].map(|epoch| hashes.at(epoch)[0]), [2, 2, 3, 6, 7]);
    }

    #[test]
    fn has_the_layout_clients_read() {
        assert_eq!(
            Network::INIT_SPACE,
            6 * 32 + 33 + 2 + 4 + 32 + 18 + (4 * 40 + 80) + 8 + 8 + 1 + 4 + 96
        );
    }
}
