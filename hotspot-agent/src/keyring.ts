/**
 * The keys of the hotspots behind this agent: one file per key, mode 0600, made on first use and never written over.
 *
 *   hotspot.key   the first hotspot's key, there from the first start, so that it can be registered before a gateway is seen
 *   hotspot.eui   the EUI of the gateway it belongs to: the first one heard
 *   <eui>.key     the key of each further gateway
 *
 * One concentrator is one hotspot is one key. A key file is a comment and one line, `ed25519 <seed>` or `p256 <scalar>`, 64 hex
 * digits. Refused: a file that others may read, one that is no regular file, one that holds anything else.
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  type DeviceKeyKind,
  type DeviceSigner,
  gatewayIdOf,
  keyToText,
  signerFromEd25519Seed,
  signerFromP256Scalar,
} from "@earshot/poc/protocol";
import { agentError } from "./errors.ts";
import type { GatewayEui } from "./messages.ts";

/** Who a hotspot is, and how it signs. */
export interface HotspotIdentity {
  readonly signer: DeviceSigner;
  /** Text form of the public key: what is registered and shown. */
  readonly keyText: string;
  /** What ChirpStack sees: the first 8 bytes of SHA-256(public key), sixteen lower-case hex digits. */
  readonly gatewayId: string;
}

export interface KeySecret {
  readonly kind: DeviceKeyKind;
  /** 32 bytes: an Ed25519 seed, or a P-256 scalar, big-endian. */
  readonly secret: Uint8Array;
}

/** Most keys that gateways nobody listed may cause to be made. */
export const MAX_GATEWAYS = 256;

const PRIMARY_FILE = "hotspot.key";
const BINDING_FILE = "hotspot.eui";
/** No key file is near this long; a longer one is not read. */
const MAX_KEY_FILE_BYTES = 4096;
const COMMENT = "# The key of an Earshot hotspot. Whoever has it is the hotspot: keep a copy, show it to nobody.\n";

export class Keyring {
  /** The hotspot of `hotspot.key`. */
  readonly primary: HotspotIdentity;
  readonly #folder: string;
  readonly #makeSeed: () => Uint8Array;
  readonly #known = new Map<GatewayEui, HotspotIdentity>();
  #primaryEui: GatewayEui | null;

  constructor(folder: string, makeSeed: () => Uint8Array) {
    this.#folder = folder;
    this.#makeSeed = makeSeed;
    makeFolder(folder);
    this.primary = this.#identityIn(PRIMARY_FILE);
    this.#primaryEui = readBinding(join(folder, BINDING_FILE));
  }

  /** The gateway that `primary` belongs to; null until one was heard. */
  get primaryEui(): GatewayEui | null {
    return this.#primaryEui;
  }

