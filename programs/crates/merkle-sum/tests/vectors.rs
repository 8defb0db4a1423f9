//! The golden vectors that poc's tree is held against too.
mod tree;

use merkle_sum::{leaf, verify, Node};
use serde_json::Value;

const VECTORS: &str = include_str!("../../../../fixtures/reward/merkle-sum.json");

fn bytes(value: &Value) -> [u8; 32] {
    let text = value.as_str().expect("hex text");
    std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hex digits"))
}

fn amount(value: &Value) -> u64 {
    value.as_str().expect("decimal text").parse().expect("a u64")
}

#[test]
fn gives_the_leaf_hashes_proofs_and_roots_of_the_vectors() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let distributor = bytes(&vectors["distributor"]);
    let trees = vectors["trees"].as_array().unwrap();
    assert!(trees.len() > 3);
    for expected in trees {
        let rows = expected["leaves"].as_array().unwrap();
        let root = Node {
            hash: bytes(&expected["root"]),
            sum: amount(&expected["total"]),
        };
        let leaves: Vec<Node> = rows
            .iter()
            .map(|row| leaf(&distributor, &bytes(&row["beneficiary"]), amount(&row["cumulative"])))
            .collect();
        // Larger trees list only some of their leaves.
        let is_whole = expected["leafCount"].as_u64() == Some(rows.len() as u64);
        let levels = is_whole.then(|| tree::build(&leaves));
        if let Some(levels) = &levels {
            assert_eq!(tree::root(levels), root);
        }
        for (index, row) in rows.iter().enumerate() {
            assert_eq!(leaves[index].hash, bytes(&row["leafHash"]));
            let siblings: Vec<Node> = row["siblings"]
                .as_array()
                .unwrap()
                .iter()
                .map(|step| Node {
                    hash: bytes(&step["hash"]),
                    sum: amount(&step["sum"]),
                })
                .collect();
            let left_siblings = row["leftSiblings"].as_u64().unwrap() as u32;
            assert_eq!(
                verify(&root, leaves[index], siblings.iter().copied(), left_siblings),
                Ok(())
            );
            if let Some(levels) = &levels {
                let proof = tree::prove(levels, index);
                assert_eq!((proof.siblings, proof.left_siblings), (siblings, left_siblings));
            }
        }
    }
}
