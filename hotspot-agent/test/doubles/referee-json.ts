/** ChirpStack's JSON form of gateway messages as the referee reads and writes it (proto3 JSON mapping), apart from the agent's own. */
import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import { Timestamp } from "google-protobuf/google/protobuf/timestamp_pb.js";
import type { RefereeDownlinkItem } from "./network-server-referee.ts";

interface UplinkJson {
  readonly phyPayload: string;
  readonly txInfo?: {
    readonly frequency: number;
    readonly modulation: {
      readonly lora?: { readonly bandwidth: number; readonly spreadingFactor: number; readonly codeRate: string };
      readonly fsk?: { readonly datarate: number };
    };
  };
  readonly rxInfo?: {
    readonly gatewayId: string;
    readonly uplinkId?: number;
    readonly gwTime?: string;
    readonly rssi?: number;
    readonly snr?: number;
    readonly context?: string;
    readonly metadata?: Readonly<Record<string, string>>;
    readonly crcStatus?: keyof gw.CRCStatusMap;
  };
}

/** Reads event/up. Throws on text that is not JSON or names an unknown code rate or status. */
export function readUplinkJson(payload: Buffer): gw.UplinkFrame {
  const json = JSON.parse(payload.toString("utf8")) as UplinkJson;
  const frame = new gw.UplinkFrame();
  frame.setPhyPayload(Buffer.from(json.phyPayload, "base64"));
  if (json.txInfo !== undefined) {
    const modulation = new gw.Modulation();
    const { lora, fsk } = json.txInfo.modulation;
    if (lora !== undefined) {
      const info = new gw.LoraModulationInfo();
      info.setBandwidth(lora.bandwidth);
      info.setSpreadingFactor(lora.spreadingFactor);
      info.setCodeRate(enumNumber(gw.CodeRate, lora.codeRate));
      modulation.setLora(info);
    }
    if (fsk !== undefined) {
      const info = new gw.FskModulationInfo();
      info.setDatarate(fsk.datarate);
      modulation.setFsk(info);
    }
    const txInfo = new gw.UplinkTxInfo();
    txInfo.setFrequency(json.txInfo.frequency);
    txInfo.setModulation(modulation);
    frame.setTxInfo(txInfo);
  }
  if (json.rxInfo !== undefined) {
    const rxInfo = new gw.UplinkRxInfo();
    rxInfo.setGatewayId(json.rxInfo.gatewayId);
    rxInfo.setUplinkId(json.rxInfo.uplinkId ?? 0);
    rxInfo.setRssi(json.rxInfo.rssi ?? 0);
    rxInfo.setSnr(json.rxInfo.snr ?? 0);
    rxInfo.setContext(Buffer.from(json.rxInfo.context ?? "", "base64"));
    if (json.rxInfo.crcStatus !== undefined) rxInfo.setCrcStatus(enumNumber(gw.CRCStatus, json.rxInfo.crcStatus));
    if (json.rxInfo.gwTime !== undefined) {
      const ms = Date.parse(json.rxInfo.gwTime);
      if (Number.isNaN(ms)) throw new Error(`gwTime: ${json.rxInfo.gwTime}`);
      rxInfo.setGwTime(new Timestamp().setSeconds(Math.floor(ms / 1000)).setNanos((ms % 1000) * 1e6));
    }
    for (const [key, value] of Object.entries(json.rxInfo.metadata ?? {})) rxInfo.getMetadataMap().set(key, value);
    frame.setRxInfo(rxInfo);
  }
  return frame;
}

/** Reads event/ack. */
export function readTxAckJson(payload: Buffer): gw.DownlinkTxAck {
  const json = JSON.parse(payload.toString("utf8")) as {
    readonly downlinkId?: number;
    readonly gatewayId: string;
    readonly items: readonly { readonly status?: string }[];
  };
  const ack = new gw.DownlinkTxAck();
  ack.setGatewayId(json.gatewayId);
  ack.setDownlinkId(json.downlinkId ?? 0);
  for (const { status } of json.items) {
    const item = new gw.DownlinkTxAckItem();
    item.setStatus(enumNumber(gw.TxAckStatus, status ?? "IGNORED"));
    ack.addItems(item);
  }
  return ack;
}

/** command/down as ChirpStack writes it to a gateway that speaks JSON. */
export function downlinkFrameJson(
  downlinkId: number,
  gatewayId: string,
  items: readonly RefereeDownlinkItem[],
): Buffer {
  return Buffer.from(
    JSON.stringify({
      downlinkId,
      gatewayId,
      items: items.map((item) => ({
        phyPayload: item.phyPayload.toString("base64"),
        txInfo: {
          frequency: item.frequencyHz,
          power: item.powerDbm,
          modulation: {
            lora: {
              bandwidth: item.bandwidthHz,
              spreadingFactor: item.spreadingFactor,
              codeRate: "CR_4_5",
              polarizationInversion: true,
            },
          },
          timing: { delay: { delay: `${item.delayS}s` } },
          context: item.context.toString("base64"),
        },
      })),
    }),
  );
}

/** The number of an enumeration's value. Throws when it has none of the name. */
function enumNumber<Values extends object>(values: Values, name: string): Values[keyof Values] {
  const number = values[name as keyof Values];
  if (number === undefined) throw new Error(`unknown value ${name}`);
  return number;
}
