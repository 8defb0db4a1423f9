/**
 * Devices and the customers who pay for them: what packets hotspots carry, and which of the copies are confirmed.
 *
 * Devices stand near hotspots, mostly in cities since the hotspots do. The devices of one area report in one minute of the hour,
 * as meters do, so a hotspot's receipts come in bursts and share uploads. A customer's meter confirms, every ten minutes, the
 * copies its server accepted; one customer confirms too few. Frames are data frames with a made-up payload and MIC.
 */
import { allocateColumns, type EpochLog, payersTable } from "@earshot/poc";
import { type DeviceSigner, type PacketReceipt, sha256 } from "@earshot/poc/protocol";
import { ATTACKERS_ROUTE } from "./attacks/extras.ts";
import type { Link, RadioModel, RadioSite } from "./radio-model.ts";
import { pick, randomStream, tagUnit } from "./random.ts";
import { type SimulatedHotspot, scatter, type World, walletSigner } from "./world.ts";

export interface Payer {
  readonly name: string;
  /** Signs confirmations. */
  readonly meter: DeviceSigner;
  /** 32 bytes. */
  readonly wallet: Uint8Array;
  /** Route that receipts name. */
  readonly routeId: number;
  /** Share of the copies it confirms. */
  readonly confirmShare: number;
}

export interface Device {
  readonly id: string;
  readonly site: RadioSite;
  readonly region: number;
  readonly devAddr: number;
  /** Index in the payers. */
  readonly payer: number;
  /** Bytes of its PHYPayload. */
  readonly phyBytes: number;
  /** When in each period it transmits, ms. */
  readonly phaseMs: number;
  readonly firstFCnt: number;
  readonly links: readonly Link[];
}

/** A packet on the air. */
export interface Packet {
  readonly device: Device;
  /** ms since the start of the epoch. */
  readonly atMs: number;
  readonly fCnt: number;
  readonly packetHash: Uint8Array;
}

/** Packets a device sends per epoch: one an hour. */
const PACKETS_PER_EPOCH = 24;
/** Chance that a hotspot has a device near it. With four to five receivers a packet that is two copies per hotspot and hour. */
const DEVICE_SHARE = 0.5;
/** A device stands within about this of its hotspot, m. */
const DEVICE_WITHIN_M = 800;
/** Most devices are meters behind a wall. */
const DEVICE_OPENNESS = 0.5;
/** 14 dBm EIRP, the default of LoRaWAN end devices; SF9, whose frames may hold 53 bytes of payload within the 400 ms dwell of US915. */
export const DEVICE_EIRP_DDBM = 140;
export const DEVICE_SPREADING_FACTOR = 9;
/** An area whose devices report together: cubes of 2^23 position units, 33 km. */
const AREA_SHIFT = 23;
/** Share of an area's devices that surely are of the area's own customer. */
const AREA_CUSTOMER_SHARE = 0.4;
/** Devices of an area spread over this long, ms. */
const BURST_MS = 25_000;
/** A frame: MHDR, DevAddr, FCtrl, FCnt, FPort, payload, MIC; header and MIC are 13 bytes. */
const FRAME_OVERHEAD_BYTES = 13;
const PAYLOAD_BYTES = { from: 4, to: 42 } as const;
/** DevAddr of NetID 000000, which is for private and experimental networks: 25 free bits. */
const DEV_ADDR_BITS = 25;

/** Customers: share of the areas and of the other devices, share of copies confirmed, and whose wallet pays. */
const CUSTOMERS = [
  { name: "water", share: 0.4, confirmShare: 0.985, isOwner: false },
  { name: "parking", share: 0.3, confirmShare: 0.99, isOwner: false },
  { name: "farm", share: 0.2, confirmShare: 0.7, isOwner: false },
  // The largest hotspot owner sends packets through its own hotspots: they must not raise its cells.
  { name: "owner", share: 0.1, confirmShare: 1, isOwner: true },
] as const;

/** The customers of a world, in the order of `Device.payer`. */
export function payersOf(world: World): Payer[] {
  const customers = CUSTOMERS.map(({ name, confirmShare, isOwner }, index) => ({
    name,
    meter: walletSigner(world.seed, "meter", name),
    wallet: isOwner ? largestOwner(world) : walletSigner(world.seed, "payer", name).publicKey.slice(1),
    routeId: index + 1,
    confirmShare,
  }));
  const attackers = world.hotspots.filter(({ attacker }) => attacker?.extra === "self_traffic");
  if (attackers.length === 0) return customers;
  const name = "attackers";
  // Members of one wallet pay by it; the others have thought of one that owns nothing.
  const isOneWallet = attackers.every(({ owner }) => Buffer.compare(owner, attackers[0].owner) === 0);
  const wallet = isOneWallet ? attackers[0].owner : walletSigner(world.seed, "payer", name).publicKey.slice(1);
  const meter = walletSigner(world.seed, "meter", name);
  return [...customers, { name, meter, wallet, routeId: ATTACKERS_ROUTE, confirmShare: 1 }];
}

