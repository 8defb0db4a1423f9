/**
 * Why an oracle does not vote for what it computed: the log it computed it from is not the one its ingests promised.
 *
 * An oracle computes alone, from the union of all ingests' logs. It votes when every head on chain is a head of its copy, every log is
 * on chain beyond the end of the epoch, and no receipt or signed head that was shown to it contradicts a log. What contradicts is a
 * proof against an ingest and is published; what is not known yet is waited for.
 */

import type { TimeParameters } from "@earshot/poc";
import { importKey, type LogHead, verifyLogHead } from "@earshot/poc/protocol";
import { headLagMs } from "../log/published-segments.ts";
import { epochSpan } from "../pipeline/epoch-times.ts";
import type { ClosedEpoch } from "../pipeline/work-table.ts";
import type { Db } from "../ports/store.ts";
import { checkHead, checkReceipt } from "./check-receipt.ts";
import { evidenceOf, forgetEvidence } from "./evidence-table.ts";
import type { LogCopy } from "./log-copy.ts";
import type { EpochOnChain, IngestOnChain } from "./rewards-chain.ts";

/** Evidence against an ingest that anybody can check: the statement it signed, and what its log or another statement says instead. */
export interface Proof {
  readonly kind: "receipt" | "head" | "chain_head";
  /** Hex, as all bytes here. */
  readonly ingest: string;
  readonly why: string;
  /** What the ingest signed or recorded. */
  readonly statement: string;
  readonly logIndex?: number;
  readonly length?: number;
  /** Head of the log at that length as its published segments give it. */
  readonly ours?: string;
  readonly segment?: number;
}

export type Objection =
  | { readonly kind: "broken_word"; readonly proof: Proof }
  | { readonly kind: "unknown_log"; readonly ingest: string }
  | { readonly kind: "log_behind"; readonly ingest: string; readonly length: number; readonly onChain: number }
  | { readonly kind: "head_not_on_chain"; readonly ingest: string; readonly length: number }
  | { readonly kind: "receipt_open"; readonly ingest: string; readonly logIndex: number }
  | { readonly kind: "parameter_mismatch"; readonly ours: string; readonly onChain: string };

export interface ObjectionInput {
  readonly db: Db;
  readonly copies: readonly LogCopy[];
  readonly ingests: readonly IngestOnChain[];
  readonly closed: ClosedEpoch;
  readonly onChain: EpochOnChain;
  readonly network: number;
  readonly time: TimeParameters;
}

/** All objections to voting for a closed epoch; none: vote. */
export async function objectionsTo(input: ObjectionInput): Promise<readonly Objection[]> {
  const { db, copies, ingests, closed, onChain, network } = input;
  const objections: Objection[] = [];
  const [ours, theirs] = [closed.parameterHash, onChain.parameterHash].map(hex);
  if (ours !== theirs) objections.push({ kind: "parameter_mismatch", ours, onChain: theirs });
  for (const ingest of ingests) {
    const copy = copies.find(({ ingestKey }) => Buffer.compare(ingestKey, ingest.ingestKey) === 0);
    if (copy === undefined) objections.push({ kind: "unknown_log", ingest: hex(ingest.ingestKey) });
    else
      objections.push(...(await chainObjections(input, ingest, copy)), ...(await shownObjections(input, ingest, copy)));
  }
  // Of a peer that is not in office, not yet or no longer, nothing is held against it; what agrees is let go all the same.
  for (const copy of copies) {
    const isOnChain = ingests.some(({ ingestKey }) => Buffer.compare(ingestKey, copy.ingestKey) === 0);
    if (!isOnChain) await headsOf(db, copy, network);
  }
  return objections;
}

/** What the heads that were shown of an ingest say against our copy of its log; those that agree, or say nothing, are let go. */
async function headsOf(db: Db, copy: LogCopy, network: number) {
  const findings = [];
  const settled: Uint8Array[] = [];
  for (const statement of await evidenceOf(db, "head", copy.ingestKey)) {
    const finding = await checkHead(statement, copy, network);
    if (finding.state === "invalid" || finding.state === "agrees") settled.push(statement);
    if (finding.state !== "invalid") findings.push({ statement, finding });
  }
  await forgetEvidence(db, "head", settled);
  return findings;
}

