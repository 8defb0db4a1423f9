/**
 * The load of the ingest bench, in the bench's own process: connections that each send one upload after the other, as bytes made before,
 * and read answers with no more than they need. An answer that is not 200 ends the bench.
 */
import { UPLOAD_CONTENT_TYPE } from "@earshot/poc/protocol";

/** The requests of one connection: uploads of devices that no other connection has, in the order of their chains. */
export function requestsOf(uploads: readonly Uint8Array[]): Uint8Array[] {
  return uploads.map((bytes) => {
    const head = `POST /v1/uploads HTTP/1.1\r\nHost: bench\r\nContent-Type: ${UPLOAD_CONTENT_TYPE}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), bytes]);
  });
}

/** Sends all requests over as many connections as there are lists; resolves when every answer is there. */
export async function sendAll(url: string, lists: readonly (readonly Uint8Array[])[]): Promise<void> {
  const { hostname, port } = new URL(url);
  await Promise.all(lists.map((requests) => sendOne(hostname, Number(port), requests)));
}

function sendOne(hostname: string, port: number, requests: readonly Uint8Array[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let next = 0;
    let answer: Buffer = Buffer.alloc(0);
    let unsent: Uint8Array | undefined;
    const write = (socket: Bun.Socket, bytes: Uint8Array) => {
      const written = socket.write(bytes);
      unsent = written < bytes.length ? bytes.subarray(written) : undefined;
    };
    void Bun.connect({
      hostname,
      port,
      socket: {
        open: (socket) => write(socket, requests[next++]!),
        drain: (socket) => {
          if (unsent !== undefined) write(socket, unsent);
        },
        data(socket, chunk) {
          answer = answer.length === 0 ? chunk : Buffer.concat([answer, chunk]);
          const end = lengthOf(answer);
          if (end === undefined || answer.length < end) return;
          if (!answer.subarray(0, 12).equals(OK)) {
            reject(new Error(answer.toString()));
            socket.end();
            return;
          }
          answer = Buffer.alloc(0);
          if (next < requests.length) write(socket, requests[next++]!);
          else {
            resolve();
            socket.end();
          }
        },
        error: (_socket, error) => reject(error),
        close: () => reject(new Error("the server closed a connection")),
      },
    }).catch(reject);
  });
}

const OK = Buffer.from("HTTP/1.1 200");

/** Length of the whole answer once its headers are there. */
function lengthOf(answer: Buffer): number | undefined {
  const end = answer.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const length = /content-length: ([0-9]+)/i.exec(answer.toString("latin1", 0, end))?.[1];
  return length === undefined ? undefined : end + 4 + Number(length);
}
