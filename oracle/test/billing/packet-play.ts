/** Epochs in which only packets are carried, played through log, pipeline and billing: who heard what, what the payer says of it. */
import { conductTable } from "@earshot/poc";
import { dataMic10, encodeDataFrame, encodeRefutation } from "@earshot/poc/lorawan";
import { type DeviceSigner, NETWORK_NUMBERS, sealNotice, sha256 } from "@earshot/poc/protocol";
import { Biller } from "../../src/billing/biller.ts";
import { contestOf, type RouteContest } from "../../src/billing/contest-book.ts";
import { StoredJournal } from "../../src/billing/stored-journal.ts";
import type { LogRecord } from "../../src/log/segment-reader.ts";
import { appealsAfter, type NoticeKeys } from "../../src/notices/notices-of-epoch.ts";
import { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { epochSpan } from "../../src/pipeline/epoch-times.ts";
import type { ReportLog } from "../../src/ports/report-log.ts";
import { SuspendedRoutes } from "../../src/routes/suspended-routes.ts";
import { ClosingRecorder } from "../../src/settlement/record-closings.ts";
import { appendAll, openLog, putFacts, SmallPipeline } from "../pipeline/small-pipeline.ts";
import { EPOCH, parameters, smallEpoch, UploadChain } from "../small-epoch.ts";

export const ROUTE = 1;
const DEV_ADDR = 0x2601_1234;
export const SESSION_KEY = sha256(new TextEncoder().encode("session")).slice(0, 16);

/** A frame of the payer's device; with a MIC of its session, or one that somebody made up. */
export function frameOf(fCnt: number, isReal = true): Uint8Array {
  const frame = encodeDataFrame({
    direction: "up",
    isConfirmed: false,
    devAddr: DEV_ADDR,
    adr: true,
    adrAckReq: false,
    ack: false,
    isClassBOrPending: false,
    fCnt,
    fOpts: new Uint8Array(0),
    fPort: 2,
    frmPayload: new Uint8Array(8).fill(fCnt),
    mic: Uint8Array.of(9, 9, 9, 9),
  });
  if (isReal) frame.set(dataMic10(frame, SESSION_KEY, 0), frame.length - 4);
  return frame;
}

/** Rows of two hotspots of two owners. */
export const TWO_OWNERS = rowsOfTwoOwners();

function rowsOfTwoOwners(): readonly [number, number] {
  const { owner } = smallEpoch({ uploads: false }).input.hotspots;
  const owners = Array.from({ length: owner.length / 32 }, (_, row) => owner.slice(row * 32, row * 32 + 32).toHex());
  return [0, owners.findIndex((one) => one !== owners[0])];
}

export interface HeardFrame {
  readonly frame: Uint8Array;
  /** Rows of hotspots that say they delivered it. */
  readonly by: readonly number[];
}

export interface PlayedEpoch {
  readonly heard?: readonly HeardFrame[];
  /** Copies that the payer confirms. */
  readonly confirmed?: readonly HeardFrame[];
  readonly refuted?: readonly Parameters<typeof encodeRefutation>[0][];
  /** Sealed notices of any kind. */
  readonly notices?: readonly Uint8Array[];
  /** What else comes into the log, shortly before the epoch ends. */
  readonly meanwhile?: (log: ReportLog, nowMs: number) => Promise<void>;
}

export class PacketPlay {
  readonly suspended = new SuspendedRoutes();
  readonly pipeline: SmallPipeline;
  readonly archive: EpochArchive;
  readonly #log: Awaited<ReturnType<typeof openLog>>;
  readonly #bases = [smallEpoch({ uploads: false })];
  readonly #chains: readonly UploadChain[];
  readonly #meter: DeviceSigner;
  readonly #noticeKeys: NoticeKeys | undefined;
  #epoch = EPOCH;

  /** With `noticeKeys` epochs are closed as the chain issues them, under the appeals that were upheld before. */
  static async open(folder: string, noticeKeys?: NoticeKeys): Promise<PacketPlay> {
    return new PacketPlay(await SmallPipeline.open(folder), await openLog(folder), noticeKeys);
  }

  private constructor(
    pipeline: SmallPipeline,
    log: Awaited<ReturnType<typeof openLog>>,
    noticeKeys: NoticeKeys | undefined,
  ) {
    this.#noticeKeys = noticeKeys;
    const { signers, meter } = this.#bases[0]!;
    this.pipeline = pipeline;
    this.archive = new EpochArchive(pipeline.artefacts);
    this.#log = log;
    this.#meter = meter;
    this.#chains = [...signers, meter].map((signer) => new UploadChain(signer));
  }

  /** Plays an epoch to its close and bills it. Gives its number. */
  async play({ heard = [], confirmed = [], refuted = [], notices = [], meanwhile }: PlayedEpoch): Promise<number> {
    const epoch = this.#epoch++;
    const { startMs, endMs, closesMs } = epochSpan(epoch, parameters.time);
    const records: LogRecord[] = [];
    // One receipt an upload and a millisecond, so that the log knows the order in which packets came.
    for (const [at, { frame, by }] of heard.entries()) {
      for (const row of by) records.push({ receiveMs: startMs + 10 * at, bytes: this.#receipt(frame, row, at) });
    }
    if (confirmed.length > 0) records.push({ receiveMs: endMs - 2000, bytes: this.#confirmations(confirmed) });
    for (const document of refuted) {
      const { bytes } = sealNotice("refutation", encodeRefutation(document), NETWORK_NUMBERS.local, this.#meter);
      records.push({ receiveMs: endMs - 1000, bytes });
    }
    for (const [at, bytes] of notices.entries()) records.push({ receiveMs: endMs - 500 + at, bytes });
    await appendAll(this.#log, records);
    await meanwhile?.(this.#log, endMs - 100);
    const input = epoch === EPOCH ? this.#bases[0]!.input : smallEpoch({ uploads: false, epoch }).input;
    await putFacts(this.pipeline.facts, input, { price: this.#noticeKeys === undefined });
    if (this.#noticeKeys !== undefined) await this.#recordClosing(epoch, this.#noticeKeys);
    this.pipeline.wallMs = closesMs + 5000;
    await this.#log.sealSegments(this.pipeline.wallMs + parameters.time.epochMs);
    await this.pipeline.worker("closer", [this.#log]).run(epoch);
    await this.#biller().step();
    return epoch;
  }

  contest(epoch: number): Promise<readonly RouteContest[]> {
    return contestOf(this.pipeline.store, epoch);
  }

  /** Refuted and paid receipts by row of the registry, as the detector of conduct gets them. */
  async conduct(epoch: number): Promise<ReadonlyMap<number, { refuted: number; paid: number }>> {
    const table = (await this.archive.table(epoch, conductTable))!;
    const { key } = this.#bases[0]!.input.hotspots;
    const rowOf = (bytes: Uint8Array) =>
      Array.from({ length: key.length / 33 }, (_, row) => row).find(
        (row) => Buffer.compare(key.subarray(row * 33, row * 33 + 33), bytes) === 0,
      )!;
    return new Map(
      Array.from(table.refuted, (refuted, at) => [
        rowOf(table.key.subarray(at * 33, at * 33 + 33)),
        { refuted, paid: table.paid[at]! },
      ]),
    );
  }

  async close(): Promise<void> {
    await this.pipeline.close();
    await this.#log.close();
  }

  #receipt(frame: Uint8Array, row: number, at: number): Uint8Array {
    const receipt = {
      packetHash: sha256(frame),
      phyBytes: frame.length,
      devAddr: DEV_ADDR,
      fCnt: at & 0xffff,
      receivedMs: 1,
      routeId: ROUTE,
    };
    return this.#chains[row]!.seal({ receipts: [receipt] });
  }

  #confirmations(confirmed: readonly HeardFrame[]): Uint8Array {
    const { signers } = this.#bases[0]!;
    return this.#chains.at(-1)!.seal({
      confirmations: confirmed.flatMap(({ frame, by }) =>
        by.map((row) => ({ packetHash: sha256(frame), hotspotKey: signers[row]!.publicKey, phyBytes: frame.length })),
      ),
    });
  }

  /** The epoch as the chain tells of it when it is issued. */
  #recordClosing(epoch: number, keys: NoticeKeys): Promise<void> {
    const zero = new Uint8Array(32);
    const issued = { pool: 1_000_000n, priceE8: 100_000_000n, parameterHash: zero, rootHash: zero, reportHash: zero };
    return new ClosingRecorder({
      chain: {
        state: async () => ({ nextEpoch: epoch + 1, nextFinal: EPOCH, logSeconds: 1 }),
        epoch: async () => ({ ...issued, isFinal: false, rootTotal: 0n }),
      },
      facts: this.pipeline.facts,
      store: this.pipeline.store,
      plan: { firstEpoch: EPOCH },
      appealsAfter: (closed) => appealsAfter(this.archive, closed, keys),
    }).step();
  }

  #biller(): Biller {
    const { store } = this.pipeline;
    return new Biller({
      store,
      archive: this.archive,
      journal: new StoredJournal(store),
      network: NETWORK_NUMBERS.local,
      firstEpoch: EPOCH,
      ingestKeys: [],
      governanceKey: undefined,
      routers: undefined,
      burner: undefined,
      routes: () => [{ routeId: ROUTE, payer: "meter" }],
      suspended: this.suspended,
      contestLimitUnits: 200,
      reserveE4: 0,
      holder: "play",
    });
  }
}
