/**
 * The fee of a transaction before it is sent: 5,000 lamports a signature (precompile signatures included) and the priority fee.
 *
 * Source: Solana's fee structure; the priority fee is ceil(unit price in micro-lamports × unit limit / 1e6).
 */
import type { WireTransaction } from "./wire-transaction.ts";

const LAMPORTS_PER_SIGNATURE = 5_000n;
const COMPUTE_BUDGET = "ComputeBudget111111111111111111111111111111";
/** Precompiles whose first data byte counts signatures that are paid for like the transaction's own. */
const PRECOMPILES = [
  "Ed25519SigVerify111111111111111111111111111",
  "KeccakSecp256k11111111111111111111111111111",
  "Secp256r1SigVerify1111111111111111111111111",
];
const UNITS_PER_INSTRUCTION = 200_000;
const UNITS_PER_BUILTIN = 3_000;
const MAX_UNITS = 1_400_000;
const BUILTINS = new Set([
  "11111111111111111111111111111111",
  "Vote111111111111111111111111111111111111111",
  "BPFLoaderUpgradeab1e11111111111111111111111",
  "BPFLoader1111111111111111111111111111111111",
  "BPFLoader2111111111111111111111111111111111",
  "LoaderV411111111111111111111111111111111111",
  COMPUTE_BUDGET,
  ...PRECOMPILES.slice(0, 2),
]);

/** Lamports the runtime takes for a transaction, whether it succeeds or fails. */
export function feeLamports({ requiredSignatures, staticKeys, instructions }: WireTransaction): bigint {
  let signatures = BigInt(requiredSignatures);
  let unitLimit: bigint | null = null;
  let microLamportsPerUnit = 0n;
  let defaultUnits = 0;
  for (const { programIndex, data } of instructions) {
    const program = staticKeys[programIndex]!;
    if (PRECOMPILES.includes(program)) signatures += BigInt(data[0] ?? 0);
    defaultUnits += BUILTINS.has(program) ? UNITS_PER_BUILTIN : UNITS_PER_INSTRUCTION;
    if (program !== COMPUTE_BUDGET) continue;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    if (data[0] === 2 && data.length >= 5) unitLimit = BigInt(view.getUint32(1, true));
    if (data[0] === 3 && data.length >= 9) microLamportsPerUnit = view.getBigUint64(1, true);
  }
  const units = unitLimit ?? BigInt(Math.min(defaultUnits, MAX_UNITS));
  const capped = units < BigInt(MAX_UNITS) ? units : BigInt(MAX_UNITS);
  return signatures * LAMPORTS_PER_SIGNATURE + (microLamportsPerUnit * capped + 999_999n) / 1_000_000n;
}
