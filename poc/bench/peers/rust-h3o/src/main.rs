//! Rust peers of `bun run bench core`: one variant per run, one JSON line on stdout.
//!
//! rust-h3o lean|cached DUMP earshot|helium cell|arrival WARM ITERATIONS
//! rust-h3o density DUMP WARM ITERATIONS

mod density;
mod dump;
mod epoch;
mod report;
mod rules;
mod validate;

use h3o::CellIndex;
use std::process::ExitCode;
use validate::{Cached, Geometry, Lean, Verdicts};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["density", path, warm, iterations] => run_density(path, warm, iterations),
        [variant @ ("lean" | "cached"), path, preset, ids, warm, iterations] => {
            run_validate(variant, path, preset, ids, warm, iterations)
        }
        _ => Err("usage: rust-h3o lean|cached DUMP PRESET IDS WARM ITERATIONS | density DUMP WARM ITERATIONS".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("expected a count, got {text}"))
}

fn run_density(path: &str, warm: &str, iterations: &str) -> Result<(), String> {
    let cells = dump::Dump::open(path)?
        .u64s("cells.cell")?
        .into_iter()
        .map(|cell| CellIndex::try_from(cell).map_err(|error| error.to_string()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut scales = Vec::new();
    let ns = report::time(count(warm)?, count(iterations)?, cells.len(), || {
        scales = density::density_e4(&cells);
    });
    report::print_scales("rust-decimal", &ns, &scales);
    Ok(())
}

fn run_validate(
    variant: &str,
    path: &str,
    preset: &str,
    ids: &str,
    warm: &str,
    iterations: &str,
) -> Result<(), String> {
    let epoch = epoch::Epoch::load(&dump::Dump::open(path)?, ids == "arrival")?;
    let (warm, iterations) = (count(warm)?, count(iterations)?);
    let helium = preset == "helium";
    match (variant, helium) {
        ("lean", false) => run::<false>("rust-lean", &epoch, &Lean, warm, iterations),
        ("lean", true) => run::<true>("rust-lean", &epoch, &Lean, warm, iterations),
        (_, false) => run::<false>("rust-cached", &epoch, &Cached::new(&epoch), warm, iterations),
        (_, true) => run::<true>("rust-cached", &epoch, &Cached::new(&epoch), warm, iterations),
    }
    Ok(())
}

fn run<const HELIUM: bool>(
    variant: &str,
    epoch: &epoch::Epoch,
    geometry: &impl Geometry,
    warm: usize,
    iterations: usize,
) {
    let rows = epoch.rows.len();
    // Filled with what no verdict is, so that every page is there before the clock starts.
    let mut out = Verdicts {
        reason: vec![255; rows],
        measured: vec![-1; rows],
        limit: vec![-1; rows],
    };
    let mut stamps = vec![1; epoch.hotspots.len()];
    let ns = report::time(warm, iterations, rows, || {
        validate::validate::<HELIUM>(epoch, geometry, &mut stamps, &mut out);
    });
    report::print_verdicts(variant, &ns, epoch, &out);
}
