/**
 * What the actors of the agent hand to each other: plain values, units in the names.
 *
 *   forwarder ── UplinkPacket, GatewayStats ──► spool, network servers, proof of coverage
 *   network server, beaconer ── DownlinkCommand ──► forwarder ── DownlinkAck ──► who sent the command
 *   spool ── Delivery ──► network server ── DeliveryOutcome ──► spool
 *
 * `gatewayEui` is always the forwarder's own EUI-64; the id that ChirpStack sees (gatewayId, from the key) exists only in
 * network-server/. Byte arrays are never changed after they were handed over. Times are ms since the Unix epoch, by the
 * agent's steady clock (clock.ts) unless the name says otherwise.
 */

/** Sixteen lower-case hex digits. */
export type GatewayEui = string;

/** How ChirpStack spells code rates; `li` marks the long-interleaved ones of 2.4 GHz. */
export const CODE_RATES = [
  "4/5",
  "4/6",
  "4/7",
  "4/8",
  "3/8",
  "2/6",
  "1/4",
  "1/6",
  "5/6",
  "4/5LI",
  "4/6LI",
  "4/8LI",
] as const;
export type CodeRate = (typeof CODE_RATES)[number];

export interface LoraModulation {
  readonly kind: "lora";
  readonly bandwidthHz: number;
  /** 5 to 12. */
  readonly spreadingFactor: number;
  readonly codeRate: CodeRate;
}

export interface FskModulation {
  readonly kind: "fsk";
  readonly bitrateBps: number;
}

export interface LrFhssModulation {
  readonly kind: "lr-fhss";
  /** Operating channel width. */
  readonly bandwidthHz: number;
  readonly codeRate: CodeRate;
  /** Hopping grid steps; 0 when the forwarder does not say. */
  readonly gridSteps: number;
}

export type Modulation = LoraModulation | FskModulation | LrFhssModulation;

/** `none`: the frame carried no CRC (downlinks, class-B beacons). */
export type CrcStatus = "ok" | "bad" | "none";

export interface GatewayLocation {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly altitudeM: number;
}

/** One reception of one frame by one antenna. */
export interface UplinkPacket {
  /** u32, the same for every re-send of this packet, also after a restart. Not unique for ever: for logs and rx_info.uplink_id. */
  readonly uplinkId: number;
  readonly gatewayEui: GatewayEui;
  /** `gwmp`: a UDP packet forwarder; `mqtt`: a forwarder that speaks ChirpStack's gateway MQTT. */
  readonly source: "gwmp" | "mqtt";
  /** 1 to 255 bytes. */
  readonly phyPayload: Uint8Array;
  readonly frequencyHz: number;
  readonly modulation: Modulation;
  readonly crcStatus: CrcStatus;
  /** The concentrator's microsecond counter at the end of the frame, u32, wraps every 71.6 min; null when unknown (mqtt). */
  readonly tmst: number | null;
  /** When the agent received the datagram. */
  readonly receivedMs: number;
  /** When that was by UTC, ms since the Unix epoch, of a packet of an earlier run, as that run knew it; null: of this run. */
  readonly earlierUtcMs: number | null;
  /** The gateway's own UTC at reception (GPS, or NTP with some vendors), µs since the Unix epoch; null when it does not say. */
  readonly gatewayTimeUs: number | null;
  /** GPS time at reception: ms since 1980-01-06, no leap seconds; null without GPS. */
  readonly gpsTimeMs: number | null;
  /** Nanoseconds since the last full GPS second, 0 to 999 999 999; null without fine timestamps. */
  readonly fineTimeNs: number | null;
  /** Channel RSSI; of the signal itself in `signalRssiDbm`, null when the forwarder gives only the channel's. */
  readonly rssiDbm: number;
  readonly signalRssiDbm: number | null;
  /** 0.1 dB; null with FSK. */
  readonly snrDdb: number | null;
  readonly channel: number;
  readonly rfChain: number;
  readonly board: number;
  readonly antenna: number;
  /** Of the gateway, when the same datagram brought it. */
  readonly location: GatewayLocation | null;
  /** The forwarder's own key-value pairs. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * For rx_info.context, verbatim: the forwarder's own context (GWMP: tmst, 4 bytes big-endian) followed by `receivedMs`
   * (u64, big-endian), so that a downlink tells how old the uplink is that it answers, even after a restart.
   */
  readonly context: Uint8Array;
}

export interface ModulationCount {
  readonly modulation: Modulation;
  readonly count: number;
}

