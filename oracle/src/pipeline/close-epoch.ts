/**
 * Closes an epoch: when its log is whole and verified, settles it, judges it, pays it, and archives folder and manifest.
 *
 * Verdicts that were told while the epoch lasted are not used: everything is computed once more over the whole log, by the code that
 * `oracle score` and `oracle audit` run, so the manifest is theirs byte for byte. One worker closes, under a lease; it writes nothing
 * that another one would write differently, and the row that says "closed" comes last.
 */
import { type EpochInput, manifestHash } from "@earshot/poc";
import type { DeviceSigner } from "@earshot/poc/protocol";
import type { FolderInput } from "../epoch-folder/folder.ts";
import { loadChunks } from "../load/load-uploads.ts";
import type { UploadChunk } from "../load/upload-chunk.ts";
import { segmentName } from "../log/segment.ts";
import type { Store } from "../ports/store.ts";
import { folderManifest } from "../score/folder-manifest.ts";
import { scoreInput } from "../score/score-input.ts";
import { decodeChunk } from "./chunk-file.ts";
import { challengesOfEpoch } from "./derive-intervals.ts";
import type { EpochArchive } from "./epoch-archive.ts";
import type { EpochClosing, EpochFacts, EpochOpening } from "./epoch-facts.ts";
import { entropySteps, epochSpan } from "./epoch-times.ts";
import { firstHandover, type Handover, handoverAfter } from "./handover.ts";
import { holdLease, type LeaseOptions } from "./hold-lease.ts";
import type { LogReader } from "./log-reader.ts";
import { listedSegment, type SegmentList, signSegmentList } from "./segment-list.ts";
import { type SegmentTask, segmentTasks } from "./verify-segments.ts";
import {
  type ChunkRow,
  type ClosedEpoch,
  chunksOf,
  closedEpoch,
  forgetChunks,
  lastClosedEpoch,
  noteClosed,
} from "./work-table.ts";

export interface CloserOptions {
  readonly store: Store;
  readonly archive: EpochArchive;
  readonly facts: EpochFacts;
  readonly logs: readonly LogReader[];
  readonly time: EpochOpening["parameters"]["time"];
  readonly firstEpoch: number;
  readonly lease: LeaseOptions;
  /** Signs the list of segments. */
  readonly signer: DeviceSigner;
  /** Threads that judge; the result does not depend on it. */
  readonly workers?: number;
}

/** Why an epoch cannot be closed yet. */
export type NotYet =
  | "log_incomplete"
  | "segments_unverified"
  | "opening_unknown"
  | "entropy_unknown"
  | "price_unknown"
  | "held_by_another";

/** What an epoch is closed from. */
interface Material {
  readonly opening: EpochOpening;
  readonly closing: EpochClosing;
  readonly entropy: EpochInput["entropy"];
  readonly handover: Handover;
  readonly tasks: readonly SegmentTask[];
  readonly chunks: readonly ChunkRow[];
}

export class EpochCloser {
  readonly #options: CloserOptions;

  constructor(options: CloserOptions) {
    this.#options = options;
  }

