import { agentError } from "../errors.ts";
import type { DownlinkItem, GatewayEui, TxStatus, UplinkPacket } from "../messages.ts";
import type { LiveRecord } from "../spool/live-record.ts";
import type { RecordKind, StoredRecord } from "../spool/record.ts";
import type { GatewayLink } from "./downlink-scheduler.ts";
import type { ForwarderInputOptions } from "./forwarder-input.ts";
import { GatewaySession, type SocketAddress } from "./gateway-session.ts";
import {
  datagramText,
  encodeAck,
  encodePullResp,
  type GwmpDatagram,
  PULL_ACK,
  PUSH_ACK,
  parseDatagram,
} from "./gwmp-datagram.ts";
import { rememberGateway } from "./heard-gateways.ts";
import { mayHoldPackets, type PushData, readPushData } from "./push-data.ts";
import { readTxAck, type TxAck } from "./txpk.ts";

/** Record kind of a GWMP datagram in the spool. */
export const GWMP_RECORD: RecordKind = 0;

/** Answers kept while the socket's buffer is full. */
const maxUnsent = 4096;
const ackBounds = [0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1];

export interface SemtechUdpOptions extends ForwarderInputOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly onTxAck: (gatewayEui: GatewayEui, token: number, answer: TxAck) => void;
}

type UdpSocket = Bun.udp.Socket<"buffer">;

/** Whether only this machine can reach an address. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** The packets in a spool record of this kind: what the datagram said, whatever became of it. */
export function readGwmpRecord(record: StoredRecord): readonly UplinkPacket[] {
  const datagram = parseDatagram(record.payload);
  if (datagram.kind !== "push-data") return [];
  return readPush(datagram, datagramText(datagram), record).packets;
}

type RecordOrigin = Pick<StoredRecord, "receivedMs" | "earlierUtcMs" | "recordId">;

function readPush({ gatewayEui }: GwmpDatagram, text: string, origin: RecordOrigin): PushData {
  const { receivedMs, earlierUtcMs, recordId } = origin;
  return readPushData(text, { gatewayEui, receivedMs, earlierUtcMs, recordId });
}

interface Accepted {
  readonly datagram: GwmpDatagram;
  readonly text: string;
  readonly record: LiveRecord;
  readonly from: SocketAddress;
}

export class SemtechUdp implements GatewayLink {
  readonly #options: SemtechUdpOptions;
  readonly #allow: ReadonlySet<GatewayEui>;
  readonly #sessions = new Map<GatewayEui, GatewaySession>();
  #socket: UdpSocket | null = null;
  /** Accepted in this turn of the loop: acks go out together, then the JSON is read. */
  #accepted: Accepted[] = [];
  #unsent: { readonly bytes: Uint8Array; readonly to: SocketAddress }[] = [];
  readonly #datagrams;
  readonly #malformed;
  readonly #packets;
  readonly #faults;
  readonly #ackSeconds;

