import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CodedError } from "@earshot/geo/errors";
import { gatewayIdOf, importKey, keyFromText, verifySignature } from "@earshot/poc/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { importPrimaryKey, MAX_GATEWAYS, openKeyring, readKeyFile } from "../src/keyring.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "earshot-keys-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as CodedError).code ?? String(error);
  }
  return "nothing thrown";
}

/** Seeds 1, 2, 3, … so that keys differ and are known. */
function seeds(): () => Uint8Array {
  let next = 0;
  return () => new Uint8Array(32).fill(++next);
}

const A = "0000000000000001";
const B = "0000000000000002";

describe("a keyring", () => {
  test("makes the first key on its first opening, in a file only its owner can read, and finds it again", () => {
    const keys = join(folder, "keys");
    const first = openKeyring(keys, seeds()).primary;
    expect(statSync(join(keys, "hotspot.key")).mode & 0o777).toBe(0o600);
    expect(statSync(keys).mode & 0o777).toBe(0o700);
    const again = openKeyring(keys, () => {
      throw new Error("a second key was made");
    }).primary;
    expect(again.keyText).toBe(first.keyText);
    expect(readdirSync(keys)).toEqual(["hotspot.key"]);
  });

  test("names a hotspot by its key: the text form, and a gateway id from its hash", () => {
    const { signer, keyText, gatewayId } = openKeyring(folder, seeds()).primary;
    expect(keyFromText(keyText)).toEqual(signer.publicKey);
    expect(gatewayId).toBe(gatewayIdOf(signer.publicKey).toHex());
    const message = new TextEncoder().encode("hello");
    expect(verifySignature(importKey(signer.publicKey), message, signer.sign(message))).toBe(true);
  });

  test("gives the first gateway the first key and each further one its own, also after a restart", () => {
    const makeSeed = seeds();
    const keyring = openKeyring(folder, makeSeed);
    expect(keyring.primaryEui).toBe(null);
    const a = keyring.identityOf(A);
    const b = keyring.identityOf(B);
    expect(a).toBe(keyring.primary);
    expect(b.gatewayId).not.toBe(a.gatewayId);
    const restarted = openKeyring(folder, makeSeed);
    expect(restarted.primaryEui).toBe(A);
    expect(restarted.identityOf(B).keyText).toBe(b.keyText);
    expect(restarted.identityOf(A).keyText).toBe(a.keyText);
  });

  test("takes an owner's key of either kind, but never in place of another", () => {
    expect(importPrimaryKey(folder, { kind: "p256", secret: new Uint8Array(32).fill(7) })).toBe(true);
    expect(importPrimaryKey(folder, { kind: "ed25519", secret: new Uint8Array(32).fill(8) })).toBe(false);
    expect(openKeyring(folder).primary.signer.publicKey[0]).toBeLessThan(4);
  });

  test("draws different keys in different folders", () => {
    expect(openKeyring(join(folder, "a")).primary.keyText).not.toBe(openKeyring(join(folder, "b")).primary.keyText);
  });

  test("stops making keys for gateways when there are too many, and still knows the ones it has", () => {
    const keyring = openKeyring(folder, seeds());
    for (let i = 0; i <= MAX_GATEWAYS; i++) keyring.identityOf(i.toString(16).padStart(16, "0"));
    expect(codeOf(() => keyring.identityOf("ffffffffffffffff"))).toBe("AGT_TOO_MANY_GATEWAYS");
    expect(keyring.identityOf(B).gatewayId).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe("a key file is refused", () => {
  const path = () => join(folder, "hotspot.key");
  const seedLine = `ed25519 ${"11".repeat(32)}`;

  test("when others may read it", () => {
    openKeyring(folder);
    for (const mode of [0o640, 0o604, 0o660, 0o644]) {
      chmodSync(path(), mode);
      expect(codeOf(() => openKeyring(folder))).toBe("AGT_KEY_EXPOSED");
    }
  });

  test("when it does not hold exactly one key, and is then left as it is", () => {
    const wrong = ["", "# only words\n", seedLine.slice(0, -1), `${seedLine}0`, `rsa ${"11".repeat(32)}`];
    for (const text of [...wrong, `${seedLine}\n${seedLine}`, `p256 ${"ff".repeat(32)}`, `p256 ${"00".repeat(32)}`]) {
      writeFileSync(path(), text, { mode: 0o600 });
      expect(
        codeOf(() => openKeyring(folder)),
        JSON.stringify(text),
      ).toBe("AGT_KEY_DAMAGED");
      expect(readFileSync(path(), "utf8")).toBe(text);
    }
    writeFileSync(path(), "#".repeat(5000));
    expect(codeOf(() => readKeyFile(path()))).toBe("AGT_KEY_DAMAGED");
  });

  test("when it is no file, or cannot be made", () => {
    mkdirSync(path(), { mode: 0o700 });
    expect(codeOf(() => openKeyring(folder))).toBe("AGT_KEY_DAMAGED");
    writeFileSync(join(folder, "file"), "");
    expect(codeOf(() => openKeyring(join(folder, "file", "keys")))).toBe("AGT_KEY_UNUSABLE");
  });

  test("when the gateway it belongs to is unreadable, or the EUI asked for is none", () => {
    const keyring = openKeyring(folder);
    expect(codeOf(() => keyring.identityOf("../../etc/passwd"))).toBe("AGT_BAD_OPTION");
    writeFileSync(join(folder, "hotspot.eui"), "nonsense");
    expect(codeOf(() => openKeyring(folder))).toBe("AGT_KEY_DAMAGED");
  });
});
