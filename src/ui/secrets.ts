import type * as vscode from "vscode";
import type { Secrets } from "../config";

const names = ["password", "passphrase", "salt", "lakeAccountKey", "lakeSas"] as const;
export type SecretName = (typeof names)[number];

const key = "clever.secrets";

/**
 * The connection's secrets, in VS Code's own store and nowhere else.
 *
 * They are one entry, written at once: VS Code in a browser seals its whole store anew for each entry and does not wait
 * for the write before, so that of two entries written one after the other the second may be lost with the next reload.
 */
export class SecretStore {
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly storage: vscode.SecretStorage) {}

  /** All that are there, read at the moment of use. */
  async read(): Promise<Secrets> {
    const found = new Map(Object.entries(Object(parsed(await this.storage.get(key)))));
    return Object.fromEntries(names.flatMap((name) => (found.get(name) ? [[name, found.get(name)]] : [])));
  }

  /** Stores the secrets that are named, and removes those of them whose value is undefined or empty. */
  write(changes: Readonly<Partial<Record<SecretName, string | undefined>>>): Promise<void> {
    const written = this.writing.then(async () => {
      const known = Object.entries({ ...(await this.read()), ...changes }).filter(([, value]) => value);
      if (known.length === 0) await this.storage.delete(key);
      else await this.storage.store(key, JSON.stringify(Object.fromEntries(known)));
    });
    // Whoever asked for a write that failed is told; the next one is tried all the same.
    this.writing = written.catch(() => undefined);
    return written;
  }

  async forgetAll(): Promise<void> {
    await this.write(Object.fromEntries(names.map((name) => [name, undefined])));
  }

  /** Calls back when secrets change, in this window or another one. */
  onDidChange(listener: () => void): vscode.Disposable {
    return this.storage.onDidChange((event) => {
      if (event.key === key) listener();
    });
  }
}

/** An entry that is damaged holds nothing. The parser's own error would quote it, secrets and all. */
function parsed(stored: string | undefined): unknown {
  if (stored === undefined) return undefined;
  try {
    return JSON.parse(stored);
  } catch {
    return undefined;
  }
}
