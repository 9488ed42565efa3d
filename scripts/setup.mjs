// What `npm run demo` and `npm test` need before anything else: dependencies, a build, MariaDB where it can be had.
// Plain JavaScript without dependencies: it runs before `npm ci` has.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Runs a command in the checkout; ends the process when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (result.status !== 0) {
    console.error(`tributary: ${command} ${args.join(' ')} failed`)
    process.exit(result.status ?? 1)
  }
}

/** Installs the locked dependencies when they are missing or older than package-lock.json. */
export function ensureDependencies() {
  const marker = join(root, 'node_modules', '.package-lock.json')
  const lock = join(root, 'package-lock.json')
  const isFresh = existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs
  if (isFresh || (existsSync(marker) && sameVersions(marker, lock))) return
  console.log('tributary: installing dependencies')
  // The versions of package-lock.json, as `npm ci` would; but that refuses a lock without the binaries of platforms
  // whose packages a registry does not carry yet, and those are optional.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund'])
}

/** Compiles src/ to dist/; quick when nothing changed. */
export function build() {
  run(process.execPath, [
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    'tsconfig.build.json',
  ])
}

/** Installs MariaDB from Debian's packages when this is root on Debian and it is missing. Returns whether it is there. */
export function ensureMariadb() {
  if (hasMariadb()) return true
  const isDebian = existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get')
  if (process.getuid?.() !== 0 || !isDebian) return false
  console.log('tributary: installing MariaDB for the tests (apt-get)')
  const quiet = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }
  spawnSync('apt-get', ['update', '-qq'], quiet)
  spawnSync(
    'apt-get',
    ['install', '-y', '-qq', 'mariadb-server-core', 'mariadb-client-core'],
    quiet,
  )
  return hasMariadb()
}

function hasMariadb() {
  return ['/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd', '/usr/bin/mariadbd'].some((p) =>
    existsSync(p),
  )
}

function sameVersions(marker, lock) {
  const installed = JSON.parse(readFileSync(marker, 'utf8')).packages
  const wanted = JSON.parse(readFileSync(lock, 'utf8')).packages
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || installed[path]?.version === entry.version,
  )
}
