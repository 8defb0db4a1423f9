/** Devices and route keys of the tests: a key of either scheme by its number, signing as the network wants it. */
import { createECDH, createHash, createPrivateKey, sign } from "node:crypto";
import { Keypair, type PublicKey } from "@solana/web3.js";
import type { NetworkAddresses } from "../../src/sdk/create-network.ts";
import { wallet } from "./test-chain.ts";

export interface Device {
  /** 33 bytes: 0xED and an Ed25519 key, or a compressed P-256 point. */
  readonly key: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** RFC 8410: the DER around a 32-byte Ed25519 seed. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

export const ed25519Device = (number: number): Device =>
  deviceOf("ed25519", wallet(0xed_0000 + number).secretKey.subarray(0, 32));

export const p256Device = (number: number): Device =>
  deviceOf("p256", createHash("sha256").update(`p256 device ${number}`).digest());

/** The device of a secret: a seed of Ed25519, or a scalar of P-256; 32 bytes. */
export function deviceOf(kind: "ed25519" | "p256", secret: Uint8Array): Device {
  return kind === "ed25519" ? ed25519Of(secret) : p256Of(secret);
}

function ed25519Of(seed: Uint8Array): Device {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  return {
    key: Uint8Array.from([0xed, ...Keypair.fromSeed(seed).publicKey.toBytes()]),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}

function p256Of(scalar: Uint8Array): Device {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(scalar);
  const point = ecdh.getPublicKey();
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
  const jwk = { kty: "EC", crv: "P-256", d: text(scalar), x: text(point.subarray(1, 33)), y: text(point.subarray(33)) };
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  return {
    key: new Uint8Array(ecdh.getPublicKey(null, "compressed")),
    sign: (message) => lowS(new Uint8Array(sign("sha256", message, { key, dsaEncoding: "ieee-p1363" }))),
  };
}

/** Order of P-256. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The P-256 signature with the lower of its two values of s. */
export function lowS(signature: Uint8Array): Uint8Array {
  return sOf(signature) <= ORDER / 2n ? signature : otherS(signature);
}

/** The same signature with the other value of s, which verifies as well. */
export function otherS(signature: Uint8Array): Uint8Array {
  const s = (ORDER - sOf(signature)).toString(16).padStart(64, "0");
  return Uint8Array.from([...signature.subarray(0, 32), ...Buffer.from(s, "hex")]);
}

function sOf(signature: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(signature.subarray(32)).toString("hex")}`);
}

/** What a route key signs. */
export function routerMessage(at: NetworkAddresses, authority: PublicKey, oui: number): Uint8Array {
  const number = Buffer.alloc(4);
  number.writeUInt32LE(oui);
  const domain = Buffer.from("earshot-router-v1");
  return new Uint8Array(Buffer.concat([domain, at.dcConfig.toBytes(), authority.toBytes(), number]));
}
