use crate::{is_cell, refine, RegistryError, PUBLIC_RESOLUTION};
use anchor_lang::prelude::*;
use solana_sha256_hasher::hashv;

/// Where a hotspot says it is.
///
/// Everybody sees the resolution-8 cell. The finer digits are committed to by a chain of hashes, one a resolution, so that the
/// owner can show them down to any resolution and no further:
///
/// ```text
/// c12 = SHA-256("earshot-cell" ‖ 12 u8 ‖ salt 32 ‖ digit 12 u8)
/// c_r = SHA-256("earshot-cell" ‖ r u8  ‖ c_(r+1) ‖ digit r u8)        r = 11, 10, 9
/// commitment = c9
/// ```
///
/// An open hotspot shows salt and digits here, and its resolution-12 cell is on record.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub struct Location {
    /// H3 index of resolution 8; 0 before the first assert.
    pub cell_public: u64,
    /// H3 index of resolution 12; 0 for a private hotspot.
    pub cell: u64,
    /// Commitment to the digits of resolutions 9 to 12; zero before the first assert.
    pub commitment: [u8; 32],
    /// Number of the radio region.
    pub region: u8,
}

/// What the antenna of a hotspot is.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub struct Antenna {
    /// Gain, 0.1 dBi.
    pub gain_ddbi: i16,
    /// Height above ground, m.
    pub elevation_m: i16,
}

/// What an open hotspot shows.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Random; never used again for a private location.
    pub salt: [u8; 32],
    /// Digits of resolutions 9, 10, 11 and 12, each 0 to 6.
    pub digits: [u8; 4],
}

impl Opening {
    pub fn commitment(&self) -> [u8; 32] {
        let mut link = self.salt;
        for (resolution, digit) in [9u8, 10, 11, 12].into_iter().zip(self.digits).rev() {
            link = hashv(&[b"earshot-cell", &[resolution], &link, &[digit]]).to_bytes();
        }
        link
    }
}

impl Location {
    /// Before the first assert.
    pub const NOWHERE: Location = Location {
        cell_public: 0,
        cell: 0,
        commitment: [0; 32],
        region: 0,
    };

    /// Checks what is asserted and opens it if it is shown.
    pub fn assert(cell_public: u64, commitment: [u8; 32], opening: Option<Opening>, region: u8) -> Result<Location> {
        require!(is_cell(cell_public, PUBLIC_RESOLUTION), RegistryError::BadCell);
        require!(commitment != [0; 32], RegistryError::ZeroCommitment);
        let cell = match opening {
            Some(opening) => {
                require!(opening.commitment() == commitment, RegistryError::OpeningMismatch);
                refine(cell_public, &opening.digits).ok_or(RegistryError::BadCell)?
            }
            None => 0,
        };
        Ok(Location {
            cell_public,
            cell,
            commitment,
            region,
        })
    }

    /// Whether both name the same place: opening or hiding a place is no move.
    pub fn is_same_place(&self, other: &Location) -> bool {
        self.cell_public == other.cell_public && self.commitment == other.commitment && self.region == other.region
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL: u64 = 0x0882_8308_281f_ffff;
    const OPENING: Opening = Opening {
        salt: [7; 32],
        digits: [1, 2, 3, 4],
    };

    #[test]
    fn commits_link_by_link_from_the_finest_digit() {
        let link = |r: u8, inner: &[u8], digit: u8| hashv(&[b"earshot-cell", &[r], inner, &[digit]]).to_bytes();
        let c12 = link(12, &[7; 32], 4);
        let c11 = link(11, &c12, 3);
        let c10 = link(10, &c11, 2);
        assert_eq!(OPENING.commitment(), link(9, &c10, 1));
    }

    #[test]
    fn records_the_fine_cell_of_an_open_hotspot_only() {
        let open = Location::assert(CELL, OPENING.commitment(), Some(OPENING), 5).unwrap();
        let private = Location::assert(CELL, OPENING.commitment(), None, 5).unwrap();
        assert_eq!(open.cell, refine(CELL, &[1, 2, 3, 4]).unwrap());
        assert_eq!(private.cell, 0);
        assert!(open.is_same_place(&private));
        assert!(!open.is_same_place(&Location::NOWHERE));
    }

    #[test]
    fn rejects_openings_that_lead_elsewhere() {
        for (salt, digits) in [
            ([8; 32], [1, 2, 3, 4]),
            ([7; 32], [1, 2, 3, 5]),
            ([7; 32], [2, 1, 3, 4]),
        ] {
            let error = Location::assert(CELL, OPENING.commitment(), Some(Opening { salt, digits }), 5).unwrap_err();
            assert_eq!(error, RegistryError::OpeningMismatch.into());
        }
        let outside = Opening {
            salt: [7; 32],
            digits: [1, 2, 3, 7],
        };
        let error = Location::assert(CELL, outside.commitment(), Some(outside), 5).unwrap_err();
        assert_eq!(error, RegistryError::BadCell.into());
        assert_eq!(
            Location::assert(CELL, [0; 32], None, 5).unwrap_err(),
            RegistryError::ZeroCommitment.into()
        );
        assert_eq!(
            Location::assert(CELL + 1, [1; 32], None, 5).unwrap_err(),
            RegistryError::BadCell.into()
        );
    }
}
