/**
 * One POST to an address that a customer named, from a machine inside an operator's network: the name is resolved first, every address it has
 * must be of the internet, and the connection goes to the one that was checked. No redirect is followed and nothing of the answer but
 * its status is read.
 */
import { createHmac } from "node:crypto";
import { lookup } from "node:dns/promises";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { isPrivateAddress, isPrivateHost } from "./private-address.ts";

export const SIGNATURE_HEADER = "earshot-signature";
export const DELIVERY_HEADER = "earshot-delivery";
export const MAX_URL_CHARS = 500;
const TIMEOUT_MS = 10_000;

export interface WebhookCall {
  readonly url: string;
  /** Names the message; the same at every try. */
  readonly id: string;
  readonly secret: Uint8Array;
  readonly body: string;
  readonly nowMs: number;
  readonly mayBePrivate: boolean;
  /** Of a name; the system's resolver without it. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** PEM of the only authority that is believed; the system's without it. */
  readonly certificateAuthority?: string;
}

/** Why a URL is no target; undefined when it may be one. A name is resolved only when it is called. */
export function webhookUrlProblem(text: string, mayBePrivate: boolean): string | undefined {
  if (text.length > MAX_URL_CHARS) return `an address of at most ${MAX_URL_CHARS} characters`;
  const url = URL.parse(text);
  if (url === null) return "an https address";
  const isPrivate = isPrivateHost(url.hostname);
  if (isPrivate && !mayBePrivate) return "an address on the internet";
  // Inside one's own network a certificate is not to be had.
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isPrivate)) return "an https address";
  return url.username !== "" || url.password !== "" ? "an address without a password in it" : undefined;
}

/** `t=TIME,v1=HMAC`: HMAC-SHA256 of `TIME.BODY`, hexadecimal, TIME in Unix ms. */
export function webhookSignature(secret: Uint8Array, timeMs: number, body: string): string {
  return `t=${timeMs},v1=${createHmac("sha256", secret).update(`${timeMs}.${body}`).digest("hex")}`;
}

/** Undefined when it was taken (2xx), else why not. Never throws. */
export async function callWebhook(call: WebhookCall): Promise<string | undefined> {
  const { url: text, mayBePrivate, resolve = addressesOf } = call;
  const fault = webhookUrlProblem(text, mayBePrivate);
  if (fault !== undefined) return `expected ${fault}`;
  const url = new URL(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  try {
    const addresses = isIP(host) === 0 ? await resolve(host) : [host];
    if (addresses.length === 0) return "the name has no address";
    if (!mayBePrivate && addresses.some(isPrivateAddress)) return "the name leads into a private network";
    const status = await post(call, url, host, addresses[0]!);
    return status >= 200 && status < 300 ? undefined : `status ${status}`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code ?? message;
  }
}

async function addressesOf(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
}

function post(
  { id, secret, body, nowMs, certificateAuthority }: WebhookCall,
  url: URL,
  host: string,
  address: string,
): Promise<number> {
  const isTls = url.protocol === "https:";
  return new Promise((resolve, reject) => {
    const sent = (isTls ? httpsRequest : httpRequest)({
      host: address,
      port: url.port || (isTls ? 443 : 80),
      path: url.pathname + url.search,
      method: "POST",
      agent: false,
      ...(isTls && isIP(host) === 0 ? { servername: host } : {}),
      ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
      headers: {
        host: url.host,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "user-agent": "earshot-oracle",
        [DELIVERY_HEADER]: id,
        [SIGNATURE_HEADER]: webhookSignature(secret, nowMs, body),
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    sent.once("error", reject);
    sent.once("response", (answer) => {
      resolve(answer.statusCode ?? 0);
      answer.once("error", () => undefined);
      answer.destroy();
    });
    sent.end(body);
  });
}
