//! Witness validation row by row: h3o for positions and grid distance, a logarithm for the path loss.
//!
//! `Lean` converts both cells to coordinates for every row, as the distance check of Helium's verifier did; `Cached` keeps the
//! coordinates of every hotspot. Everything else is shared and allocates nothing.

use crate::epoch::{Beacon, Epoch, Hotspot, NO_ROW, Row};
use crate::rules::{FREQUENCY_TOLERANCE_HZ, earshot, helium, reason};
use h3o::{CellIndex, LatLng, Resolution};
use std::f64::consts::PI;

#[derive(Clone, Copy)]
pub struct Verdict {
    pub reason: u8,
    pub measured: i32,
    pub limit: i32,
}

pub struct Verdicts {
    pub reason: Vec<u8>,
    pub measured: Vec<i32>,
    pub limit: Vec<i32>,
}

/// Where two hotspots stand; only asked about hotspots with a location.
pub trait Geometry {
    fn distance_m(&self, epoch: &Epoch, a: u32, b: u32) -> f64;
}

pub struct Lean;

impl Geometry for Lean {
    fn distance_m(&self, epoch: &Epoch, a: u32, b: u32) -> f64 {
        let at = |id: u32| LatLng::from(placed(&epoch.hotspots[id as usize]));
        at(a).distance_m(at(b))
    }
}

pub struct Cached(Vec<LatLng>);

impl Cached {
    pub fn new(epoch: &Epoch) -> Self {
        Self(
            epoch
                .hotspots
                .iter()
                .map(|hotspot| hotspot.cell.map(LatLng::from).unwrap_or_default())
                .collect(),
        )
    }
}

impl Geometry for Cached {
    fn distance_m(&self, _epoch: &Epoch, a: u32, b: u32) -> f64 {
        self.0[a as usize].distance_m(self.0[b as usize])
    }
}

fn placed(hotspot: &Hotspot) -> CellIndex {
    hotspot.cell.expect("a hotspot without a location was judged before")
}

/// ceil(10 · free-space loss in dB).
fn loss_ddb(distance_m: i32, frequency_hz: u32, speed_of_light: f64) -> i32 {
    let ratio = 4.0 * PI * f64::from(distance_m) * f64::from(frequency_hz) / speed_of_light;
    (200.0 * ratio.log10()).ceil() as i32
}

fn whole(tenths: i16) -> i32 {
    i32::from(tenths) / 10 * 10
}

fn fail(reason: u8, measured: i32, limit: i32) -> Verdict {
    Verdict {
        reason,
        measured,
        limit,
    }
}

/// The checks both presets begin with; `None` when all pass.
fn identity(row: &Row, witness: Option<&Hotspot>, beacon: &Beacon, repeated: bool) -> Option<Verdict> {
    if repeated {
        return Some(fail(reason::DUPLICATE, 2, 1));
    }
    let Some(witness) = witness else {
        return Some(fail(reason::GATEWAY_NOT_FOUND, 0, 1));
    };
    if witness.cell.is_none() {
        return Some(fail(reason::NOT_ASSERTED, 0, 1));
    }
    if witness.is_suspended {
        return Some(fail(reason::DENIED, 1, 0));
    }
    if row.hotspot == beacon.hotspot {
        return Some(fail(reason::SELF_WITNESS, row.hotspot as i32, beacon.hotspot as i32));
    }
    None
}

fn frequency(row: &Row, beacon: &Beacon) -> Option<Verdict> {
    let difference = (i64::from(row.frequency_hz) - i64::from(beacon.frequency_hz)).abs() as i32;
    (difference > FREQUENCY_TOLERANCE_HZ).then(|| fail(reason::INVALID_FREQUENCY, difference, FREQUENCY_TOLERANCE_HZ))
}

fn region(witness: &Hotspot, beaconer: &Hotspot) -> Option<Verdict> {
    (witness.region != beaconer.region).then(|| {
        fail(
            reason::INVALID_REGION,
            i32::from(witness.region),
            i32::from(beaconer.region),
        )
    })
}

fn judge_earshot(epoch: &Epoch, geometry: &impl Geometry, beacon: &Beacon, row: &Row, repeated: bool) -> Verdict {
    let witness = epoch.hotspots.get(row.hotspot as usize);
    if let Some(verdict) = identity(row, witness, beacon, repeated) {
        return verdict;
    }
    let witness = witness.expect("registered");
    let beaconer = &epoch.hotspots[beacon.hotspot as usize];
    if !witness.is_full {
        return fail(reason::INVALID_CAPABILITY, 0, 1);
    }
    let delay_ms = row.receive_ms as i32 - beacon.transmit_ms as i32;
    if delay_ms > earshot::WINDOW_MS {
        return fail(reason::LATE, delay_ms, earshot::WINDOW_MS);
    }
    if delay_ms < earshot::EARLY_MS {
        return fail(reason::EARLY, delay_ms, earshot::EARLY_MS);
    }
    if let Some(verdict) = region(witness, beaconer) {
        return verdict;
    }
    if let Some(verdict) = frequency(row, beacon) {
        return verdict;
    }
    if row.data_rate != beacon.data_rate {
        return fail(
            reason::INVALID_DATA_RATE,
            i32::from(row.data_rate),
            i32::from(beacon.data_rate),
        );
    }
    let distance_m = (geometry.distance_m(epoch, beacon.hotspot, row.hotspot) + 0.5).floor() as i32;
    if distance_m < earshot::MIN_M {
        return fail(reason::BELOW_MIN_DISTANCE, distance_m, earshot::MIN_M);
    }
    if distance_m > earshot::MAX_M {
        return fail(reason::MAX_DISTANCE_EXCEEDED, distance_m, earshot::MAX_M);
    }
    let floor = earshot::SNR_FLOOR_DDB[usize::from(beacon.data_rate & 15) - 5];
    if i32::from(row.snr_ddb) < floor {
        return fail(reason::BAD_SNR, i32::from(row.snr_ddb), floor);
    }
    let gains = i32::from(beaconer.gain_ddbi) + i32::from(witness.gain_ddbi);
    let bound = i32::from(beacon.tx_power_ddbm) + gains + earshot::TOLERANCE_DDB
        - loss_ddb(distance_m, row.frequency_hz, earshot::SPEED_OF_LIGHT);
    rssi(row, bound)
}