/** What the heads on chain say against our copy of the log. */
async function chainObjections(
  { closed, time }: ObjectionInput,
  { ingestKey, heads }: IngestOnChain,
  copy: LogCopy,
): Promise<Objection[]> {
  const ingest = hex(ingestKey);
  const { closesMs } = epochSpan(closed.epoch, time);
  const objections: Objection[] = [];
  const length = await copy.length();
  const last = (await copy.reader.segments()).filter(({ firstReceiveMs }) => firstReceiveMs < closesMs).at(-1);
  const needed = last === undefined ? 0 : last.firstIndex + last.uploads;
  const onChain = heads.reduce((longest, head) => Math.max(longest, head.length), 0);
  if (onChain < needed) objections.push({ kind: "head_not_on_chain", ingest, length: needed });
  for (const head of heads) {
    const ours = await copy.headAt(head.length);
    if (ours !== undefined && Buffer.compare(ours, head.head) !== 0) {
      const proof = {
        kind: "chain_head",
        ingest,
        why: "two_heads",
        statement: hex(head.head),
        length: head.length,
        ours: hex(ours),
      } as const;
      objections.push({ kind: "broken_word", proof });
    }
  }
  // Uploads after the epoch need not be here yet; those of it must be, and nobody knows how many there are but the log itself.
  if (length < onChain && (await copy.reader.completeUntilMs()) < closesMs) {
    objections.push({ kind: "log_behind", ingest, length, onChain });
  }
  return objections;
}

/** What receipts and heads that were shown say against our copy of the log. */
async function shownObjections(
  { db, closed, network, time }: ObjectionInput,
  { ingestKey, heads: onChain }: IngestOnChain,
  copy: LogCopy,
): Promise<Objection[]> {
  const ingest = hex(ingestKey);
  const { closesMs } = epochSpan(closed.epoch, time);
  const objections: Objection[] = [];
  const heads: LogHead[] = [];
  for (const { statement, finding } of await headsOf(db, copy, network)) {
    heads.push(finding.head);
    if (finding.state !== "contradicts") continue;
    const { head, ours } = finding;
    const proof = {
      kind: "head",
      ingest,
      why: "two_heads",
      statement: hex(statement),
      length: head.length,
      ours: hex(ours),
    } as const;
    objections.push({ kind: "broken_word", proof });
  }
  const longest = onChain.reduce((length, head) => Math.max(length, head.length), 0);
  const kept: Uint8Array[] = [];
  for (const statement of await evidenceOf(db, "receipt", ingestKey)) {
    const finding = await checkReceipt(statement, copy, network, heads, headLagMs({ time }));
    if (finding.state === "invalid" || finding.state === "kept") kept.push(statement);
    if (finding.state === "open" && finding.receipt.receiveMs < closesMs) {
      // Of an epoch that is over: the log must hold it by now, or will once more of it is published.
      const { logIndex } = finding.receipt;
      const isTruncated = logIndex >= longest && (await copy.reader.completeUntilMs()) >= closesMs;
      if (!isTruncated) objections.push({ kind: "receipt_open", ingest, logIndex });
      else objections.push(broken(ingest, statement, "missing", logIndex));
    }
    if (finding.state === "broken" && finding.receipt.receiveMs < closesMs) {
      objections.push(broken(ingest, statement, finding.why, finding.receipt.logIndex, finding.segment));
    }
  }
  await forgetEvidence(db, "receipt", kept);
  return objections;
}

function broken(ingest: string, statement: Uint8Array, why: string, logIndex: number, segment?: number): Objection {
  const proof = { kind: "receipt", ingest, why, statement: hex(statement), logIndex } as const;
  return { kind: "broken_word", proof: segment === undefined ? proof : { ...proof, segment } };
}

/** Heads that an ingest signed for one length and that differ: a proof that needs no log. */
export function twoHeads(statements: readonly Uint8Array[], ingestKey: Uint8Array, network: number): Proof | undefined {
  const byLength = new Map<number, { readonly head: LogHead; readonly statement: Uint8Array }>();
  for (const statement of statements) {
    const opened = verifyLogHead(statement, importKey(ingestKey), network);
    if (opened.status === "refused") continue;
    const { head } = opened;
    const known = byLength.get(head.length);
    if (known === undefined) byLength.set(head.length, { head, statement });
    else if (Buffer.compare(known.head.head, head.head) !== 0) {
      return {
        kind: "head",
        ingest: hex(ingestKey),
        why: "two_heads",
        statement: hex(statement),
        length: head.length,
        ours: hex(known.statement),
      };
    }
  }
  return undefined;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
