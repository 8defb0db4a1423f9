import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  protocolVectorFolder,
  protocolVectors,
  protocolVectorText,
} from "../../../fixtures/src/generate-protocol-vectors.ts";
import { vectorText } from "./support.ts";

describe("the protocol vectors", () => {
  test("are what their generator makes, byte for byte", () => {
    const made = protocolVectors();
    expect(
      readdirSync(protocolVectorFolder)
        .filter((name) => name.endsWith(".json"))
        .sort(),
    ).toEqual(Object.keys(made).sort());
    for (const [name, value] of Object.entries(made)) expect(vectorText(name), name).toBe(protocolVectorText(value));
  });
});
