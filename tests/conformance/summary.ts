/** One line of a report. */
import type { ConformanceReport } from './suite.js'

/** `postgres (PostgreSQL 18): declared 300, proved 340, failed 0, skipped 0`; proved counts what is done here as well. */
export function summaryOf({ name, against, results, skipped }: ConformanceReport): string {
  const declared = results.filter((result) => result.declaration !== 'none').length
  const failed = results.filter((result) => result.failure !== undefined).length
  return `${name} (${against}): declared ${declared}, proved ${results.length - failed}, failed ${failed}, skipped ${skipped.length}`
}
