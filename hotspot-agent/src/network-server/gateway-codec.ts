/**
 * ChirpStack's gateway messages in protobuf (gw.proto of ChirpStack 4.19). The one file that imports @chirpstack/chirpstack-api.
 *
 * tx_info of an uplink holds frequency, bandwidth, spreading factor and code rate and nothing else: ChirpStack deduplicates on
 * its bytes, so one field more than other gateways send loses the copy. Readers never throw: bytes that are no such message are
 * null. Legacy fields (ChirpStack 3) are neither written nor read.
 */
import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import { Duration } from "google-protobuf/google/protobuf/duration_pb.js";
import { Timestamp } from "google-protobuf/google/protobuf/timestamp_pb.js";
import { type Modulation, type ModulationCount, TX_STATUSES, type TxStatus } from "../messages.ts";
import {
  codeRateNumber,
  type ExecRequest,
  type ExecResponse,
  type GatewayConfiguration,
  modulationOf,
  type RawDownlink,
  type RawDownlinkItem,
  type RawModulation,
  type SecondsNanos,
  type StatsEvent,
  type TxAckEvent,
  type UplinkEvent,
} from "./gateway-message.ts";
import {
  downlinkFrameShape,
  execRequestShape,
  gatewayConfigurationShape,
  gatewayStatsShape,
  txAckShape,
  uplinkFrameShape,
} from "./message-shapes.ts";
import { locationBytes, uplinkBytes } from "./uplink-bytes.ts";
import { fitsShape } from "./wire-shape.ts";

/** tx_info messages already encoded: a gateway hears on few channels and data rates. */
const txInfoCache = new Map<string, Uint8Array>();
const maxCachedTxInfos = 512;

/** The bytes of UplinkTxInfo on which ChirpStack deduplicates. */
export function txInfoBytes(frequencyHz: number, modulation: Modulation): Uint8Array {
  const key = `${frequencyHz} ${modulationKey(modulation)}`;
  const known = txInfoCache.get(key);
  if (known !== undefined) return known;
  const txInfo = new gw.UplinkTxInfo();
  txInfo.setFrequency(frequencyHz);
  txInfo.setModulation(modulationMessage(modulation));
  const bytes = txInfo.serializeBinary();
  if (txInfoCache.size >= maxCachedTxInfos) txInfoCache.clear();
  txInfoCache.set(key, bytes);
  return bytes;
}

function modulationKey(modulation: Modulation): string {
  if (modulation.kind === "lora")
    return `${modulation.spreadingFactor} ${modulation.bandwidthHz} ${modulation.codeRate}`;
  if (modulation.kind === "fsk") return `fsk ${modulation.bitrateBps}`;
  return `fhss ${modulation.bandwidthHz} ${modulation.codeRate} ${modulation.gridSteps}`;
}

/** event/up. */
export function encodeUplink(event: UplinkEvent): Uint8Array {
  return uplinkBytes(event.phyPayload, txInfoBytes(event.frequencyHz, event.modulation), event.rxInfo);
}

/** event/stats. */
export function encodeStats(event: StatsEvent): Uint8Array {
  const stats = new gw.GatewayStats();
  stats.setGatewayId(event.gatewayId);
  stats.setTime(timestamp({ seconds: Math.floor(event.timeMs / 1000), nanos: Math.floor(event.timeMs % 1000) * 1e6 }));
  if (event.location !== null) {
    // The generated reader of Location is not reachable from here without a second import; its bytes are ours.
    const carrier = gw.UplinkRxInfo.deserializeBinary(locationBytes(event.location));
    stats.setLocation(carrier.getLocation());
  }
  stats.setConfigVersion(event.configVersion);
  stats.setRxPacketsReceived(event.rxPackets);
  stats.setRxPacketsReceivedOk(event.rxPacketsOk);
  stats.setTxPacketsReceived(event.txPackets);
  stats.setTxPacketsEmitted(event.txPacketsEmitted);
  for (const [key, value] of Object.entries(event.metadata)) stats.getMetadataMap().set(key, value);
  for (const [hz, count] of event.rxPerFrequencyHz) stats.getRxPacketsPerFrequencyMap().set(hz, count);
  for (const [hz, count] of event.txPerFrequencyHz) stats.getTxPacketsPerFrequencyMap().set(hz, count);
  for (const [status, count] of event.txPerStatus) stats.getTxPacketsPerStatusMap().set(status, count);
  stats.setRxPacketsPerModulationList(event.rxPerModulation.map(modulationCount));
  stats.setTxPacketsPerModulationList(event.txPerModulation.map(modulationCount));
  return stats.serializeBinary();
}

