/** Downlink frames in JSON, both ways. */
import type { RawDownlink, RawDownlinkItem } from "../gateway-message.ts";
import { type JsonFields, readJson } from "./json-fields.ts";
import { base64, json, spanText } from "./json-text.ts";
import { rawModulationJson, readModulation } from "./modulation-json.ts";

/** command/down. */
export function decodeDownlinkJson(bytes: Uint8Array): RawDownlink | null {
  return readJson(bytes, (frame) => ({
    downlinkId: frame.uint("downlinkId"),
    gatewayId: frame.text("gatewayId"),
    items: frame.list("items").map(readItem),
  }));
}

/** command/down for another gateway software. */
export function encodeDownlinkJson(downlink: RawDownlink): Uint8Array {
  return json({
    downlinkId: downlink.downlinkId,
    gatewayId: downlink.gatewayId,
    items: downlink.items.map((item) => ({
      phyPayload: base64(item.phyPayload),
      txInfo: {
        frequency: item.frequencyHz,
        power: item.eirpDbm,
        ...(item.modulation === null ? {} : { modulation: rawModulationJson(item.modulation) }),
        board: item.board,
        antenna: item.antenna,
        ...(item.timing === null ? {} : { timing: timingJson(item.timing) }),
        context: base64(item.context),
      },
    })),
  });
}

function timingJson(timing: NonNullable<RawDownlinkItem["timing"]>): object {
  if (timing.kind === "immediately") return { immediately: {} };
  const span =
    timing.span === null ? {} : { [timing.kind === "gps" ? "timeSinceGpsEpoch" : "delay"]: spanText(timing.span) };
  return timing.kind === "gps" ? { gpsEpoch: span } : { delay: span };
}

function readItem(item: JsonFields): RawDownlinkItem {
  const txInfo = item.child("txInfo");
  const modulation = txInfo?.child("modulation") ?? null;
  const timing = txInfo?.child("timing") ?? null;
  return {
    phyPayload: item.bytes("phyPayload"),
    frequencyHz: txInfo?.uint("frequency") ?? 0,
    eirpDbm: txInfo?.int("power") ?? 0,
    modulation: modulation === null ? null : readModulation(modulation),
    board: txInfo?.uint("board") ?? 0,
    antenna: txInfo?.uint("antenna") ?? 0,
    timing: timing === null ? null : readTiming(timing),
    context: txInfo?.bytes("context") ?? new Uint8Array(0),
  };
}

function readTiming(timing: JsonFields): RawDownlinkItem["timing"] {
  if (timing.child("immediately") !== null) return { kind: "immediately" };
  const delay = timing.child("delay");
  if (delay !== null) return { kind: "delay", span: delay.span("delay") };
  const gps = timing.child("gpsEpoch");
  return gps === null ? null : { kind: "gps", span: gps.span("timeSinceGpsEpoch") };
}
