/** Reports that some attackers add to what they heard: old payloads, invented receipts, junk. Times in ms since the start of the epoch. */
import type { PacketReceipt, WitnessReport } from "@earshot/poc/protocol";
import type { EpochPlan } from "../beacons.ts";
import { derive, type RandomStream, randomStream } from "../random.ts";
import type { Report } from "../uploader.ts";
import type { SimulatedHotspot } from "../world.ts";

const REPLAYED_AFTER_MS = 3_600_000;
const REPEATED_AFTER_MS = 1500;
const REPEATS = 3;
const JUNK_A_DAY = 500;
const RECEIPTS_A_DAY = 200;
const PAYLOAD_BYTES = 24;
/** Packets to oneself: the longest PHYPayload of SF9, 11 data credits each. */
const SELF_PACKETS_A_DAY = 400;
export const SELF_PACKET_BYTES = 242;
const DEVICE_ADDRESS = 0x0100_0000;
/** The route that attackers pay for themselves. */
export const ATTACKERS_ROUTE = 99;

/** The reports of a hotspot with what its attack adds, in no particular order. */
export function withExtras(plan: EpochPlan, hotspot: SimulatedHotspot, reports: readonly Report[]): readonly Report[] {
  const { attacker, id } = hotspot;
  if (attacker?.extra === undefined) return reports;
  const stream = randomStream(plan.world.seed, "attack extras", id, plan.epoch);
  const epochMs = plan.parameters.time.epochMs;
  const again = (afterMs: number) =>
    reports.flatMap((entry) => (entry.kind === "witness" ? [{ ...entry, atMs: entry.atMs + afterMs }] : []));
  switch (attacker.extra) {
    case "replay":
      return [...reports, ...again(REPLAYED_AFTER_MS).filter(({ atMs }) => atMs < epochMs)];
    case "repeats":
      return [...reports, ...Array.from({ length: REPEATS }, (_, n) => again((n + 1) * REPEATED_AFTER_MS)).flat()];
    case "junk":
      return [...reports, ...Array.from({ length: JUNK_A_DAY }, () => junk(plan, stream))];
    case "receipts":
      // Two of a group invent the same packets, so that the hash has two owners behind it.
      return [...reports, ...invented(plan, `invented ${Math.floor(attacker.group / 2)}`, RECEIPTS_A_DAY, 1, 40)];
    case "self_traffic":
      return [...reports, ...invented(plan, `own ${id}`, SELF_PACKETS_A_DAY, ATTACKERS_ROUTE, SELF_PACKET_BYTES)];
    default:
      return reports;
  }
}

function junk({ epoch, parameters }: EpochPlan, stream: RandomStream): Report {
  const atMs = stream.below(parameters.time.epochMs);
  const report: WitnessReport = {
    payload: stream.bytes(PAYLOAD_BYTES),
    receivedMs: epoch * parameters.time.epochMs + atMs,
    tmst: stream.u32(),
    rssiDdbm: -1000,
    snrDdb: 50,
    frequencyHz: 904_300_000,
    dataRate: 10,
  };
  return { atMs, kind: "witness", report };
}

function invented(
  { epoch, parameters, world }: EpochPlan,
  name: string,
  count: number,
  routeId: number,
  phyBytes: number,
): Report[] {
  const stream = randomStream(world.seed, "invented", name, epoch);
  return Array.from({ length: count }, (_, fCnt) => {
    const atMs = stream.below(parameters.time.epochMs);
    const report: PacketReceipt = {
      packetHash: derive(world.seed, ["invented packet", name, epoch, fCnt]),
      phyBytes,
      devAddr: DEVICE_ADDRESS,
      fCnt,
      receivedMs: epoch * parameters.time.epochMs + atMs,
      routeId,
    };
    return { atMs, kind: "receipt", report };
  });
}
