/** A pipeline under construction, and the scope of what has been printed so far. */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { formatArray } from '../../types/array-text.js'
import type { Datum } from '../../types/sql-type.js'
import { allOf, isJsonObject, PLACEHOLDER, type Json, type JsonObject } from './json.js'
import type { Bound } from './placeholder.js'
import type { Binding, Scope } from './scope.js'

/** The parameters of the statement: shared by a pipeline and those inside it. */
export interface Parameters {
  readonly list: Expression[]
  /** Numbers helper fields. */
  helpers: number
}

/** A pipeline over one collection. */
export class Pipeline implements Scope {
  readonly collection: string
  readonly stages: JsonObject[] = []
  readonly bindings = new Map<ColumnId, Binding>()
  readonly parameters: Parameters
  /** Conditions that were left out because nothing exact could be sent for them. */
  readonly leftOut: string[] = []

  constructor(collection: string, parameters: Parameters) {
    this.collection = collection
    this.parameters = parameters
  }

  binding(id: ColumnId): Binding {
    const binding = this.bindings.get(id)
    if (binding === undefined) throw new Error(`Column ${id} is not in scope`)
    return binding
  }

  bound(expression: Expression): Bound {
    const datum = constantOf(expression)
    if (datum !== undefined) return { datum }
    const known = this.parameters.list.indexOf(expression)
    return { parameter: known >= 0 ? known : this.parameters.list.push(expression) - 1 }
  }

  /** A name for a field of our own. */
  helper(): string {
    return `__tributary${++this.parameters.helpers}`
  }

  /** Appends a stage; matches that follow each other become one. */
  append(stage: JsonObject): void {
    const last = this.stages.at(-1)
    const isMatch = isJsonObject(stage.$match) && isJsonObject(last?.$match)
    if (isMatch)
      this.stages[this.stages.length - 1] = { $match: allOf([last!.$match as JsonObject, stage.$match as JsonObject]) } // prettier-ignore
    else this.stages.push(stage)
  }

  /** Replaces all columns in scope. */
  rebind(bindings: Iterable<readonly [ColumnId, Binding]>): void {
    const list = [...bindings]
    this.bindings.clear()
    for (const [id, binding] of list) this.bindings.set(id, binding)
  }
}

/** The datum of a constant, or of an array of constants. */
function constantOf(expression: Expression): Datum | undefined {
  if (expression.kind === 'constant') return expression.value
  if (expression.kind === 'relabel') return constantOf(expression.argument)
  if (expression.kind !== 'array' || expression.multidimensional) return undefined
  const elements = expression.elements.map(constantOf)
  if (elements.some((element) => element === undefined)) return undefined
  const list = elements as Datum[]
  return formatArray({
    elements: list,
    dimensions: list.length === 0 ? [] : [list.length],
    lowerBounds: list.length === 0 ? [] : [1],
  })
}

/** Tells whether a value is still open. */
export function isOpen(json: Json): boolean {
  return isJsonObject(json) && PLACEHOLDER in json
}