/** event/ack. */
export function encodeTxAck(event: TxAckEvent): Uint8Array {
  const ack = new gw.DownlinkTxAck();
  ack.setGatewayId(event.gatewayId);
  ack.setDownlinkId(event.downlinkId);
  for (const status of event.statuses) {
    const item = new gw.DownlinkTxAckItem();
    item.setStatus(gw.TxAckStatus[status]);
    ack.addItems(item);
  }
  return ack.serializeBinary();
}

/** state/conn, the retained one and the last will. */
export function encodeConnState(gatewayId: string, isOnline: boolean): Uint8Array {
  const state = new gw.ConnState();
  state.setGatewayId(gatewayId);
  state.setState(isOnline ? gw.ConnState.State.ONLINE : gw.ConnState.State.OFFLINE);
  return state.serializeBinary();
}

/** event/exec. */
export function encodeExecResponse(response: ExecResponse): Uint8Array {
  const message = new gw.GatewayCommandExecResponse();
  message.setGatewayId(response.gatewayId);
  message.setExecId(response.execId);
  message.setStdout(response.stdout);
  message.setStderr(response.stderr);
  message.setError(response.error);
  return message.serializeBinary();
}

/** command/down. */
export function decodeDownlink(bytes: Uint8Array): RawDownlink | null {
  if (!fitsShape(bytes, downlinkFrameShape)) return null;
  return reading(() => {
    const frame = gw.DownlinkFrame.deserializeBinary(bytes);
    return {
      downlinkId: frame.getDownlinkId(),
      gatewayId: frame.getGatewayId(),
      items: frame.getItemsList().map(rawItem),
    };
  });
}

/** command/config. */
export function decodeConfiguration(bytes: Uint8Array): GatewayConfiguration | null {
  if (!fitsShape(bytes, gatewayConfigurationShape)) return null;
  return reading(() => {
    const message = gw.GatewayConfiguration.deserializeBinary(bytes);
    const interval = message.getStatsInterval();
    return {
      gatewayId: message.getGatewayId(),
      version: message.getVersion(),
      statsIntervalMs:
        interval === undefined ? null : interval.getSeconds() * 1000 + Math.floor(interval.getNanos() / 1e6),
    };
  });
}

/** command/exec. */
export function decodeExecRequest(bytes: Uint8Array): ExecRequest | null {
  if (!fitsShape(bytes, execRequestShape)) return null;
  return reading(() => {
    const message = gw.GatewayCommandExecRequest.deserializeBinary(bytes);
    return {
      gatewayId: message.getGatewayId(),
      command: message.getCommand(),
      execId: message.getExecId(),
      stdin: message.getStdin_asU8(),
      environment: Object.fromEntries(message.getEnvironmentMap().toArray()),
    };
  });
}

/** event/up of another gateway software; null also when it has no tx_info, rx_info or known modulation. */
export function decodeUplink(bytes: Uint8Array): UplinkEvent | null {
  if (!fitsShape(bytes, uplinkFrameShape)) return null;
  return reading(() => {
    const frame = gw.UplinkFrame.deserializeBinary(bytes);
    const txInfo = frame.getTxInfo();
    const rxInfo = frame.getRxInfo();
    const message = txInfo?.getModulation();
    const modulation = message === undefined ? null : modulationOf(rawModulation(message));
    if (txInfo === undefined || rxInfo === undefined || modulation === null) return null;
    const location = rxInfo.getLocation();
    return {
      phyPayload: frame.getPhyPayload_asU8(),
      frequencyHz: txInfo.getFrequency(),
      modulation,
      rxInfo: {
        gatewayId: rxInfo.getGatewayId(),
        uplinkId: rxInfo.getUplinkId(),
        gwTime: secondsNanos(rxInfo.getGwTime()),
        timeSinceGpsEpoch: secondsNanos(rxInfo.getTimeSinceGpsEpoch()),
        fineTimeSinceGpsEpoch: secondsNanos(rxInfo.getFineTimeSinceGpsEpoch()),
        rssiDbm: rxInfo.getRssi(),
        snrDb: rxInfo.getSnr(),
        channel: rxInfo.getChannel(),
        rfChain: rxInfo.getRfChain(),
        board: rxInfo.getBoard(),
        antenna: rxInfo.getAntenna(),
        location: location === undefined ? null : locationOf(location),
        context: rxInfo.getContext_asU8(),
        metadata: Object.fromEntries(rxInfo.getMetadataMap().toArray()),
        crcStatus: rxInfo.getCrcStatus(),
      },
    };
  });
}

