/** Fills the gaps of a form (forms.ts). */
import { drawConstant } from './constants.js'
import { FORMS, isRareForm } from './forms.js'
import type { Draw, ValueType } from './scope.js'
import { typed, type SqlNode, type SqlPart } from './sql-tree.js'

type DrawGap = (type: ValueType, kind: 'any' | 'small') => SqlNode

const GAP = new RegExp(
  `\\{([=#]?)(${Object.keys(FORMS).join('|').replaceAll(/[[\]]/g, '\\$&')})\\}`,
)

const COMMON = Object.fromEntries(
  Object.entries(FORMS).map(([type, forms]) => [type, forms.filter((form) => !isRareForm(form))]),
) as Record<ValueType, string[]>

/** Draws an expression of the type from one of its forms; undefined: all of them are rare. */
export function drawForm(draw: Draw, type: ValueType, drawGap: DrawGap): SqlNode | undefined {
  const forms = draw.rare ? FORMS[type] : COMMON[type]
  if (forms.length === 0) return undefined
  const text = chosen(draw, draw.random.pick(forms))
  const pieces = text.split(GAP)
  const texts: string[] = []
  const parts: SqlPart[] = []
  for (let i = 0; i < pieces.length; i += 3) {
    texts.push(pieces[i] ?? '')
    const name = pieces[i + 2] as ValueType | undefined
    if (name === undefined) break
    const kind = pieces[i + 1]
    parts.push(
      kind === '#' ? drawConstant(draw, name) : drawGap(name, kind === '=' ? 'small' : 'any'),
    )
  }
  return typed(type)(texts as unknown as TemplateStringsArray, ...parts)
}

/** Takes one text of each choice; a bar inside a string is no bar. */
function chosen({ random, rare }: Draw, form: string): string {
  return form.replaceAll(/«([^»]*)»/g, (_, inner: string) => {
    const texts = inner.match(/(?:'(?:[^']|'')*'|[^|'])+|(?<=\||^)(?=\||$)/g) ?? ['']
    const common = texts.filter((text) => rare || !text.startsWith('~'))
    return random.pick(common).replace(/^~/, '')
  })
}
