/** Receptions and places in JSON, both ways. */
import type { RxInfo } from "../gateway-message.ts";
import type { JsonFields } from "./json-fields.ts";
import { base64, spanText, timeText } from "./json-text.ts";

const crcStatusNames = ["NO_CRC", "BAD_CRC", "CRC_OK"];

export function locationJson(location: NonNullable<RxInfo["location"]>): object {
  const { latitudeDeg, longitudeDeg, altitudeM } = location;
  return { latitude: latitudeDeg, longitude: longitudeDeg, altitude: altitudeM, source: "GPS" };
}

export function rxInfoJson(info: RxInfo): object {
  return {
    gatewayId: info.gatewayId,
    uplinkId: info.uplinkId,
    ...(info.gwTime === null ? {} : { gwTime: timeText(info.gwTime) }),
    ...(info.timeSinceGpsEpoch === null ? {} : { timeSinceGpsEpoch: spanText(info.timeSinceGpsEpoch) }),
    ...(info.fineTimeSinceGpsEpoch === null ? {} : { fineTimeSinceGpsEpoch: spanText(info.fineTimeSinceGpsEpoch) }),
    rssi: info.rssiDbm,
    snr: info.snrDb,
    channel: info.channel,
    rfChain: info.rfChain,
    board: info.board,
    antenna: info.antenna,
    ...(info.location === null ? {} : { location: locationJson(info.location) }),
    context: base64(info.context),
    metadata: info.metadata,
    crcStatus: crcStatusNames[info.crcStatus] ?? "NO_CRC",
  };
}

export function readLocation(location: JsonFields | null): RxInfo["location"] {
  if (location === null) return null;
  return {
    latitudeDeg: location.number("latitude"),
    longitudeDeg: location.number("longitude"),
    altitudeM: location.number("altitude"),
  };
}

export function readRxInfo(info: JsonFields): RxInfo {
  return {
    gatewayId: info.text("gatewayId"),
    uplinkId: info.uint("uplinkId"),
    gwTime: info.time("gwTime"),
    timeSinceGpsEpoch: info.span("timeSinceGpsEpoch"),
    fineTimeSinceGpsEpoch: info.span("fineTimeSinceGpsEpoch"),
    rssiDbm: info.int("rssi"),
    snrDb: info.number("snr"),
    channel: info.uint("channel"),
    rfChain: info.uint("rfChain"),
    board: info.uint("board"),
    antenna: info.uint("antenna"),
    location: readLocation(info.child("location")),
    context: info.bytes("context"),
    metadata: info.texts("metadata"),
    crcStatus: Math.max(0, info.enumeration("crcStatus", crcStatusNames)),
  };
}
