/**
 * A network server for tests that behaves as ChirpStack 4.19 was seen to behave towards gateways, on lora-packet and the
 * generated messages; nothing of the agent's own code is used.
 *
 * It reproduces: JSON sniffing (a payload that contains "gatewayId" is JSON, and that gateway is answered in JSON);
 * deduplication for 200 ms keyed on the bytes of tx_info and the PHYPayload, with two copies of one gateway inside the window
 * listed twice; concurrent handling, so that frames of a device that arrive closely spaced may overtake each other, and a
 * frame counter that fell is dropped; the downlink queue read 100 ms after the uplink; acks that fetch and delete their
 * downlink, where only a positive one takes an item off the queue; retained connection states ignored.
 */
import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import { Duration } from "google-protobuf/google/protobuf/duration_pb.js";
import loraPacket from "lora-packet";
import { downlinkFrameJson, readTxAckJson, readUplinkJson } from "./referee-json.ts";
import type { Scheduler } from "./scheduler.ts";

export interface RefereeDevice {
  readonly devEui: string;
  readonly joinEui: string;
  /** Hex; empty for a device that was activated by hand. */
  readonly appKey: string;
}

export interface ReceivedCopy {
  readonly gatewayId: string;
  readonly rssi: number;
  readonly snr: number;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ApplicationEvent {
  readonly type: "join" | "up" | "txack";
  readonly devEui: string;
  readonly fCnt: number;
  readonly data: Buffer;
  readonly timeMs: number;
  readonly rxInfo: readonly ReceivedCopy[];
}

export interface RefereeLogEntry {
  readonly code:
    | "skipped_without_info"
    | "unreadable"
    | "unexpected_proprietary"
    | "unknown_device"
    | "bad_mic"
    | "dev_nonce_used"
    | "f_cnt_reset"
    | "f_cnt_retransmission"
    | "downlink_ack_unknown"
    | "downlink_ack_without_items"
    | "downlink_ack_too_many_items"
    | "downlink_failed";
  readonly detail: string;
}

interface DeviceState {
  device: RefereeDevice;
  readonly usedNonces: Set<string>;
  session: { readonly devAddr: string; readonly nwkSKey: Buffer; readonly appSKey: Buffer } | null;
  /** Counter the next uplink must at least have. */
  nextFCntUp: number;
  fCntDown: number;
  readonly queue: { readonly data: Buffer; readonly fPort: number }[];
}

interface PendingDownlink {
  readonly state: DeviceState;
  readonly items: number;
  readonly takesQueueItem: boolean;
  readonly advances: boolean;
}

export interface RefereeOptions {
  readonly topicPrefix?: string;
  /** Power of the two windows in dBm EIRP. */
  readonly rx1PowerDbm?: number;
  readonly rx2PowerDbm?: number;
  /** From an uplink to its first window, s; 1 without it. */
  readonly rx1DelayS?: number;
  readonly seed?: number;
}

const deduplicationMs = 200;
const queueDelayMs = 100;
const pendingDownlinkMs = 30_000;
/** Seen: frames 0 ms apart mostly lost, 20 ms apart sometimes, 50 ms apart never. */
const handlingSpreadMs = 18;
/** Unix ms of the GPS epoch, less the 18 leap seconds since. */
const gpsEpochMs = 315_964_800_000 - 18_000;
const rxTimestampMaxDriftMs = 30_000;

export class NetworkServerReferee {
  readonly events: ApplicationEvent[] = [];
  readonly log: RefereeLogEntry[] = [];
  readonly txAcks: { readonly downlinkId: number; readonly statuses: readonly number[] }[] = [];
  readonly stats: gw.GatewayStats[] = [];
  /** Uplink messages as they came, before deduplication. */
  uplinkMessages = 0;

