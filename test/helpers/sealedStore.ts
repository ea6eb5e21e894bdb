import type { SecretStorage } from "vscode";
import { SecretStore } from "../../src/ui/connection/secrets";
import type { Targets } from "../../src/ui/connection/targets";

/** VS Code's secret store in a browser: encrypted as a whole, and the first encryption takes longest. */
export class SealedStore implements SecretStorage {
  sealed = "{}";
  private readonly entries = new Map<string, string>();
  private readonly seals: (() => void)[] = [];

  private readonly listeners = new Set<(event: { key: string }) => void>();

  readonly onDidChange = (listener: (event: { key: string }) => void) => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };

  async get(key: string): Promise<string | undefined> {
    return this.entries.get(key);
  }

  async keys(): Promise<string[]> {
    return [...this.entries.keys()];
  }

  async store(key: string, value: string): Promise<void> {
    this.entries.set(key, value);
    this.seal(key);
  }

  async delete(key: string): Promise<void> {
    this.entries.delete(key);
    this.seal(key);
  }

  /** Completes the pending encryptions, newest first. */
  settle(): void {
    for (const end of this.seals.splice(0).reverse()) end();
  }

  private seal(key: string): void {
    const text = JSON.stringify([...this.entries.values()]);
    this.seals.push(() => {
      this.sealed = text;
    });
    for (const listener of [...this.listeners]) listener({ key });
  }
}

/** The secrets of a machine and profile with settings for these targets. */
export function secretsIn(storage: SecretStorage, targets?: Targets, machine = "here"): SecretStore {
  return new SecretStore(
    storage,
    async () => `clever.secrets.${machine}`,
    async () => targets,
  );
}
