/** An ingest on loopback with the protocol's own rules, whose answers can be lost and whose memory can be taken away. */
import {
  API_ERRORS,
  type ApiErrorCode,
  type ChainHead,
  chainLink,
  EMPTY_CHAIN,
  importKey,
  keyToText,
  logGenesis,
  nextLogHead,
  type PacketConfirmation,
  parseUploadHeader,
  RECORD_BYTES,
  readPacketConfirmation,
  sha256,
  signChainHead,
  signerFromEd25519Seed,
  signReceipt,
  stepChain,
  UPLOAD_HEADER_BYTES,
  verifyUpload,
} from "@earshot/poc/protocol";
import { type Ingest, ingestOf } from "../../src/meter/confirmation-sender.ts";

const NETWORK = 3;

export class SmallIngest {
  readonly signer;
  /** Confirmations in the order of the log. */
  readonly logged: PacketConfirmation[] = [];
  /** Ends the connection after the upload was logged. */
  losesAnswers = false;
  refuseWith: ApiErrorCode | null = null;
  #chain: { head: ChainHead; ids: Map<number, Uint8Array> } = { head: EMPTY_CHAIN, ids: new Map() };
  #logHead;
  #length = 0;
  readonly #server;

  constructor(name: string) {
    this.signer = signerFromEd25519Seed(sha256(new TextEncoder().encode(name)));
    this.#logHead = logGenesis(NETWORK, this.signer.publicKey);
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: async (request) => {
        const answer = this.#submit(new Uint8Array(await request.arrayBuffer()));
        return this.losesAnswers ? new Response("lost", { status: 502 }) : answer;
      },
    });
  }

  get ingest(): Ingest {
    return ingestOf(`http://127.0.0.1:${this.#server.port}/`, keyToText(this.signer.publicKey));
  }

  close(): void {
    void this.#server.stop(true);
  }

  #submit(bytes: Uint8Array): Response {
    if (this.refuseWith !== null) return refusal(this.refuseWith);
    const parsed = parseUploadHeader(bytes);
    if (parsed.status === "refused") return refusal(parsed.code);
    const { signer, counts } = parsed.header;
    const upload = verifyUpload(bytes, importKey(signer), NETWORK);
    if (upload.status === "refused") return refusal(upload.code);
    const step = stepChain(this.#chain.head, chainLink(upload), (sequence) => this.#chain.ids.get(sequence));
    if (step.outcome !== "accept" && step.outcome !== "duplicate") {
      const { sequence, id } = this.#chain.head;
      const head = signChainHead(NETWORK, { deviceKey: signer, sequence, id, issuedMs: 1 }, this.signer);
      return refusal(step.outcome, head.toBase64());
    }
    const entry = { uploadId: upload.id, receiveMs: 1000 + this.#length, logIndex: this.#length };
    const receipt = signReceipt(NETWORK, { ...entry, previousHead: this.#logHead }, this.signer);
    if (step.outcome === "accept") {
      this.#chain.head = step.head;
      this.#chain.ids.set(step.head.sequence, step.head.id);
      this.#logHead = nextLogHead(this.#logHead, entry);
      this.#length++;
      for (let i = 0; i < counts.confirmations; i++) {
        this.logged.push(readPacketConfirmation(bytes, UPLOAD_HEADER_BYTES + i * RECORD_BYTES.confirmation));
      }
    }
    return Response.json({ status: "accepted", receipt: receipt.toBase64() });
  }
}

function refusal(code: ApiErrorCode, head?: string): Response {
  return Response.json({ code, expected: "", got: "", head }, { status: API_ERRORS[code].status });
}
