/**
 * What an agent knows of itself at one moment: the one answer that the local page, `info` and `doctor` read.
 *
 * Plain data, the same over HTTP. Times are ms since the Unix epoch by the agent's clock, null when it never happened.
 */
export interface GatewayStatus {
  /** The packet forwarder's own EUI. */
  readonly gatewayEui: string;
  /** The hotspot that it is. */
  readonly gatewayId: string;
  readonly key: string;
  readonly name: string;
  /** Where downlinks go; null before the first PULL_DATA. */
  readonly address: string | null;
  /** Last datagram of any kind, and last packet from the air. */
  readonly lastSeenMs: number | null;
  readonly lastPacketMs: number | null;
  readonly packets: number;
}

/** A broker that gateways publish at (`gateway_mqtt`). */
export interface InputStatus {
  readonly url: string;
  readonly isConnected: boolean;
  /** Why it is not; null while it is, and before the first attempt ended. */
  readonly problem: string | null;
}

export interface SpoolStatus {
  /** `disk`: appended as promised. `memory`: the disk takes nothing, packets wait in bounded memory. */
  readonly mode: "disk" | "memory";
  readonly bytes: number;
  readonly maxBytes: number;
  /** Packets that some server or all of them do not get, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

export interface ServerStatus {
  readonly name: string;
  readonly group: string;
  readonly url: string;
  /** Number of the customer's route that names it; null for one of the configuration. */
  readonly routeId: number | null;
  readonly isConnected: boolean;
  readonly isHealthy: boolean;
  /** Why it is not healthy, as a sentence; null while it is. */
  readonly problem: string | null;
  readonly delivered: number;
  /** Packets that wait for it. */
  readonly backlog: number;
  readonly lastDeliveredMs: number | null;
}

export interface OracleStatus {
  readonly url: string;
  readonly isReachable: boolean;
  readonly problem: string | null;
}

export interface ProofStatus {
  readonly oracles: readonly OracleStatus[];
  /** Whether all are; null while no oracle has said. */
  readonly isRegistered: boolean | null;
  /** Those hotspots of this agent that an oracle does not know, and why, in its words. */
  readonly unregistered: readonly { readonly key: string; readonly name: string; readonly reason: string }[];
  /** Those that are registered and never challenged, and why, in an oracle's words. */
  readonly unchallenged: readonly { readonly name: string; readonly reason: string }[];
  /** Why the rules that an oracle names are not used, for a person; null where they are or none came. */
  readonly parametersProblem: string | null;
  readonly region: string | null;
  readonly lastBeaconMs: number | null;
  readonly nextBeaconMs: number | null;
  readonly beacons: number;
  readonly witnesses: number;
  readonly pendingReports: number;
  readonly lastUploadMs: number | null;
  /** Why the last beacon was not sent, as a sentence. */
  readonly beaconProblem: string | null;
}

export interface AgentStatus {
  readonly version: string;
  readonly startedMs: number;
  readonly nowMs: number;
  /** The first hotspot: what is registered before a gateway was heard. */
  readonly primary: { readonly key: string; readonly name: string; readonly gatewayId: string };
  readonly listen: string;
  readonly gateways: readonly GatewayStatus[];
  readonly inputs: readonly InputStatus[];
  readonly malformed: number;
  readonly spool: SpoolStatus;
  readonly servers: readonly ServerStatus[];
  /** Null without oracles. */
  readonly proof: ProofStatus | null;
  readonly clock: {
    /** System clock minus network time, ms; null until an oracle was heard. */
    readonly errorMs: number | null;
  };
}