/** One interval of a gateway: every count is since the statistics before, not since start. */
export interface GatewayStats {
  readonly gatewayEui: GatewayEui;
  readonly receivedMs: number;
  /** What the gateway's clock said, ms since the Unix epoch; null when it did not or not readably. */
  readonly gatewayTimeMs: number | null;
  readonly location: GatewayLocation | null;
  /** As the forwarder counts: heard, with a valid CRC, passed on. */
  readonly rxPackets: number;
  readonly rxPacketsOk: number;
  readonly rxPacketsForwarded: number;
  /** Datagrams asked to send, and sent. */
  readonly txPackets: number;
  readonly txPacketsEmitted: number;
  /** Share of its datagrams that the forwarder saw acknowledged in time, 0.1 %; null when it does not say. */
  readonly ackedPermille: number | null;
  /** 0.1 °C; null when it does not say. */
  readonly temperatureDc: number | null;
  /** As the agent counts, of this interval. */
  readonly rxPerFrequencyHz: ReadonlyMap<number, number>;
  readonly rxPerModulation: readonly ModulationCount[];
  readonly txPerFrequencyHz: ReadonlyMap<number, number>;
  readonly txPerModulation: readonly ModulationCount[];
  readonly txPerStatus: ReadonlyMap<TxStatus, number>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** ChirpStack's TxAckStatus by name, in the order of its numbers 0 to 11. */
export const TX_STATUSES = [
  "IGNORED",
  "OK",
  "TOO_LATE",
  "TOO_EARLY",
  "COLLISION_PACKET",
  "COLLISION_BEACON",
  "TX_FREQ",
  "TX_POWER",
  "GPS_UNLOCKED",
  "QUEUE_FULL",
  "INTERNAL_ERROR",
  "DUTY_CYCLE_OVERFLOW",
] as const;
export type TxStatus = (typeof TX_STATUSES)[number];

export type DownlinkTiming =
  | { readonly kind: "immediately" }
  /** After the end of the uplink that `context` names. */
  | { readonly kind: "delay"; readonly delayUs: number }
  /** GPS time: ms since 1980-01-06. */
  | { readonly kind: "gps"; readonly gpsTimeMs: number };

/** One way to transmit a downlink: RX1 or RX2. */
export interface DownlinkItem {
  /** 1 to 255 bytes. */
  readonly phyPayload: Uint8Array;
  readonly frequencyHz: number;
  /** What the antenna shall radiate; the packet forwarder subtracts its antenna gain. */
  readonly eirpDbm: number;
  readonly modulation: Modulation;
  /** True for LoRaWAN downlinks, false for what other gateways shall hear (beacons). */
  readonly polarizationInversion: boolean;
  /** Null: the forwarder's default (8 for LoRa, 5 for FSK). */
  readonly preambleSymbols: number | null;
  readonly hasCrc: boolean;
  /** FSK only; null elsewhere. */
  readonly frequencyDeviationHz: number | null;
  readonly board: number;
  readonly antenna: number;
  readonly timing: DownlinkTiming;
  /** rx_info.context of the uplink it answers, as `UplinkPacket.context` gave it; empty when there is none. */
  readonly context: Uint8Array;
}

/** Transmit one of `items`: the first that the gateway takes, in order. */
export interface DownlinkCommand {
  /** u32, chosen by who asks; need not be unique between askers. */
  readonly downlinkId: number;
  readonly gatewayEui: GatewayEui;
  /** Name of the server or actor that asks: the ack goes to it alone. */
  readonly origin: string;
  /** 1 or more. */
  readonly items: readonly DownlinkItem[];
}

/** Exactly one for every command. */
export interface DownlinkAck {
  readonly downlinkId: number;
  readonly gatewayEui: GatewayEui;
  readonly origin: string;
  /** As many as the command had: the status of each one tried, IGNORED for the ones after the first OK. */
  readonly statuses: readonly TxStatus[];
  /** What the gateway took; null when it took none. */
  readonly accepted: {
    readonly itemIndex: number;
    /** Conducted power the gateway said it uses instead of the one asked for; null when it said nothing. */
    readonly usedPowerDbm: number | null;
    /** The concentrator's counter at the transmission, where the forwarder reports it; else null. */
    readonly tmst: number | null;
    /** When the agent sent the item to the forwarder. */
    readonly sentMs: number;
  } | null;
}

/** A beacon of another hotspot, recognised by its form only (24 bytes, 0xE0 0xE5, CRC ok). */
export interface BeaconReception {
  /** The 24 bytes of the PHYPayload. */
  readonly payload: Uint8Array;
  readonly packet: UplinkPacket;
}

/** A packet on its way to one destination. */
export interface Delivery {
  readonly packet: UplinkPacket;
  /** True when it waited: it was not sent to this destination while it was live. */
  readonly isReplay: boolean;
  /** How long it had waited in the spool when it was first sent to this destination; the same on every re-send. */
  readonly holdMs: number;
  /** 1 for the first attempt. */
  readonly attempt: number;
}

/**
 * `delivered`: the server has it (PUBACK without 16; QoS 0: written to the socket). `refused`: it will never be taken (filter,
 * encoding), do not ask again. `retry`: the server did not get it; it stays in the spool.
 */
export type DeliveryOutcome = "delivered" | "refused" | "retry";

/** What of a backlog a destination wants: nothing, everything but join requests, or those too. */
export type ReplayMode = "off" | "data-only" | "all";

/** What a network-server group (or a single fan-out server) is to the spool: something with its own cursor. */
export interface Destination {
  /** Stable over restarts, `[a-z0-9-]`, at most 40: the cursor on disk is filed under it. */
  readonly name: string;
  readonly replay: ReplayMode;
  /** Filters (DevAddr, JoinEUI, NetID). A packet refused here is never offered; the answer must be pure. */
  accepts(packet: UplinkPacket): boolean;
  /**
   * Sends once. Must settle: a lost connection is `retry`. What it encodes may depend on the packet, `isReplay` and `holdMs` alone,
   * so that a packet that is asked again goes out as the same bytes.
   */
  deliver(delivery: Delivery): Promise<DeliveryOutcome>;
}

/** What `Spool.attach(destination)` gives back. */
export interface DestinationHandle {
  /** False: nothing is offered and everything waits on disk. A destination starts as not ready. */
  setReady(isReady: boolean): void;
  /** Packets not yet delivered, in the spool or in flight. */
  pendingCount(): number;
  /** Stops offering; the cursor stays on disk and the next attach under the same name goes on from it. */
  detach(): void;
  /** Gives up what is pending (counted under `reason`) and forgets the cursor: the route is gone for good. */
  retire(reason: string): void;
}