/** event/stats of another gateway software. */
export function decodeStats(bytes: Uint8Array): StatsEvent | null {
  if (!fitsShape(bytes, gatewayStatsShape)) return null;
  return reading(() => {
    const stats = gw.GatewayStats.deserializeBinary(bytes);
    const time = stats.getTime();
    const location = stats.getLocation();
    return {
      gatewayId: stats.getGatewayId(),
      timeMs: time === undefined ? 0 : time.getSeconds() * 1000 + Math.floor(time.getNanos() / 1e6),
      location: location === undefined ? null : locationOf(location),
      configVersion: stats.getConfigVersion(),
      rxPackets: stats.getRxPacketsReceived(),
      rxPacketsOk: stats.getRxPacketsReceivedOk(),
      txPackets: stats.getTxPacketsReceived(),
      txPacketsEmitted: stats.getTxPacketsEmitted(),
      rxPerFrequencyHz: new Map(stats.getRxPacketsPerFrequencyMap().toArray()),
      txPerFrequencyHz: new Map(stats.getTxPacketsPerFrequencyMap().toArray()),
      rxPerModulation: stats.getRxPacketsPerModulationList().flatMap(readModulationCount),
      txPerModulation: stats.getTxPacketsPerModulationList().flatMap(readModulationCount),
      txPerStatus: new Map(stats.getTxPacketsPerStatusMap().toArray()),
      metadata: Object.fromEntries(stats.getMetadataMap().toArray()),
    };
  });
}

/** event/ack of another gateway software; a status of no known name is INTERNAL_ERROR. */
export function decodeTxAck(bytes: Uint8Array): TxAckEvent | null {
  if (!fitsShape(bytes, txAckShape)) return null;
  return reading(() => {
    const ack = gw.DownlinkTxAck.deserializeBinary(bytes);
    const statuses = ack.getItemsList().map((item): TxStatus => TX_STATUSES[item.getStatus()] ?? "INTERNAL_ERROR");
    return { gatewayId: ack.getGatewayId(), downlinkId: ack.getDownlinkId(), statuses };
  });
}

/** command/down for another gateway software. */
export function encodeDownlink(downlink: RawDownlink): Uint8Array {
  const frame = new gw.DownlinkFrame();
  frame.setDownlinkId(downlink.downlinkId);
  frame.setGatewayId(downlink.gatewayId);
  for (const item of downlink.items) frame.addItems(itemMessage(item));
  return frame.serializeBinary();
}

/** Generated readers throw on bytes that end early or have an unknown wire type. */
function reading<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function timestamp({ seconds, nanos }: SecondsNanos): Timestamp {
  const message = new Timestamp();
  message.setSeconds(seconds);
  message.setNanos(nanos);
  return message;
}

function duration({ seconds, nanos }: SecondsNanos): Duration {
  const message = new Duration();
  message.setSeconds(seconds);
  message.setNanos(nanos);
  return message;
}

function secondsNanos(message: Timestamp | Duration | undefined): SecondsNanos | null {
  return message === undefined ? null : { seconds: message.getSeconds(), nanos: message.getNanos() };
}

function locationOf(location: NonNullable<ReturnType<gw.UplinkRxInfo["getLocation"]>>) {
  return {
    latitudeDeg: location.getLatitude(),
    longitudeDeg: location.getLongitude(),
    altitudeM: location.getAltitude(),
  };
}

function modulationMessage(modulation: Modulation): gw.Modulation {
  const message = new gw.Modulation();
  if (modulation.kind === "lora") {
    const lora = new gw.LoraModulationInfo();
    lora.setBandwidth(modulation.bandwidthHz);
    lora.setSpreadingFactor(modulation.spreadingFactor);
    lora.setCodeRate(codeRateNumber(modulation.codeRate) as gw.CodeRateMap[keyof gw.CodeRateMap]);
    message.setLora(lora);
  } else if (modulation.kind === "fsk") {
    const fsk = new gw.FskModulationInfo();
    fsk.setDatarate(modulation.bitrateBps);
    message.setFsk(fsk);
  } else {
    const lrFhss = new gw.LrFhssModulationInfo();
    lrFhss.setOperatingChannelWidth(modulation.bandwidthHz);
    lrFhss.setCodeRate(codeRateNumber(modulation.codeRate) as gw.CodeRateMap[keyof gw.CodeRateMap]);
    lrFhss.setGridSteps(modulation.gridSteps);
    message.setLrFhss(lrFhss);
  }
  return message;
}

