/** §4.2 Sysvar/precompile, and bug #848: a device's signature, given in every wrong way. */
import type { PublicKey, TransactionInstruction } from "@solana/web3.js";
import { beforeEach, describe, expect, test } from "vitest";
import { onboardMessage } from "../../src/sdk/onboard.ts";
import * as acts from "../harness/acts.ts";
import * as calls from "../harness/calls.ts";
import { type Device, ed25519Device, otherS, p256Device, routerMessage } from "../harness/device.ts";
import { newStage, type Stage } from "../harness/stage.ts";
import { wallet } from "../harness/test-chain.ts";
import { ED25519, emptyCheck, SECP256R1, signatureCheck } from "./signature-check.ts";

let stage: Stage;
let owner: PublicKey;
let number = 30_000;

beforeEach(async () => {
  stage = await newStage();
  owner = stage.holder;
  stage.price();
  stage.mintDataCredits(owner, 1_000_000n);
  number++;
});

const schemes = [
  { name: "Ed25519", make: ed25519Device, program: ED25519, keyOf: ({ key }: Device) => key.slice(1) },
  { name: "P-256", make: p256Device, program: SECP256R1, keyOf: ({ key }: Device) => key },
] as const;

describe.each(schemes)("a device with an $name key", ({ make, program, keyOf }) => {
  const terms = (device: Device) => {
    const message = onboardMessage(stage.at, { owner, maker: null, kind: "light", nonce: 1n });
    return { key: keyOf(device), message, signature: device.sign(message) };
  };
  const register = (device: Device) =>
    acts.onboard(stage.at, { device, owner, payer: owner })[1] as TransactionInstruction;

  test("is read where the check's own offsets point, wherever that is", () => {
    const device = make(number);
    stage.must(signatureCheck(program, { ...terms(device), gap: 7 }), register(device));
    expect(stage.chain.account(calls.hotspotOf(stage.at.network, device.key))).not.toBeNull();
  });

  test("rejects a transaction without the check, or with it in another place", () => {
    const device = make(number);
    const check = signatureCheck(program, terms(device));
    const other = acts.openEpoch(stage.at, stage.payer, stage.epoch + 1n);
    stage.refuses("SignatureMissing", register(device));
    stage.refuses("SignatureMissing", register(device), check);
    stage.refuses("SignatureMissing", check, other, register(device));
  });

  test("rejects the check of the other scheme", () => {
    const device = make(number);
    const [wrong, program_] = program.equals(ED25519)
      ? ([p256Device(number), SECP256R1] as const)
      : ([ed25519Device(number), ED25519] as const);
    const message = onboardMessage(stage.at, { owner, maker: null, kind: "light", nonce: 1n });
    const key = program_.equals(ED25519) ? wrong.key.slice(1) : wrong.key;
    stage.refuses(
      "SignatureMissing",
      signatureCheck(program_, { key, message, signature: wrong.sign(message) }),
      register(device),
    );
  });

  test("rejects a check of no signature and one of two", () => {
    const device = make(number);
    // The P-256 precompile does not take it either.
    const empty = program.equals(ED25519) ? "NotOneSignature" : "precompile refusal 4";
    stage.refuses(empty, emptyCheck(program), register(device));
    // Two sets of offsets that name the same signature: verified twice, still not one.
    const one = signatureCheck(program, { ...terms(device), gap: 14, count: 2 });
    const data = Buffer.from(one.data);
    data.copy(data, 16, 2, 16);
    const two = Object.assign(one, { data });
    stage.refuses("NotOneSignature", two, register(device));
  });

  test("rejects a check whose data ends before what its offsets name", () => {
    const device = make(number);
    // The precompile itself refuses it, whatever stands behind it: by its offsets, and where there is no room for offsets by its size.
    for (const [kept, code] of [
      [-1, 3],
      [16, 3],
      [15, 4],
      [2, 4],
      [1, 4],
      [0, 4],
    ] as const) {
      const check = signatureCheck(program, terms(device));
      const cut = Object.assign(check, { data: check.data.subarray(0, kept) });
      stage.refuses(`precompile refusal ${code}`, cut, register(device));
    }
  });

  test("rejects offsets that point into another instruction", () => {
    const device = make(number);
    const genuine = signatureCheck(program, terms(device));
    // The second check reads the signature of the first, and verifies: what it says of itself is not what it verified.
    for (const place of [0, 1, 2]) {
      const from = [0, 1, 2].map((part) => (part === place ? 0 : 0xffff)) as [number, number, number];
      const borrowing = signatureCheck(program, { ...terms(device), from });
      stage.refuses("SignatureElsewhere", genuine, borrowing, register(device));
    }
  });

  test("rejects another key, and a message for another owner, maker, kind, nonce or network", () => {
    const device = make(number);
    const other = make(number + 500);
    const { message } = terms(device);
    stage.refuses(
      "WrongKey",
      signatureCheck(program, { key: keyOf(other), message, signature: other.sign(message) }),
      register(device),
    );
    const honest = { owner, maker: null, kind: "light", nonce: 1n } as const;
    const wrong = [
      onboardMessage(stage.at, { ...honest, owner: stage.payer }),
      onboardMessage(stage.at, { ...honest, maker: stage.payer }),
      onboardMessage(stage.at, { ...honest, kind: "full" }),
      onboardMessage(stage.at, { ...honest, nonce: 2n }),
      onboardMessage({ ...stage.at, network: stage.payer }, honest),
      message.slice(0, -1),
    ];
    for (const text of wrong)
      stage.refuses(
        "WrongMessage",
        signatureCheck(program, { key: keyOf(device), message: text, signature: device.sign(text) }),
        register(device),
      );
  });

  test("rejects a forged signature already in the precompile", () => {
    const device = make(number);
    const { key, message, signature } = terms(device);
    const forged = signature.map((byte, index) => (index === 3 ? byte ^ 1 : byte));
    const result = stage.chain.send(signatureCheck(program, { key, message, signature: forged }), register(device));
    expect(result.error).toMatch(/^precompile refusal/);
    expect(stage.chain.account(calls.hotspotOf(stage.at.network, device.key))).toBeNull();
  });

  test("rejects a copy of the instructions sysvar", () => {
    const device = make(number);
    const copy = wallet(number + 1_000_000).publicKey;
    stage.chain.set(copy, { lamports: 10_000_000n, owner: stage.payer, data: new Uint8Array(500) });
    const instruction = register(device);
    const keys = instruction.keys.map((key) =>
      key.pubkey.toBase58().startsWith("Sysvar1nstructions") ? { ...key, pubkey: copy } : key,
    );
    stage.refuses(
      "NotTheInstructionsSysvar",
      signatureCheck(program, terms(device)),
      Object.assign(instruction, { keys }),
    );
  });
});

