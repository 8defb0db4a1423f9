/**
 * What a hotspot shows a customer's broker, and what the broker must know to believe it: one user per hotspot, admitted to the topics of
 * its own gatewayId and no others (DESIGN, The agent).
 *
 * The password is derived from the route's secret and the hotspot's key, so that oracle and customer agree on any number of hotspots
 * by sharing 32 bytes once. Rotating the secret withdraws them all. The files are those of mosquitto 2: hashes are PBKDF2-HMAC-SHA512
 * as `mosquitto_passwd` writes them ($7$).
 */
import { createHmac, pbkdf2Sync } from "node:crypto";
import type { Route } from "@earshot/poc/protocol";

/** As mosquitto_passwd 2.0 has it. */
const PBKDF2_ROUNDS = 101;
const HASH_BYTES = 64;
const SALT_BYTES = 12;
const PASSWORD_DOMAIN = "earshot-route-password";
const SALT_DOMAIN = "earshot-route-salt";

export interface RouteCredentialSource {
  readonly routeId: number;
  /** 64 hexadecimal digits. */
  readonly credentialSecret: string;
}

/** A hotspot's user at the broker; `gatewayId` is 16 hexadecimal digits. */
export function routeCredentials(route: RouteCredentialSource, gatewayId: string): Route["credentials"] {
  return { username: gatewayId, password: derived(route, PASSWORD_DOMAIN, gatewayId).toString("base64url") };
}

/** Lines for mosquitto's `password_file`, in the order of the gateways. Deterministic: the salt is derived too. */
export function mosquittoPasswords(route: RouteCredentialSource, gatewayIds: readonly string[]): string {
  return lines(gatewayIds, (gatewayId) => {
    const { username, password } = routeCredentials(route, gatewayId);
    const salt = derived(route, SALT_DOMAIN, gatewayId).subarray(0, SALT_BYTES);
    const hash = pbkdf2Sync(password, salt, PBKDF2_ROUNDS, HASH_BYTES, "sha512");
    return `${username}:$7$${PBKDF2_ROUNDS}$${salt.toString("base64")}$${hash.toString("base64")}`;
  });
}

/**
 * The part of mosquitto's `acl_file` that holds for every hotspot of the route: a user writes events and states of the gateway that
 * bears its name, and reads that gateway's commands.
 */
export function mosquittoAccess(topicPrefix: string): string {
  const gateway = `${topicPrefix === "" ? "" : `${topicPrefix}/`}gateway/%u`;
  return [
    `pattern write ${gateway}/event/+`,
    `pattern write ${gateway}/state/+`,
    `pattern read ${gateway}/command/+`,
    "",
  ].join("\n");
}

function derived({ routeId, credentialSecret }: RouteCredentialSource, domain: string, gatewayId: string): Buffer {
  return createHmac("sha256", Buffer.from(credentialSecret, "hex"))
    .update(`${domain} ${routeId} ${gatewayId}`)
    .digest();
}

function lines(items: readonly string[], line: (item: string) => string): string {
  return items.map((item) => `${line(item)}\n`).join("");
}
