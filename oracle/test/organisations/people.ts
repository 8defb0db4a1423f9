/** Who appears in the tests of organisations: a wallet that pays, its route key, and a route as it would send it. */
import { base58Text, type DeviceSigner, signerFromEd25519Seed } from "@earshot/poc/protocol";

const signer = (fill: number): DeviceSigner => signerFromEd25519Seed(new Uint8Array(32).fill(fill));

export const wallet = signer(41);
export const routeKey = signer(42);
export const otherWallet = signer(43);
export const otherRouteKey = signer(44);
export const member = signer(45);
export const stranger = signer(46);

export const walletOf = ({ publicKey }: DeviceSigner): string => base58Text(publicKey.subarray(1));
export const walletText = walletOf(wallet);

/** Body of a route, without payer and number. */
export function routeBody(change: object = {}): Record<string, unknown> {
  return {
    name: "air quality",
    server: { host: "broker.example.com", port: 8883, certificateAuthority: null },
    topicPrefix: "eu868",
    netIds: [],
    devAddrs: ["26011000/20"],
    joinEuis: [],
    maxCopies: 2,
    credentialSecret: "ab".repeat(32),
    isActive: true,
    ...change,
  };
}
