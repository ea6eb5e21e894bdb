import type { Memento } from "vscode";

/** The state of an extension in a profile, as its one window sees it. */
export function memento(): Memento {
  const [only] = mementos(1);
  if (only === undefined) throw new Error("There is one window.");
  return only;
}

/** The state as several windows see it: each sees its own changes immediately, and those of others after a delay. */
export function mementos(windows: number, delay = 0): Memento[] {
  const states = Array.from({ length: windows }, () => new Map<string, unknown>());
  return states.map((own) => ({
    keys: () => [...own.keys()],
    get: (key: string) => own.get(key) as never,
    update: async (key, value) => {
      own.set(key, value);
      if (windows > 1) setTimeout(() => states.map((state) => state.set(key, value)), delay);
    },
  }));
}
