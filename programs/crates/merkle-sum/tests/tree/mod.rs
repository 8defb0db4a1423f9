//! A whole tree, built bottom-up, to prove leaves of. The program never builds one; the client does, in TypeScript.
use merkle_sum::{parent, Node};

pub struct Proof {
    pub siblings: Vec<Node>,
    pub left_siblings: u32,
}

pub fn build(leaves: &[Node]) -> Vec<Vec<Node>> {
    let mut levels = vec![leaves.to_vec()];
    while levels.last().unwrap().len() > 1 {
        let below = levels.last().unwrap();
        let above = below
            .chunks(2)
            .map(|pair| {
                if pair.len() == 2 {
                    parent(&pair[0], &pair[1]).expect("sums fit u64")
                } else {
                    pair[0]
                }
            })
            .collect();
        levels.push(above);
    }
    levels
}

pub fn root(levels: &[Vec<Node>]) -> Node {
    levels.last().unwrap()[0]
}

pub fn prove(levels: &[Vec<Node>], index: usize) -> Proof {
    let mut at = index;
    let mut proof = Proof {
        siblings: vec![],
        left_siblings: 0,
    };
    for level in levels {
        if let Some(sibling) = level.get(at ^ 1) {
            if at & 1 == 1 {
                proof.left_siblings |= 1 << proof.siblings.len();
            }
            proof.siblings.push(*sibling);
        }
        at /= 2;
    }
    proof
}
