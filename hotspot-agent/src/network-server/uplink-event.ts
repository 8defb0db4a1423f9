/**
 * A received packet as ChirpStack's uplink: times, metadata and the id that it knows the gateway by.
 *
 * ChirpStack believes gw_time only within 30 s of its own clock (rx_timestamp_max_drift), but GPS time at any age. So a packet that
 * waited gets a GPS time, computed from the receive time, where the agent knows that its clock was right.
 */
import type { Delivery, UplinkPacket } from "../messages.ts";
import type { UtcTime } from "../utc.ts";
import type { SecondsNanos, UplinkEvent } from "./gateway-message.ts";

/** Unix ms at the GPS epoch, 1980-01-06. */
const gpsEpochUnixMs = 315_964_800_000;
/** Leap seconds between GPS time and UTC since 2017. */
const gpsLeapMs = 18_000;
/** From this age on the receive time would be replaced by "now" at ChirpStack, with a margin to its 30 s. */
const staleMs = 20_000;

const crcStatusNumbers = { none: 0, bad: 1, ok: 2 } as const;

export interface UplinkContext {
  readonly gatewayId: string;
  readonly utc: UtcTime;
  /** Give the agent's time where the gateway gives none. */
  readonly hasTimeFallback: boolean;
}

/** The event of one delivery, by what is known of the time now. */
export function uplinkEvent(delivery: Delivery, { gatewayId, utc, hasTimeFallback }: UplinkContext): UplinkEvent {
  const { packet, isReplay, holdMs } = delivery;
  const receivedUs = Math.round(packet.earlierUtcMs ?? utc.ofSteady(packet.receivedMs)) * 1000;
  const gwTimeUs = packet.gatewayTimeUs ?? (hasTimeFallback ? receivedUs : null);
  return {
    phyPayload: packet.phyPayload,
    frequencyHz: packet.frequencyHz,
    modulation: packet.modulation,
    rxInfo: {
      gatewayId,
      uplinkId: packet.uplinkId,
      gwTime: gwTimeUs === null ? null : ofMicroseconds(gwTimeUs),
      timeSinceGpsEpoch: gpsTime(packet, holdMs >= staleMs && utc.isTrusted(), gwTimeUs ?? receivedUs),
      fineTimeSinceGpsEpoch:
        packet.gpsTimeMs === null || packet.fineTimeNs === null
          ? null
          : { seconds: Math.floor(packet.gpsTimeMs / 1000), nanos: packet.fineTimeNs },
      rssiDbm: Math.round(packet.rssiDbm),
      snrDb: (packet.snrDdb ?? 0) / 10,
      channel: packet.channel,
      rfChain: packet.rfChain,
      board: packet.board,
      antenna: packet.antenna,
      location: packet.location,
      context: packet.context,
      metadata: isReplay
        ? { ...packet.metadata, hold_ms: String(Math.round(holdMs)), replayed: "true" }
        : packet.metadata,
      crcStatus: crcStatusNumbers[packet.crcStatus],
    },
  };
}

function gpsTime(packet: UplinkPacket, mayCompute: boolean, gwTimeUs: number): SecondsNanos | null {
  if (packet.gpsTimeMs !== null) return ofMicroseconds(packet.gpsTimeMs * 1000);
  return mayCompute ? ofMicroseconds(gwTimeUs - (gpsEpochUnixMs - gpsLeapMs) * 1000) : null;
}

function ofMicroseconds(us: number): SecondsNanos {
  const seconds = Math.floor(us / 1e6);
  return { seconds, nanos: Math.floor(us - seconds * 1e6) * 1000 };
}
