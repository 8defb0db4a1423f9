//! Public keys with their tag, and which precompile verifies them.
use crate::Refusal;
use solana_sdk_ids::{ed25519_program, secp256r1_program};

/// Bytes of a public key with its tag.
pub const KEY_BYTES: usize = 33;

const ED25519_TAG: u8 = 0xed;
/// The field prime of P-256, big-endian.
const P256_P: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
];
/// The y coordinates of order 8, little-endian, sign bit clear.
const ORDER_8: [[u8; 32]; 2] = [
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

/// The signature schemes a key can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Ed25519,
    Secp256r1,
}

impl Scheme {
    /// Whether `program_id` is the precompile that verifies this scheme.
    pub fn is_verified_by(self, program_id: &[u8]) -> bool {
        match self {
            Scheme::Ed25519 => program_id == ed25519_program::ID.as_ref(),
            Scheme::Secp256r1 => program_id == secp256r1_program::ID.as_ref(),
        }
    }

    /// Bytes of a key as the precompile takes it.
    pub fn public_key_bytes(self) -> usize {
        self.public_key(&[0; KEY_BYTES]).len()
    }

    /// The part of a tagged key that the precompile takes: the tag of a P-256 key is part of its encoding.
    pub fn public_key(self, key: &[u8; KEY_BYTES]) -> &[u8] {
        match self {
            Scheme::Ed25519 => &key[1..],
            Scheme::Secp256r1 => key,
        }
    }
}

/// The scheme of a key, if it is one encoding of one usable key. That the point is on its curve is left to the precompile,
/// which has to decode it.
pub fn check_key(key: &[u8; KEY_BYTES]) -> Result<Scheme, Refusal> {
    let mut point = [0; 32];
    point.copy_from_slice(&key[1..]);
    match key[0] {
        ED25519_TAG => {
            // The sign bit of x; a small-order point has it either way.
            point[31] &= 0x7f;
            if is_at_least_p_minus_1(&point) || is_zero_or_one(&point) || ORDER_8.contains(&point) {
                return Err(Refusal::BadKey);
            }
            Ok(Scheme::Ed25519)
        }
        0x02 | 0x03 if point < P256_P => Ok(Scheme::Secp256r1),
        _ => Err(Refusal::BadKey),
    }
}

/// y = p − 1 (order 2) and every y that is not reduced, p = 2^255 − 19.
fn is_at_least_p_minus_1(y: &[u8; 32]) -> bool {
    y[31] == 0x7f && y[1..31].iter().all(|byte| *byte == 0xff) && y[0] >= 0xec
}

/// y = 0 (order 4) and y = 1 (the identity).
fn is_zero_or_one(y: &[u8; 32]) -> bool {
    y[0] <= 1 && y[1..].iter().all(|byte| *byte == 0)
}