  /**
   * The hotspot of a gateway. The first gateway ever asked for becomes the primary's; each other one gets a key of its own.
   * @throws AGT_TOO_MANY_GATEWAYS, AGT_KEY_EXPOSED, AGT_KEY_DAMAGED, AGT_KEY_UNUSABLE
   */
  identityOf(gatewayEui: GatewayEui): HotspotIdentity {
    const known = this.#known.get(gatewayEui);
    if (known !== undefined) return known;
    if (!/^[0-9a-f]{16}$/.test(gatewayEui)) throw agentError("AGT_BAD_OPTION", `gateway EUI ${gatewayEui}`);
    if (this.#primaryEui === null) this.#bindPrimary(gatewayEui);
    const isPrimary = this.#primaryEui === gatewayEui;
    if (!isPrimary) this.#checkRoom(gatewayEui);
    const identity = isPrimary ? this.primary : this.#identityIn(`${gatewayEui}.key`);
    this.#known.set(gatewayEui, identity);
    return identity;
  }

  #identityIn(file: string): HotspotIdentity {
    const path = join(this.#folder, file);
    const found = readKeyFile(path);
    if (found !== null) return identityFrom(found, path);
    const made: KeySecret = { kind: "ed25519", secret: this.#makeSeed() };
    if (writeKeyFile(path, made)) return identityFrom(made, path);
    return this.#identityIn(file);
  }

  #bindPrimary(gatewayEui: GatewayEui): void {
    createFile(join(this.#folder, BINDING_FILE), `${gatewayEui}\n`, 0o644);
    this.#primaryEui = gatewayEui;
  }

  #checkRoom(gatewayEui: GatewayEui): void {
    const files = readdirSync(this.#folder).filter((name) => /^[0-9a-f]{16}\.key$/.test(name));
    if (files.length >= MAX_GATEWAYS && !files.includes(`${gatewayEui}.key`)) {
      throw agentError("AGT_TOO_MANY_GATEWAYS", `no key for ${gatewayEui}: there are ${files.length} beside the first`);
    }
  }
}

/**
 * Opens the keyring in `folder`, making folder and first key where there is none. `makeSeed` gives 32 random bytes.
 * @throws AGT_KEY_EXPOSED, AGT_KEY_DAMAGED, AGT_KEY_UNUSABLE
 */
export function openKeyring(folder: string, makeSeed: () => Uint8Array = () => randomBytes(32)): Keyring {
  return new Keyring(folder, makeSeed);
}

/** Puts a key of the owner's choice where the first start would make one; false if there is a key already. Errors as above. */
export function importPrimaryKey(folder: string, secret: KeySecret): boolean {
  makeFolder(folder);
  identityFrom(secret, "the key given");
  const path = join(folder, PRIMARY_FILE);
  return readKeyFile(path) === null && writeKeyFile(path, secret);
}

/**
 * Reads a key file; null if there is none.
 * @throws AGT_KEY_EXPOSED, AGT_KEY_DAMAGED, AGT_KEY_UNUSABLE
 */
export function readKeyFile(path: string): KeySecret | null {
  const text = readPrivateFile(path);
  if (text === null) return null;
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const match = lines.length === 1 ? /^(ed25519|p256) ([0-9a-f]{64})\s*$/.exec(lines[0]!) : null;
  if (match === null) throw agentError("AGT_KEY_DAMAGED", `${path}: one line "ed25519 <64 hex digits>" expected`);
  return { kind: match[1] as DeviceKeyKind, secret: Uint8Array.fromHex(match[2]!) };
}

function identityFrom({ kind, secret }: KeySecret, path: string): HotspotIdentity {
  let signer: DeviceSigner;
  try {
    signer = kind === "ed25519" ? signerFromEd25519Seed(secret) : signerFromP256Scalar(secret);
  } catch (cause) {
    throw agentError("AGT_KEY_DAMAGED", `${path}: not a secret of kind ${kind}`, { cause });
  }
  const { publicKey } = signer;
  return { signer, keyText: keyToText(publicKey), gatewayId: gatewayIdOf(publicKey).toHex() };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw agentError("AGT_KEY_UNUSABLE", `${folder}: cannot be made`, { cause });
  }
}

function readPrivateFile(path: string): string | null {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw agentError("AGT_KEY_UNUSABLE", `${path}: cannot be opened`, { cause });
  }
  try {
    const { mode, size } = fstatSync(fd);
    if ((mode & 0o170000) !== 0o100000) throw agentError("AGT_KEY_DAMAGED", `${path}: not a regular file`);
    if ((mode & 0o077) !== 0) throw agentError("AGT_KEY_EXPOSED", `${path}: mode ${(mode & 0o777).toString(8)}`);
    if (size > MAX_KEY_FILE_BYTES) throw agentError("AGT_KEY_DAMAGED", `${path}: ${size} bytes`);
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

function writeKeyFile(path: string, { kind, secret }: KeySecret): boolean {
  return createFile(path, `${COMMENT}${kind} ${secret.toHex()}\n`, 0o600);
}

/** Writes a whole durable file under a name that is free; false, and nothing changed, when the name is taken. */
function createFile(path: string, text: string, mode: number): boolean {
  const draft = `${path}.${process.pid}.new`;
  try {
    removeIfThere(draft);
    const fd = openSync(draft, "wx", mode);
    try {
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    linkSync(draft, path);
    syncFolder(join(path, ".."));
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw agentError("AGT_KEY_UNUSABLE", `${path}: cannot be written`, { cause });
  } finally {
    removeIfThere(draft);
  }
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function readBinding(path: string): GatewayEui | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8").trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw agentError("AGT_KEY_UNUSABLE", `${path}: cannot be read`, { cause });
  }
  if (!/^[0-9a-f]{16}$/.test(text)) throw agentError("AGT_KEY_DAMAGED", `${path}: 16 hex digits expected`);
  return text;
}
