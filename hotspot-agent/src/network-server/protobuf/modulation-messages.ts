/** Modulations in protobuf, both ways. */
import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import type { Modulation, ModulationCount } from "../../messages.ts";
import { codeRateNumber, modulationOf, type RawModulation } from "../gateway-message.ts";

export function modulationMessage(modulation: Modulation): gw.Modulation {
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

export function modulationCount({ modulation, count }: ModulationCount): gw.PerModulationCount {
  const message = new gw.PerModulationCount();
  message.setModulation(modulationMessage(modulation));
  message.setCount(count);
  return message;
}

export function readModulationCount(message: gw.PerModulationCount): ModulationCount[] {
  const raw = message.getModulation();
  const modulation = raw === undefined ? null : modulationOf(rawModulation(raw));
  return modulation === null ? [] : [{ modulation, count: message.getCount() }];
}

export function rawModulation(message: gw.Modulation): RawModulation {
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
