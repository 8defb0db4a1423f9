//! HIP-104 density in the shape Helium's verifier had: one hash map of clipped and one of unclipped counts over all
//! resolutions, a disk for every occupied cell, a decimal quotient for every ancestor, a hash map of the scales.

use h3o::{CellIndex, Resolution};
use rust_decimal::Decimal;
use std::collections::{HashMap, HashSet};

/// Resolution, neighbours, target, maximum (HIP-104), finest first.
const LIMITS: [(Resolution, u64, u64, u64); 7] = [
    (Resolution::Ten, 2, 1, 1),
    (Resolution::Nine, 2, 1, 1),
    (Resolution::Eight, 2, 1, 1),
    (Resolution::Seven, 4, 5, 10),
    (Resolution::Six, 4, 25, 50),
    (Resolution::Five, 4, 100, 200),
    (Resolution::Four, 2, 500, 1000),
];

/// Ancestors whose quotients make the scale; those finer than the map are not in it.
const SCALED: [Resolution; 10] = [
    Resolution::Thirteen,
    Resolution::Twelve,
    Resolution::Eleven,
    Resolution::Ten,
    Resolution::Nine,
    Resolution::Eight,
    Resolution::Seven,
    Resolution::Six,
    Resolution::Five,
    Resolution::Four,
];

type Counts = HashMap<CellIndex, u64>;

/// Scale of each hotspot in 1e-4: the product of clipped / unclipped over its ancestors, half-even at four decimals.
pub fn density_e4(cells: &[CellIndex]) -> Vec<u16> {
    let mut unclipped = Counts::new();
    let mut level = HashSet::new();
    for cell in cells {
        let parent = cell.parent(Resolution::Eleven).expect("cells are finer than 11");
        *unclipped.entry(parent).or_default() += 1;
        level.insert(parent);
    }
    let mut clipped = unclipped.clone();
    for (resolution, neighbours, target, maximum) in LIMITS {
        let mut coarser = HashSet::new();
        for cell in &level {
            let parent = cell.parent(resolution).expect("a coarser resolution");
            *unclipped.entry(parent).or_default() += clipped[cell];
            coarser.insert(parent);
        }
        for &cell in &coarser {
            let occupied = cell
                .grid_disk::<Vec<_>>(1)
                .iter()
                .filter(|near| unclipped.get(near).is_some_and(|&count| count >= target))
                .count() as u64;
            let limit = maximum.min(target * (occupied.saturating_sub(neighbours) + 1).max(1));
            clipped.insert(cell, limit.min(unclipped[&cell]));
        }
        level = coarser;
    }
    let scales: HashMap<CellIndex, Decimal> = cells
        .iter()
        .map(|&cell| (cell, scale(cell, &clipped, &unclipped)))
        .collect();
    cells.iter().map(|cell| e4(scales[cell])).collect()
}

fn scale(cell: CellIndex, clipped: &Counts, unclipped: &Counts) -> Decimal {
    let mut scale = Decimal::ONE;
    for resolution in SCALED {
        let Some(ancestor) = cell.parent(resolution) else {
            continue;
        };
        if let (Some(&kept), Some(&all)) = (clipped.get(&ancestor), unclipped.get(&ancestor)) {
            scale *= Decimal::from(kept) / Decimal::from(all);
        }
    }
    // Decimal rounds half to even by default.
    scale.round_dp(4)
}

fn e4(scale: Decimal) -> u16 {
    u16::try_from((scale * Decimal::from(10_000)).normalize()).expect("a scale is at most one")
}
