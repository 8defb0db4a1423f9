//! HIP-104 density in the shape of Helium's verifier: hash maps by cell, a disk per occupied cell, decimals per hotspot.

use h3o::{CellIndex, Resolution};
use rust_decimal::Decimal;
use std::collections::HashMap;

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

#[derive(Clone, Copy)]
struct Count {
    clipped: u64,
    unclipped: u64,
}

/// Scale of each hotspot in 1e-4: the product of clipped / unclipped over its ancestors, half-even at four decimals.
pub fn density_e4(cells: &[CellIndex]) -> Vec<u16> {
    let mut counts: HashMap<CellIndex, Count> = HashMap::new();
    let mut finer: HashMap<CellIndex, u64> = HashMap::new();
    for cell in cells {
        let parent = cell.parent(Resolution::Eleven).expect("cells are finer than 11");
        *finer.entry(parent).or_default() += 1;
    }
    for (resolution, neighbours, target, maximum) in LIMITS {
        let mut unclipped: HashMap<CellIndex, u64> = HashMap::new();
        for (cell, count) in &finer {
            let parent = cell.parent(resolution).expect("a coarser resolution");
            *unclipped.entry(parent).or_default() += count;
        }
        finer = HashMap::with_capacity(unclipped.len());
        for (&cell, &count) in &unclipped {
            let occupied = cell
                .grid_disk::<Vec<_>>(1)
                .iter()
                .filter(|near| unclipped.get(near).is_some_and(|&count| count >= target))
                .count() as u64;
            let limit = maximum.min(target * (occupied.saturating_sub(neighbours) + 1).max(1));
            let clipped = limit.min(count);
            finer.insert(cell, clipped);
            counts.insert(
                cell,
                Count {
                    clipped,
                    unclipped: count,
                },
            );
        }
    }
    cells.iter().map(|&cell| scale_e4(cell, &counts)).collect()
}

fn scale_e4(cell: CellIndex, counts: &HashMap<CellIndex, Count>) -> u16 {
    let mut scale = Decimal::ONE;
    for (resolution, ..) in LIMITS {
        let ancestor = cell.parent(resolution).expect("a coarser resolution");
        if let Some(count) = counts.get(&ancestor) {
            scale *= Decimal::from(count.clipped) / Decimal::from(count.unclipped);
        }
    }
    // Decimal rounds half to even by default.
    let e4 = (scale.round_dp(4) * Decimal::from(10_000)).normalize();
    u16::try_from(e4).expect("a scale is at most one")
}