  constructor(options: SemtechUdpOptions) {
    this.#options = options;
    this.#allow = new Set(options.allow);
    const { telemetry } = options;
    const datagrams = telemetry.counter("agent_datagrams_total", "Datagrams of packet forwarders, by type.");
    this.#datagrams = {
      "push-data": datagrams.series({ type: "push-data" }),
      "pull-data": datagrams.series({ type: "pull-data" }),
      "tx-ack": datagrams.series({ type: "tx-ack" }),
    };
    this.#malformed = telemetry.counter("agent_datagrams_refused_total", "Datagrams refused, by reason.");
    const packets = telemetry.counter("agent_packets_received_total", "Packets heard, by CRC status.");
    this.#packets = {
      ok: packets.series({ crc: "ok" }),
      bad: packets.series({ crc: "bad" }),
      none: packets.series({ crc: "none" }),
    };
    this.#faults = telemetry.counter("agent_rxpk_refused_total", "rxpk elements refused, by reason.");
    this.#ackSeconds = telemetry.histogram("agent_push_ack_seconds", "From a PUSH_DATA to its PUSH_ACK.", ackBounds);
  }

  /** Opens the socket; the answer is the port. Throws AGT_OPEN_LISTENER, AGT_LISTEN_FAILED. */
  async open(): Promise<number> {
    const { host, port, allow } = this.#options;
    if (!isLoopbackHost(host) && allow.length === 0) throw agentError("AGT_OPEN_LISTENER", `${host}: no EUI is listed`);
    try {
      this.#socket = await Bun.udpSocket({
        hostname: host,
        port,
        socket: {
          data: (_socket, bytes, fromPort, address) => this.receive(bytes, { address, port: fromPort }),
          drain: () => this.#sendUnsent(),
          error: (error) =>
            this.#options.log.complain("udp", "the UDP socket reports an error", { error: String(error) }),
        },
      });
    } catch (error) {
      throw agentError("AGT_LISTEN_FAILED", `${host}:${port}: ${String(error)}`, { cause: error, retryable: true });
    }
    return this.#socket.port;
  }

  close(): void {
    this.#socket?.close();
    this.#socket = null;
  }

  /** The gateways heard of since start; of very many those heard last. */
  get sessions(): readonly GatewaySession[] {
    return [...this.#sessions.values()];
  }

  /** Takes one datagram, as the socket does. */
  receive(bytes: Uint8Array, from: SocketAddress): void {
    const { clock, onTxAck } = this.#options;
    const nowMs = clock.nowMs();
    const datagram = parseDatagram(bytes);
    if (datagram.kind === "malformed") {
      this.#refuse(datagram.fault, from);
      return;
    }
    if (this.#allow.size > 0 && !this.#allow.has(datagram.gatewayEui)) {
      this.#refuse("eui_not_listed", from, datagram.gatewayEui);
      return;
    }
    const session = this.#session(datagram.gatewayEui, nowMs);
    this.#datagrams[datagram.kind].add();
    if (datagram.kind === "push-data") this.#receivePush(datagram, bytes, from, nowMs);
    else if (datagram.kind === "pull-data") {
      session.pulled(from, datagram.version, nowMs);
      this.#send(encodeAck(datagram.version, datagram.token, PULL_ACK), from);
    } else onTxAck(datagram.gatewayEui, datagram.token, readTxAck(datagramText(datagram)));
  }

  sendPullResp(gatewayEui: GatewayEui, token: number, json: string): "sent" | "sent_to_version_1" | "unreachable" {
    const session = this.#sessions.get(gatewayEui);
    const to = session?.downlinkAddress ?? null;
    if (session === undefined || to === null) return "unreachable";
    if (!this.#send(encodePullResp(session.downlinkVersion, token, json), to)) return "unreachable";
    return session.downlinkVersion === 1 ? "sent_to_version_1" : "sent";
  }

  settled(gatewayEui: GatewayEui, item: DownlinkItem, status: TxStatus): void {
    this.#sessions.get(gatewayEui)?.settled(item, status);
  }

  #receivePush(datagram: GwmpDatagram, bytes: Uint8Array, from: SocketAddress, nowMs: number): void {
    const text = datagramText(datagram);
    const receivedMs = Math.floor(nowMs);
    if (!mayHoldPackets(text)) {
      this.#send(encodeAck(datagram.version, datagram.token, PUSH_ACK), from);
      this.#read(datagram, text, from, { receivedMs, earlierUtcMs: null, recordId: 0 });
      return;
    }
    this.#options.spool.append(GWMP_RECORD, receivedMs, bytes, (record) => {
      this.#accepted.push({ datagram, text, record, from });
      if (this.#accepted.length === 1) queueMicrotask(() => this.#handleAccepted());
    });
  }

  #handleAccepted(): void {
    const accepted = this.#accepted;
    this.#accepted = [];
    const nowMs = this.#options.clock.nowMs();
    this.#sendAcks(accepted);
    for (const { record } of accepted) this.#ackSeconds.observe((nowMs - record.appendedMs) / 1000);
    for (const { datagram, text, record, from } of accepted) {
      this.#options.onPackets(record, this.#read(datagram, text, from, record));
    }
  }

  /** Reads the JSON, counts what is odd, hands on the statistics; the answer is the packets. */
  #read(datagram: GwmpDatagram, text: string, from: SocketAddress, record: RecordOrigin): readonly UplinkPacket[] {
    const { onStats, log } = this.#options;
    const { packets, stat, faults, sizeMismatches } = readPush(datagram, text, record);
    const session = this.#session(datagram.gatewayEui, record.receivedMs);
    session.received(packets, record.receivedMs);
    for (const { crcStatus } of packets) this.#packets[crcStatus].add();
    for (const fault of faults) {
      this.#faults.add({ reason: fault });
      log.complain(fault, "a packet forwarder sent what cannot be read", {
        reason: fault,
        gateway: datagram.gatewayEui,
        from: from.address,
      });
    }
    if (sizeMismatches > 0) this.#faults.add({ reason: "size_mismatch_kept" }, sizeMismatches);
    if (stat !== null) onStats(session.stats(stat, record.receivedMs));
    return packets;
  }

  #session(gatewayEui: GatewayEui, nowMs: number): GatewaySession {
    let session = this.#sessions.get(gatewayEui);
    if (session === undefined) {
      session = new GatewaySession(gatewayEui, nowMs);
      rememberGateway(this.#sessions, gatewayEui, session);
      this.#options.onGateway?.(gatewayEui);
    }
    session.lastSeenMs = Math.max(session.lastSeenMs, nowMs);
    return session;
  }

  #refuse(reason: string, from: SocketAddress, gateway?: GatewayEui): void {
    this.#malformed.add({ reason });
    this.#options.log.complain(reason, "a datagram was refused", { reason, from: from.address, gateway });
  }

  /** One system call for all acks of a turn; what it does not take goes one by one, and waits if need be. */
  #sendAcks(accepted: readonly Accepted[]): void {
    const parts: (Uint8Array | number | string)[] = [];
    for (const { datagram, from } of accepted) {
      parts.push(encodeAck(datagram.version, datagram.token, PUSH_ACK), from.port, from.address);
    }
    let sent = 0;
    try {
      if (this.#unsent.length === 0) sent = this.#socket?.sendMany(parts) ?? accepted.length;
    } catch {
      // One address that cannot be reached fails the whole call: the others are tried below.
    }
    for (const { datagram, from } of accepted.slice(sent)) {
      this.#send(encodeAck(datagram.version, datagram.token, PUSH_ACK), from);
    }
  }

  /** False when the network refused it for good. */
  #send(bytes: Uint8Array, to: SocketAddress): boolean {
    const socket = this.#socket;
    if (socket === null) return false;
    try {
      if (this.#unsent.length === 0 && socket.send(bytes, to.port, to.address)) return true;
    } catch (error) {
      this.#options.log.complain("udp_send", "a packet forwarder cannot be reached", {
        to: to.address,
        error: String(error),
      });
      return false;
    }
    if (this.#unsent.length >= maxUnsent) return false;
    this.#unsent.push({ bytes, to });
    return true;
  }

  #sendUnsent(): void {
    const unsent = this.#unsent;
    this.#unsent = [];
    for (const { bytes, to } of unsent) this.#send(bytes, to);
  }
}
