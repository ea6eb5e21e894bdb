import { expect, test, vi } from "vitest";
import { askText } from "../../src/ui/wizard/wizard";

/** An input box without a window. */
const { box } = vi.hoisted(() => {
  const event = () => {
    const listeners = new Set<(value?: unknown) => unknown>();
    const on = (listener: (value?: unknown) => unknown) => {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    };
    return { on, fire: (value?: unknown) => Promise.all([...listeners].map((each) => each(value))) };
  };
  const [accepted, changed, hidden, triggered] = [event(), event(), event(), event()];
  return {
    box: {
      value: "",
      busy: false,
      validationMessage: undefined,
      onDidAccept: accepted.on,
      onDidChangeValue: changed.on,
      onDidHide: hidden.on,
      onDidTriggerButton: triggered.on,
      show: () => undefined,
      dispose: () => undefined,
      accept: accepted.fire,
      type(text: string) {
        this.value = text;
        return changed.fire(text);
      },
      hide: hidden.fire,
    },
  };
});
vi.mock("vscode", () => ({
  l10n: { t: (text: string) => text },
  window: { createInputBox: () => box },
  QuickInputButtons: { Back: {} },
  Disposable: class {},
  ThemeIcon: class {},
}));

const step = {
  title: "Salt",
  prompt: "",
  value: "",
  canGoBack: false,
  client: {} as never,
  log: { error: () => undefined, show: () => undefined },
};

test("a text that is corrected while the first one is tried is not lost", async () => {
  const tried: string[] = [];
  let finish = () => {};
  const answer = askText({
    ...step,
    attempt: (text) => {
      tried.push(text);
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    },
  });
  await box.type("wrong");
  const first = box.accept();
  await vi.waitFor(() => expect(tried).toEqual(["wrong"]));
  await box.type("right");
  finish();
  await first;
  const second = box.accept();
  await vi.waitFor(() => expect(tried).toEqual(["wrong", "right"]));
  finish();
  await second;
  expect(await answer).toBe("right");
});

test("a failure is shown below the text that failed, not below a corrected one", async () => {
  const failures: (() => void)[] = [];
  const answer = askText({
    ...step,
    attempt: (text) => new Promise((_, reject) => failures.push(() => reject(new Error(`not ${text}`)))),
  });
  const failNext = async (meanwhile: () => unknown) => {
    const accepted = box.accept();
    await vi.waitFor(() => expect(failures).toHaveLength(1));
    await meanwhile();
    failures.pop()?.();
    await accepted;
    return box.validationMessage;
  };
  await box.type("old");
  expect(await failNext(() => box.type("new"))).toBeUndefined();
  expect(await failNext(() => undefined)).toBe("not new");
  await box.hide();
  await expect(answer).rejects.toThrow();
});
