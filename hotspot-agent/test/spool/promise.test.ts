import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DestinationHandle } from "../../src/messages.ts";
import type { LiveRecord } from "../../src/spool/live-record.ts";
import { RecordingDestination } from "../doubles/recording-destination.ts";
import { SpoolBench } from "../doubles/spool-bench.ts";

/** What happens to a spool in the field. */
type Event =
  | { readonly kind: "packet"; readonly device: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "server"; readonly isUp: boolean }
  | { readonly kind: "connection"; readonly isReady: boolean }
  | { readonly kind: "disk"; readonly failure: string | null }
  | { readonly kind: "hang"; readonly isHanging: boolean }
  | { readonly kind: "attach"; readonly isAttached: boolean }
  | { readonly kind: "kill" };

const boolean = fc.boolean();
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant("packet" as const), device: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(3000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("server" as const), isUp: boolean }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("connection" as const), isReady: boolean }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("disk" as const), failure: fc.constantFrom(null, "ENOSPC", "EIO") }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("hang" as const), isHanging: boolean }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("attach" as const), isAttached: boolean }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("kill" as const) }) },
);

interface Sent {
  readonly device: number;
  readonly fCnt: number;
  readonly state: { readonly record: LiveRecord | null };
  /** The process that it was sent to. */
  readonly life: number;
}

/** Plays events to a spool and keeps what a forwarder, a server and a bookkeeper would know. */
class Field {
  readonly sent: Sent[] = [];
  /** `device fCnt` as the server took them, over all lives. */
  readonly taken: string[] = [];
  /** The same that were under way, or could not be noted on the disk, when the process was killed: they may be taken twice. */
  readonly maybeTwice = new Set<string>();
  life = 0;
  #bench: SpoolBench;
  #destination: RecordingDestination;
  #handle: DestinationHandle | null = null;
  #isUp = true;
  #isReady = true;
  #fCnt = 0;
  #isHanging = false;
  /** Since when the disk has not taken everything; null when it has. */
  #badSinceMs: number | null = null;
  #goodSinceMs = 0;

  private constructor(bench: SpoolBench) {
    this.#bench = bench;
    this.#destination = this.#newDestination();
    this.#attach();
  }

  static async begin(): Promise<Field> {
    return new Field(await SpoolBench.open({ replayPerSecond: 10_000 }));
  }

  async play(one: Event): Promise<void> {
    const { clock, disk } = this.#bench;
    if (one.kind === "packet") this.#send(one.device);
    else if (one.kind === "pass") await clock.advance(one.ms);
    else if (one.kind === "server") this.#isUp = one.isUp;
    else if (one.kind === "connection") {
      this.#isReady = one.isReady;
      this.#handle?.setReady(one.isReady);
    } else if (one.kind === "disk") disk.failure = one.failure;
    else if (one.kind === "hang") {
      this.#isHanging = one.isHanging;
      if (one.isHanging) disk.hang();
      else disk.release();
    } else if (one.kind === "attach" && one.isAttached) this.#attach();
    else if (one.kind === "attach") this.#detach();
    else await this.#kill();
    this.#watchDisk();
  }

  /** The spool tries a disk that refused again after a second. */
  #watchDisk(): void {
    const { clock, disk } = this.#bench;
    const nowMs = clock.nowMs();
    if (disk.failure !== null || this.#isHanging) {
      this.#badSinceMs ??= nowMs;
      this.#goodSinceMs = Number.POSITIVE_INFINITY;
    } else {
      this.#goodSinceMs = Math.min(this.#goodSinceMs, nowMs);
      if (nowMs > this.#goodSinceMs + 2500) this.#badSinceMs = null;
    }
  }

  /** Everything works for long enough. */
  async calm(): Promise<void> {
    const { clock, disk } = this.#bench;
    disk.failure = null;
    disk.release();
    this.#isUp = true;
    this.#isReady = true;
    this.#attach();
    this.#handle?.setReady(true);
    await clock.advance(120_000);
  }

  get pending(): number {
    return this.#handle?.pendingCount() ?? 0;
  }

  async end(): Promise<void> {
    await this.#bench.spool.close();
  }

  #send(device: number): void {
    const fCnt = ++this.#fCnt;
    this.sent.push({ device, fCnt, state: this.#bench.pushFrame(device, fCnt), life: this.life });
  }

  #attach(): void {
    if (this.#handle !== null) return;
    this.#handle = this.#bench.spool.attach(this.#destination);
    this.#handle.setReady(this.#isReady);
  }

  #detach(): void {
    this.#handle?.detach();
    this.#handle = null;
    this.#destination = this.#newDestination();
  }

  async #kill(): Promise<void> {
    const survivor = this.#bench.disk.kill();
    const unsureSinceMs = this.#badSinceMs ?? this.#bench.clock.nowMs();
    for (const { delivery, atMs } of this.#destination.attempts) {
      if (atMs >= unsureSinceMs) this.maybeTwice.add(nameOf(delivery.packet.phyPayload));
    }
    this.#isHanging = false;
    this.life++;
    this.#bench = await SpoolBench.open({ replayPerSecond: 10_000 }, survivor, this.#bench.clock);
    this.#handle = null;
    this.#destination = this.#newDestination();
    this.#attach();
  }

  #newDestination(): RecordingDestination {
    const destination = new RecordingDestination(() => this.#bench.clock.nowMs());
    const { life } = this;
    destination.answer = async ({ packet }) => {
      // An answer takes a moment, so that a kill can meet it.
      await Promise.resolve();
      if (life !== this.life || !this.#isUp) return "retry";
      this.taken.push(nameOf(packet.phyPayload));
      return "delivered";
    };
    return destination;
  }
}

function nameOf(phyPayload: Uint8Array): string {
  const phy = Buffer.from(phyPayload);
  return `${phy.readUInt32LE(1)} ${phy.readUInt16LE(6)}`;
}

describe("the promise", () => {
  test("every packet that was accepted onto the disk is delivered, in order per device, once unless a kill came between", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 80 }), async (events) => {
        const field = await Field.begin();
        for (const one of events) await field.play(one);
        const livesBefore = field.life;
        await field.calm();
        const taken = new Set(field.taken);
        for (const { device, fCnt, state, life } of field.sent) {
          const isPromised = state.record !== null && (state.record.place !== null || life === livesBefore);
          if (isPromised) expect(taken).toContain(`${device} ${fCnt}`);
        }
        expect(field.pending).toBe(0);
        const seen = new Map<string, number>();
        const last = new Map<string, number>();
        for (const name of field.taken) {
          const count = (seen.get(name) ?? 0) + 1;
          seen.set(name, count);
          if (count > 1) {
            expect(field.maybeTwice).toContain(name);
            continue;
          }
          const [device, fCnt] = name.split(" ");
          expect(Number(fCnt)).toBeGreaterThan(last.get(device) ?? 0);
          last.set(device, Number(fCnt));
        }
        await field.end();
      }),
      { numRuns: 60 * Number(process.env.EARSHOT_SOAK ?? 1) },
    );
  });
});