  /** Closes the next epoch, or says what it waits for. Throws what the stores and the engine throw. */
  async step(): Promise<{ readonly epoch: number; readonly state: "closed" | NotYet }> {
    const { store, firstEpoch, lease } = this.#options;
    const last = await lastClosedEpoch(store);
    const epoch = last === undefined ? firstEpoch : last.epoch + 1;
    const material = await this.#gather(epoch, last);
    if (typeof material === "string") return { epoch, state: material };
    const state = await holdLease(lease, `close/${epoch}`, async (held) => {
      // Another worker may have closed it between our look and our lease.
      if ((await closedEpoch(store, epoch)) !== undefined) return "closed" as const;
      await noteClosed(store, held, await this.#close(epoch, material));
      await forgetChunks(store, epoch);
      return "closed" as const;
    });
    return { epoch, state: state ?? "held_by_another" };
  }

  async #gather(epoch: number, last: ClosedEpoch | undefined): Promise<Material | NotYet> {
    const { archive, facts, logs, store, time } = this.#options;
    const { closesMs } = epochSpan(epoch, time);
    for (const log of logs) if ((await log.completeUntilMs()) < closesMs) return "log_incomplete";
    const tasks: SegmentTask[] = [];
    for (const log of logs) {
      const fromEpoch = segmentTasks(log, await log.segments(), time, epoch);
      tasks.push(...fromEpoch.filter((task) => task.epoch === epoch));
    }
    const chunks = await chunksOf(store, epoch);
    const verified = new Set(chunks.map(({ log, segment }) => `${log}/${segment}`));
    if (tasks.some(({ log, segment }) => !verified.has(`${log.name}/${segment.number}`))) return "segments_unverified";
    const opening = await facts.opening(epoch);
    if (opening === undefined) return "opening_unknown";
    const steps = entropySteps(time);
    const firstStep = (epoch * time.epochMs) / time.entropyMs;
    const entropy = await facts.entropy(firstStep, firstStep + steps - 1);
    if (entropy.minute.length < steps) return "entropy_unknown";
    const closing = await facts.closing(epoch);
    if (closing === undefined) return "price_unknown";
    const { parameters } = opening;
    const handover = last === undefined ? firstHandover(parameters) : await handoverAfter(archive, last, parameters);
    return { opening, closing, entropy, handover, tasks, chunks };
  }

  async #close(epoch: number, material: Material): Promise<ClosedEpoch> {
    const { archive, logs, signer, workers } = this.#options;
    const input = await this.#input(epoch, material);
    // The engine does not collect what lies outside its heap in time: chunks, and later encoded tables, would stand beside the verdicts.
    Bun.gc(true);
    const segments = new Map(
      material.chunks.map(({ log, segment, segmentSha256 }) => [
        `${log}/${segmentName(segment)}`,
        Buffer.from(segmentSha256).toString("hex"),
      ]),
    );
    const list = signSegmentList(segmentListOf(epoch, logs, material), signer);
    const inputListSha256 = await archive.writeInput(input, segments, list);
    Bun.gc(true);
    const output = await scoreInput(input, { workers });
    Bun.gc(true);
    const manifest = folderManifest(input, output);
    await archive.writeOutput(output, manifest, inputListSha256);
    const { root } = output.tree;
    return {
      epoch,
      manifestSha256: Buffer.from(manifestHash(manifest), "hex"),
      rootHash: root.hash,
      totalAtoms: root.totalAtoms,
      leafCount: root.leafCount,
      parameterHash: Buffer.from(manifest.parameterHash, "hex"),
    };
  }

  /** The input half; chunks are let go once their rows are in its tables. */
  async #input(epoch: number, { opening, closing, entropy, handover, chunks }: Material): Promise<FolderInput> {
    const { parameters, network, hotspots, splits, payers } = opening;
    const { appeals, ...issued } = closing;
    const header = { epoch, network, previousManifestHash: handover.previousManifestHash, ...issued };
    const { archive, store } = this.#options;
    const challenges = await challengesOfEpoch(store, archive, { header, parameters, hotspots, entropy });
    const facts = {
      parameters,
      header,
      hotspots,
      ...(splits && { splits }),
      payers,
      entropy,
      challenges,
      ...handover.state,
      ...(appeals && { appeals }),
    };
    const loaded = loadChunks(await this.#chunks(chunks), { ...facts, network });
    return { ...facts, ...loaded };
  }

  async #chunks(rows: readonly ChunkRow[]): Promise<UploadChunk[]> {
    const chunks: UploadChunk[] = [];
    for (const { chunkSha256 } of rows) {
      const sha256 = Buffer.from(chunkSha256).toString("hex");
      chunks.push(decodeChunk(await this.#options.archive.get(sha256), sha256));
    }
    return chunks;
  }
}

function segmentListOf(epoch: number, logs: readonly LogReader[], { opening, tasks }: Material): SegmentList {
  const listed = logs.map(({ name }) => ({
    log: name,
    segments: tasks.filter(({ log }) => log.name === name).map(({ segment }) => listedSegment(segment)),
  }));
  return { epoch, network: opening.network, logs: listed.sort((a, b) => (a.log < b.log ? -1 : 1)) };
}