  readonly #prefix: string;
  readonly #scheduler: Scheduler;
  readonly #publish: (topic: string, payload: Buffer) => void;
  readonly #rx1PowerDbm: number;
  readonly #rx2PowerDbm: number;
  readonly #rx1DelayS: number;
  readonly #devices: DeviceState[] = [];
  readonly #collecting = new Map<string, { readonly copies: gw.UplinkFrame[]; readonly untilMs: number }>();
  readonly #pending = new Map<number, PendingDownlink>();
  readonly #jsonGateways = new Map<string, boolean>();
  readonly #waiters = new Set<{ readonly done: () => boolean; readonly resolve: () => void }>();
  #nextDownlinkId = 1;
  #random: number;

  constructor(scheduler: Scheduler, publish: (topic: string, payload: Buffer) => void, options: RefereeOptions = {}) {
    this.#scheduler = scheduler;
    this.#publish = publish;
    this.#prefix = options.topicPrefix ?? "eu868";
    this.#rx1PowerDbm = options.rx1PowerDbm ?? 16;
    this.#rx2PowerDbm = options.rx2PowerDbm ?? 29;
    this.#rx1DelayS = options.rx1DelayS ?? 1;
    this.#random = options.seed ?? 1;
  }

  /** What the server subscribes to. */
  get subscription(): string {
    return `$share/chirpstack/${this.#prefix}/gateway/+/event/+`;
  }

  /** Makes a device known, or gives one that is its new key: its DevNonces are remembered. */
  addDevice(device: RefereeDevice): void {
    const known = this.#devices.find((one) => one.device.devEui === device.devEui);
    if (known !== undefined) {
      known.device = device;
      return;
    }
    this.#devices.push({ device, usedNonces: new Set(), session: null, nextFCntUp: 0, fCntDown: 0, queue: [] });
  }

  addSession(devEui: string, session: { devAddr: string; nwkSKey: Buffer; appSKey: Buffer }): void {
    const device = { devEui, joinEui: "0000000000000000", appKey: "" };
    this.#devices.push({ device, usedNonces: new Set(), session, nextFCntUp: 0, fCntDown: 0, queue: [] });
  }

  /** Forgets the DevNonces of a device. */
  flushDevNonces(devEui: string): void {
    this.#state(devEui).usedNonces.clear();
  }

  enqueue(devEui: string, data: string, fPort = 10): void {
    this.#state(devEui).queue.push({ data: Buffer.from(data), fPort });
  }

  queueLength(devEui: string): number {
    return this.#state(devEui).queue.length;
  }

  uplinksOf(devEui: string): readonly ApplicationEvent[] {
    return this.events.filter((event) => event.type === "up" && event.devEui === devEui);
  }

