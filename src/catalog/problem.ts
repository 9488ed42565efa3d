/** Problems found in catalog files, each with its place, and how they are shown. */

export interface Problem {
  /** As the user would name it: relative to where the catalog directory was given from. */
  readonly file: string
  /** 1-based; 1:1 when the whole file is meant. */
  readonly line: number
  readonly column: number
  readonly severity: 'error' | 'warning'
  /** Stable: E1xxx YAML, E2xxx SQL, E3xxx references and types, E4xxx access, W lint. */
  readonly code: string
  readonly message: string
  readonly hint?: string
}

/** Tells whether the catalog must not be served. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error')
}

/** Prints a problem as `file:line:column error CODE message`, with the source line and a caret below. */
export function renderProblem(problem: Problem, text: string | undefined): string {
  const { file, line, column, severity, code, message, hint } = problem
  const lines = [`${file}:${line}:${column} ${severity} ${code} ${message}`]
  const source = text?.split('\n')[line - 1]
  if (source !== undefined && source.trim() !== '') {
    const margin = String(line)
    lines.push(`  ${margin} | ${source}`)
    const indent = source.slice(0, column - 1).replaceAll(/[^\t]/g, ' ')
    lines.push(`  ${' '.repeat(margin.length)} | ${indent}^`)
  }
  if (hint !== undefined) lines.push(`  ${hint}`)
  return lines.join('\n')
}

/** Prints all problems in one of the formats of `tributary check --format`. */
export function renderProblems(
  problems: readonly Problem[],
  texts: ReadonlyMap<string, string>,
  format: 'text' | 'json' | 'github' = 'text',
): string {
  switch (format) {
    case 'json':
      return JSON.stringify(problems, null, 2)
    case 'github':
      return problems
        .map((p) => {
          const place = `file=${p.file},line=${p.line},col=${p.column},title=${p.code}`
          return `::${p.severity} ${place}::${p.message}${p.hint === undefined ? '' : `. ${p.hint}`}`
        })
        .join('\n')
    case 'text':
      return problems.map((p) => renderProblem(p, texts.get(p.file))).join('\n')
  }
}

/** Orders problems by place, for stable output. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return [...problems].sort(
    (a, b) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  )
}
