/** A pipeline on real parts in one folder: embedded log, SQLite, artefact folder; with the small epochs' facts put in. */
import { join } from "node:path";
import {
  type DeviceSigner,
  NETWORK_NUMBERS,
  parseUploadHeader,
  signerFromEd25519Seed,
  uploadId,
} from "@earshot/poc/protocol";
import { FolderArtefacts } from "../../src/artefacts/folder-store.ts";
import type { FolderInput } from "../../src/epoch-folder/folder.ts";
import { EmbeddedReportLog } from "../../src/log/embedded/embedded-report-log.ts";
import type { LogIdentity } from "../../src/log/log-identity.ts";
import type { LogRecord } from "../../src/log/segment-reader.ts";
import { EpochCloser } from "../../src/pipeline/close-epoch.ts";
import { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { epochSpan, segmentSpanMs } from "../../src/pipeline/epoch-times.ts";
import { type LogReader, readerOf } from "../../src/pipeline/log-reader.ts";
import { runWorker, type WorkerRole } from "../../src/pipeline/run-worker.ts";
import { StoredFacts } from "../../src/pipeline/stored-facts.ts";
import { SegmentVerifier } from "../../src/pipeline/verify-segments.ts";
import type { ArtefactStore } from "../../src/ports/artefact-store.ts";
import type { ReportLog, ReportLogReader } from "../../src/ports/report-log.ts";
import type { Store } from "../../src/ports/store.ts";
import { openStore } from "../../src/store/open-store.ts";
import { EPOCH, parameters } from "../small-epoch.ts";

export const [ingest, secondIngest] = [7, 9].map((byte) => signerFromEd25519Seed(new Uint8Array(32).fill(byte)));
export const oracleSigner = signerFromEd25519Seed(new Uint8Array(32).fill(8));

export function logFolder(folder: string, signer: DeviceSigner): string {
  return join(folder, `log-${Buffer.from(signer.publicKey).toString("hex").slice(0, 8)}`);
}

/** Cut small, so that there are many segments. */
export function logIdentity(signer: DeviceSigner): LogIdentity {
  return {
    network: NETWORK_NUMBERS.local,
    ingestKey: signer.publicKey,
    partitions: 4,
    segmentMs: segmentSpanMs(parameters.time),
    segmentBytes: 4096,
  };
}

/** An embedded log of a folder for the small epochs. */
export function openLog(folder: string, signer = ingest): Promise<EmbeddedReportLog> {
  return EmbeddedReportLog.open({ folder: logFolder(folder, signer), ...logIdentity(signer) });
}

/** Appends records in their order. */
export async function appendAll(log: Pick<ReportLog, "append">, records: readonly LogRecord[]): Promise<void> {
  await Promise.all(
    records.map(({ receiveMs, bytes }) =>
      log.append({ uploadId: uploadId(bytes), deviceKey: bytes.slice(56, 89), receiveMs, bytes }),
    ),
  );
}

/** Logs by the names they have in an epoch's folder: those of the two ingests, in their order. */
function named<T>(logs: readonly T[]): { readonly name: string; readonly log: T }[] {
  return logs.map((log, at) => ({ name: logName([ingest, secondIngest][at]), log }));
}

export function logName({ publicKey }: DeviceSigner): string {
  return Buffer.from(publicKey).toString("hex");
}

/** What the chain would tell of an epoch. */
export async function putFacts(
  facts: StoredFacts,
  input: FolderInput,
  { price = true }: { readonly price?: boolean } = {},
): Promise<void> {
  const { epoch } = input.header;
  const { hotspots, splits, payers, entropy } = input;
  await facts.putOpening(epoch, {
    parameters: input.parameters,
    network: input.header.network,
    hotspots,
    payers,
    ...(splits && { splits }),
  });
  const rows = Array.from(entropy.minute, (minute, row) => ({
    minute,
    slot: Number(entropy.slot[row]),
    blockTimeS: Number(entropy.block_time_s[row]),
    blockhash: entropy.blockhash.slice(row * 32, (row + 1) * 32),
  }));
  await facts.putEntropy(rows);
  if (price) await facts.putClosing(epoch, { tokenPriceUsdE8: input.header.tokenPriceUsdE8 });
}

/** Stores and workers of a pipeline in one folder. */
export class SmallPipeline {
  readonly folder: string;
  readonly store: Store;
  readonly artefacts: ArtefactStore;
  readonly facts: StoredFacts;
  /** The time that workers see, Unix ms. */
  wallMs = 0;

  /** With its state in SQLite, or where the URL says. */
  static async open(folder: string, storeUrl = `sqlite:${join(folder, "oracle.sqlite")}`): Promise<SmallPipeline> {
    return new SmallPipeline(folder, await openStore(storeUrl));
  }

  private constructor(folder: string, store: Store) {
    this.folder = folder;
    this.store = store;
    this.artefacts = new FolderArtefacts(join(folder, "artefacts"));
    this.facts = new StoredFacts(store, new EpochArchive(this.artefacts));
  }

  worker(holder: string, logs: readonly ReportLogReader[]): SmallWorker {
    const { store, artefacts, facts } = this;
    const options = {
      store,
      archive: new EpochArchive(artefacts),
      facts,
      logs: this.readers(logs),
      time: parameters.time,
      firstEpoch: EPOCH,
      lease: { store, holder, ttlMs: 5000 },
      signer: oracleSigner,
    };
    return new SmallWorker(new SegmentVerifier(options), new EpochCloser(options));
  }

  readers(logs: readonly ReportLogReader[]): LogReader[] {
    return named(logs).map(({ name, log }) => readerOf(name, log, () => this.wallMs));
  }

  /** A whole worker, running in this process. */
  run(
    holder: string,
    logs: readonly ReportLogReader[],
    roles: readonly WorkerRole[],
    firstEpoch: number = EPOCH,
  ): RunningWorker {
    const { store, artefacts, facts } = this;
    const stop = new AbortController();
    const done = runWorker(
      {
        store,
        artefacts,
        facts,
        logs: named(logs),
        time: parameters.time,
        firstEpoch,
        signer: oracleSigner,
        roles,
        holder,
        wallMs: () => this.wallMs,
        settings: { leaseMs: 2000, longLeaseMs: 2000, pollMs: 20, tickMs: 20 },
        onEvent: (event) => {
          if (event.kind === "failed") console.error(event.work, event.error);
        },
      },
      stop.signal,
    );
    return {
      shuffled: () => everythingShuffled(store, logs[0]),
      async stop() {
        stop.abort();
        await done;
      },
    };
  }

  close(): Promise<void> {
    return this.store.close();
  }
}

/**
 * Resolves when the last upload of every partition of the only log of a store was shuffled. One partition may be there long before another;
 * whoever sets the clock past the epoch's end before all are loses the reports of the others, which nobody waits for by then.
 */
export async function everythingShuffled(store: Store, log: ReportLogReader): Promise<void> {
  for (let partition = 0; partition < log.partitions; partition++) {
    let last: number | undefined;
    for await (const batch of log.readUploads(partition, -1, { follow: false })) last = batch.at(-1)?.logIndex;
    while (last !== undefined && (await shufflePosition(store, partition)) < last) await Bun.sleep(5);
  }
}

async function shufflePosition({ sql }: Store, partition: number): Promise<number> {
  const rows = await sql`SELECT source, position FROM reader_position WHERE reader = ${"shuffle"} ORDER BY source`;
  const own = rows.find(({ source }) => String(source).endsWith(`/${partition}`));
  return own === undefined ? -1 : Number(own.position);
}

export interface RunningWorker {
  /** Resolves when every upload that is in the first log now was shuffled. */
  shuffled(): Promise<void>;
  stop(): Promise<void>;
}

/** By log index: upload id in hex and index in the upload of every proof, as the loader numbers them. */
export function reportPlaces({ header }: FolderInput, records: readonly LogRecord[]): Map<number, string> {
  const { startMs, endMs } = epochSpan(header.epoch, parameters.time);
  const uploads = records
    .filter(({ receiveMs }) => receiveMs >= startMs && receiveMs < endMs)
    .map(({ receiveMs, bytes }) => ({ receiveMs, id: uploadId(bytes), parsed: parseUploadHeader(bytes) }))
    .sort((a, b) => a.receiveMs - b.receiveMs || Buffer.compare(a.id, b.id));
  const places = new Map<number, string>();
  let next = 0;
  for (const { id, parsed } of uploads) {
    if (parsed.status === "refused") continue;
    const { beacons, witnesses, receipts } = parsed.header.counts;
    for (let index = 0; index < beacons + witnesses + receipts; index++) {
      places.set(next++, `${Buffer.from(id).toString("hex")}:${index}`);
    }
  }
  return places;
}

export class SmallWorker {
  readonly verifier: SegmentVerifier;
  readonly closer: EpochCloser;

  constructor(verifier: SegmentVerifier, closer: EpochCloser) {
    this.verifier = verifier;
    this.closer = closer;
  }

  /** Works until an epoch is closed. */
  async run(lastEpoch: number): Promise<void> {
    for (;;) {
      while (await this.verifier.step());
      const { epoch, state } = await this.closer.step();
      if (epoch > lastEpoch || (epoch === lastEpoch && state === "closed")) return;
      if (state !== "closed" && state !== "held_by_another" && state !== "segments_unverified")
        throw new Error(`epoch ${epoch}: ${state}`);
    }
  }
}
