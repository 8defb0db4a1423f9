/** Modulations in JSON, both ways. */
import { CODE_RATES, type Modulation, type ModulationCount } from "../../messages.ts";
import { codeRateNumber, modulationOf, type RawModulation } from "../gateway-message.ts";
import type { JsonFields } from "./json-fields.ts";

const codeRateNames = CODE_RATES.map((rate) =>
  rate.endsWith("LI") ? `CR_LI_${rate.slice(0, 3).replace("/", "_")}` : `CR_${rate.replace("/", "_")}`,
);

export function modulationJson(modulation: Modulation): object {
  if (modulation.kind === "lora") {
    const { bandwidthHz, spreadingFactor, codeRate } = modulation;
    return { lora: { bandwidth: bandwidthHz, spreadingFactor, codeRate: codeRateNames[codeRateNumber(codeRate) - 1] } };
  }
  if (modulation.kind === "fsk") return { fsk: { datarate: modulation.bitrateBps } };
  return {
    lrFhss: {
      operatingChannelWidth: modulation.bandwidthHz,
      codeRate: codeRateNames[codeRateNumber(modulation.codeRate) - 1],
      gridSteps: modulation.gridSteps,
    },
  };
}

export function rawModulationJson(raw: RawModulation): object {
  const modulation = modulationOf(raw);
  if (modulation === null) return {};
  const plain = modulationJson(modulation) as { lora?: object; fsk?: object };
  if (raw.lora !== null) {
    const { polarizationInversion, preamble, noCrc } = raw.lora;
    return { lora: { ...plain.lora, polarizationInversion, preamble, noCrc } };
  }
  if (raw.fsk !== null) return { fsk: { ...plain.fsk, frequencyDeviation: raw.fsk.frequencyDeviationHz } };
  return plain;
}

export function countJson({ modulation, count }: ModulationCount): object {
  return { modulation: modulationJson(modulation), count };
}

export function readModulation(message: JsonFields): RawModulation {
  const lora = message.child("lora");
  const fsk = message.child("fsk");
  const lrFhss = message.child("lrFhss");
  return {
    lora: lora && {
      bandwidthHz: lora.uint("bandwidth"),
      spreadingFactor: lora.uint("spreadingFactor"),
      codeRate: readCodeRate(lora),
      polarizationInversion: lora.flag("polarizationInversion"),
      preamble: lora.uint("preamble"),
      noCrc: lora.flag("noCrc"),
    },
    fsk: fsk && { frequencyDeviationHz: fsk.uint("frequencyDeviation"), bitrateBps: fsk.uint("datarate") },
    lrFhss: lrFhss && {
      bandwidthHz: lrFhss.uint("operatingChannelWidth"),
      codeRate: readCodeRate(lrFhss),
      gridSteps: lrFhss.uint("gridSteps"),
    },
  };
}

/** gw.proto's number: 0 when absent, -1 when unknown. */
function readCodeRate(message: JsonFields): number {
  return message.enumeration("codeRate", ["CR_UNDEFINED", ...codeRateNames]);
}

export function readCount(message: JsonFields): ModulationCount[] {
  const raw = message.child("modulation");
  const modulation = raw === null ? null : modulationOf(readModulation(raw));
  return modulation === null ? [] : [{ modulation, count: message.uint("count") }];
}
