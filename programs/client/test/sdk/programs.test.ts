/** The typed client: what the generated types promise holds for the bytes, and what does not fit them is refused by its path. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Program } from "@coral-xyz/anchor";
import { Connection, Keypair, PublicKey } from "@solana/web3.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PROGRAM_IDS, PROGRAM_NAMES } from "../../src/sdk/addresses.ts";
import { camelName, PROGRAM_FILES } from "../../src/sdk/idl-names.ts";
import { ARTIFACTS, Programs, type Value } from "../../src/sdk/programs.ts";

const programs = new Programs(new Connection("http://127.0.0.1:1"));
const key = Keypair.fromSeed(new Uint8Array(32).fill(3)).publicKey;
const U64_MAX = 2n ** 64n - 1n;

const recordLogHead = (length: unknown, head: unknown) =>
  programs.instructionByName("rewards", "recordLogHead", [length as Value, head as Value], {
    logHeads: key,
    oracleSet: key,
    distributor: key,
    oracle: key,
  });

test.each(PROGRAM_NAMES)("names of %s are written as Anchor's client writes them", (name) => {
  const idl = JSON.parse(readFileSync(join(ARTIFACTS, `${PROGRAM_FILES[name]}.json`), "utf8"));
  const { idl: renamed } = new Program(idl, { connection: programs.connection });
  const namesOf = (value: unknown): string[] => {
    if (Array.isArray(value)) return value.flatMap(namesOf);
    if (typeof value !== "object" || value === null) return [];
    const { name: own } = value as { readonly name?: unknown };
    return [...(typeof own === "string" ? [own] : []), ...Object.values(value).flatMap(namesOf)];
  };
  const ours = namesOf([idl.instructions, idl.types, idl.accounts]).map(camelName);
  expect(ours).toEqual(namesOf([renamed.instructions, renamed.types, renamed.accounts]));
  expect(renamed.address).toBe(PROGRAM_IDS[name].toBase58());
});

test("arguments become the bytes the program reads", () =>
  fc.assert(
    fc.asyncProperty(fc.bigInt(0n, U64_MAX), fc.uint8Array({ minLength: 32, maxLength: 32 }), async (length, head) => {
      const { data, keys } = await recordLogHead(length, head);
      expect(data.readBigUInt64LE(8)).toBe(length);
      expect(Buffer.compare(data.subarray(16), head)).toBe(0);
      expect(keys.at(-1)?.pubkey.equals(PROGRAM_IDS.rewards)).toBe(true);
    }),
  ));

describe("refuses a value that does not fit, by its path", () => {
  test.each<[unknown, unknown, string]>([
    [U64_MAX + 1n, new Uint8Array(32), "recordLogHead.length: expected 0 to 18446744073709551615"],
    [-1n, new Uint8Array(32), "recordLogHead.length: expected 0 to"],
    [5, new Uint8Array(32), "recordLogHead.length: expected a bigint, got 5"],
    [5n, new Uint8Array(31), "recordLogHead.head: expected 32 items, got 31"],
    [5n, "00", "recordLogHead.head: expected bytes, got 00"],
  ])("%s, %s", async (length, head, message) => {
    expect(() => recordLogHead(length, head)).toThrow(
      expect.objectContaining({ code: "PRG_BAD_VALUE", message: expect.stringContaining(message) }),
    );
  });

  test("in a struct, an enum and a list", () => {
    const vote = (choice: Value) =>
      programs.instructionByName("governance", "vote", [choice], { proposal: key, position: key, vote: key });
    expect(() => vote({ perhaps: {} })).toThrow("vote.choice: expected one of yes, no, abstain");
    const beneficiary = (shares: Value) => () =>
      programs.instructionByName("registry", "setBeneficiary", [{ shares }], {});
    expect(beneficiary([{ wallet: key, bps: 65_536 }])).toThrow(
      "setBeneficiary.split.shares[0].bps: expected 0 to 65535",
    );
    expect(beneficiary([{ wallet: "me", bps: 1 }])).toThrow("setBeneficiary.split.shares[0].wallet: expected pubkey");
    expect(beneficiary([{ wallet: key, bps: 1, extra: 1 }])).toThrow("expected no other field, got extra");
    expect(() => programs.instructionByName("rewards", "finalizeRoot", [1n], {})).toThrow("takes 0 arguments, not 1");
  });
});

test("an account of another kind is refused, and bytes of no event are no event", () => {
  expect(() => programs.decode("rewards", "claim", new Uint8Array(32))).toThrow(
    expect.objectContaining({ code: "PRG_NOT_FOUND" }),
  );
  expect(programs.eventIn(PROGRAM_IDS.rewards, new Uint8Array(40))).toBeNull();
  expect(programs.eventIn(PublicKey.default, new Uint8Array(40))).toBeNull();
});
