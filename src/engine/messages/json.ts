/** A value as it arrives in a message: times have become texts. */
export type Json<T> = T extends Date ? string : T extends object ? { [K in keyof T]: Json<T[K]> } : T;

/** A value to be sent in a message, typed as it arrives. */
export function toJson<T>(value: T): Json<T> {
  return value as Json<T>;
}
