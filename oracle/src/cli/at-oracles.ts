/** The same at several oracles, since each keeps its own word: flags that name them and who signs, and one answer from all. */
import { CodedError } from "@earshot/geo";
import { oracleError } from "../errors.ts";
import { OrganisationClient } from "../organisations/organisation-client.ts";
import { type Answer, type JsonFlag, jsonFlag } from "./context.ts";
import { textParser } from "./parse.ts";
import { namedSigner } from "./signer-file.ts";

export interface OraclesFlags extends JsonFlag {
  readonly url?: readonly string[];
  readonly wallet: string;
  readonly organisation?: string;
}

const DEFAULT_URL = "http://127.0.0.1:8080";
const TIMEOUT_MS = 30_000;

export const oraclesFlags = {
  url: {
    kind: "parsed",
    parse: textParser,
    brief: `An oracle; once for each of the network [default = ${DEFAULT_URL}]`,
    placeholder: "URL",
    variadic: true,
    optional: true,
  },
  wallet: {
    kind: "parsed",
    parse: textParser,
    brief: "Who signs: a wallet's keypair file, or the key file of a route",
    placeholder: "FILE",
  },
  organisation: {
    kind: "parsed",
    parse: textParser,
    brief: "The organisation's wallet, where another signs",
    placeholder: "WALLET",
    optional: true,
  },
  json: jsonFlag,
} as const;

/** A client for each oracle that is named. Throws ORC_BAD_KEY, ORC_BAD_OPTION. */
export function oraclesOf({ url, wallet: file, organisation }: OraclesFlags): readonly OrganisationClient[] {
  const { name, isWallet, key } = namedSigner(file);
  if (organisation === undefined && !isWallet) {
    throw oracleError("ORC_BAD_OPTION", "--organisation: a route key signs for a wallet; name it");
  }
  const urls = url === undefined || url.length === 0 ? [DEFAULT_URL] : url;
  for (const one of urls) {
    if (!/^https?:$/.test(URL.parse(one)?.protocol ?? "")) {
      throw oracleError("ORC_BAD_OPTION", `--url: expected http(s)://HOST[:PORT], got ${JSON.stringify(one)}`);
    }
  }
  return urls.map(
    (one) =>
      new OrganisationClient({
        url: one,
        wallet: organisation ?? name,
        signer: name,
        key,
        nowMs: Date.now,
        timeoutMs: TIMEOUT_MS,
      }),
  );
}

/**
 * Asks one oracle after the other. One alone fails as it fails; of several each says what it did, and one that failed makes exit code 1: ask
 * it again, the others have it.
 */
export async function atEach<T>(
  clients: readonly OrganisationClient[],
  ask: (client: OrganisationClient, before: readonly T[]) => Promise<T>,
  text: (value: T) => string,
): Promise<Answer> {
  if (clients.length === 1) {
    const value = await ask(clients[0]!, []);
    return { json: value, text: text(value) };
  }
  const done: T[] = [];
  const answers: { readonly url: string; readonly answer?: T; readonly error?: { code: string; message: string } }[] =
    [];
  let said = "";
  for (const client of clients) {
    try {
      const answer = await ask(client, done);
      done.push(answer);
      answers.push({ url: client.url, answer });
      said += `${client.url}:\n${text(answer)}`;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      answers.push({ url: client.url, error: { code: error.code, message: error.message } });
      said += `${client.url}:\n  ${error.message}\n`;
    }
  }
  return { json: { oracles: answers }, text: said, failed: done.length < clients.length };
}
