//! Proofs of the tree whose root pays everybody: cumulative rewards, one leaf per wallet, every node with the sum below it.
//!
//! ```text
//! leaf  SHA-256(0x00 ‖ "RWD1" ‖ distributor 32 ‖ beneficiary 32 ‖ cumulative u64 LE)          its sum is cumulative
//! node  SHA-256(0x01 ‖ left hash 32 ‖ left sum u64 LE ‖ right hash 32 ‖ right sum u64 LE)     its sum is left + right
//! ```
//!
//! The bytes are those of `poc/src/reward/merkle-sum-tree.ts`; both read `fixtures/reward/merkle-sum.json`. A proof is the siblings
//! from the leaf up and one word of side bits; a level on which the node moves up unpaired has no step. Amounts are base units.
//! Refuses proofs deeper than [`MAX_DEPTH`], side bits beyond the last step, and sums beyond u64.
#![forbid(unsafe_code)]

use solana_sha256_hasher::hashv;

/// Deepest proof that is looked at: 2^24 wallets.
pub const MAX_DEPTH: usize = 24;

const LEAF_DOMAIN: &[u8] = &[0x00];
const LEAF_TAG: &[u8] = b"RWD1";
const NODE_DOMAIN: &[u8] = &[0x01];

/// A node of the tree: a root, a sibling in a proof, or a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    pub hash: [u8; 32],
    /// Base units of all leaves below.
    pub sum: u64,
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// More than [`MAX_DEPTH`] steps.
    TooDeep,
    /// A side bit is set for a step that is not there.
    StraySideBit,
    /// The sums on the way up do not fit u64.
    SumOverflow,
    /// The proof leads to another root or another total.
    WrongRoot,
}

/// The leaf that says `distributor` owes `beneficiary` `cumulative` base units since genesis.
pub fn leaf(distributor: &[u8; 32], beneficiary: &[u8; 32], cumulative: u64) -> Node {
    let hash = hashv(&[
        LEAF_DOMAIN,
        LEAF_TAG,
        distributor,
        beneficiary,
        &cumulative.to_le_bytes(),
    ]);
    Node {
        hash: hash.to_bytes(),
        sum: cumulative,
    }
}

/// The parent of two nodes in index order; `None` when their sums do not fit u64.
pub fn parent(left: &Node, right: &Node) -> Option<Node> {
    let sum = left.sum.checked_add(right.sum)?;
    let hash = hashv(&[
        NODE_DOMAIN,
        &left.hash,
        &left.sum.to_le_bytes(),
        &right.hash,
        &right.sum.to_le_bytes(),
    ]);
    Some(Node {
        hash: hash.to_bytes(),
        sum,
    })
}

/// Checks that `leaf` is below `root`. `siblings` go from the leaf up; bit k of `left_siblings` is set when sibling k is the
/// left child.
pub fn verify<I>(root: &Node, leaf: Node, siblings: I, left_siblings: u32) -> Result<(), Refusal>
where
    I: ExactSizeIterator<Item = Node>,
{
    let steps = siblings.len();
    if steps > MAX_DEPTH {
        return Err(Refusal::TooDeep);
    }
    if left_siblings >> steps != 0 {
        return Err(Refusal::StraySideBit);
    }
    let mut node = leaf;
    for (step, sibling) in siblings.enumerate() {
        let is_left = (left_siblings >> step) & 1 == 1;
        let above = if is_left {
            parent(&sibling, &node)
        } else {
            parent(&node, &sibling)
        };
        node = above.ok_or(Refusal::SumOverflow)?;
    }
    if node == *root {
        Ok(())
    } else {
        Err(Refusal::WrongRoot)
    }
}
