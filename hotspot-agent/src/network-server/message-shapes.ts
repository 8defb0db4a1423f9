/** The shapes of ChirpStack's gateway messages (gw.proto of ChirpStack 4.19) that the agent reads, legacy fields with them. */
import type { Shape } from "./wire-shape.ts";

const span: Shape = { 1: "varint", 2: "varint" };
const textMap: Shape = { 1: "bytes", 2: "bytes" };
const numberMap: Shape = { 1: "varint", 2: "varint" };

const lora: Shape = { 1: "varint", 2: "varint", 3: "bytes", 4: "varint", 5: "varint", 6: "varint", 7: "varint" };
const fsk: Shape = { 1: "varint", 2: "varint" };
const lrFhss: Shape = { 1: "varint", 2: "bytes", 3: "varint", 4: "varint" };
const modulation: Shape = { 3: lora, 4: fsk, 5: lrFhss };
const location: Shape = { 1: "fixed64", 2: "fixed64", 3: "fixed64", 4: "varint", 5: "fixed32" };

const timing: Shape = { 1: {}, 2: { 1: span }, 3: { 1: span } };
const downlinkTxInfo: Shape = {
  1: "varint",
  2: "varint",
  3: modulation,
  4: "varint",
  5: "varint",
  6: timing,
  7: "bytes",
};
const legacyDownlinkTxInfo: Shape = {
  1: "bytes",
  5: "varint",
  6: "varint",
  7: "varint",
  8: lora,
  9: fsk,
  10: "varint",
  11: "varint",
  12: "varint",
  13: {},
  14: { 1: span },
  15: { 1: span },
  16: "bytes",
};

export const downlinkFrameShape: Shape = {
  3: "varint",
  4: "bytes",
  5: { 1: "bytes", 2: legacyDownlinkTxInfo, 3: downlinkTxInfo },
  6: "bytes",
  7: "bytes",
};

const channel: Shape = {
  1: "varint",
  2: "varint",
  3: { 1: "varint", 2: "varint", 3: "varint" },
  4: { 1: "varint", 2: "varint", 3: "varint" },
  5: "varint",
  6: "varint",
};
export const gatewayConfigurationShape: Shape = { 1: "bytes", 2: "bytes", 3: channel, 4: span, 5: "bytes" };

export const execRequestShape: Shape = { 1: "bytes", 2: "bytes", 4: "bytes", 5: textMap, 6: "bytes", 7: "varint" };

const uplinkRxInfo: Shape = {
  1: "bytes",
  2: "varint",
  3: span,
  4: span,
  5: span,
  6: "varint",
  7: "fixed32",
  8: "varint",
  9: "varint",
  10: "varint",
  11: "varint",
  12: location,
  13: "bytes",
  15: textMap,
  16: "varint",
  17: span,
};
const legacyUplinkRxInfo: Shape = {
  1: "bytes",
  2: span,
  3: span,
  5: "varint",
  6: "fixed64",
  7: "varint",
  8: "varint",
  9: "varint",
  10: "varint",
  11: location,
  12: "varint",
  13: { 1: "varint", 2: "bytes", 3: "bytes" },
  14: { 1: span },
  15: "bytes",
  16: "bytes",
  17: "varint",
  18: textMap,
};
export const uplinkFrameShape: Shape = {
  1: "bytes",
  2: { 1: "varint", 2: "varint", 3: lora, 4: fsk, 5: lrFhss },
  3: legacyUplinkRxInfo,
  4: { 1: "varint", 2: modulation },
  5: uplinkRxInfo,
};

const modulationCount: Shape = { 1: modulation, 2: "varint" };
const dutyCycle: Shape = {
  1: "varint",
  2: span,
  3: { 1: "bytes", 2: "varint", 3: "varint", 4: span, 5: span },
};
export const gatewayStatsShape: Shape = {
  1: "bytes",
  2: span,
  3: location,
  4: "bytes",
  5: "varint",
  6: "varint",
  7: "varint",
  8: "varint",
  10: textMap,
  12: numberMap,
  13: numberMap,
  14: modulationCount,
  15: modulationCount,
  16: { 1: "bytes", 2: "varint" },
  17: "bytes",
  18: dutyCycle,
};

export const txAckShape: Shape = { 1: "bytes", 2: "varint", 4: "bytes", 5: { 1: "varint" }, 6: "bytes" };
