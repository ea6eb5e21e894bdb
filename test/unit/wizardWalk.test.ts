import { expect, test, vi } from "vitest";
import { type Step, undefinedOnBack, walk, withRecovery } from "../../src/ui/wizard/wizard";

/** The part of VS Code that a wizard without boxes needs: modal messages, answered in turn. */
const { answers, log } = vi.hoisted(() => ({
  answers: [] as string[],
  log: { error: () => undefined, show: () => undefined },
}));
vi.mock("vscode", () => ({
  l10n: { t: (text: string) => text },
  window: {
    showErrorMessage: async (_message: string, _options: object, ...items: { title: string }[]) => {
      const answer = answers.shift();
      return items.find(({ title }) => title === answer);
    },
  },
}));

type State = readonly string[];

/** A step that fails once for each given answer; the answer decides what happens next. */
function failing(name: string, visits: string[], failures: string[][]): Step<State> {
  return async (state, place) => {
    visits.push(name);
    const planned = failures.shift() ?? [];
    answers.push(...planned);
    await withRecovery(place, async () => {
      if (planned.shift() !== undefined) throw new Error("It failed.");
    });
    return [...state, name];
  };
}

const asked =
  (name: string, visits: string[]): Step<State> =>
  async (state) => {
    visits.push(name);
    return [...state, name];
  };
const parts = { log, client: {} as never };
const skipped: Step<State> = async () => undefined;

test("a failed step is retried, or goes back over steps without questions, and no answer is lost", async () => {
  const visits: string[] = [];
  const steps = [
    asked("host", visits),
    skipped,
    failing("lake", visits, [["Try Again", "Go Back"], ["Try Again"]]),
    asked("salt", visits),
  ];
  expect(await walk<State>("A wizard", [], steps, { ...parts, from: 0 })).toEqual({
    state: ["host", "host", "lake", "salt"],
    done: true,
  });
  expect(visits).toEqual(["host", "lake", "host", "lake", "salt"]);
});

test("cancelling keeps the answers so far", async () => {
  const visits: string[] = [];
  const steps = [asked("host", visits), failing("lake", visits, [["Show Log"]]), asked("salt", visits)];
  expect(await walk<State>("A wizard", [], steps, { ...parts, from: 0 })).toEqual({
    state: ["host"],
    done: false,
  });
  expect(visits).toEqual(["host", "lake"]);
});

test("the wizard can start at a later step, and go back from there", async () => {
  const visits: string[] = [];
  const steps = [asked("host", visits), skipped, failing("lake", visits, [["Go Back"]])];
  const from = { ...parts, from: 2 };
  expect((await walk<State>("A wizard", [], steps, from)).done).toBe(true);
  expect(visits).toEqual(["lake", "host", "lake"]);
});

test("a question within a step goes back to the question before it", async () => {
  const place = { title: "A wizard", canGoBack: true, ...parts };
  answers.push("Go Back");
  const failed = withRecovery(place, () => Promise.reject(new Error("It failed.")));
  expect(await undefinedOnBack(failed)).toBeUndefined();
});
