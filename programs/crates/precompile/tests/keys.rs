//! The golden vectors that poc's keys are held against too.
use precompile::{check_key, Refusal, Scheme, KEY_BYTES};
use serde_json::Value;

const VECTORS: &str = include_str!("../../../../fixtures/protocol/keys.json");

fn key(value: &Value) -> Option<[u8; KEY_BYTES]> {
    let text = value["key"].as_str().expect("hex text");
    let bytes: Vec<u8> = (0..text.len() / 2)
        .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hex digits"))
        .collect();
    bytes.try_into().ok()
}

#[test]
fn accepts_the_valid_keys_and_refuses_the_others_but_for_the_curve() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    for vector in vectors["valid"].as_array().unwrap() {
        let scheme = match vector["kind"].as_str().unwrap() {
            "ed25519" => Scheme::Ed25519,
            _ => Scheme::Secp256r1,
        };
        assert_eq!(check_key(&key(vector).unwrap()), Ok(scheme));
    }
    let invalid = vectors["invalid"].as_array().unwrap();
    assert!(invalid.len() > 15);
    for vector in invalid {
        let why = vector["why"].as_str().unwrap();
        // Keys of another length cannot be given; that a point is on its curve is left to the precompile.
        let Some(key) = key(vector) else { continue };
        if !why.starts_with("not a point") {
            assert_eq!(check_key(&key), Err(Refusal::BadKey), "{why}: {key:02x?}");
        }
    }
}
