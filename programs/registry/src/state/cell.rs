//! H3 indexes, as far as a registry has to know them: which 64 bits are a cell, and how a cell is refined.
//!
//! ```text
//! bit 63      0
//! bits 62-59  mode, 1 for a cell
//! bits 58-56  0
//! bits 55-52  resolution
//! bits 51-45  base cell, 0 to 121
//! bits 44-0   15 digits of 3 bits; 7 below the resolution
//! ```

/// Resolution that is public for every hotspot.
pub const PUBLIC_RESOLUTION: u32 = 8;
/// Finest resolution a hotspot asserts.
pub const FINE_RESOLUTION: u32 = 12;

const MODE_CELL: u64 = 1;
const BASE_CELLS: u64 = 122;
const DIGITS: u32 = 15;
const UNUSED_DIGIT: u64 = 7;
/// Base cells that are pentagons; they have no child 1.
const PENTAGONS: [u64; 12] = [4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117];

fn digit_shift(resolution: u32) -> u32 {
    (DIGITS - resolution) * 3
}

fn digit(cell: u64, resolution: u32) -> u64 {
    (cell >> digit_shift(resolution)) & 7
}

/// Whether `cell` is an H3 cell of `resolution` (1 to 15).
pub fn is_cell(cell: u64, resolution: u32) -> bool {
    let base = (cell >> 45) & 0x7f;
    let has_header = cell >> 59 == MODE_CELL && (cell >> 56) & 7 == 0 && (cell >> 52) & 0xf == u64::from(resolution);
    if !has_header || base >= BASE_CELLS {
        return false;
    }
    let leading = (1..=resolution).map(|r| digit(cell, r)).find(|digit| *digit != 0);
    (1..=resolution).all(|r| digit(cell, r) < UNUSED_DIGIT)
        && (resolution + 1..=DIGITS).all(|r| digit(cell, r) == UNUSED_DIGIT)
        && !(leading == Some(1) && PENTAGONS.contains(&base))
}

/// The descendant of a resolution-8 cell by four digits, resolutions 9 to 12; `None` when there is no such cell.
pub fn refine(cell_public: u64, digits: &[u8; 4]) -> Option<u64> {
    let mut cell = (cell_public & !(0xf << 52)) | u64::from(FINE_RESOLUTION) << 52;
    for (resolution, digit) in (PUBLIC_RESOLUTION + 1..=FINE_RESOLUTION).zip(digits) {
        let shift = digit_shift(resolution);
        cell = (cell & !(7 << shift)) | u64::from(*digit & 7) << shift;
    }
    (digits.iter().all(|digit| *digit < 7) && is_cell(cell, FINE_RESOLUTION)).then_some(cell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A resolution-8 cell in San Francisco and one of its resolution-12 descendants (the first child, four times).
    const CELL: u64 = 0x0882_8308_281f_ffff;
    const FINE: u64 = 0x08c2_8308_2800_01ff;

    #[test]
    fn accepts_cells_of_the_resolution_only() {
        assert!(is_cell(CELL, 8));
        assert!(!is_cell(CELL, 9));
        assert!(is_cell(FINE, 12));
        for cell in [
            0,
            u64::MAX,
            CELL | 1 << 63,
            CELL | 1 << 56,
            CELL ^ 1 << 59,
            CELL & !7,
            CELL | 0x7f << 45,
        ] {
            assert!(!is_cell(cell, 8), "{cell:x}");
        }
    }

    #[test]
    fn rejects_the_missing_child_of_a_pentagon() {
        // Base cell 4, all digits 0: the pentagon's own descendant.
        let pentagon = 1u64 << 59 | 8 << 52 | 4 << 45 | 0x1f_ffff;
        assert!(is_cell(pentagon, 8));
        assert!(!is_cell(pentagon | 1 << digit_shift(8), 8));
        assert!(is_cell(pentagon | 2 << digit_shift(8), 8));
        assert_eq!(refine(pentagon, &[0, 1, 0, 0]), None);
        assert!(refine(pentagon, &[0, 2, 1, 0]).is_some());
    }

    #[test]
    fn refines_by_four_digits() {
        assert_eq!(refine(CELL, &[0, 0, 0, 0]), Some(FINE));
        assert_eq!(refine(CELL, &[0, 0, 0, 7]), None);
    }

    proptest! {
        #[test]
        fn a_refined_cell_is_a_cell_of_resolution_12(digits in any::<[u8; 4]>()) {
            match refine(CELL, &digits) {
                Some(cell) => prop_assert!(is_cell(cell, 12) && digits.iter().all(|digit| *digit < 7)),
                None => prop_assert!(digits.iter().any(|digit| *digit > 6)),
            }
        }
    }
}
