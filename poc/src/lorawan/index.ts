export { AES_BLOCK_BYTES, aesCmac } from "./aes-cmac.ts";
export * from "./dev-addr.ts";
export * from "./encode-frame.ts";
export {
  type DataFrame,
  type Frame,
  type JoinAcceptFrame,
  type JoinRequestFrame,
  MAX_FRAME_BYTES,
  type MalformedFrame,
  type MalformedReason,
  MIC_BYTES,
  PROPRIETARY_MHDR,
  type ProprietaryFrame,
  type RejoinJoinEuiFrame,
  type RejoinNetIdFrame,
} from "./frame.ts";
export * from "./mic.ts";
export * from "./net-id.ts";
export * from "./parse-frame.ts";
export * from "./refutation.ts";
export * from "./refutation-document.ts";
export * from "./session.ts";
