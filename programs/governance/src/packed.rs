//! Instructions as they are voted on and executed. What is executed is given as accounts of the transaction and these bytes; both
//! together are hashed:
//!
//! ```text
//! instructions u8, then for each:
//!   program 32, accounts u8, for each account: key 32, flags u8 (1 signs, 2 writable), data length u32 LE, data
//! ```
use crate::GovernanceError;
use anchor_lang::{
    prelude::*,
    solana_program::instruction::{AccountMeta, Instruction},
};
use solana_sha256_hasher::hash;

const SIGNS: u8 = 1;
const WRITABLE: u8 = 2;

/// One instruction of a proposal. Its program and accounts are the next accounts of `execute`, in order.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct PackedInstruction {
    /// One byte an account: 1 when it signs, 2 when it is writable, 3 for both.
    pub flags: Vec<u8>,
    pub data: Vec<u8>,
}

/// Joins packed instructions with the keys of the accounts they are given; every key has to be used.
pub fn unpack(packed: &[PackedInstruction], keys: &[Pubkey]) -> Result<Vec<Instruction>> {
    let mut rest = keys.iter();
    let mut instructions = Vec::with_capacity(packed.len());
    for PackedInstruction { flags, data } in packed {
        let program_id = *rest.next().ok_or(GovernanceError::MalformedInstructions)?;
        let mut accounts = Vec::with_capacity(flags.len());
        for flag in flags {
            require!(*flag <= SIGNS | WRITABLE, GovernanceError::MalformedInstructions);
            accounts.push(AccountMeta {
                pubkey: *rest.next().ok_or(GovernanceError::MalformedInstructions)?,
                is_signer: flag & SIGNS != 0,
                is_writable: flag & WRITABLE != 0,
            });
        }
        instructions.push(Instruction {
            program_id,
            accounts,
            data: data.clone(),
        });
    }
    require!(
        rest.next().is_none() && !instructions.is_empty(),
        GovernanceError::MalformedInstructions
    );
    Ok(instructions)
}

/// What a proposal commits to.
pub fn instruction_hash(instructions: &[Instruction]) -> Result<[u8; 32]> {
    let count = |length: usize| u8::try_from(length).map_err(|_| GovernanceError::MalformedInstructions);
    let mut bytes = vec![count(instructions.len())?];
    for Instruction {
        program_id,
        accounts,
        data,
    } in instructions
    {
        bytes.extend_from_slice(program_id.as_ref());
        bytes.push(count(accounts.len())?);
        for account in accounts {
            bytes.extend_from_slice(account.pubkey.as_ref());
            bytes.push(u8::from(account.is_signer) * SIGNS + u8::from(account.is_writable) * WRITABLE);
        }
        bytes.extend_from_slice(&(data.len() as u32).to_le_bytes());
        bytes.extend_from_slice(data);
    }
    Ok(hash(&bytes).to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> Pubkey {
        Pubkey::new_from_array([n; 32])
    }

    fn packed() -> Vec<PackedInstruction> {
        vec![
            PackedInstruction {
                flags: vec![3, 0],
                data: vec![1, 2, 3],
            },
            PackedInstruction {
                flags: vec![2],
                data: vec![],
            },
        ]
    }

    #[test]
    fn joins_bytes_and_accounts_in_order() {
        let keys = [1, 2, 3, 4, 5].map(key);
        let instructions = unpack(&packed(), &keys).unwrap();
        assert_eq!(instructions[0].program_id, key(1));
        assert_eq!(
            instructions[0].accounts,
            [AccountMeta::new(key(2), true), AccountMeta::new_readonly(key(3), false)]
        );
        assert_eq!(instructions[1].program_id, key(4));
        assert_eq!(instructions[1].accounts, [AccountMeta::new(key(5), false)]);
    }

    #[test]
    fn rejects_accounts_too_few_and_too_many() {
        for count in [0, 1, 4, 6] {
            let keys: Vec<Pubkey> = (1..=count).map(key).collect();
            assert!(unpack(&packed(), &keys).is_err(), "{count}");
        }
        assert!(unpack(&[], &[]).is_err());
        assert!(unpack(
            &[PackedInstruction {
                flags: vec![4],
                data: vec![]
            }],
            &[key(1), key(2)]
        )
        .is_err());
    }

    #[test]
    fn another_key_flag_or_byte_is_another_hash() {
        let keys = [1, 2, 3, 4, 5].map(key);
        let of =
            |packed: &[PackedInstruction], keys: &[Pubkey]| instruction_hash(&unpack(packed, keys).unwrap()).unwrap();
        let expected = of(&packed(), &keys);
        for at in 0..5 {
            let mut other = keys;
            other[at] = key(9);
            assert_ne!(of(&packed(), &other), expected);
        }
        let mut other = packed();
        other[0].flags[1] = 1;
        assert_ne!(of(&other, &keys), expected);
        other = packed();
        other[0].data[2] = 4;
        assert_ne!(of(&other, &keys), expected);
        // The same bytes divided otherwise.
        let other = vec![PackedInstruction {
            flags: vec![3, 0, 0, 2],
            data: vec![1, 2, 3],
        }];
        assert_ne!(of(&other, &keys), expected);
    }
}
