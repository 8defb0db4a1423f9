/** A spool on a disk in memory under a clock that stands still, as its tests need it. */
import { readGwmpRecord } from "../../src/forwarder/semtech-udp.ts";
import { silentLog } from "../../src/log.ts";
import type { LiveRecord } from "../../src/spool/live-record.ts";
import { Spool, type SpoolOptions } from "../../src/spool/spool.ts";
import { Telemetry } from "../../src/telemetry.ts";
import { dataFrame, pushData, rxpk } from "./gwmp-bytes.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { StepClock } from "./step-clock.ts";

export const START_MS = 1_764_000_000_000;

export class SpoolBench {
  readonly disk: MemoryDisk;
  readonly clock: StepClock;
  readonly telemetry: Telemetry;
  readonly spool: Spool;

  private constructor(spool: Spool, { disk, clock, telemetry }: SpoolOptions & { disk: MemoryDisk; clock: StepClock }) {
    this.disk = disk;
    this.clock = clock;
    this.telemetry = telemetry;
    this.spool = spool;
  }

  static options(disk: MemoryDisk, clock: StepClock, telemetry: Telemetry): SpoolOptions {
    return {
      disk,
      clock,
      telemetry,
      log: silentLog,
      read: (record) => readGwmpRecord(record),
      wantedCrc: new Set(["ok"]),
      maxBytes: 64 * 1024 * 1024,
      maxAgeMs: 24 * 3_600_000,
      syncIntervalMs: 20,
      stallLimitMs: 20,
      memoryBytes: 1024 * 1024,
      deviceSpacingMs: 100,
      replayPerSecond: 50,
      joinMaxAgeMs: 5000,
    };
  }

  static async open(
    change: Partial<SpoolOptions> = {},
    disk = new MemoryDisk(),
    clock = new StepClock(START_MS),
  ): Promise<SpoolBench> {
    const options = { ...SpoolBench.options(disk, clock, new Telemetry()), ...change, disk, clock };
    return new SpoolBench(await Spool.open(options), options);
  }

  /** Hands in a datagram and admits its packets once accepted; the answer says whether it was. */
  push(bytes: Uint8Array): { readonly record: LiveRecord | null } {
    const state: { record: LiveRecord | null } = { record: null };
    this.spool.append(0, Math.floor(this.clock.nowMs()), bytes, (record) => {
      state.record = record;
      this.spool.admit(record, readGwmpRecord(record));
    });
    return state;
  }

  /** One frame of a device. */
  pushFrame(devAddr: number, fCnt: number): { readonly record: LiveRecord | null } {
    return this.push(pushData([rxpk(dataFrame(devAddr, fCnt))]));
  }

  dropped(reason: string, destination?: string): number {
    const labels = destination === undefined ? { reason } : { reason, destination };
    return this.telemetry.counter("agent_packets_dropped_total", "").value(labels);
  }

  unspooled(reason: string): number {
    return this.telemetry.counter("agent_spool_unspooled_total", "").value({ reason });
  }
}
