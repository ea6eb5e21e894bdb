import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { showStatusMenu } from "../../src/ui/runs/statusMenu";
import { calls, settings } from "../helpers/vscodeStub";

const { contributes } = JSON.parse(readFileSync(path.join(__dirname, "..", "..", "package.json"), "utf8"));
const enablements = new Map<string, string>(
  contributes.commands.map(({ command, enablement = "" }: { command: string; enablement?: string }) => [
    command,
    enablement,
  ]),
);

afterEach(() => {
  calls.length = 0;
  for (const name of Object.keys(settings)) delete settings[name];
});

/** The menu's commands while a run is in progress. */
async function commandsDuringRun(): Promise<string[]> {
  const counts = { quarantined: 0, failed: 0, unread: 0, fresh: 1, changed: 0, landed: 0, overdue: [] };
  const model = { counts, lake: { needsAdoption: false } };
  await showStatusMenu(model as never, { running: "Clever: 1 of 2" } as never);
  const items = calls[0]?.parameters[0] as readonly { readonly command?: string }[];
  return items.flatMap(({ command }) => command ?? []);
}

describe("during a run, the menu of the status bar offers to stop it, and nothing that must wait for its end", () => {
  test.each([
    ["with a connection", { "clever.sftp.host": "sftp.example", "clever.lake.url": "file:///lake" }],
    ["with the sample district", { "clever.sampleDistrict": true }],
    ["after the connection was removed from the settings", {}],
  ])("%s", async (_when, given) => {
    Object.assign(settings, given);
    const commands = await commandsDuringRun();
    expect(commands).toContain("cancelRun");
    for (const command of commands) {
      expect(enablements.get(`clever.${command}`) ?? "", command).not.toContain("!clever.running");
    }
  });
});