/** payers.arrow. */
export function payerColumns(payers: readonly Payer[]): EpochLog["payers"] {
  const sorted = [...payers].sort((a, b) => Buffer.compare(a.meter.publicKey, b.meter.publicKey));
  const columns = allocateColumns(payersTable, sorted.length);
  sorted.forEach(({ meter, wallet }, row) => {
    columns.key.set(meter.publicKey, row * meter.publicKey.length);
    columns.payer.set(wallet, row * wallet.length);
  });
  return columns;
}

/** The devices of a world, each near the hotspot it is named after. */
export function devicesOf(world: World, model: RadioModel, epochMs: number): Device[] {
  const salt = randomStream(world.seed, "areas").u32();
  return world.hotspots.flatMap((hotspot) => {
    const stream = randomStream(world.seed, "device", hotspot.id);
    if (!stream.chance(DEVICE_SHARE)) return [];
    const site: RadioSite = {
      position: scatter(hotspot.site.position, DEVICE_WITHIN_M, stream),
      tag: stream.u32(),
      isTower: false,
      openness: DEVICE_OPENNESS,
      gainDdbi: 0,
    };
    const area = areaTag(hotspot);
    const minuteOfPeriod = Math.floor(tagUnit(salt, area + 1) * 59);
    const periodMs = epochMs / PACKETS_PER_EPOCH;
    return [
      {
        id: hotspot.id,
        site,
        region: hotspot.radioRegion,
        devAddr: stream.u32() >>> (32 - DEV_ADDR_BITS),
        payer: CUSTOMERS.indexOf(
          pick(CUSTOMERS, stream.chance(AREA_CUSTOMER_SHARE) ? tagUnit(salt, area) : stream.unit()),
        ),
        phyBytes: FRAME_OVERHEAD_BYTES + stream.between(PAYLOAD_BYTES.from, PAYLOAD_BYTES.to),
        phaseMs: Math.floor((minuteOfPeriod * periodMs) / 60) + stream.below(Math.min(BURST_MS, periodMs / 60)),
        firstFCnt: stream.below(20_000),
        links: model.linksOf(site, -1),
      },
    ];
  });
}

/** The packets of an epoch, device by device. */
export function* packetsOf(
  devices: readonly Device[],
  world: World,
  epoch: number,
  epochMs: number,
): Generator<Packet> {
  for (const device of devices) {
    const stream = randomStream(world.seed, "packets", device.id, epoch);
    for (let period = 0; period < PACKETS_PER_EPOCH; period++) {
      const atMs = Math.floor((period * epochMs) / PACKETS_PER_EPOCH) + device.phaseMs;
      const counter = device.firstFCnt + (epoch - world.firstEpoch) * PACKETS_PER_EPOCH + period;
      const fCnt = counter % 65_536;
      const frame = stream.bytes((device.phyBytes + 3) & ~3).subarray(0, device.phyBytes);
      writeFrameHeader(frame, device.devAddr, fCnt);
      yield { device, atMs, fCnt, packetHash: sha256(frame) };
    }
  }
}

/** What a hotspot reports of a packet it delivered. */
export function receiptOf(
  { device, fCnt, packetHash }: Packet,
  receivedMs: number,
  payers: readonly Payer[],
): PacketReceipt {
  return {
    packetHash,
    phyBytes: device.phyBytes,
    devAddr: device.devAddr,
    fCnt,
    receivedMs,
    routeId: payers[device.payer].routeId,
  };
}

/** Unconfirmed data up, as LoRaWAN 1.0.4 §4 lays it out; payload and MIC keep their random bytes. */
function writeFrameHeader(frame: Uint8Array, devAddr: number, fCnt: number): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  view.setUint8(0, 0x40);
  view.setUint32(1, devAddr, true);
  view.setUint8(5, 0);
  view.setUint16(6, fCnt, true);
  view.setUint8(8, 1);
}

function areaTag({ site: { position } }: SimulatedHotspot): number {
  const { x, y, z } = position;
  return (((x >> AREA_SHIFT) & 1023) * 1024 + ((y >> AREA_SHIFT) & 1023)) * 1024 + ((z >> AREA_SHIFT) & 1023);
}

function largestOwner({ hotspots }: World): Uint8Array {
  const counts = new Map<string, { wallet: Uint8Array; count: number }>();
  for (const { owner } of hotspots) {
    const entry = counts.get(owner.toHex()) ?? { wallet: owner, count: 0 };
    entry.count++;
    counts.set(owner.toHex(), entry);
  }
  return [...counts].sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1))[0][1].wallet;
}
