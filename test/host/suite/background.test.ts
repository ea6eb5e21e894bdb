import assert from "node:assert/strict";
import { activeApplication, until } from "../application";
import { District, setSetting } from "../district";
import { Person } from "../person";

/** Replaces the timer: the background check can be triggered instead of waited for. */
class Clock {
  private readonly original = {
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
  };
  private readonly running = new Map<object, { readonly act: () => void; readonly milliseconds: number }>();

  constructor() {
    Object.assign(globalThis, {
      setInterval: (act: () => void, milliseconds: number) => {
        if (milliseconds < 60_000) return this.original.setInterval(act, milliseconds);
        const timer = {};
        this.running.set(timer, { act, milliseconds });
        return timer;
      },
      clearInterval: (timer: object | undefined) => {
        if (timer === undefined || !this.running.delete(timer)) this.original.clearInterval(timer as never);
      },
    });
  }

  /** The interval in minutes. */
  get minutes(): number[] {
    return [...this.running.values()].map(({ milliseconds }) => milliseconds / 60_000);
  }

  strike(): void {
    for (const { act } of this.running.values()) act();
  }

  leave(): void {
    Object.assign(globalThis, this.original);
  }
}

suite("the background check", function () {
  this.timeout(120_000);
  let district: District;
  let person: Person;
  let clock: Clock;

  setup(async () => {
    person = new Person();
    clock = new Clock();
    district = await District.serve({ students: 20, days: 1 });
  });

  teardown(async () => {
    for (const key of ["checkEvery", "runAutomatically"]) await setSetting(key, undefined);
    clock.leave();
    person.leave();
    await district.end();
  });

  test("is off by default, and follows the setting", async () => {
    await activeApplication();
    assert.deepEqual(clock.minutes, []);
    await setSetting("checkEvery", 30);
    await until("it is on", () => clock.minutes.length > 0);
    assert.deepEqual(clock.minutes, [30]);
    await setSetting("checkEvery", 5);
    await until("it comes more often", () => clock.minutes[0] === 5);
    assert.deepEqual(clock.minutes, [5]);
    await setSetting("checkEvery", 0);
    await until("it is off", () => clock.minutes.length === 0);
  });

  test("finds new reports and ingests them only if configured", async () => {
    const { model, runs } = await activeApplication();
    await setSetting("checkEvery", 5);
    await until("it is on", () => clock.minutes.length === 1);
    clock.strike();
    assert.equal(model.state, "unknown", "Without a connection nothing is looked at.");
    await district.connect();
    clock.strike();
    await until("it has looked", () => model.newCount === 6);
    assert.equal(runs.running, undefined);

    await setSetting("runAutomatically", true);
    const { seen } = model;
    clock.strike();
    await until("it has looked again", () => model.seen !== seen);
    assert.equal(runs.running, undefined, "It does not create the lake.");
    assert.equal((await runs.run({ command: "ingest" }))?.landed, 6);
    await model.refresh();
    clock.strike();
    await until("it has run", () => model.reports.every(({ state }) => state === "anonymized"), 60);
    assert.equal(person.saw(/0 files ingested .*6 anonymized/).length, 1);
  });

  test("shows its errors in the view, without a message", async () => {
    const { model } = await activeApplication();
    await district.connect({ port: 9 });
    await setSetting("checkEvery", 5);
    await until("it is on", () => clock.minutes.length === 1);
    clock.strike();
    await until("it has failed", () => model.state === "failed", 60);
    assert.deepEqual(person.shown, []);
  });
});