/// `lag` is the reference time and the greatest lag behind it.
fn judge_helium(
    epoch: &Epoch,
    geometry: &impl Geometry,
    beacon: &Beacon,
    row: &Row,
    repeated: bool,
    lag: (u32, i32),
) -> Verdict {
    let witness = epoch.hotspots.get(row.hotspot as usize);
    if let Some(verdict) = identity(row, witness, beacon, repeated) {
        return verdict;
    }
    let witness = witness.expect("registered");
    let beaconer = &epoch.hotspots[beacon.hotspot as usize];
    let age_ms = row.receive_ms as i32 - beacon.transmit_ms as i32;
    if !(0..=helium::ENTROPY_LIFE_MS).contains(&age_ms) {
        return fail(reason::ENTROPY_EXPIRED, age_ms, helium::ENTROPY_LIFE_MS);
    }
    let behind_ms = row.receive_ms as i32 - lag.0 as i32;
    if behind_ms > lag.1 {
        return fail(reason::TOO_LATE, behind_ms, lag.1);
    }
    if !witness.is_full {
        return fail(reason::INVALID_CAPABILITY, 0, 1);
    }
    if let Some(verdict) = frequency(row, beacon) {
        return verdict;
    }
    if let Some(verdict) = region(witness, beaconer) {
        return verdict;
    }
    let parent = |hotspot: &Hotspot| placed(hotspot).parent(Resolution::Eleven);
    let cells = parent(beaconer)
        .zip(parent(witness))
        .and_then(|(a, b)| a.grid_distance(b).ok())
        .unwrap_or(-1);
    if cells < helium::MIN_CELLS {
        return fail(reason::BELOW_MIN_DISTANCE, cells, helium::MIN_CELLS);
    }
    let distance_m = (geometry.distance_m(epoch, beacon.hotspot, row.hotspot) + 0.5).floor() as i32;
    if distance_m > helium::MAX_M {
        return fail(reason::MAX_DISTANCE_EXCEEDED, distance_m, helium::MAX_M);
    }
    let bound = whole(beacon.tx_power_ddbm) + whole(beaconer.gain_ddbi) + whole(witness.gain_ddbi)
        - loss_ddb(distance_m, row.frequency_hz, helium::SPEED_OF_LIGHT);
    rssi(row, bound)
}

fn rssi(row: &Row, bound: i32) -> Verdict {
    let measured = i32::from(row.rssi_ddbm);
    if measured > bound {
        fail(reason::BAD_RSSI, measured, bound)
    } else {
        fail(reason::VALID, 0, 0)
    }
}

/// Judges all rows into `out`, in grouped order. `stamps` is scratch, one per hotspot.
pub fn validate<const HELIUM: bool>(epoch: &Epoch, geometry: &impl Geometry, stamps: &mut [u32], out: &mut Verdicts) {
    stamps.fill(0);
    for (at, beacon) in epoch.beacons.iter().enumerate() {
        let range = epoch.starts[at] as usize..epoch.starts[at + 1] as usize;
        let rows = &epoch.rows[range.clone()];
        let lag = match rows.first() {
            Some(first) if beacon.receive_ms > first.receive_ms => (first.receive_ms, helium::BEHIND_WITNESS_MS),
            _ => (beacon.receive_ms, helium::BEHIND_BEACON_MS),
        };
        for (row, place) in rows.iter().zip(range) {
            let verdict = if beacon.reason != reason::VALID {
                fail(beacon.reason, beacon.measured, 0)
            } else {
                let repeated = row.hotspot != NO_ROW && {
                    let stamp = &mut stamps[row.hotspot as usize];
                    std::mem::replace(stamp, at as u32 + 1) == at as u32 + 1
                };
                if HELIUM {
                    judge_helium(epoch, geometry, beacon, row, repeated, lag)
                } else {
                    judge_earshot(epoch, geometry, beacon, row, repeated)
                }
            };
            out.reason[place] = verdict.reason;
            out.measured[place] = verdict.measured;
            out.limit[place] = verdict.limit;
        }
    }
    for place in epoch.starts[epoch.beacons.len()] as usize..epoch.rows.len() {
        out.reason[place] = reason::STALE;
        out.measured[place] = 0;
        out.limit[place] = 1;
    }
}
