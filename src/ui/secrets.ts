import type * as vscode from "vscode";
import type { Secrets } from "../config";
import { asTargets, type Targets } from "./targets";

const names = ["password", "passphrase", "salt", "lakeAccountKey", "lakeSas"] as const;
export type SecretName = (typeof names)[number];

const key = "clever.secrets";
/** An entry without a version predates binding secrets to targets: it contains only the secrets. */
const version = 2;

/** The secrets, possibly none, and the targets of their connection. */
export interface BoundSecrets {
  readonly secrets: Secrets;
  /**
   * Undefined if no secrets have been stored or used yet, or if a version stored them that did not record targets.
   */
  readonly boundTo: Targets | undefined;
}

/**
 * The connection's secrets, in VS Code's secret storage only, with the targets that they were entered for.
 * They are a single entry, written at once. In a browser, VS Code encrypts its whole store again for each entry and
 * does not wait for the previous write: of two entries written in succession, the second may be lost at the next
 * reload.
 */
export class SecretStore {
  private writing: Promise<void> = Promise.resolve();
  private binding = false;

  constructor(private readonly storage: vscode.SecretStorage) {}

  /** All stored secrets and their targets, read at the time of use. `TargetGuard` provides them to requests. */
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
   * Stores the named secrets, and removes those whose value is undefined or empty.
   * @param boundTo the targets that they are entered for; unchanged if omitted
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

  /** Binds the secrets to other targets. The secrets do not change, and no listener is called. */
  bind(boundTo: Targets): Promise<void> {
    return this.inTurn(async () => {
      const { secrets } = await this.readBound();
      // VS Code fires the event before the write resolves.
      this.binding = true;
      try {
        await this.store({ secrets, boundTo });
      } finally {
        this.binding = false;
      }
    });
  }

  /** Restores an earlier state, replacing everything written since. */
  restore(before: BoundSecrets): Promise<void> {
    return this.inTurn(() => this.store(before));
  }

  /** Removes the secrets. The targets stay, because a login without a stored secret must not go elsewhere either. */
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

  /** Calls the listener when secrets change, in any window. */
  onDidChange(listener: () => void): vscode.Disposable {
    return this.storage.onDidChange((event) => {
      if (event.key === key && !this.binding) listener();
    });
  }

  private inTurn(write: () => Promise<void>): Promise<void> {
    const written = this.writing.then(write);
    // The caller of a failed write gets the error; the next write is still tried.
    this.writing = written.catch(() => undefined);
    return written;
  }

  private async store({ secrets, boundTo }: BoundSecrets): Promise<void> {
    if (boundTo === undefined && Object.keys(secrets).length === 0) await this.storage.delete(key);
    else await this.storage.store(key, JSON.stringify({ version, secrets, boundTo }));
  }
}

/** A damaged entry counts as empty. The parser's own error would quote the entry, including secrets. */
function parsed(stored: string | undefined): unknown {
  if (stored === undefined) return undefined;
  try {
    return JSON.parse(stored);
  } catch {
    return undefined;
  }
}
