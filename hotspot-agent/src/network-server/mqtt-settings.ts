/** A broker's settings as configured, turned into what a connection takes; files are read when a connection is made. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { LinkCredentials } from "./mqtt-link.ts";

/** The part of config/agent-config.ts `MqttConfig` that names secrets. */
export interface CredentialFiles {
  /** Empty: none. */
  readonly username: string;
  readonly passwordFile: string | undefined;
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

/** Reads password and PEM files. Throws an error whose message names the key and the reason, never what a file holds. */
export function readCredentials(files: CredentialFiles): LinkCredentials {
  return {
    username: files.username === "" ? undefined : files.username,
    password: read("password_file", files.passwordFile)?.replace(/\r?\n$/, ""),
    certificateAuthority: read("ca_file", files.caFile),
    certificate: read("cert_file", files.certFile),
    privateKey: read("key_file", files.keyFile),
  };
}

function read(key: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new Error(`${key} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file";
  return code === "EACCES" ? "no permission" : (code ?? "unknown reason");
}

/**
 * A client id of 23 characters, the most that every 3.1.1 broker takes; different for each gateway and each server, because brokers
 * end the older of two connections with one id.
 */
export function defaultClientId(serverName: string, gatewayId: string): string {
  return `e${gatewayId}${createHash("sha256").update(serverName).digest("hex").slice(0, 6)}`;
}
