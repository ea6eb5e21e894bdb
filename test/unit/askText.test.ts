import { expect, test, vi } from "vitest";
import { askText } from "../../src/ui/wizard/wizard";

/** An input box without a window. */
const { box } = vi.hoisted(() => {
  const event = () => {
    const listeners: ((value?: unknown) => unknown)[] = [];
    const on = (listener: (value?: unknown) => unknown) => {
      listeners.push(listener);
      return { dispose: () => undefined };
    };
    return { on, fire: () => Promise.all(listeners.map((each) => each())) };
  };
  const [accepted, changed, hidden, triggered] = [event(), event(), event(), event()];
  return {
    box: {
      value: "",
      busy: false,
      onDidAccept: accepted.on,
      onDidChangeValue: changed.on,
      onDidHide: hidden.on,
      onDidTriggerButton: triggered.on,
      show: () => undefined,
      dispose: () => undefined,
      accept: accepted.fire,
    },
  };
});
vi.mock("vscode", () => ({
  l10n: { t: (text: string) => text },
  window: { createInputBox: () => box },
  QuickInputButtons: { Back: {} },
  Disposable: class {},
}));

test("a text that is corrected while the first one is tried is not lost", async () => {
  const tried: string[] = [];
  let finish = () => {};
  const answer = askText({
    title: "Salt",
    prompt: "",
    value: "",
    canGoBack: false,
    client: {} as never,
    log: { error: () => undefined, show: () => undefined },
    attempt: (text) => {
      tried.push(text);
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    },
  });
  box.value = "wrong";
  const first = box.accept();
  await vi.waitFor(() => expect(tried).toEqual(["wrong"]));
  box.value = "right";
  finish();
  await first;
  const second = box.accept();
  await vi.waitFor(() => expect(tried).toEqual(["wrong", "right"]));
  finish();
  await second;
  expect(await answer).toBe("right");
});