  /** Resolves when `done` holds; it is asked again after every message and event. */
  until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.add({ done, resolve }));
  }

  /** Takes a message from the broker. */
  receive(topic: string, payload: Buffer): void {
    const match = /\/gateway\/([0-9a-f]{16})\/event\/(\w+)$/.exec(`/${topic}`);
    if (match === null) return;
    const isJson = payload.includes("gatewayId");
    try {
      if (match[2] === "up") this.#receiveUplink(payload, isJson);
      else if (match[2] === "ack") this.#receiveAck(payload, isJson);
      else if (match[2] === "stats" && !isJson) this.stats.push(gw.GatewayStats.deserializeBinary(payload));
    } catch (cause) {
      this.#note("unreadable", `${topic}: ${cause}`);
    }
    this.#changed();
  }

  #receiveUplink(payload: Buffer, isJson: boolean): void {
    this.uplinkMessages++;
    const frame = isJson ? readUplinkJson(payload) : gw.UplinkFrame.deserializeBinary(payload);
    const txInfo = frame.getTxInfo();
    const rxInfo = frame.getRxInfo();
    if (txInfo === undefined || rxInfo === undefined || txInfo.getModulation() === undefined) {
      this.#note("skipped_without_info", frame.getPhyPayload_asB64());
      return;
    }
    this.#jsonGateways.set(rxInfo.getGatewayId(), isJson);
    const key = `${hex(txInfo.serializeBinary())}:${hex(frame.getPhyPayload_asU8())}`;
    const nowMs = this.#scheduler.nowMs();
    const collecting = this.#collecting.get(key);
    if (collecting !== undefined && nowMs < collecting.untilMs) {
      collecting.copies.push(frame);
      return;
    }
    const collected = { copies: [frame], untilMs: nowMs + deduplicationMs };
    this.#collecting.set(key, collected);
    // All of the delay is set at the arrival: a busy test process may be late, but handles in the order it would have had.
    this.#scheduler.after(deduplicationMs + this.#handlingMs(), () => {
      if (this.#collecting.get(key) === collected) this.#collecting.delete(key);
      this.#handleUplink(collected.copies);
      this.#changed();
    });
  }

  /** How long handling takes. What arrived while this process did not run came together only to it, and keeps its order. */
  #handlingMs(): number {
    const u = this.#nextRandom();
    return 2 + handlingSpreadMs * (this.#scheduler.isLate() ? 0 : u * u);
  }

  #handleUplink(copies: readonly gw.UplinkFrame[]): void {
    const phyPayload = Buffer.from(copies[0]!.getPhyPayload_asU8());
    if (phyPayload.length > 0 && phyPayload[0]! >>> 5 === 7) {
      this.#note("unexpected_proprietary", hex(phyPayload));
      return;
    }
    let packet: ReturnType<typeof loraPacket.fromWire>;
    try {
      packet = loraPacket.fromWire(phyPayload);
    } catch (cause) {
      this.#note("unreadable", `${hex(phyPayload)}: ${cause}`);
      return;
    }
    if (packet.isJoinRequestMessage()) this.#handleJoin(packet, copies);
    else if (packet.isDataMessage()) this.#handleData(packet, copies);
  }

  #handleJoin(packet: ReturnType<typeof loraPacket.fromWire>, copies: readonly gw.UplinkFrame[]): void {
    const devEui = packet.DevEUI!.toString("hex");
    const state = this.#devices.find((known) => known.device.devEui === devEui);
    if (state === undefined) {
      this.#note("unknown_device", devEui);
      return;
    }
    const appKey = Buffer.from(state.device.appKey, "hex");
    if (!loraPacket.verifyMIC(packet, undefined, appKey)) {
      this.#note("bad_mic", devEui);
      return;
    }
    const nonce = packet.DevNonce!.toString("hex");
    if (state.usedNonces.has(nonce)) {
      this.#note("dev_nonce_used", devEui);
      return;
    }
    state.usedNonces.add(nonce);
    const joinNonce = Buffer.from([0, 0, state.usedNonces.size]);
    const netId = Buffer.from("000000", "hex");
    const devAddr = Buffer.from([0, ...Buffer.from(devEui, "hex").subarray(5)]);
    const keys = loraPacket.generateSessionKeys10(appKey, netId, joinNonce, packet.DevNonce!);
    state.session = { devAddr: devAddr.toString("hex"), nwkSKey: keys.NwkSKey, appSKey: keys.AppSKey };
    state.nextFCntUp = 0;
    state.fCntDown = 0;
    const fields = {
      MType: "Join Accept",
      AppNonce: joinNonce,
      NetID: netId,
      DevAddr: devAddr,
      DLSettings: 0,
      RxDelay: this.#rx1DelayS,
    };
    const accept = loraPacket.fromFields(fields, undefined, undefined, appKey);
    this.#push("join", state, 0, Buffer.alloc(0), copies);
    this.#sendDownlink(state, accept.getPHYPayload() as Buffer, copies, 5, { takesQueueItem: false, advances: false });
  }

  #handleData(packet: ReturnType<typeof loraPacket.fromWire>, copies: readonly gw.UplinkFrame[]): void {
    const devAddr = packet.DevAddr!.toString("hex");
    const fCnt = packet.getFCnt()!;
    const sessions = this.#devices.filter((known) => known.session?.devAddr === devAddr);
    const state = sessions.find((known) => loraPacket.verifyMIC(packet, known.session!.nwkSKey));
    if (state === undefined) {
      this.#note(sessions.length === 0 ? "unknown_device" : "bad_mic", devAddr);
      return;
    }
    if (fCnt < state.nextFCntUp) {
      const isLast = fCnt === state.nextFCntUp - 1;
      this.#note(isLast ? "f_cnt_retransmission" : "f_cnt_reset", `${devAddr} ${fCnt}, ${state.nextFCntUp} expected`);
      return;
    }
    state.nextFCntUp = fCnt + 1;
    const session = state.session!;
    const hasData = packet.FRMPayload !== undefined && packet.FRMPayload.length > 0;
    const data = hasData ? loraPacket.decrypt(packet, session.appSKey, session.nwkSKey) : Buffer.alloc(0);
    this.#push("up", state, fCnt, data, copies);
    const mustAck = packet.isConfirmed();
    this.#scheduler.after(queueDelayMs, () => {
      const item = state.queue[0];
      if (item === undefined && !mustAck) return;
      const fields = {
        MType: "Unconfirmed Data Down",
        DevAddr: Buffer.from(session.devAddr, "hex"),
        FCtrl: { ADR: false, ACK: mustAck, FPending: state.queue.length > 1 },
        FCnt: state.fCntDown,
        // lora-packet builds no data frame without a port; an ack alone carries an empty payload on port 1 here.
        FPort: item?.fPort ?? 1,
        payload: item?.data ?? Buffer.alloc(0),
      };
      const down = loraPacket.fromFields(fields, session.appSKey, session.nwkSKey);
      this.#sendDownlink(state, down.getPHYPayload() as Buffer, copies, this.#rx1DelayS, {
        takesQueueItem: item !== undefined,
        advances: true,
      });
    });
  }

  #sendDownlink(
    state: DeviceState,
    phyPayload: Buffer,
    copies: readonly gw.UplinkFrame[],
    rx1DelayS: number,
    effect: { readonly takesQueueItem: boolean; readonly advances: boolean },
  ): void {
    const best = copies.reduce((a, b) => (b.getRxInfo()!.getSnr() > a.getRxInfo()!.getSnr() ? b : a));
    const rxInfo = best.getRxInfo()!;
    const lora = best.getTxInfo()!.getModulation()!.getLora();
    const downlinkId = this.#nextDownlinkId++;
    const item = (frequencyHz: number, powerDbm: number, spreadingFactor: number, delayS: number) => ({
      phyPayload,
      frequencyHz,
      powerDbm,
      spreadingFactor,
      bandwidthHz: lora?.getBandwidth() ?? 125_000,
      delayS,
      context: Buffer.from(rxInfo.getContext_asU8()),
    });
    const items = [
      item(best.getTxInfo()!.getFrequency(), this.#rx1PowerDbm, lora?.getSpreadingFactor() ?? 7, rx1DelayS),
      item(869_525_000, this.#rx2PowerDbm, 12, rx1DelayS + 1),
    ];
    this.#pending.set(downlinkId, { state, items: items.length, ...effect });
    this.#scheduler.after(pendingDownlinkMs, () => this.#pending.delete(downlinkId));
    const gatewayId = rxInfo.getGatewayId();
    const payload =
      this.#jsonGateways.get(gatewayId) === true
        ? downlinkFrameJson(downlinkId, gatewayId, items)
        : Buffer.from(downlinkFrameBytes(downlinkId, gatewayId, items));
    this.#publish(`${this.#prefix}/gateway/${gatewayId}/command/down`, payload);
  }

  #receiveAck(payload: Buffer, isJson: boolean): void {
    const ack = isJson ? readTxAckJson(payload) : gw.DownlinkTxAck.deserializeBinary(payload);
    const statuses = ack.getItemsList().map((item) => item.getStatus() as number);
    const downlinkId = ack.getDownlinkId();
    this.txAcks.push({ downlinkId, statuses });
    const pending = this.#pending.get(downlinkId);
    this.#pending.delete(downlinkId);
    if (pending === undefined) {
      this.#note("downlink_ack_unknown", String(downlinkId));
    } else if (statuses.length === 0) {
      this.#note("downlink_ack_without_items", String(downlinkId));
    } else if (statuses.length > pending.items) {
      this.#note("downlink_ack_too_many_items", String(downlinkId));
    } else if (!statuses.includes(gw.TxAckStatus.OK)) {
      this.#note("downlink_failed", String(statuses.at(-1)));
    } else {
      if (pending.advances) pending.state.fCntDown++;
      if (pending.takesQueueItem) pending.state.queue.shift();
      this.#push("txack", pending.state, pending.state.fCntDown, Buffer.alloc(0), []);
    }
  }

  #push(
    type: ApplicationEvent["type"],
    state: DeviceState,
    fCnt: number,
    data: Buffer,
    copies: readonly gw.UplinkFrame[],
  ): void {
    const rxInfo = copies.map((copy) => {
      const info = copy.getRxInfo()!;
      return {
        gatewayId: info.getGatewayId(),
        rssi: info.getRssi(),
        snr: info.getSnr(),
        metadata: Object.fromEntries(info.getMetadataMap().toArray() as [string, string][]),
      };
    });
    const timeMs = copies.length === 0 ? this.#scheduler.nowMs() : this.#eventTimeMs(copies[0]!.getRxInfo()!);
    this.events.push({ type, devEui: state.device.devEui, fCnt, data, timeMs, rxInfo });
  }

  /** GPS time is believed at any age, gateway time only near to now. */
  #eventTimeMs(rxInfo: gw.UplinkRxInfo): number {
    const gps = rxInfo.getTimeSinceGpsEpoch();
    if (gps !== undefined) return gpsEpochMs + gps.getSeconds() * 1000 + Math.floor(gps.getNanos() / 1e6);
    const now = this.#scheduler.nowMs();
    const time = rxInfo.getGwTime();
    if (time === undefined) return now;
    const timeMs = time.getSeconds() * 1000 + Math.floor(time.getNanos() / 1e6);
    return Math.abs(now - timeMs) < rxTimestampMaxDriftMs ? timeMs : now;
  }

  #state(devEui: string): DeviceState {
    const state = this.#devices.find((known) => known.device.devEui === devEui);
    if (state === undefined) throw new Error(`the referee does not know device ${devEui}`);
    return state;
  }

  #note(code: RefereeLogEntry["code"], detail: string): void {
    this.log.push({ code, detail });
  }

  /** Uniform in [0, 1), the same for the same seed (Lehmer). */
  #nextRandom(): number {
    this.#random = (this.#random * 48_271) % 2_147_483_647;
    return this.#random / 2_147_483_647;
  }

  #changed(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.done()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}

