/** One YAML file of the catalog: its data, and where in the text each piece of it stands. */
import {
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type YAMLMap,
} from 'yaml'
import type { Problem } from './problem.js'

export type YamlPath = readonly (string | number)[]

export class YamlFile {
  readonly file: string
  readonly text: string
  /** The plain data; undefined when the YAML is broken. Of a key that is there twice, the first value. */
  readonly data: unknown
  readonly problems: Problem[] = []
  readonly #document: Document
  readonly #lines = new LineCounter()

  constructor(file: string, text: string) {
    this.file = file
    this.text = text
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      version: '1.2',
      schema: 'core',
      uniqueKeys: true,
      prettyErrors: false,
    })
    // After broken syntax the parser only guesses: its first complaint is the true one. Duplicate keys are all true.
    const errors = this.#document.errors
    const broken = errors.findIndex((error) => error.code !== 'DUPLICATE_KEY')
    const told = broken < 0 ? errors : errors.slice(0, broken + 1)
    for (const error of [...told, ...this.#document.warnings]) {
      const { line, col } = this.#lines.linePos(error.pos[0])
      this.problems.push({
        file,
        line,
        column: col,
        severity: 'error',
        code: 'E1001',
        message: error.message,
      })
    }
    const isReadable = broken < 0 && this.#document.warnings.length === 0
    if (errors.length > 0) visit(this.#document, { Map: (_, map) => dropRepeatedKeys(map) })
    this.data = isReadable ? (this.#document.toJS() as unknown) : undefined
  }

  /** Reports a problem at the value under `path`, or at the key itself with `at: 'key'`. */
  report(
    path: YamlPath,
    code: string,
    message: string,
    options: {
      hint?: string | undefined
      at?: 'key' | 'value'
      severity?: 'error' | 'warning'
    } = {},
  ): void {
    const { line, column } = this.place(path, options.at ?? 'value')
    this.problems.push({
      file: this.file,
      line,
      column,
      severity: options.severity ?? 'error',
      code,
      message,
      ...(options.hint === undefined ? {} : { hint: options.hint }),
    })
  }

  /** Where the value (or the key) under `path` starts; the nearest enclosing piece when there is none. */
  place(path: YamlPath, at: 'key' | 'value' = 'value'): { line: number; column: number } {
    const offset = at === 'key' ? this.#keyOffset(path) : this.#valueOffset(path)
    if (offset === undefined) {
      return path.length === 0 ? { line: 1, column: 1 } : this.place(path.slice(0, -1))
    }
    const { line, col } = this.#lines.linePos(offset)
    return { line, column: col }
  }

  #valueOffset(path: YamlPath): number | undefined {
    const node = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true)
    return isNode(node) ? node.range?.[0] : undefined
  }

  #keyOffset(path: YamlPath): number | undefined {
    const parent = this.#document.getIn(path.slice(0, -1), true)
    const map = path.length === 1 ? this.#document.contents : parent
    if (!isMap(map)) return undefined
    for (const pair of map.items) {
      if (isScalar(pair.key) && pair.key.value === path.at(-1)) return pair.key.range?.[0]
    }
    return undefined
  }
}

/** So that data and places speak of the same value. */
function dropRepeatedKeys(map: YAMLMap): void {
  const seen = new Set<unknown>()
  map.items = map.items.filter(({ key }) => {
    if (!isScalar(key)) return true
    const isFirst = !seen.has(key.value)
    seen.add(key.value)
    return isFirst
  })
}