test("rejects a P-256 signature with the high one of its two values of s", () => {
  const device = p256Device(number);
  const message = onboardMessage(stage.at, { owner, maker: null, kind: "light", nonce: 1n });
  const high = { key: device.key, message, signature: otherS(device.sign(message)) };
  const [, register] = acts.onboard(stage.at, { device, owner, payer: owner });
  const { error } = stage.chain.send(signatureCheck(SECP256R1, high), register!);
  expect(error).toMatch(/^precompile refusal/);
  expect(stage.chain.account(calls.hotspotOf(stage.at.network, device.key))).toBeNull();
});

test("rejects keys of small order and of unknown tags", () => {
  for (const key of [
    Uint8Array.from([0xed, 1, ...new Uint8Array(31)]),
    Uint8Array.from([0xed, ...new Uint8Array(32)]),
    Uint8Array.from([0x04, ...new Uint8Array(32).fill(1)]),
    Uint8Array.from([0x02, ...new Uint8Array(32).fill(0xff)]),
  ]) {
    const device = { key, sign: () => new Uint8Array(64) };
    const [, register] = acts.onboard(stage.at, { device, owner, payer: owner });
    stage.refuses("BadKey", register!);
  }
});

test("a router account is opened by its route key's signature for that wallet and no other", () => {
  const device = ed25519Device(number);
  const [, register] = acts.registerRouter(stage.at, owner, device, 5);
  const check = (authority: PublicKey, oui: number) => {
    const message = routerMessage(stage.at, authority, oui);
    return signatureCheck(ED25519, { key: device.key.slice(1), message, signature: device.sign(message) });
  };
  stage.refuses("SignatureMissing", register!);
  stage.refuses("WrongMessage", check(stage.payer, 5), register!);
  stage.refuses("WrongMessage", check(owner, 6), register!);
  stage.must(check(owner, 5), register!);
});
