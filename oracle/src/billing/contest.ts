/**
 * What became of the packets hotspots say they delivered: paid, unanswered, contested or refuted; by route and by hotspot.
 *
 * A packet is paid when the payer confirmed a copy of it. One that hotspots of two or more owners hold and of which the payer confirmed
 * none is contested: one owner alone may have invented it, two that agree on its 256-bit hash hardly did by chance. A contested
 * packet that the payer has refuted (poc/lorawan, `judgeRefutation`) is no longer contested and counts against every hotspot that
 * claimed it. Nothing here pays anybody: silence of a payer earns nothing and, since its ratio is public and over a limit suspends
 * the route, saves nothing (DESIGN, metering).
 */
import type { ReceiptTable } from "@earshot/poc/protocol";

const HASH_BYTES = 32;
const WALLET_BYTES = 32;
/** Shares are in units of 1e-4. */
const SHARE_ONE = 10_000;

/** What happened to a packet. */
export type PacketFate = "paid" | "unanswered" | "contested" | "refuted";

export interface ContestInput {
  /** Receipts of one epoch; the first `receiptRows` count. */
  readonly receipts: Pick<ReceiptTable, "packetHash" | "hotspot" | "routeId">;
  readonly receiptRows: number;
  /** 32 bytes a row: owner of each hotspot. */
  readonly hotspotOwners: Uint8Array;
  /** Whether a copy of the packet was billed, to any hotspot, until the time for it ran out. */
  readonly isPaid: (packetHash: Uint8Array) => boolean;
  readonly isRefuted: (packetHash: Uint8Array) => boolean;
}

/** Packets by their fate; `receipts` are copies that hotspots claim, a packet's own repetition by one hotspot not counted twice. */
export interface DeliveryCounts {
  readonly receipts: number;
  readonly paid: number;
  readonly unanswered: number;
  readonly contested: number;
  readonly refuted: number;
}

export interface RouteDelivery extends DeliveryCounts {
  readonly routeId: number;
  /** Contested packets of those paid or contested, in 1e-4, rounded up: nobody is a little over the limit for free. */
  readonly contestedUnits: number;
}

export interface HotspotDelivery extends DeliveryCounts {
  /** Row of the registry. */
  readonly hotspot: number;
  /** Refuted packets of all it claimed, in 1e-4, rounded down. */
  readonly refutedUnits: number;
}

export interface Contest {
  /** By route id. */
  readonly routes: readonly RouteDelivery[];
  /** By registry row; those with receipts. */
  readonly hotspots: readonly HotspotDelivery[];
  /** Hashes of the contested packets, by route, each in order of its bytes: what a payer may pay for or refute. */
  readonly contested: readonly { readonly routeId: number; readonly packetHash: Uint8Array }[];
}

interface ClaimedPacket {
  readonly packetHash: Uint8Array;
  readonly hotspots: Set<number>;
  readonly routes: Set<number>;
}

/** Sorts the receipts of an epoch by what became of them. The order of receipts decides nothing. */
export function contestReceipts(input: ContestInput): Contest {
  const routes = new Map<number, Tally>();
  const hotspots = new Map<number, Tally>();
  const contested: { routeId: number; packetHash: Uint8Array }[] = [];
  // Group by group, because objects for all packets of an epoch at once would be gigabytes.
  for (const rows of rowsByFirstByte(input)) {
    for (const packet of claimedPackets(input.receipts, rows).values()) {
      const fate = fateOf(packet, input);
      for (const routeId of packet.routes) {
        tallyOf(routes, routeId).add(fate, packet.hotspots.size);
        if (fate === "contested") contested.push({ routeId, packetHash: packet.packetHash });
      }
      for (const hotspot of packet.hotspots) tallyOf(hotspots, hotspot).add(fate, 1);
    }
  }
  contested.sort((a, b) => a.routeId - b.routeId || Buffer.compare(a.packetHash, b.packetHash));
  return {
    routes: ascending(routes).map(([routeId, tally]) => ({
      routeId,
      ...tally.counts(),
      contestedUnits: Math.ceil(share(tally.of("contested"), tally.of("paid") + tally.of("contested"))),
    })),
    hotspots: ascending(hotspots).map(([hotspot, tally]) => ({
      hotspot,
      ...tally.counts(),
      refutedUnits: Math.floor(share(tally.of("refuted"), tally.receipts)),
    })),
    contested,
  };
}

/** Whether agents are told to leave a route alone until its payer has paid or refuted; `limitUnits` in 1e-4. */
export function isRouteSuspended(route: Pick<RouteDelivery, "contestedUnits">, limitUnits: number): boolean {
  return route.contestedUnits > limitUnits;
}

class Tally {
  receipts = 0;
  readonly #packets: Record<PacketFate, number> = { paid: 0, unanswered: 0, contested: 0, refuted: 0 };

  add(fate: PacketFate, receipts: number): void {
    this.receipts += receipts;
    this.#packets[fate]++;
  }

  of(fate: PacketFate): number {
    return this.#packets[fate];
  }

  counts(): DeliveryCounts {
    return { receipts: this.receipts, ...this.#packets };
  }
}

/** Rows of receipts grouped by the first byte of their packet's hash, in order inside a group. */
function rowsByFirstByte({ receipts, receiptRows }: ContestInput): Uint32Array[] {
  const sizes = new Uint32Array(256);
  for (let row = 0; row < receiptRows; row++) sizes[receipts.packetHash[row * HASH_BYTES]!]!++;
  const groups = Array.from(sizes, (size) => new Uint32Array(size));
  sizes.fill(0);
  for (let row = 0; row < receiptRows; row++) {
    const byte = receipts.packetHash[row * HASH_BYTES]!;
    groups[byte]![sizes[byte]!++] = row;
  }
  return groups;
}

function claimedPackets(receipts: ContestInput["receipts"], rows: Uint32Array): Map<string, ClaimedPacket> {
  const packets = new Map<string, ClaimedPacket>();
  for (const row of rows) {
    const packetHash = receipts.packetHash.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES);
    const name = text(packetHash);
    let packet = packets.get(name);
    if (packet === undefined) {
      packet = { packetHash, hotspots: new Set(), routes: new Set() };
      packets.set(name, packet);
    }
    packet.hotspots.add(receipts.hotspot[row]!);
    packet.routes.add(receipts.routeId[row]!);
  }
  return packets;
}

function fateOf(packet: ClaimedPacket, { isPaid, isRefuted, hotspotOwners }: ContestInput): PacketFate {
  if (isPaid(packet.packetHash)) return "paid";
  if (isRefuted(packet.packetHash)) return "refuted";
  const owners = new Set(
    [...packet.hotspots].map((row) => text(hotspotOwners.subarray(row * WALLET_BYTES, (row + 1) * WALLET_BYTES))),
  );
  return owners.size >= 2 ? "contested" : "unanswered";
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : (part * SHARE_ONE) / whole;
}

function tallyOf(tallies: Map<number, Tally>, key: number): Tally {
  const known = tallies.get(key);
  if (known !== undefined) return known;
  const tally = new Tally();
  tallies.set(key, tally);
  return tally;
}

function ascending<Value>(map: ReadonlyMap<number, Value>): [number, Value][] {
  return [...map].sort(([a], [b]) => a - b);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
