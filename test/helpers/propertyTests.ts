import fc from "fast-check";

// A failing property test of a whole run can shrink for longer than the test may take. The timeout would then hide the
// counterexample and its seed.
fc.configureGlobal({ interruptAfterTimeLimit: 100_000, markInterruptAsFailure: true });
