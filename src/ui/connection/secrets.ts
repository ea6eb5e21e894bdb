import * as vscode from "vscode";
import { CleverLakeError, describeError } from "../../basics/errors";
import { jsonIn } from "../../basics/json";
import type { Secrets } from "../../config";
import { parseTargets, sameTargets, type Targets } from "./targets";

const names = ["password", "passphrase", "salt", "lakeAccountKey", "lakeSas"] as const;
export type SecretName = (typeof names)[number];

/** The key in earlier versions, for all machines and profiles. */
const legacyKey = "clever.secrets";
/** An entry without a version predates binding secrets to targets: it contains only the secrets. */
const version = 2;

/** The secrets, possibly none, and the targets of their connection. */
export interface BoundSecrets {
  readonly secrets: Secrets;
  /** Undefined if no secrets have been stored or used yet. */
  readonly boundTo: Targets | undefined;
}

/**
 * The connection's secrets, in VS Code's secret storage only, with the targets that they were entered for.
 * They are a single entry, written at once. In a browser, VS Code encrypts its whole store again for each entry and
 * does not wait for the previous write: of two entries written in succession, the second may be lost at the next
 * reload.
 */
export class SecretStore {
  private working: Promise<unknown> = Promise.resolve();
  private key: string | undefined;
  private isQuiet = false;

  /**
   * @param ownKey the entry's key, see `secretsKey`
   * @param targets the targets of the settings; undefined if there are none
   */
  constructor(
    private readonly storage: vscode.SecretStorage,
    private readonly ownKey: () => Promise<string>,
    private readonly targets: () => Promise<Targets | undefined>,
  ) {}

  /** All stored secrets and their targets, read at the time of use. `TargetGuard` provides them to requests. */
  readBound(): Promise<BoundSecrets> {
    return this.inTurn((key) => this.read(key));
  }

  /**
   * Stores the named secrets, and removes those whose value is undefined or empty.
   * @param boundTo the targets that they are entered for; unchanged if omitted
   */
  write(
    changes: Readonly<Partial<Record<SecretName, string | undefined>>>,
    boundTo?: Targets,
  ): Promise<void> {
    return this.inTurn(async (key) => {
      const before = await this.read(key);
      const secrets = Object.entries({ ...before.secrets, ...changes }).filter(([, value]) => value);
      await this.store(key, { secrets: Object.fromEntries(secrets), boundTo: boundTo ?? before.boundTo });
    });
  }

  /** Binds the secrets to other targets. The secrets do not change, and no listener is called. */
  bind(boundTo: Targets): Promise<void> {
    return this.inTurn(async (key) => {
      const { secrets } = await this.read(key);
      await this.storeQuietly(key, { secrets, boundTo });
    });
  }

  /** Restores an earlier state, replacing everything written since. */
  restore(before: BoundSecrets): Promise<void> {
    return this.inTurn((key) => this.store(key, before));
  }

  /** Removes the secrets. The targets stay, because a login without a stored secret must not go elsewhere either. */
  forgetSecrets(): Promise<void> {
    return this.inTurn(async (key) => {
      const { boundTo } = await this.read(key);
      await this.store(key, { secrets: {}, boundTo });
      await withAdvice(this.storage.delete(legacyKey));
    });
  }

  /** Removes the secrets and their targets. */
  forgetAll(): Promise<void> {
    return this.inTurn(async (key) => {
      // In this order: if the second fails, the secrets in use are still there.
      await withAdvice(this.storage.delete(legacyKey));
      await withAdvice(this.storage.delete(key));
    });
  }

  /** Whether nothing is stored, not even for an earlier version or for other targets. */
  isEmpty(): Promise<boolean> {
    return this.inTurn(async (key) => {
      const { secrets } = await this.read(key);
      const older = await withAdvice(this.storage.get(legacyKey));
      return Object.keys(secrets).length === 0 && older === undefined;
    });
  }

  /** Calls the listener when secrets change, in any window of this machine and profile. */
  onDidChange(listener: () => void): vscode.Disposable {
    return this.storage.onDidChange((event) => {
      if (event.key === this.key && !this.isQuiet) listener();
    });
  }

  private async read(key: string): Promise<BoundSecrets> {
    const stored = await withAdvice(this.storage.get(key));
    return stored === undefined ? this.takeOver(key) : entryOf(stored);
  }

  /**
   * Copies the entry of an earlier version if it belongs to the settings. The entry stays, because other machines with the
   * same settings take it over too, unless it has no targets: then it belongs to the first that uses it.
   */
  private async takeOver(key: string): Promise<BoundSecrets> {
    const older = await withAdvice(this.storage.get(legacyKey));
    const targets = older === undefined ? undefined : await this.targets();
    const { secrets, boundTo = targets } = entryOf(older);
    if (targets === undefined || boundTo === undefined || !sameTargets(boundTo, targets)) {
      return { secrets: {}, boundTo: undefined };
    }
    await this.storeQuietly(key, { secrets, boundTo });
    if (boundTo === targets) await withAdvice(this.storage.delete(legacyKey));
    return { secrets, boundTo };
  }

  private inTurn<T>(work: (key: string) => Promise<T>): Promise<T> {
    const done = this.working.then(async () => {
      this.key ??= await this.ownKey();
      return work(this.key);
    });
    // The caller of failed work gets the error; the next work is still tried.
    this.working = done.catch(() => undefined);
    return done;
  }

  private async store(key: string, { secrets, boundTo }: BoundSecrets): Promise<void> {
    if (boundTo === undefined && Object.keys(secrets).length === 0)
      await withAdvice(this.storage.delete(key));
    else await withAdvice(this.storage.store(key, JSON.stringify({ version, secrets, boundTo })));
  }

  /** Stores what no listener needs to know. VS Code fires the event before the write resolves. */
  private async storeQuietly(key: string, entry: BoundSecrets): Promise<void> {
    this.isQuiet = true;
    try {
      await this.store(key, entry);
    } finally {
      this.isQuiet = false;
    }
  }
}

/** Waits for VS Code's secret store, whose own errors do not say what to do. */
async function withAdvice<T>(work: Thenable<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new CleverLakeError(
      "io",
      // Some of these errors end with a full stop.
      vscode.l10n.t("VS Code's secret store cannot be used: {0}.", describeError(cause).replace(/\.$/, "")),
      {
        hint: vscode.l10n.t(
          "Unlock the keyring of the operating system, or install one if there is none, then try again.",
        ),
        cause,
      },
    );
  }
}

/** A damaged entry counts as empty. */
function entryOf(text = ""): BoundSecrets {
  const stored = new Map(Object.entries(Object(jsonIn(text))));
  const isBound = stored.get("version") === version;
  const found = isBound ? new Map(Object.entries(Object(stored.get("secrets")))) : stored;
  const secrets = Object.fromEntries(
    names.flatMap((name) => {
      const value = found.get(name);
      return typeof value === "string" && value !== "" ? [[name, value]] : [];
    }),
  );
  return { secrets, boundTo: isBound ? parseTargets(stored.get("boundTo")) : undefined };
}