export interface RefereeDownlinkItem {
  readonly phyPayload: Buffer;
  readonly frequencyHz: number;
  readonly powerDbm: number;
  readonly spreadingFactor: number;
  readonly bandwidthHz: number;
  readonly delayS: number;
  readonly context: Buffer;
}

function downlinkFrameBytes(downlinkId: number, gatewayId: string, items: readonly RefereeDownlinkItem[]): Uint8Array {
  const frame = new gw.DownlinkFrame();
  frame.setDownlinkId(downlinkId);
  frame.setGatewayId(gatewayId);
  for (const item of items) {
    const lora = new gw.LoraModulationInfo();
    lora.setBandwidth(item.bandwidthHz);
    lora.setSpreadingFactor(item.spreadingFactor);
    lora.setCodeRate(gw.CodeRate.CR_4_5);
    lora.setPolarizationInversion(true);
    const modulation = new gw.Modulation();
    modulation.setLora(lora);
    const delay = new gw.DelayTimingInfo();
    delay.setDelay(new Duration().setSeconds(item.delayS));
    const timing = new gw.Timing();
    timing.setDelay(delay);
    const txInfo = new gw.DownlinkTxInfo();
    txInfo.setFrequency(item.frequencyHz);
    txInfo.setPower(item.powerDbm);
    txInfo.setModulation(modulation);
    txInfo.setTiming(timing);
    txInfo.setContext(item.context);
    const frameItem = new gw.DownlinkFrameItem();
    frameItem.setPhyPayload(item.phyPayload);
    frameItem.setTxInfo(txInfo);
    frame.addItems(frameItem);
  }
  return frame.serializeBinary();
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
