/**
 * Which queue a packet belongs to: frames of one device keep their order, so there is one lane for each device.
 *
 * Data frames go by DevAddr, joins and rejoins by DevEUI. What no network server wants is told apart here: proprietary frames (beacons
 * among them), downlinks of other gateways, bytes that are no LoRaWAN frame, and frames with a CRC status that the policy excludes.
 */
import { parseFrame } from "@earshot/poc/lorawan";
import type { CrcStatus, UplinkPacket } from "../messages.ts";

/** DevAddr of a data frame, or the DevEUI of a join in hex. */
export type LaneKey = number | string;

export type NotForServers = "proprietary" | "not_an_uplink" | "malformed_frame" | "crc_bad" | "crc_none";

export type LaneChoice =
  | { readonly isForServers: true; readonly key: LaneKey; readonly isJoin: boolean }
  | { readonly isForServers: false; readonly reason: NotForServers };

const notForServers = (reason: NotForServers): LaneChoice => ({ isForServers: false, reason });

/** The lane of a packet, or why it has none. */
export function laneOf(packet: UplinkPacket, wantedCrc: ReadonlySet<CrcStatus>): LaneChoice {
  if (!wantedCrc.has(packet.crcStatus)) return notForServers(packet.crcStatus === "bad" ? "crc_bad" : "crc_none");
  const frame = parseFrame(packet.phyPayload);
  switch (frame.kind) {
    case "data":
      if (frame.direction === "down") return notForServers("not_an_uplink");
      return { isForServers: true, key: frame.devAddr, isJoin: false };
    case "join-request":
    case "rejoin-request":
      return { isForServers: true, key: frame.devEui.toString(16), isJoin: true };
    case "join-accept":
      return notForServers("not_an_uplink");
    case "proprietary":
      return notForServers("proprietary");
    case "malformed":
      return notForServers("malformed_frame");
  }
}
