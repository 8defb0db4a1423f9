/**
 * ChirpStack's gateway messages in protobuf (gw.proto of ChirpStack 4.19). Only this folder imports @chirpstack/chirpstack-api.
 *
 * tx_info of an uplink holds frequency, bandwidth, spreading factor and code rate and nothing else: ChirpStack deduplicates on
 * its bytes, so one field more than other gateways send loses the copy. Readers never throw: bytes that are no such message are
 * null. Legacy fields (ChirpStack 3) are neither written nor read.
 */
import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import { type Modulation, TX_STATUSES, type TxStatus } from "../../messages.ts";
import {
  type ExecRequest,
  type ExecResponse,
  type GatewayConfiguration,
  modulationOf,
  type StatsEvent,
  type TxAckEvent,
  type UplinkEvent,
} from "../gateway-message.ts";
import {
  execRequestShape,
  gatewayConfigurationShape,
  gatewayStatsShape,
  txAckShape,
  uplinkFrameShape,
} from "../message-shapes.ts";
import { locationBytes, uplinkBytes } from "../uplink-bytes.ts";
import { fitsShape } from "../wire-shape.ts";
import { modulationCount, modulationMessage, rawModulation, readModulationCount } from "./modulation-messages.ts";
import { reading, secondsNanos, timestamp } from "./time-messages.ts";

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

function locationOf(location: NonNullable<ReturnType<gw.UplinkRxInfo["getLocation"]>>) {
  return {
    latitudeDeg: location.getLatitude(),
    longitudeDeg: location.getLongitude(),
    altitudeM: location.getAltitude(),
  };
}
