import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { commands, extensions, workspace } from "vscode";
import { activeApplication, until } from "../application";
import { District, disconnect, setSetting } from "../district";
import { Person } from "../person";
import { SilentServer } from "../silentServer";

interface Command {
  readonly command: string;
  readonly enablement?: string;
}

const { packageJSON } = extensions.getExtension("clever-lake.clever-lake") ?? {};
const manifest: readonly Command[] = packageJSON.contributes.commands;
const needing = (condition: RegExp) => manifest.filter(({ enablement = "" }) => condition.test(enablement));

/** Calls a command and cancels every box that it opens itself, as the wizard does. */
async function callAndLeave(command: string): Promise<void> {
  let over = false;
  const call = Promise.resolve(commands.executeCommand(command)).finally(() => {
    over = true;
  });
  await until(
    `${command} is over`,
    async () => {
      if (!over) await commands.executeCommand("workbench.action.closeQuickOpen");
      return over;
    },
    60,
  );
  await call;
}

suite("every command of the manifest", function () {
  this.timeout(180_000);
  let person: Person;

  setup(() => {
    person = new Person();
  });

  teardown(async () => {
    person.leave();
    await disconnect();
  });

  test("is registered", async () => {
    await activeApplication();
    const registered = new Set(await commands.getCommands(true));
    assert.ok(manifest.length > 20);
    assert.deepEqual(
      manifest.map(({ command }) => command).filter((command) => !registered.has(command)),
      [],
    );
  });

  test("without a connection says what is missing, and offers to connect", async () => {
    for (const { command } of needing(/clever\.connected/)) {
      person.shown.length = 0;
      await callAndLeave(command);
      assert.deepEqual(
        person.shown.map(({ kind, choices }) => ({ kind, choices })),
        [{ kind: "information", choices: ["Connect", "Try a Sample District"] }],
        command,
      );
    }
    const others = manifest.filter(({ enablement = "" }) => !/clever\.connected/.test(enablement));
    for (const { command } of others.filter(({ command }) => command !== "clever.trySample")) {
      await callAndLeave(command);
    }
    assert.deepEqual(
      person.saw(/./).filter(({ kind }) => kind === "error"),
      [],
    );
  });

  test("with a connection does its work or says what is missing", async () => {
    const district = await District.serve({ students: 20, days: 1 });
    try {
      await district.connect();
      const { model } = await activeApplication();
      await model.refresh();
      // The first removes the connection, the second creates another one.
      const last = ["clever.removeConnection", "clever.trySample", "clever.leaveSample"];
      for (const { command } of manifest.filter(({ command }) => !last.includes(command))) {
        await district.connect();
        await callAndLeave(command);
      }
      await callAndLeave("clever.removeConnection");
      assert.deepEqual(
        person.shown.filter(({ kind }) => kind === "error"),
        [],
      );
      assert.equal(person.saw(/No run is in progress/).length, 1);
      assert.equal(person.saw(/Choose this in the menu/).length, 5);
      assert.equal(person.saw(/Remove the connection/).length, 1);
    } finally {
      await district.end();
    }
  });

  /** What makes a connection useless, and the errors that commands then report. */
  const troubles: readonly {
    readonly name: string;
    readonly cause: (district: District) => Promise<() => void>;
    readonly errors: RegExp;
  }[] = [
    {
      name: "only files in quarantine",
      cause: async ({ reports }) => {
        const files = await readdir(reports, { recursive: true });
        for (const file of files.filter((name) => name.endsWith(".csv")))
          await writeFile(path.join(reports, file), "no,report\n1,2\n");
        const { runs } = await activeApplication();
        const summary = await runs.run({ command: "run" });
        assert.equal(summary?.quarantined.length, 6);
        return () => undefined;
      },
      errors:
        /There are no rows in this lake's tables\. .*“Clever: Run the Pipeline”\. Files in quarantine are in no/,
    },
    {
      name: "no keyring",
      cause: async () => {
        const { secrets } = await activeApplication();
        const { storage } = secrets as unknown as { readonly storage: object };
        const fails = () => Promise.reject(new Error("Cannot autolaunch D-Bus"));
        const keyless = { ...storage, get: fails, store: fails, delete: fails };
        Object.assign(secrets, { storage: keyless });
        return () => Object.assign(secrets, { storage });
      },
      errors: /VS Code's secret store cannot be used: Cannot autolaunch D-Bus\. Unlock the keyring/,
    },
  ];
  for (const { name, cause, errors } of troubles) {
    test(`with ${name} does what is possible, or says why not and what to do`, async () => {
      const district = await District.serve({ students: 20, days: 1 });
      try {
        await district.connect();
        const mend = await cause(district);
        try {
          // These change the connection itself.
          const others = ["connect", "trySample", "leaveSample", "removeConnection", "forgetCredentials"];
          for (const { command } of manifest.filter(({ command }) => !others.includes(command.slice(7))))
            await callAndLeave(command);
        } finally {
          mend();
        }
        const failures = person.shown.filter(({ kind }) => kind === "error");
        assert.ok(failures.length > 0);
        for (const { message, choices } of failures) {
          assert.match(message, errors);
          assert.ok(choices.includes("Show Log"));
        }
      } finally {
        await district.end();
      }
    });
  }

  test("can be left in each of its lists, boxes and dialogs, without a change or an error", async () => {
    const district = await District.serve({ students: 20, days: 1 });
    try {
      await district.connect();
      const { model, secrets } = await activeApplication();
      await model.refresh();
      const state = async () => ({
        settings: JSON.stringify(workspace.getConfiguration("clever")),
        secrets: await secrets.readBound(),
        lake: existsSync(district.lake),
      });
      const before = await state();
      /** The positions of the items to choose in the first lists, and the text; then Escape is pressed. */
      const ways: Readonly<Record<string, readonly (readonly [at: readonly number[], text?: string])[]>> = {
        importRoster: [[[]], [[0]], [[1]], [[0, -1]], [[0, -1], "students.csv"]],
        changeCredentials: [[[]], [[0]], [[1]], [[-1]]],
        createAssets: [[[]], [[0]]],
        ingestSelected: [[[]]],
        openRun: [[[]]],
        preview: [[[]]],
        vacuum: [[[]]],
      };
      for (const [name, all] of Object.entries(ways)) {
        for (const [positions, text] of all) {
          const left = [...positions];
          person.type(text).pick((items) => {
            const item = items.at(left.shift() ?? items.length);
            return name === "createAssets" && item ? [item] : item;
          });
          await callAndLeave(`clever.${name}`);
          assert.deepEqual(left, [], `${name} asks ${positions.length} times`);
          assert.deepEqual(await state(), before, `${name} ${positions.join(", ")}`);
        }
      }
      assert.deepEqual(
        person.shown.filter(({ kind }) => kind === "error"),
        [],
      );
    } finally {
      await district.end();
    }
  });

  test("during a run says that it must wait, and offers to stop the run", async () => {
    const district = await District.serve({ students: 2000, days: 20 });
    try {
      await district.connect();
      const { runs } = await activeApplication();
      const run = runs.run({ command: "run" });
      await until("the run has begun", () => runs.running !== undefined);
      for (const { command } of needing(/!clever\.running/)) {
        person.shown.length = 0;
        await commands.executeCommand(command);
        assert.notEqual(runs.running, undefined, "the run is still going on");
        assert.deepEqual(
          person.shown.map(({ message, choices }) => ({ message, choices })),
          [{ message: "A run is already in progress.", choices: ["Stop the Run"] }],
          command,
        );
      }
      person.shown.length = 0;
      await commands.executeCommand("clever.cancelRun");
      assert.equal(await run, undefined);
      assert.deepEqual(
        person.shown.map(({ message }) => message),
        ["Stopped. Completed work is kept; the next run continues from there."],
      );
    } finally {
      await district.end();
    }
  });

  test("while the server does not answer waits, and reports it in the end", async () => {
    const silent = await SilentServer.start();
    const district = await District.serve(undefined);
    try {
      await district.connect({ port: silent.port });
      const { model } = await activeApplication();
      const looking = model.refresh().catch(() => undefined);
      await until("the server was called", () => silent.connections > 0);
      assert.equal(model.state, "loading");
      const last = [
        "clever.removeConnection",
        "clever.trySample",
        "clever.connect",
        "clever.forgetCredentials",
      ];
      const calls = manifest
        .filter(({ command }) => !last.includes(command))
        .map(({ command }) => commands.executeCommand(command));
      await setSetting("sftp.timeoutSeconds", 1);
      await silent.end();
      await Promise.all(calls);
      await looking;
      assert.ok(person.shown.some(({ kind, choices }) => kind === "error" && choices.includes("Show Log")));
    } finally {
      await setSetting("sftp.timeoutSeconds", undefined);
      await silent.end();
      await district.end();
    }
  });
});
