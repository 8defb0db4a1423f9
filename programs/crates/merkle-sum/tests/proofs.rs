//! What holds for every tree: each leaf is proven, and nothing else is.
mod tree;

use merkle_sum::{leaf, verify, Node, Refusal, MAX_DEPTH};
use proptest::{collection::vec, prelude::*};

fn leaves(distributor: u8) -> impl Strategy<Value = (Vec<u64>, Vec<Node>)> {
    vec(0..u64::MAX / 64, 1..64).prop_map(move |amounts| {
        let nodes = amounts
            .iter()
            .enumerate()
            .map(|(i, amount)| leaf(&[distributor; 32], &[i as u8; 32], *amount))
            .collect();
        (amounts, nodes)
    })
}

fn flip_hash(mut node: Node, bit: usize) -> Node {
    node.hash[bit / 8] ^= 1 << (bit % 8);
    node
}

fn flip_sum(node: Node, bit: usize) -> Node {
    Node {
        sum: node.sum ^ (1 << (bit % 64)),
        ..node
    }
}

#[test]
fn proves_the_only_leaf_without_a_step() {
    let only = leaf(&[1; 32], &[2; 32], 3);
    assert_eq!(verify(&only, only, [].into_iter(), 0), Ok(()));
    assert_eq!(
        verify(&only, leaf(&[1; 32], &[2; 32], 4), [].into_iter(), 0),
        Err(Refusal::WrongRoot)
    );
}

#[test]
fn rejects_a_proof_that_is_too_deep() {
    let node = Node { hash: [0; 32], sum: 0 };
    assert_eq!(
        verify(&node, node, [node; MAX_DEPTH].into_iter(), 0),
        Err(Refusal::WrongRoot)
    );
    assert_eq!(
        verify(&node, node, [node; MAX_DEPTH + 1].into_iter(), 0),
        Err(Refusal::TooDeep)
    );
}

#[test]
fn rejects_sums_beyond_u64() {
    let most = leaf(&[1; 32], &[2; 32], u64::MAX);
    let one = leaf(&[1; 32], &[3; 32], 1);
    assert_eq!(verify(&most, most, [one].into_iter(), 0), Err(Refusal::SumOverflow));
}

proptest! {
    #[test]
    fn proves_every_leaf((_, nodes) in leaves(7)) {
        let levels = tree::build(&nodes);
        let root = tree::root(&levels);
        prop_assert_eq!(root.sum, nodes.iter().map(|node| node.sum).sum::<u64>());
        for (index, node) in nodes.iter().enumerate() {
            let proof = tree::prove(&levels, index);
            prop_assert_eq!(verify(&root, *node, proof.siblings.into_iter(), proof.left_siblings), Ok(()));
        }
    }

    #[test]
    fn rejects_any_flipped_bit((_, nodes) in leaves(7), pick in any::<prop::sample::Index>(), bit in 0usize..256) {
        let levels = tree::build(&nodes);
        let root = tree::root(&levels);
        let index = pick.index(nodes.len());
        let proof = tree::prove(&levels, index);
        let siblings = || proof.siblings.iter().copied();
        let other_hash = flip_hash(root, bit);
        let other_sum = flip_sum(root, bit);
        prop_assert!(verify(&other_hash, nodes[index], siblings(), proof.left_siblings).is_err());
        prop_assert!(verify(&other_sum, nodes[index], siblings(), proof.left_siblings).is_err());
        prop_assert!(verify(&root, nodes[index], siblings(), proof.left_siblings ^ (1 << (bit % 32))).is_err());
        for step in 0..proof.siblings.len() {
            for flip in [flip_hash, flip_sum] {
                let mut changed = proof.siblings.clone();
                changed[step] = flip(changed[step], bit);
                prop_assert!(verify(&root, nodes[index], changed.into_iter(), proof.left_siblings).is_err());
            }
        }
    }

    #[test]
    fn rejects_the_amount_the_wallet_and_the_distributor_of_another_leaf(
        (amounts, nodes) in leaves(7), pick in any::<prop::sample::Index>(), other in any::<u64>()
    ) {
        let levels = tree::build(&nodes);
        let root = tree::root(&levels);
        let index = pick.index(nodes.len());
        let proof = tree::prove(&levels, index);
        let check = |node| verify(&root, node, proof.siblings.iter().copied(), proof.left_siblings);
        prop_assume!(other != amounts[index]);
        prop_assert!(check(leaf(&[7; 32], &[index as u8; 32], other)).is_err());
        prop_assert!(check(leaf(&[8; 32], &[index as u8; 32], amounts[index])).is_err());
        prop_assert!(check(leaf(&[7; 32], &[index as u8 ^ 128; 32], amounts[index])).is_err());
    }

    #[test]
    fn rejects_an_inner_node_offered_as_a_leaf((_, nodes) in leaves(7), pick in any::<prop::sample::Index>()) {
        let levels = tree::build(&nodes);
        let root = tree::root(&levels);
        prop_assume!(levels.len() > 1);
        let index = pick.index(levels[1].len());
        // The sums agree; only the hash can tell a wallet's leaf from the node above two of them.
        let inner = levels[1][index];
        let forged = leaf(&[7; 32], &inner.hash, inner.sum);
        let proof = tree::prove(&levels[1..], index);
        prop_assert!(verify(&root, forged, proof.siblings.into_iter(), proof.left_siblings).is_err());
    }
}
