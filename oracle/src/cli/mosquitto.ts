/** `oracle route mosquitto`: the files with which a customer's mosquitto knows the hotspots of a route, and what each of them may. */
import { chmodSync, chownSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildCommand } from "@stricli/core";
import { makeFolder, readWhole, writeDurably, writeFailed } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";
import { hotspotsOf, withAccess, withHotspots } from "../routes/broker-files.ts";
import { gatewayIdsOf } from "../routes/gateway-client.ts";
import { answer, type CliContext, type JsonFlag, jsonFlag } from "./context.ts";
import { integerParser, textParser } from "./parse.ts";
import { routeFile } from "./route-file.ts";

interface MosquittoFlags extends JsonFlag {
  readonly url: readonly string[];
  readonly out: string;
  readonly user?: readonly string[];
}

const PASSWORDS = "passwords";
const ACCESS = "access";
/** Of a file that is new; one that is there keeps owner and mode. */
const NEW_MODE = 0o600;

export const mosquittoCommand = buildCommand<MosquittoFlags, [number, string], CliContext>({
  docs: {
    brief: "Write the password and access files by which your mosquitto knows the hotspots of a route",
    fullDescription:
      `Writes ${PASSWORDS} (password_file) and ${ACCESS} (acl_file) of mosquitto 2 into a folder: a user for each hotspot of the network, ` +
      "who may nothing but its own gateway's topics. Passwords follow from the route's number and credentialSecret and are hashed as " +
      "mosquitto_passwd hashes them. Lines of other users stay, so run it again when hotspots have come, and let mosquitto read its files anew.",
  },
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [
        { parse: integerParser(0, 0xffff_ffff), brief: "The route's number", placeholder: "ROUTE" },
        { parse: textParser, brief: "The route in TOML or JSON, with its credentialSecret", placeholder: "FILE" },
      ],
    },
    flags: {
      url: {
        kind: "parsed",
        parse: textParser,
        brief: "An oracle; once for each whose hotspots shall be known",
        placeholder: "URL",
        variadic: true,
      },
      out: { kind: "parsed", parse: textParser, brief: "Folder of the two files", placeholder: "DIR" },
      user: {
        kind: "parsed",
        parse: textParser,
        brief:
          "A user of your own that may everything, such as ChirpStack's and the meter's; its password is yours to set",
        placeholder: "NAME",
        variadic: true,
        optional: true,
      },
      json: jsonFlag,
    },
  },
  func(flags, routeId, path) {
    return answer(this, flags, async () => {
      const { credentialSecret, topicPrefix } = brokerFacts(path);
      const users = flags.user ?? [];
      const odd = users.find((user) => !/^[^\s:#][^\s:]*$/.test(user));
      if (odd !== undefined) throw oracleError("ORC_BAD_OPTION", `--user: expected a name without spaces, got ${odd}`);
      const files = { passwords: join(flags.out, PASSWORDS), access: join(flags.out, ACCESS) };
      const before = textOf(files.passwords);
      const gatewayIds = await gatewayIdsOf(flags.url);
      if (gatewayIds.length === 0) {
        throw oracleError("ORC_DOWNLOAD_FAILED", `${flags.url.join(", ")}: no hotspots; nothing was written`);
      }
      makeFolder(flags.out);
      keepingOwner(files.passwords, withHotspots(before, { routeId, credentialSecret }, gatewayIds));
      keepingOwner(files.access, withAccess(textOf(files.access), topicPrefix, users));
      const known = hotspotsOf(before);
      const added = gatewayIds.filter((id) => !known.has(id)).length;
      const json = { hotspots: gatewayIds.length, added, dropped: known.size + added - gatewayIds.length, ...files };
      return {
        json,
        text: `  ${json.hotspots} hotspots, ${added} of them new, ${json.dropped} gone\n  ${files.passwords}\n  ${files.access}\n`,
      };
    });
  },
});

/** What of a route's file a broker has to know. Throws ORC_BAD_OPTION. */
function brokerFacts(path: string): { readonly credentialSecret: string; readonly topicPrefix: string } {
  const { credentialSecret, topicPrefix } = routeFile(path);
  if (typeof credentialSecret !== "string" || !/^[0-9a-f]{64}$/.test(credentialSecret)) {
    throw oracleError(
      "ORC_BAD_OPTION",
      `${path}: expected credentialSecret with 64 hexadecimal digits, as \`route add\` showed it`,
    );
  }
  if (typeof topicPrefix !== "string" || /[#+\s%]/.test(topicPrefix)) {
    throw oracleError("ORC_BAD_OPTION", `${path}: expected topicPrefix, such as "eu868"`);
  }
  return { credentialSecret, topicPrefix };
}

function textOf(path: string): string {
  return existsSync(path) ? new TextDecoder().decode(readWhole(path)) : "";
}

/** Writes a file that mosquitto may go on reading: owner and mode are those that it had. */
function keepingOwner(path: string, text: string): void {
  const before = existsSync(path) ? statSync(path) : undefined;
  writeDurably(path, [new TextEncoder().encode(text)], NEW_MODE);
  if (before === undefined) return;
  try {
    chmodSync(path, before.mode & 0o777);
    if (before.uid !== process.getuid?.() || before.gid !== process.getgid?.()) chownSync(path, before.uid, before.gid);
  } catch (cause) {
    throw writeFailed(path, cause);
  }
}
