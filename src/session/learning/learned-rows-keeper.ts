/**
 * Learns from statements that ended: the true row counts of their fragments go to the planner and, but for those that tell of a column with
 * a tag, into the catalog's hidden folder `.statistics` for the next start. A catalog that changed begins anew.
 */
import {
  LearnedRows,
  observationOf,
  type Observation,
} from '../../planner/estimates/learned-rows.js'
import { inputsOf, type PhysicalPlan, type RemoteQueryPlan } from '../../planner/physical-plan.js'
import type { EndedStatement } from '../../system/statement-records.js'
import type { LearnedChange } from '../compiler/compiler-protocol.js'
import { LateWriter, readKept } from './kept-file.js'

export interface LearnedRowsOptions {
  /** Of the catalog. */
  readonly directory: string
  readonly catalogVersion: string
  readonly log: (line: string) => void
  /** Told what was learned; `kept` says at any time all that is known. */
  readonly publish: (change: LearnedChange, kept: () => LearnedChange) => void
  /** The statement of this plan should be planned anew. */
  readonly planAnew: (plan: PhysicalPlan) => void
}

/** How far off an estimate must have been for its plan to be made anew. */
const ORDER = 10
// No source has this name: it is no identifier.
const NAME = 'learned-rows'

export class LearnedRowsKeeper {
  readonly #options: LearnedRowsOptions
  readonly #rows = new LearnedRows()
  readonly #writer: LateWriter

  constructor(options: LearnedRowsOptions) {
    this.#options = options
    const { directory, catalogVersion, log } = options
    this.#writer = new LateWriter({
      ...{ directory, name: NAME },
      content: () => ({ catalogVersion, ...this.#rows.kept() }),
      failed: (error) => log(`learned estimates are not kept for the next start: ${String(error)}`),
    })
    const kept = keptRows(directory, catalogVersion)
    if (kept === undefined) return
    this.#rows.restore(kept)
    options.publish({ kept }, this.#kept)
  }

  /** A statement ended: well, or nothing is learned. */
  ended({ plan, report, error, parameters }: EndedStatement): void {
    if (report === undefined || error !== undefined) return
    const figures = new Map(report.nodes)
    const observations: Observation[] = []
    let isFarOff = false
    const visit = (node: PhysicalPlan): void => {
      const figure = figures.get(node.id)
      if (node.kind === 'remote-query' && node.fragment !== undefined && figure?.isWhole === true) {
        const seen = observe(node, figure.rows, parameters)
        if (seen !== undefined) {
          observations.push(seen.observation)
          this.#rows.learn(seen.observation)
          isFarOff ||= this.#isFarOff(node, parameters, seen.dependsOnParameters)
        }
      }
      inputsOf(node).forEach(visit)
    }
    visit(plan)
    if (observations.length === 0) return
    this.#options.publish({ observations }, this.#kept)
    if (isFarOff) this.#options.planAnew(plan)
    this.#writer.changed()
  }

  /** Writes what is not written yet. */
  close(): void {
    this.#writer.close()
  }

  /** Whether the planner would now estimate the node quite otherwise. It knows no parameters: of these only the shape counts. */
  #isFarOff(
    node: RemoteQueryPlan,
    parameters: readonly (string | null)[],
    dependsOnParameters: boolean,
  ): boolean {
    const valueOf = (index: number) => (dependsOnParameters ? undefined : parameters[index - 1])
    const now = this.#rows.rows(node.fragment!, valueOf)?.rows
    const before = node.fragment!.planned
    if (now === undefined) return false
    if (before === undefined) return true
    const [a, b] = [Math.max(1, now), Math.max(1, before)]
    return Math.max(a / b, b / a) >= ORDER
  }

  readonly #kept = (): LearnedChange => ({ kept: this.#rows.kept() })
}

/** Undefined: it was asked with values that are not the statement's own. */
function observe(
  { fragment }: RemoteQueryPlan,
  rows: number,
  parameters: readonly (string | null)[],
): { readonly observation: Observation; readonly dependsOnParameters: boolean } | undefined {
  const indexes = fragment!.signature.values.filter((value) => typeof value === 'number')
  if (indexes.some((index) => index > parameters.length)) return undefined
  const observation = observationOf(fragment!, rows, (index) => parameters[index - 1])
  return { observation, dependsOnParameters: indexes.length > 0 }
}

type Kept = ReturnType<LearnedRows['kept']>

function keptRows(directory: string, catalogVersion: string): Kept | undefined {
  const stored = readKept(directory, NAME)
  if (stored?.catalogVersion !== catalogVersion) return undefined
  const { fragments, shapes } = stored as Partial<Kept>
  return fragments === undefined || shapes === undefined ? undefined : { fragments, shapes }
}
