/**
 * The files of a customer's mosquitto with its own lines kept: of the passwords those of users that are no hotspots, of the access rules all
 * outside of the part that is marked. Pure; `credentials.ts` makes the lines of hotspots.
 */
import { mosquittoAccess, mosquittoPasswords, type RouteCredentialSource } from "./credentials.ts";

const BEGIN = "# Earshot: written by `oracle route mosquitto`, do not change";
const END = "# Earshot: end";
const GATEWAY_ID = /^[0-9a-f]{16}$/;

/** Users of a password file that are hotspots. */
export function hotspotsOf(passwords: string): ReadonlySet<string> {
  return new Set(
    linesOf(passwords)
      .map(userOf)
      .filter((user) => GATEWAY_ID.test(user)),
  );
}

/** A password file in which the hotspots are these and no others; every other line stays. */
export function withHotspots(passwords: string, route: RouteCredentialSource, gatewayIds: readonly string[]): string {
  const own = linesOf(passwords).filter((line) => !GATEWAY_ID.test(userOf(line)));
  return `${own.map((line) => `${line}\n`).join("")}${mosquittoPasswords(route, gatewayIds)}`;
}

/** Access rules with our part: what a hotspot may, and `users`, who may everything. It is put where it was, else at the end. */
export function withAccess(access: string, topicPrefix: string, users: readonly string[]): string {
  const rights = users.map((user) => `user ${user}\ntopic readwrite #\n`).join("");
  const part = `${BEGIN}\n${rights}${mosquittoAccess(topicPrefix)}${END}\n`;
  const begin = access.indexOf(`${BEGIN}\n`);
  const end = access.indexOf(`${END}\n`, begin);
  if (begin >= 0 && end >= 0) return `${access.slice(0, begin)}${part}${access.slice(end + END.length + 1)}`;
  return `${access}${access === "" || access.endsWith("\n") ? "" : "\n"}${part}`;
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}

function userOf(line: string): string {
  return line.slice(0, Math.max(0, line.indexOf(":")));
}
