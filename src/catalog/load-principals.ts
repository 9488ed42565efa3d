/** Reads `access/principals.yaml`: roles, users and how they authenticate. */
import type { Principals, UserDefinition } from './catalog.js'
import { didYouMean } from './did-you-mean.js'
import { soundPartOf } from './file-schemas.js'
import { resolveSecrets } from './secrets.js'
import type { YamlFile } from './yaml-file.js'

interface PrincipalsData {
  readonly roles?: Readonly<Record<string, { description?: string; can?: string[] } | null>>
  readonly users?: Readonly<
    Record<
      string,
      {
        readonly roles?: string[]
        readonly may_set_role?: string[]
        readonly attrs?: Readonly<Record<string, string | number | boolean>>
        readonly password?: string
      }
    >
  >
}

/** What holds when the catalog names no principals: anyone may connect from this machine. */
export const OPEN_PRINCIPALS: Principals = { roles: {}, users: {}, open: true }

/** Returns the principals; problems go to the file. */
export function loadPrincipals(
  file: YamlFile,
  environment: Readonly<Record<string, string | undefined>>,
): Principals {
  const sound = soundPartOf(file, 'principals')
  if (sound === undefined) return { roles: {}, users: {}, open: false }
  const data = sound.data as PrincipalsData
  const roles = Object.fromEntries(
    Object.entries(data.roles ?? {}).map(([name, role]) => [
      name,
      {
        ...(role?.description === undefined ? {} : { description: role.description }),
        can: role?.can ?? [],
      },
    ]),
  )
  const users: Record<string, UserDefinition> = {}
  for (const [name, user] of Object.entries(data.users ?? {})) {
    for (const key of ['roles', 'may_set_role'] as const) {
      user[key]?.forEach((role, i) => {
        if (roles[role] !== undefined || sound.departs(['roles', role])) return
        const hint = didYouMean(role, Object.keys(roles))
        file.report(['users', name, key, i], 'E4002', `Unknown role "${role}"`, { hint })
      })
    }
    const password =
      user.password === undefined
        ? undefined
        : resolveSecrets(user.password, environment, (what) =>
            file.report(['users', name, 'password'], 'E1008', `Unresolved secret: ${what}`),
          )
    users[name] = {
      name,
      roles: user.roles ?? [],
      maySetRole: user.may_set_role ?? [],
      attributes: Object.fromEntries(
        Object.entries(user.attrs ?? {}).map(([key, value]) => [key, String(value)]),
      ),
      ...(password === undefined ? {} : { password }),
    }
  }
  return { roles, users, open: false }
}
