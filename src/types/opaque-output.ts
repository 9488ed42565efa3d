/** Prints types that are stored as canonical text (arrays, ranges) as a client's settings ask for. */
import type { ValueSettings } from '../session/settings.js'

/** Turns canonical text of an opaque type into the text the settings ask for. */
export function opaqueText(_oid: number, text: string, _settings: ValueSettings): string {
  return text
}

/** Tells whether the settings can change how an opaque type prints. */
export function isOpaqueStyled(_oid: number, _settings: ValueSettings): boolean {
  return false
}
