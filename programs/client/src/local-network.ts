/** A network on a local chain of this process: made without sockets, kept priced. For `localnet` and for the live network (fixtures/live). */
export { createLocalNetwork, type LocalNetwork, type LocalNetworkOptions } from "./cli/local-network.ts";
export { keepPriceFresh, type PriceKeeperOptions } from "./cli/price-keeper.ts";
export { OFFLINE, submitLocally } from "./cli/submit-locally.ts";
