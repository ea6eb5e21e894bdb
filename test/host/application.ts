import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { extensions } from "vscode";
import type { Application } from "../../src/ui/application";

/** The extension's parts as they run in this host. */
export async function activeApplication(): Promise<Application> {
  const extension = extensions.getExtension<Application | undefined>("clever-lake.clever-lake");
  const application = await extension?.activate();
  assert.ok(application, "The extension hands its parts to tests.");
  return application;
}

/** Waits until a condition holds; otherwise fails with its description. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  seconds = 20,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `Waited ${seconds} s in vain until ${what}.`);
    await sleep(50);
  }
}

/**
 * Kills the engine. One that dies twice within a minute is not restarted for the rest of it; that does not apply to these
 * tests, since each kills it for its own reason.
 */
export async function killEngine(): Promise<void> {
  const { client } = await activeApplication();
  Object.assign(client, { deaths: [] });
  assert.ok(client.pid, "An engine is running.");
  process.kill(client.pid, "SIGKILL");
}
