import type { Memento } from "vscode";

/** The state of an extension in a profile, which all its windows share. */
export function memento(): Memento {
  const values = new Map<string, unknown>();
  return {
    keys: () => [...values.keys()],
    get: (key: string) => values.get(key) as never,
    update: async (key, value) => void values.set(key, value),
  };
}
