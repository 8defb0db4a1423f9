use precompile::{check_key, parse, Refusal, Scheme, KEY_BYTES};
use proptest::{collection::vec, prelude::*};

/// The data as clients lay it out: header, key, signature, message.
fn data(scheme: Scheme, key: &[u8], signature: &[u8], message: &[u8]) -> Vec<u8> {
    assert_eq!(key.len(), scheme.public_key_bytes());
    let key_at = 16u16;
    let signature_at = key_at + key.len() as u16;
    let message_at = signature_at + 64;
    let words = [
        signature_at,
        0xffff,
        key_at,
        0xffff,
        message_at,
        message.len() as u16,
        0xffff,
    ];
    let mut bytes = vec![1, 0];
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(signature);
    bytes.extend_from_slice(message);
    bytes
}

fn key(tag: u8, point: [u8; 32]) -> [u8; KEY_BYTES] {
    let mut key = [tag; KEY_BYTES];
    key[1..].copy_from_slice(&point);
    key
}

fn little_endian(low: u8, middle: u8, high: u8) -> [u8; 32] {
    let mut point = [middle; 32];
    (point[0], point[31]) = (low, high);
    point
}

const SCHEMES: [Scheme; 2] = [Scheme::Ed25519, Scheme::Secp256r1];

fn signature() -> Vec<u8> {
    vec![1; 64]
}

#[test]
fn reads_the_key_and_the_message_of_one_signature() {
    for scheme in SCHEMES {
        let key = vec![3; scheme.public_key_bytes()];
        let bytes = data(scheme, &key, &signature(), b"hello");
        let signed = parse(scheme, &bytes).unwrap();
        assert_eq!((signed.public_key, signed.message), (&key[..], &b"hello"[..]));
    }
}

#[test]
fn rejects_no_signature_and_two() {
    for scheme in SCHEMES {
        let mut bytes = data(scheme, &vec![3; scheme.public_key_bytes()], &signature(), b"hello");
        for count in [0, 2, 255] {
            bytes[0] = count;
            assert_eq!(parse(scheme, &bytes), Err(Refusal::NotOneSignature));
        }
        assert_eq!(parse(scheme, &[0, 0]), Err(Refusal::NotOneSignature));
        assert_eq!(parse(scheme, &[]), Err(Refusal::NotOneSignature));
        assert_eq!(parse(scheme, &[1]), Err(Refusal::Truncated));
    }
}

#[test]
fn rejects_parts_that_are_in_another_instruction() {
    for scheme in SCHEMES {
        let good = data(scheme, &vec![3; scheme.public_key_bytes()], &signature(), b"hello");
        for at in [4, 8, 14] {
            for index in [0u16, 1, 0xfffe] {
                let mut bytes = good.clone();
                bytes[at..at + 2].copy_from_slice(&index.to_le_bytes());
                assert_eq!(parse(scheme, &bytes), Err(Refusal::ForeignInstruction));
            }
        }
    }
}

#[test]
fn rejects_offsets_outside_the_data() {
    for scheme in SCHEMES {
        let good = data(scheme, &vec![3; scheme.public_key_bytes()], &signature(), b"hello");
        for at in [2, 6, 10, 12] {
            let mut bytes = good.clone();
            bytes[at..at + 2].copy_from_slice(&u16::MAX.to_le_bytes());
            assert_eq!(parse(scheme, &bytes), Err(Refusal::Truncated));
        }
        assert_eq!(parse(scheme, &good[..good.len() - 1]), Err(Refusal::Truncated));
    }
}

#[test]
fn rejects_the_high_s_and_zero_of_p256() {
    let half: [u8; 32] = [
        0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73,
        0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
    ];
    let check = |r: [u8; 32], s: [u8; 32]| {
        let bytes = data(Scheme::Secp256r1, &[3; 33], &[r, s].concat(), b"hello");
        parse(Scheme::Secp256r1, &bytes).map(|_| ())
    };
    assert_eq!(check([1; 32], half), Ok(()));
    let mut above = half;
    above[31] += 1;
    assert_eq!(check([1; 32], above), Err(Refusal::NotCanonical));
    assert_eq!(check([1; 32], [0; 32]), Err(Refusal::NotCanonical));
    assert_eq!(check([0; 32], half), Err(Refusal::NotCanonical));
    assert_eq!(check([0xff; 32], half), Err(Refusal::NotCanonical));
}

#[test]
fn rejects_an_s_of_ed25519_that_is_not_reduced() {
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let check = |s: [u8; 32]| {
        let bytes = data(Scheme::Ed25519, &[3; 32], &[[1; 32], s].concat(), b"hello");
        parse(Scheme::Ed25519, &bytes).map(|_| ())
    };
    let mut below = order;
    below[0] -= 1;
    assert_eq!(check(below), Ok(()));
    assert_eq!(check(order), Err(Refusal::NotCanonical));
    assert_eq!(check([0xff; 32]), Err(Refusal::NotCanonical));
}

#[test]
fn rejects_keys_of_small_order_and_second_encodings() {
    for sign in [0, 0x80] {
        for (low, middle, high) in [
            (0, 0, 0),
            (1, 0, 0),
            (0xec, 0xff, 0x7f),
            (0xed, 0xff, 0x7f),
            (0xee, 0xff, 0x7f),
            (0xff, 0xff, 0x7f),
        ] {
            assert_eq!(
                check_key(&key(0xed, little_endian(low, middle, high | sign))),
                Err(Refusal::BadKey)
            );
        }
    }
    assert_eq!(check_key(&key(0xed, little_endian(2, 0, 0))), Ok(Scheme::Ed25519));
    assert_eq!(
        check_key(&key(0xed, little_endian(0xeb, 0xff, 0x7f))),
        Ok(Scheme::Ed25519)
    );
    assert_eq!(check_key(&key(0x02, [0xff; 32])), Err(Refusal::BadKey));
    assert_eq!(check_key(&key(0x03, [0x7f; 32])), Ok(Scheme::Secp256r1));
    assert_eq!(check_key(&key(0x04, [1; 32])), Err(Refusal::BadKey));
    assert_eq!(check_key(&[0; 33]), Err(Refusal::BadKey));
}

proptest! {
    #[test]
    fn never_reads_outside_whatever_bytes_come(bytes in vec(any::<u8>(), 0..300)) {
        for scheme in SCHEMES {
            if let Ok(signed) = parse(scheme, &bytes) {
                prop_assert_eq!(signed.public_key.len(), scheme.public_key_bytes());
                prop_assert!(signed.message.len() <= bytes.len());
            }
        }
    }

    #[test]
    fn reads_back_what_was_laid_out(key in any::<[u8; 32]>(), message in vec(any::<u8>(), 0..200)) {
        let bytes = data(Scheme::Ed25519, &key, &signature(), &message);
        let signed = parse(Scheme::Ed25519, &bytes).unwrap();
        prop_assert_eq!((signed.public_key, signed.message), (&key[..], &message[..]));
    }
}
