/**
 * The few instructions of the token programs the SDK sends. Layouts: SPL Token and the associated-token program; tests hold them against
 * @solana/spl-token, which is not a dependency because it brings native code (bigint-buffer) that reads past its buffer.
 */
import { PublicKey, SystemProgram, TransactionInstruction } from "@solana/web3.js";

export const TOKEN_PROGRAM_ID = new PublicKey("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
export const TOKEN_2022_PROGRAM_ID = new PublicKey("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
export const ASSOCIATED_TOKEN_PROGRAM_ID = new PublicKey("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
/** Bytes of a mint without extensions. */
export const MINT_BYTES = 82;

const CREATE_IDEMPOTENT = 1;
const MINT_TO = 7;
const TRANSFER_CHECKED = 12;
const INITIALIZE_MINT_2 = 20;

/** The wallet's associated token account of a mint; the wallet may be a program's address. */
export function associatedAccountOf(mint: PublicKey, wallet: PublicKey, program = TOKEN_PROGRAM_ID): PublicKey {
  const seeds = [wallet.toBytes(), program.toBytes(), mint.toBytes()];
  return PublicKey.findProgramAddressSync(seeds, ASSOCIATED_TOKEN_PROGRAM_ID)[0];
}

/** Creates the wallet's associated token account where it is missing. */
export function createAssociatedAccount(
  payer: PublicKey,
  wallet: PublicKey,
  mint: PublicKey,
  program = TOKEN_PROGRAM_ID,
): TransactionInstruction {
  return new TransactionInstruction({
    programId: ASSOCIATED_TOKEN_PROGRAM_ID,
    keys: [
      { pubkey: payer, isSigner: true, isWritable: true },
      { pubkey: associatedAccountOf(mint, wallet, program), isSigner: false, isWritable: true },
      ...[wallet, mint, SystemProgram.programId, program].map((pubkey) => ({
        pubkey,
        isSigner: false,
        isWritable: false,
      })),
    ],
    data: Buffer.from([CREATE_IDEMPOTENT]),
  });
}

/** Makes a new account a mint without freeze authority. */
export function initializeMint(mint: PublicKey, decimals: number, authority: PublicKey): TransactionInstruction {
  return new TransactionInstruction({
    programId: TOKEN_PROGRAM_ID,
    keys: [{ pubkey: mint, isSigner: false, isWritable: true }],
    data: Buffer.from([INITIALIZE_MINT_2, decimals, ...authority.toBytes(), 0]),
  });
}

/** Mints base units into a token account. */
export function mintTo(
  mint: PublicKey,
  account: PublicKey,
  authority: PublicKey,
  amountAtoms: bigint,
): TransactionInstruction {
  const data = Buffer.alloc(9);
  data[0] = MINT_TO;
  data.writeBigUInt64LE(amountAtoms, 1);
  return new TransactionInstruction({
    programId: TOKEN_PROGRAM_ID,
    keys: [
      { pubkey: mint, isSigner: false, isWritable: true },
      { pubkey: account, isSigner: false, isWritable: true },
      { pubkey: authority, isSigner: true, isWritable: false },
    ],
    data,
  });
}

/** Moves base units from the owner's token account to another one of the same mint. */
export function transferChecked(args: {
  readonly mint: PublicKey;
  readonly from: PublicKey;
  readonly to: PublicKey;
  readonly owner: PublicKey;
  readonly amountAtoms: bigint;
  readonly decimals: number;
  readonly program?: PublicKey;
}): TransactionInstruction {
  const { mint, from, to, owner, amountAtoms, decimals, program = TOKEN_PROGRAM_ID } = args;
  const data = Buffer.alloc(10);
  data[0] = TRANSFER_CHECKED;
  data.writeBigUInt64LE(amountAtoms, 1);
  data[9] = decimals;
  return new TransactionInstruction({
    programId: program,
    keys: [
      { pubkey: from, isSigner: false, isWritable: true },
      { pubkey: mint, isSigner: false, isWritable: false },
      { pubkey: to, isSigner: false, isWritable: true },
      { pubkey: owner, isSigner: true, isWritable: false },
    ],
    data,
  });
}