function modulationCount({ modulation, count }: ModulationCount): gw.PerModulationCount {
  const message = new gw.PerModulationCount();
  message.setModulation(modulationMessage(modulation));
  message.setCount(count);
  return message;
}

function readModulationCount(message: gw.PerModulationCount): ModulationCount[] {
  const raw = message.getModulation();
  const modulation = raw === undefined ? null : modulationOf(rawModulation(raw));
  return modulation === null ? [] : [{ modulation, count: message.getCount() }];
}

function rawModulation(message: gw.Modulation): RawModulation {
  const lora = message.getLora();
  const fsk = message.getFsk();
  const lrFhss = message.getLrFhss();
  return {
    lora:
      lora === undefined
        ? null
        : {
            bandwidthHz: lora.getBandwidth(),
            spreadingFactor: lora.getSpreadingFactor(),
            codeRate: lora.getCodeRate(),
            polarizationInversion: lora.getPolarizationInversion(),
            preamble: lora.getPreamble(),
            noCrc: lora.getNoCrc(),
          },
    fsk:
      fsk === undefined ? null : { frequencyDeviationHz: fsk.getFrequencyDeviation(), bitrateBps: fsk.getDatarate() },
    lrFhss:
      lrFhss === undefined
        ? null
        : {
            bandwidthHz: lrFhss.getOperatingChannelWidth(),
            codeRate: lrFhss.getCodeRate(),
            gridSteps: lrFhss.getGridSteps(),
          },
  };
}

const noContext = new Uint8Array(0);

function rawItem(message: gw.DownlinkFrameItem): RawDownlinkItem {
  const txInfo = message.getTxInfo();
  const modulation = txInfo?.getModulation();
  return {
    phyPayload: message.getPhyPayload_asU8(),
    frequencyHz: txInfo?.getFrequency() ?? 0,
    eirpDbm: txInfo?.getPower() ?? 0,
    modulation: modulation === undefined ? null : rawModulation(modulation),
    board: txInfo?.getBoard() ?? 0,
    antenna: txInfo?.getAntenna() ?? 0,
    timing: rawTiming(txInfo?.getTiming()),
    context: txInfo?.getContext_asU8() ?? noContext,
  };
}

function rawTiming(timing: gw.Timing | undefined): RawDownlinkItem["timing"] {
  if (timing === undefined) return null;
  if (timing.hasImmediately()) return { kind: "immediately" };
  const delay = timing.getDelay();
  if (delay !== undefined) return { kind: "delay", span: secondsNanos(delay.getDelay()) };
  const gps = timing.getGpsEpoch();
  return gps === undefined ? null : { kind: "gps", span: secondsNanos(gps.getTimeSinceGpsEpoch()) };
}

function itemMessage(item: RawDownlinkItem): gw.DownlinkFrameItem {
  const txInfo = new gw.DownlinkTxInfo();
  txInfo.setFrequency(item.frequencyHz);
  txInfo.setPower(item.eirpDbm);
  txInfo.setBoard(item.board);
  txInfo.setAntenna(item.antenna);
  txInfo.setContext(item.context);
  const modulation = item.modulation === null ? null : modulationOf(item.modulation);
  if (modulation !== null) {
    const message = modulationMessage(modulation);
    const lora = item.modulation?.lora ?? null;
    if (lora !== null) {
      message.getLora()!.setPolarizationInversion(lora.polarizationInversion);
      message.getLora()!.setPreamble(lora.preamble);
      message.getLora()!.setNoCrc(lora.noCrc);
    }
    message.getFsk()?.setFrequencyDeviation(item.modulation?.fsk?.frequencyDeviationHz ?? 0);
    txInfo.setModulation(message);
  }
  if (item.timing !== null) txInfo.setTiming(timingMessage(item.timing));
  const message = new gw.DownlinkFrameItem();
  message.setPhyPayload(item.phyPayload);
  message.setTxInfo(txInfo);
  return message;
}

function timingMessage(timing: NonNullable<RawDownlinkItem["timing"]>): gw.Timing {
  const message = new gw.Timing();
  if (timing.kind === "immediately") {
    message.setImmediately(new gw.ImmediatelyTimingInfo());
  } else if (timing.kind === "delay") {
    const delay = new gw.DelayTimingInfo();
    if (timing.span !== null) delay.setDelay(duration(timing.span));
    message.setDelay(delay);
  } else {
    const gps = new gw.GPSEpochTimingInfo();
    if (timing.span !== null) gps.setTimeSinceGpsEpoch(duration(timing.span));
    message.setGpsEpoch(gps);
  }
  return message;
}
