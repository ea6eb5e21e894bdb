import type * as vscode from "vscode";
import type { Secrets } from "../config";

const names = ["password", "passphrase", "salt", "lakeAccountKey", "lakeSas"] as const;
export type SecretName = (typeof names)[number];

const keyOf = (name: SecretName) => `clever.${name}`;

/** The connection's secrets, in VS Code's own store and nowhere else. */
export class SecretStore {
  constructor(private readonly storage: vscode.SecretStorage) {}

  /** All that are there, read at the moment of use. */
  async read(): Promise<Secrets> {
    const found = await Promise.all(
      names.map(async (name) => [name, await this.storage.get(keyOf(name))] as const),
    );
    return Object.fromEntries(found.filter(([, value]) => value !== undefined && value !== ""));
  }

  /** Stores a secret, or removes it where the value is undefined. */
  async write(name: SecretName, value: string | undefined): Promise<void> {
    if (value === undefined || value === "") await this.storage.delete(keyOf(name));
    else await this.storage.store(keyOf(name), value);
  }

  async forgetAll(): Promise<void> {
    for (const name of names) await this.storage.delete(keyOf(name));
  }

  /** Calls back when secrets change, in this window or another one. */
  onDidChange(listener: () => void): vscode.Disposable {
    return this.storage.onDidChange(({ key }) => {
      if (names.some((name) => keyOf(name) === key)) listener();
    });
  }
}
