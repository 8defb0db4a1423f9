//! The two presets as constants, the checks in their order. Written from the rules, not from the TypeScript engine.

/// Reason numbers of `poc/src/verify/reason.ts`.
pub mod reason {
    pub const VALID: u8 = 0;
    pub const NOT_ASSERTED: u8 = 2;
    pub const ENTROPY_EXPIRED: u8 = 3;
    pub const INVALID_CAPABILITY: u8 = 5;
    pub const GATEWAY_NOT_FOUND: u8 = 8;
    pub const DENIED: u8 = 9;
    pub const BAD_RSSI: u8 = 11;
    pub const INVALID_REGION: u8 = 12;
    pub const MAX_DISTANCE_EXCEEDED: u8 = 13;
    pub const INVALID_FREQUENCY: u8 = 14;
    pub const SELF_WITNESS: u8 = 15;
    pub const STALE: u8 = 16;
    pub const BELOW_MIN_DISTANCE: u8 = 19;
    pub const DUPLICATE: u8 = 20;
    pub const TOO_LATE: u8 = 22;
    pub const LATE: u8 = 32;
    pub const EARLY: u8 = 33;
    pub const BAD_SNR: u8 = 34;
    pub const INVALID_DATA_RATE: u8 = 35;
}

pub const FREQUENCY_TOLERANCE_HZ: i32 = 100_000;

/// `earshot`: window around the transmission, metres, gains in 0.1 dBi, 10 dB of tolerance, SNR floors of SF5 to SF12.
pub mod earshot {
    pub const WINDOW_MS: i32 = 30_000;
    pub const EARLY_MS: i32 = -86_400_000;
    pub const MIN_M: i32 = 300;
    pub const MAX_M: i32 = 100_000;
    pub const SPEED_OF_LIGHT: f64 = 299_792_458.0;
    pub const TOLERANCE_DDB: i32 = 100;
    pub const SNR_FLOOR_DDB: [i32; 8] = [-75, -100, -120, -143, -175, -197, -233, -263];
}

/// `helium`: life of the entropy, latency race, grid cells, whole dBm and dBi, no tolerance, no SNR, no data rate.
pub mod helium {
    pub const ENTROPY_LIFE_MS: i32 = 180_999;
    pub const BEHIND_BEACON_MS: i32 = 4_000;
    pub const BEHIND_WITNESS_MS: i32 = 1_500;
    pub const MIN_CELLS: i32 = 8;
    pub const MAX_M: i32 = 100_999;
    pub const SPEED_OF_LIGHT: f64 = 2.998e8;
}
