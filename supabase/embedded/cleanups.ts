/** What to undo, last first, once. */
export class Cleanups {
  readonly #steps: (() => Promise<unknown>)[] = [];
  #done: Promise<void> | undefined;

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  run(): Promise<void> {
    return this.#done ??= this.#runAll();
  }

  async #runAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.toReversed()) await step().catch((error) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, "The stack did not stop cleanly");
  }
}
