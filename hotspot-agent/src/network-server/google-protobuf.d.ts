/** What the agent uses of google-protobuf 3.21, which ships no types of its own. */
declare module "google-protobuf" {
  export class Message {
    serializeBinary(): Uint8Array;
  }
  export interface Map<K, V> {
    set(key: K, value: V): this;
    toArray(): [K, V][];
    getLength(): number;
  }
  export type BinaryReader = unknown;
  export type BinaryWriter = unknown;
  export type ExtensionFieldInfo<T> = T;
  export type ExtensionFieldBinaryInfo<T> = T;
}
declare module "google-protobuf/google/protobuf/timestamp_pb.js" {
  export class Timestamp {
    getSeconds(): number;
    setSeconds(value: number): this;
    getNanos(): number;
    setNanos(value: number): this;
  }
  export namespace Timestamp {
    export type AsObject = { seconds: number; nanos: number };
  }
}
declare module "google-protobuf/google/protobuf/timestamp_pb" {
  export * from "google-protobuf/google/protobuf/timestamp_pb.js";
}
declare module "google-protobuf/google/protobuf/duration_pb.js" {
  export class Duration {
    getSeconds(): number;
    setSeconds(value: number): this;
    getNanos(): number;
    setNanos(value: number): this;
  }
  export namespace Duration {
    export type AsObject = { seconds: number; nanos: number };
  }
}
declare module "google-protobuf/google/protobuf/duration_pb" {
  export * from "google-protobuf/google/protobuf/duration_pb.js";
}
