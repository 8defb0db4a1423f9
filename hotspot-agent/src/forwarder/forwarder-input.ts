/** What every input from packet forwarders is given, whatever it speaks. */
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { GatewayEui, GatewayStats, UplinkPacket } from "../messages.ts";
import type { LiveRecord } from "../spool/live-record.ts";
import type { RecordKind } from "../spool/record.ts";
import type { Telemetry } from "../telemetry.ts";

export interface ForwarderInputOptions {
  /** Lower-case EUIs that are served; empty serves all that can reach the input (over UDP on loopback only). */
  readonly allow: readonly GatewayEui[];
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly spool: {
    append(kind: RecordKind, receivedMs: number, payload: Uint8Array, onAccepted: (record: LiveRecord) => void): void;
  };
  /** The packets of one record, in order, all CRC statuses; synchronously on to `Spool.admit`. */
  readonly onPackets: (record: LiveRecord, packets: readonly UplinkPacket[]) => void;
  readonly onStats: (stats: GatewayStats) => void;
  /** A gateway was heard, first or again after it was forgotten. */
  readonly onGateway?: (gatewayEui: GatewayEui) => void;
}
