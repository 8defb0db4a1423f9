export { AES_BLOCK_BYTES, aesCmac } from "./aes-cmac.ts";
export * from "./dev-addr.ts";
export * from "./frame.ts";
export * from "./mic.ts";
export * from "./net-id.ts";
export * from "./refutation.ts";
export * from "./refutation-document.ts";
export * from "./session.ts";
