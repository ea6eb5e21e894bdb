/** Activities as JSON, common to Synapse, Data Factory and Fabric. */

export interface Activity {
  readonly name: string;
  readonly type: string;
  readonly dependsOn: readonly Dependency[];
  readonly typeProperties: Readonly<Record<string, unknown>>;
  /** Only for activities that do work themselves, not for control flow. */
  readonly policy?: Policy;
  readonly inputs?: readonly object[];
  readonly outputs?: readonly object[];
}

interface Policy {
  readonly timeout: string;
  readonly retry: number;
  readonly retryIntervalInSeconds: number;
  readonly secureInput: boolean;
  readonly secureOutput: boolean;
}

type Condition = "Succeeded" | "Failed" | "Skipped";

interface Dependency {
  readonly activity: string;
  readonly dependencyConditions: readonly Condition[];
}

export const after = (activity: string, ...dependencyConditions: Condition[]): Dependency => ({
  activity,
  dependencyConditions: dependencyConditions.length > 0 ? dependencyConditions : ["Succeeded"],
});

/** A value that the service computes when the pipeline runs. */
export const expression = (value: string) => ({ value: `@${value}`, type: "Expression" });

/** @param retry how often a failed activity is retried, at intervals of five minutes */
export function policy(retry: number, { timeout = "0.02:00:00", isSecret = false } = {}): Policy {
  return { timeout, retry, retryIntervalInSeconds: 300, secureInput: isSecret, secureOutput: isSecret };
}
