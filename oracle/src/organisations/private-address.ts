/** Which addresses are somebody's own network and not the internet: an oracle and its agents connect to none that a stranger names. */
import { BlockList, isIP } from "node:net";

/** IANA special-purpose registries for IPv4 and IPv6: what is not globally reachable, multicast, and IPv4 inside IPv6. */
const NOT_PUBLIC: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
  ["::", 96],
  ["::ffff:0:0", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
  ["5f00::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
];
// A list for each family: one for both takes every IPv4 address for one of ::ffff:0:0/96.
const lists = { 4: new BlockList(), 6: new BlockList() } as const;
for (const [net, bits] of NOT_PUBLIC) {
  if (net.includes(":")) lists[6].addSubnet(net, bits, "ipv6");
  else lists[4].addSubnet(net, bits, "ipv4");
}

/** Names that only the own network or the own machine knows (RFC 6761, 6762, 8375). */
const PRIVATE_NAME = /(^|\.)(localhost|local|internal|lan|home|home\.arpa|localdomain|test|invalid|onion)\.?$/i;
/** 127.1 and 0x7f.0.0.1 are addresses to some resolvers (WHATWG URL, ends-in-a-number). */
const ENDS_IN_A_NUMBER = /(^|\.)([0-9]+|0x[0-9a-f]*)\.?$/i;

/** True for an address, without brackets, that is not of the internet; also for a text that is no address. */
export function isPrivateAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return lists[4].check(address, "ipv4");
    case 6:
      return lists[6].check(address, "ipv6");
    default:
      return true;
  }
}

/** True for a host, name or address, that is private as it is written. A name may still lead to a private address. */
export function isPrivateHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  if (isIP(bare) !== 0) return isPrivateAddress(bare);
  return !bare.includes(".") || ENDS_IN_A_NUMBER.test(bare) || PRIVATE_NAME.test(bare);
}
