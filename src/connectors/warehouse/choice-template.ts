/**
 * Statement text that is finished when its values are known. A comparison with a value that is computed here is printed as a
 * choice: most values stand as its parameter, but one that the source cannot hold (infinity, a NaN, a list with NULLs)
 * decides the comparison here. Control characters mark the choices; none of them occurs in SQL text.
 */

const OPEN = '\u0001'
const OPERAND = '\u0002'
const VALUE = '\u0003'
const CLOSE = '\u0004'
const MARKER = '\u0005'

/** Innermost first: an operand may hold a choice of its own. */
const CHOICE = /\u0001([^\u0001-\u0004]*)\u0002([^\u0001-\u0004]*)\u0003([^\u0001-\u0004]*)\u0004/g
const MARKERS = /\u0005(\d+)(?:\.(\d+))?;/g

export type ChoiceOperator = '=' | '<>' | '<' | '<=' | '>' | '>=' | 'distinct' | 'in' | 'like'

export interface Choice {
  readonly operator: ChoiceOperator
  /** Printed; the column's side of the comparison. */
  readonly operand: string
  /** Printed: the marker with whatever fixes its type. */
  readonly value: string
  /** Of the value's parameter in the statement, 0-based. */
  readonly position: number
}

/** Marks the parameter at a 1-based position; `renderTemplate` spells it. */
export function markerAt(position: number): string {
  return `${MARKER}${position - 1};`
}

/** Marks one element of a list parameter, both 0-based. */
export function elementMarker(position: number, element: number): string {
  return `${MARKER}${position}.${element};`
}

/** Prints a comparison whose text depends on its value. */
export function choice(operator: ChoiceOperator, operand: string, value: string): string {
  return `${OPEN}${operator}${OPERAND}${operand}${VALUE}${value}${CLOSE}`
}

/** Spells a template: each choice, then each marker that is left, from left to right. */
export function renderTemplate(
  template: string,
  spell: (choice: Choice) => string,
  marker: (position: number, element: number | undefined) => string,
): string {
  let text = template
  for (let before = ''; before !== text;) {
    before = text
    text = text.replace(CHOICE, (_match, operator: string, operand: string, value: string) =>
      spell({
        operator: operator as ChoiceOperator,
        operand,
        value,
        position: Number(/\u0005(\d+);/.exec(value)?.[1] ?? 0),
      }),
    )
  }
  return text.replace(MARKERS, (_match, position: string, element: string | undefined) =>
    marker(Number(position), element === undefined ? undefined : Number(element)),
  )
}

/** Turns a comparison around: `5 < x` is `x > 5`. */
export function flipped(operator: string): ChoiceOperator {
  switch (operator) {
    case '<':
      return '>'
    case '<=':
      return '>='
    case '>':
      return '<'
    case '>=':
      return '<='
    default:
      return operator as ChoiceOperator
  }
}

/** A comparison whose result is known for every operand but NULL. */
export function settled(operand: string, result: boolean): string {
  return `CASE WHEN ${operand} IS NOT NULL THEN ${result ? 'TRUE' : 'FALSE'} END`
}

/** Where a value lies that the source cannot hold: beyond all that it can. */
export type Beyond = 'above' | 'below'

/** Compares any operand with a value beyond all of them. */
export function compareBeyond(operator: ChoiceOperator, operand: string, beyond: Beyond): string {
  switch (operator) {
    case '=':
      return settled(operand, false)
    case '<>':
      return settled(operand, true)
    case '<':
    case '<=':
      return settled(operand, beyond === 'above')
    case '>':
    case '>=':
      return settled(operand, beyond === 'below')
    case 'distinct':
      return 'TRUE'
    case 'in':
    case 'like':
      return settled(operand, false)
  }
}
