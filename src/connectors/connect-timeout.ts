/** `connect_timeout` of a connection block: seconds, at every source. */

const DEFAULT_SECONDS = 10
const MOST_SECONDS = 600

/** What is wrong with the value; undefined: nothing. More than ten minutes is taken for milliseconds, written by mistake. */
export function connectTimeoutProblem(value: unknown): string | undefined {
  if (value === undefined) return undefined
  const seconds = Number(value)
  return seconds > 0 && seconds <= MOST_SECONDS
    ? undefined
    : `Expected seconds, more than 0 and at most ${MOST_SECONDS}`
}

/** In ms. */
export function connectTimeoutOf(value: unknown): number {
  return (value === undefined ? DEFAULT_SECONDS : Number(value)) * 1000
}
