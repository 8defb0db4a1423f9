import { describe, expect, test } from "vitest";
import { RADIO_FLUSH_MS, RadioReports } from "../../src/proof/radio-reports.ts";
import { Telemetry } from "../../src/telemetry.ts";

const witness = {
  payload: new Uint8Array(24),
  receivedMs: 1,
  tmst: 1,
  rssiDdbm: 0,
  snrDdb: 0,
  frequencyHz: 1,
  dataRate: 10,
};

function reports() {
  const dropped = new Telemetry().counter("dropped", "");
  return { dropped, radio: new RadioReports(dropped) };
}

describe("reports that wait for an upload", () => {
  test("are due a second after the first of them, together", () => {
    const { radio } = reports();
    expect(radio.dueMs()).toBe(null);
    radio.addWitness(witness, 100, 30_000);
    radio.addWitness(witness, 900, 30_000);
    expect(radio.dueMs()).toBe(100 + RADIO_FLUSH_MS);
    expect(radio.peek(1100).witnesses).toHaveLength(2);
  });

  test("stay until they are removed, and what came meanwhile stays longer", () => {
    const { radio } = reports();
    radio.addWitness(witness, 0, 30_000);
    const batch = radio.peek(1000);
    radio.addWitness(witness, 1500, 30_000);
    radio.remove(batch);
    expect(radio.length).toBe(1);
    expect(radio.dueMs()).toBe(1500 + RADIO_FLUSH_MS);
  });

  test("are dropped, counted, at the end of their window", () => {
    const { radio, dropped } = reports();
    radio.addWitness(witness, 0, 30_000);
    expect(radio.peek(29_999).witnesses).toHaveLength(1);
    expect(radio.peek(30_000).witnesses).toHaveLength(0);
    expect(dropped.value({ reason: "expired" })).toBe(1);
  });

  test("are not taken when no upload could hold them", () => {
    const { radio, dropped } = reports();
    radio.addWitness({ ...witness, rssiDdbm: 1e6 }, 0, 30_000);
    radio.addWitness({ ...witness, receivedMs: -1 }, 0, 30_000);
    radio.addWitness({ ...witness, payload: new Uint8Array(23) }, 0, 30_000);
    expect(radio.length).toBe(0);
    expect(dropped.value({ reason: "unencodable" })).toBe(3);
  });
});
