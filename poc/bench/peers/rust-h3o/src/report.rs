//! CPU clock, hash and JSON of a peer; the hash is that of `poc/bench/verdict-digest.ts`.

use crate::epoch::Epoch;
use crate::validate::Verdicts;

/// CPU time of this thread in nanoseconds.
pub fn thread_cpu_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` outlives the call, which writes to it only.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(status, 0, "no thread CPU clock");
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Two 32-bit lanes over words; order matters.
pub struct Digest(u32, u32);

impl Digest {
    pub fn new() -> Self {
        Self(0x811c_9dc5, 0x1234_5678)
    }

    pub fn word(&mut self, word: u32) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0100_0193);
        self.1 = (self.1.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b1);
    }

    pub fn hex(&self) -> String {
        format!("{:08x}{:08x}", self.0, self.1)
    }
}

/// One timed pass after another; returns ns per item of each.
pub fn time(warm: usize, iterations: usize, items: usize, mut pass: impl FnMut()) -> Vec<f64> {
    for _ in 0..warm {
        pass();
    }
    (0..iterations)
        .map(|_| {
            let from = thread_cpu_ns();
            pass();
            (thread_cpu_ns() - from) as f64 / items as f64
        })
        .collect()
}

fn numbers(values: &[f64]) -> String {
    let texts: Vec<String> = values.iter().map(|value| format!("{value:.3}")).collect();
    texts.join(",")
}

/// Prints timings with counts by reason, sums and hash of the verdicts in log order.
pub fn print_verdicts(variant: &str, ns: &[f64], epoch: &Epoch, out: &Verdicts) {
    let mut place = vec![0u32; out.reason.len()];
    for (at, &row) in epoch.log_row.iter().enumerate() {
        place[row as usize] = at as u32;
    }
    let mut counts = [0u64; 256];
    let (mut measured, mut limit) = (0i64, 0i64);
    let mut digest = Digest::new();
    for &at in &place {
        let at = at as usize;
        counts[usize::from(out.reason[at])] += 1;
        measured += i64::from(out.measured[at]);
        limit += i64::from(out.limit[at]);
        digest.word(u32::from(out.reason[at]));
        digest.word(out.measured[at] as u32);
        digest.word(out.limit[at] as u32);
    }
    let counts: Vec<String> = (0..256)
        .filter(|&reason| counts[reason] > 0)
        .map(|reason| format!("\"{reason}\":{}", counts[reason]))
        .collect();
    println!(
        "{{\"variant\":\"{variant}\",\"stage\":\"validate\",\"items\":{},\"cpuNsPerItem\":[{}],\"counts\":{{{}}},\
         \"sumMeasured\":{measured},\"sumLimit\":{limit},\"hash\":\"{}\"}}",
        out.reason.len(),
        numbers(ns),
        counts.join(","),
        digest.hex()
    );
}

/// Prints timings with sum and hash of the density scales.
pub fn print_scales(variant: &str, ns: &[f64], scales: &[u16]) {
    let mut digest = Digest::new();
    for &scale in scales {
        digest.word(u32::from(scale));
    }
    let sum: u64 = scales.iter().map(|&scale| u64::from(scale)).sum();
    println!(
        "{{\"variant\":\"{variant}\",\"stage\":\"density\",\"items\":{},\"cpuNsPerItem\":[{}],\"sum\":{sum},\"hash\":\"{}\"}}",
        scales.len(),
        numbers(ns),
        digest.hex()
    );
}
