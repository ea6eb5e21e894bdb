import type * as vscode from "vscode";
import type { Secrets } from "../config";
import { asTargets, type Targets } from "./targets";

const names = ["password", "passphrase", "salt", "lakeAccountKey", "lakeSas"] as const;
export type SecretName = (typeof names)[number];

const key = "clever.secrets";
/** An entry without a version is of the time before secrets were bound to their targets: it is the secrets alone. */
const version = 2;

/** The secrets, which may be none, and the targets of the connection that they belong to. */
export interface BoundSecrets {
  readonly secrets: Secrets;
  /** Undefined where nothing was given or used yet, or by a version that did not note it. */
  readonly boundTo: Targets | undefined;
}

/**
 * The connection's secrets, in VS Code's own store and nowhere else, with the targets that they were given for.
 *
 * They are one entry, written at once: VS Code in a browser seals its whole store again for each entry and does not wait
 * for the write before, so that of two entries written one after the other the second may be lost with the next reload.
 */
export class SecretStore {
  private writing: Promise<void> = Promise.resolve();
  private binding = false;

  constructor(private readonly storage: vscode.SecretStorage) {}

  /** All that are there and what they are bound to, read at the moment of use. `TargetGuard` hands them out. */
  async readBound(): Promise<BoundSecrets> {
    const stored = new Map(Object.entries(Object(parsed(await this.storage.get(key)))));
    const isBound = stored.get("version") === version;
    const found = isBound ? new Map(Object.entries(Object(stored.get("secrets")))) : stored;
    const secrets = Object.fromEntries(
      names.flatMap((name) => {
        const value = found.get(name);
        return typeof value === "string" && value !== "" ? [[name, value]] : [];
      }),
    );
    return { secrets, boundTo: isBound ? asTargets(stored.get("boundTo")) : undefined };
  }

  /**
   * Stores the secrets that are named, and removes those of them whose value is undefined or empty.
   * @param boundTo where they are given for; as before if left out
   */
  write(
    changes: Readonly<Partial<Record<SecretName, string | undefined>>>,
    boundTo?: Targets,
  ): Promise<void> {
    return this.inTurn(async () => {
      const before = await this.readBound();
      const secrets = Object.entries({ ...before.secrets, ...changes }).filter(([, value]) => value);
      await this.store({ secrets: Object.fromEntries(secrets), boundTo: boundTo ?? before.boundTo });
    });
  }

  /** Lets the secrets go to other targets than before. They themselves stay, and no listener is called. */
  bind(boundTo: Targets): Promise<void> {
    return this.inTurn(async () => {
      const { secrets } = await this.readBound();
      // VS Code tells of a write before the write resolves.
      this.binding = true;
      try {
        await this.store({ secrets, boundTo });
      } finally {
        this.binding = false;
      }
    });
  }

  /** Removes the secrets. The targets stay, since a login without a stored secret must not go elsewhere either. */
  forgetSecrets(): Promise<void> {
    return this.inTurn(async () => {
      const { boundTo } = await this.readBound();
      await this.store({ secrets: {}, boundTo });
    });
  }

  /** Removes the secrets and their targets. */
  async forgetAll(): Promise<void> {
    await this.inTurn(async () => this.storage.delete(key));
  }

  /** Calls back when secrets change, in this window or another one. */
  onDidChange(listener: () => void): vscode.Disposable {
    return this.storage.onDidChange((event) => {
      if (event.key === key && !this.binding) listener();
    });
  }

  private inTurn(write: () => Promise<void>): Promise<void> {
    const written = this.writing.then(write);
    // Whoever asked for a write that failed is told; the next one is tried all the same.
    this.writing = written.catch(() => undefined);
    return written;
  }

  private async store({ secrets, boundTo }: BoundSecrets): Promise<void> {
    if (boundTo === undefined && Object.keys(secrets).length === 0) await this.storage.delete(key);
    else await this.storage.store(key, JSON.stringify({ version, secrets, boundTo }));
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
