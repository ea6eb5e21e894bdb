import assert from "node:assert/strict";
import { commands } from "vscode";
import { hintInVsCode, inVsCode } from "../../../src/ui/texts/hints";
import { asMarkdown } from "../../../src/ui/texts/untrustedText";
import { activeApplication, until } from "../application";
import { District, disconnect, setSetting } from "../district";
import { Person } from "../person";

suite("messages", function () {
  this.timeout(60_000);
  let person: Person;

  setup(() => {
    person = new Person();
  });

  teardown(async () => {
    person.leave();
    for (const key of ["sftp.timeoutSeconds", "minimumGroupSize", "licencesFile"])
      await setSetting(key, undefined);
    await disconnect();
  });

  for (const [key, value] of [
    ["sftp.port", 99_999],
    ["sftp.timeoutSeconds", "soon"],
    ["minimumGroupSize", -1],
    ["lake.url", "ftp://somewhere"],
    // Not resolved: the folder in which VS Code was started differs.
    ["sftp.privateKeyPath", "keys/id_ed25519"],
    ["licencesFile", "licences.csv"],
  ] as const) {
    test(`about an invalid ${key} name the setting and open it`, async () => {
      await setSetting("sftp.host", "127.0.0.1");
      await setSetting("sftp.username", "somebody");
      await setSetting("lake.url", "file:///nowhere");
      const opened: unknown[] = [];
      const { executeCommand } = commands;
      Object.assign(commands, {
        executeCommand: (command: string, ...parameters: unknown[]) => {
          if (command !== "workbench.action.openSettings") return executeCommand(command, ...parameters);
          opened.push(...parameters);
          return Promise.resolve();
        },
      });
      try {
        person.answer(/cannot be used/, "Open Setting");
        await setSetting(key, value);
        await until("the setting is opened", () => opened.length === 1);
        assert.deepEqual(opened, [`@id:clever.${key}`]);
        const [shown] = person.saw(/cannot be used/);
        assert.equal(shown?.kind, "error");
        assert.ok(shown?.message.includes(`clever.${key}`));
      } finally {
        Object.assign(commands, { executeCommand });
      }
    });
  }

  test("about a different salt name the command in VS Code, not the command line", async () => {
    const district = await District.serve({ students: 20, days: 1 });
    try {
      await district.connect();
      const { runs, secrets } = await activeApplication();
      await runs.run({ command: "run" });
      await secrets.write({ salt: "another salt" });
      person.shown.length = 0;
      await runs.run({ command: "run" });
      const [shown] = person.shown;
      assert.match(shown?.message ?? "", /“Clever: Change Salt or Credentials”/);
      assert.ok(shown?.choices.includes("Change Salt or Credentials"));
    } finally {
      await district.end();
    }
  });

  test("and pages render external text literally: VS Code's Markdown finds no link in it", async () => {
    const hostile =
      '[x](command:workbench.action.closeWindow) <a href="command:y">y</a> <https://evil.example> https://evil.example //evil.example a@evil.com mailto:a@evil.com ftp://evil.example [r]\n\n[r]: command:z\n- `c` **b** | # h';
    const html = await commands.executeCommand<string>(
      "markdown.api.render",
      `| ${asMarkdown("head")} |\n| --- |\n| ${asMarkdown(hostile)} |\n\n# ${asMarkdown(hostile)}\n\n> ${asMarkdown(hostile)}\n`,
    );
    assert.match(html, /<table[\s\S]*<h1[\s\S]*<blockquote/);
    assert.doesNotMatch(html, /<a\b|<strong|<code|<ul|<img/);
    assert.equal(html.match(/\[x\]\(command:workbench/g)?.length, 3, "It is there, as text.");
  });

  test("never mention the command line, whatever the error", () => {
    const ofTheCore = [
      "Set CLEVER_SALT to the salt that was used before. With another one the same person would get a second pseudonym.",
      "Set CLEVER_SALT to the district's salt. For a new lake, `clever-lake salt` generates one; protect it like a password.",
      "Name it as `clever-lake status` shows it.",
      "Run `clever-lake adopt --dry-run` to see what is there, then adopt the lake with `clever-lake adopt`.",
      "Name it with --config FILE.",
      'Set "root" under "sftp" to the folder with Clever\'s reports.',
      'Compare it with the key that Clever gives you; if they match, set "hostKey": "SHA256:abc" under "sftp".',
    ];
    for (const code of ["salt", "config", "hostKey", "auth", "network", "notFound", "io"] as const) {
      for (const hint of ofTheCore) {
        assert.doesNotMatch(hintInVsCode(code, hint), /CLEVER_|clever-lake|--config|"\w+" under|"hostKey":/);
      }
    }
  });

  for (const [ofTheCore, shown] of [
    [
      'Set "root" under "sftp" to the folder with Clever\'s reports.',
      "Set clever.sftp.root to the folder with Clever's reports.",
    ],
    ["Restore it from a backup of the lake.", "Restore it from a backup of the lake."],
    [
      "clever-lake repair rebuilds a table of reports from its landed files, without these features. Drop them from any other table.",
      "“Clever: Repair the Lake” rebuilds a table of reports from its landed files, without these features. Drop them from any other table.",
    ],
    [
      "Restore it from a backup of the lake, or run `clever-lake repair`, which rebuilds it from the landed files.",
      "Restore it from a backup of the lake, or run “Clever: Repair the Lake”, which rebuilds it from the landed files.",
    ],
    [
      "Run clever-lake verify: it names what is damaged.",
      "Run “Clever: Verify the Lake”: it names what is damaged.",
    ],
    [
      "If it is new, fill it first: clever-lake run. Files in quarantine are in no table: see clever-lake status.",
      "If it is new, fill it first: “Clever: Run the Pipeline”. Files in quarantine are in no table: see “Clever: Refresh”.",
    ],
    ["`clever-lake status` lists the files that are.", "“Clever: Refresh” lists the files that are."],
    [
      "Try `spark-submit --version` in the same environment; `sparkSubmit` sets the program. It needs Java and Python 3.9 or newer.",
      "Try `spark-submit --version` in the same environment; clever.sparkSubmit sets the program. It needs Java and Python 3.9 or newer.",
    ],
  ] as const) {
    test(`say in VS Code's terms: ${shown}`, () => {
      assert.equal(hintInVsCode("corrupt", ofTheCore), shown);
      assert.equal(
        inVsCode(`2025-09: The table is damaged. ${ofTheCore}`),
        `2025-09: The table is damaged. ${shown}`,
      );
    });
  }

  test("name the command that adopts a lake, also where only their text is left", () => {
    const hint = "Continue with `clever-lake adopt`.";
    assert.match(hintInVsCode("notAdopted", hint), /^Use the command “Clever: Adopt OEA's Lake”/);
    assert.equal(inVsCode(hint), "Continue with “Clever: Adopt OEA's Lake”.");
  });
});
