/**
 * `bun run bench programs [--write]`: the reward tree of a million wallets, and a wallet's proof out of it.
 *
 *   build   from columns of addresses and amounts to all levels, CPU time of the process; the naive tree is the peer, the roots must agree
 *   proof   address → leaf → siblings → the JSON an oracle serves
 *
 * Rounds of both variants alternate; the figure is the median. Exits 1 where a limit is missed or the roots differ. --write puts the
 * table into docs/reference/performance-programs.md.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { buildMerkleSumTree, type MerkleSumTree } from "@earshot/poc";
import { PublicKey } from "@solana/web3.js";
import { claimToJson } from "../src/sdk/claim-proof-json.ts";
import { claimProofAt, leafIndexOf } from "../src/sdk/reward-tree.ts";
import { naiveTree } from "./naive-tree.ts";

const WALLETS = 1_000_000;
const ROUNDS = 5;
const PROOFS = 20_000;
/** Source: issue 5, "It must reach". */
const BUILD_LIMIT_S = 3;
const PROOF_LIMIT_MS = 1;
const PAGE = join(import.meta.dirname, "../../../docs/reference/performance-programs.md");

interface Columns {
  readonly distributor: Buffer;
  readonly beneficiaries: Uint8Array;
  readonly amounts: BigUint64Array;
}

export function runProgramsBench(args: readonly string[]): number {
  const columns = syntheticWallets(WALLETS);
  const own: number[] = [];
  const naive: number[] = [];
  let tree: MerkleSumTree | undefined;
  let areSame = true;
  // The first round warms the compiler up and is not counted.
  for (let round = 0; round <= ROUNDS; round++) {
    const [ownS, built] = cpuSeconds(() =>
      buildMerkleSumTree(columns.distributor, columns.beneficiaries, columns.amounts),
    );
    const [naiveS, hash] = cpuSeconds(() => naiveRoot(columns));
    tree = built;
    areSame &&= Buffer.compare(built.root.hash, hash) === 0;
    if (round > 0) {
      own.push(ownS);
      naive.push(naiveS);
    }
  }
  const proofsMs = proofTimes(columns, tree!);
  const [ownS, naiveS] = [median(own), median(naive)];
  const worst = proofsMs.at(-1)!;
  const text = [
    "| what | earshot | naive peer | limit |",
    "|---|---|---|---|",
    `| tree of ${WALLETS.toLocaleString("en")} wallets, CPU s | ${ownS.toFixed(2)} | ${naiveS.toFixed(2)} (${(naiveS / ownS).toFixed(1)}×) | ${BUILD_LIMIT_S} |`,
    `| one proof as JSON, median of ${PROOFS.toLocaleString("en")}, ms | ${median(proofsMs).toFixed(3)} | - | ${PROOF_LIMIT_MS} |`,
    `| one proof as JSON, 99th percentile, ms | ${proofsMs[Math.floor(0.99 * PROOFS)]!.toFixed(3)} | - | ${PROOF_LIMIT_MS} |`,
    `| one proof as JSON, slowest, ms | ${worst.toFixed(3)} | - | - |`,
    "",
  ].join("\n");
  process.stdout.write(text);
  if (!areSame) process.stdout.write("the roots of the two trees differ\n");
  if (args.includes("--write")) writeFileSync(PAGE, page(text));
  return areSame && ownS <= BUILD_LIMIT_S && median(proofsMs) <= PROOF_LIMIT_MS ? 0 : 1;
}

function naiveRoot({ distributor, beneficiaries, amounts }: Columns): Uint8Array {
  const wallets = Array.from({ length: WALLETS }, (_, at) => Buffer.from(beneficiaries.buffer, at * 32, 32));
  return naiveTree(distributor, wallets, [...amounts]).at(-1)![0]!.hash;
}

/** Milliseconds of each proof, ascending; wallets far apart from each other. */
function proofTimes({ beneficiaries }: Columns, tree: MerkleSumTree): number[] {
  const times = Array.from({ length: 2 * PROOFS }, (_, count) => {
    const at = (count * 7_919) % WALLETS;
    const wallet = beneficiaries.subarray(at * 32, (at + 1) * 32);
    const from = performance.now();
    const index = leafIndexOf(beneficiaries, wallet);
    const claim = {
      beneficiary: new PublicKey(wallet),
      cumulative: tree.levels[0]!.sums[index]!,
      proof: claimProofAt(tree, index),
    };
    JSON.stringify(claimToJson(claim));
    return performance.now() - from;
  });
  return times.slice(PROOFS).sort((a, b) => a - b);
}

/** Addresses in ascending order, spread over all of their space, and amounts that differ. */
function syntheticWallets(count: number): Columns {
  const beneficiaries = new Uint8Array(count * 32);
  const view = new DataView(beneficiaries.buffer);
  let mixed = 1;
  for (let at = 0; at < count; at++) {
    view.setUint32(at * 32, Math.floor((at / count) * 2 ** 32));
    for (let word = 4; word < 32; word += 4) {
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) + at;
      view.setUint32(at * 32 + word, mixed >>> 0);
    }
  }
  const amounts = BigUint64Array.from({ length: count }, (_, at) => BigInt(1 + (at % 1_000_003)) * 100_003n);
  return { distributor: Buffer.alloc(32, 7), beneficiaries, amounts };
}

function cpuSeconds<T>(work: () => T): readonly [number, T] {
  Bun.gc(true);
  const from = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(from);
  return [(user + system) / 1e6, result];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

function page(table: string): string {
  return `# Performance of the reward tree

Written by \`bun run bench programs --write\`; every number on this page comes from that one run.

The tree is the one the program \`rewards\` checks (docs/adr/0003), built from columns of addresses and amounts. The naive peer is the same tree
with an object and a hash object a node; both roots must agree. Rounds alternate, ${ROUNDS} of each after one that is not counted; the figure is the median
of CPU seconds of the process. A proof is what an oracle does for a wallet that asks: find its leaf, copy the siblings out, write the JSON.

Machine: ${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, ${process.platform} ${process.arch}; Bun ${Bun.version}.

${table}`;
}
